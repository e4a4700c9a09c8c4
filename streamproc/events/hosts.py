"""Events of ``live.hosts.v1``, compacted: who a host is. They belong to no room or broadcast."""

from __future__ import annotations

from streamproc.events.base import Event, Id, Ms, Text60, Text80


class HostProfiled(Event, frozen=True, kw_only=True, gc=False, tag="host.profiled"):
    """A host's name and place from ``valid_from_ms`` on."""

    name: Text80
    village: Text60
    town: Text60
    district: Text60
    valid_from_ms: Ms
    platform: Id | None = None
