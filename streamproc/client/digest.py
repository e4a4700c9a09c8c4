"""One digest of what is said of broadcasts, to compare views of the same state, whoever shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from msgspec import json

from streamproc.events.host_tally import HostTally

Said = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Host -> broadcast -> figure -> value."""


def figures_of_tallies(tallies: Iterable[HostTally]) -> Said:
    """The figures of the broadcasts that tallies tell of."""
    return {
        tally.host_id: {each.session_id: each.figures for each in tally.sessions}
        for tally in tallies
    }


def digest_of_figures(said: Said) -> str:
    """The digest of figures, the same for the same values in any order.

    Shapes: 64 hexadecimal digits; hosts and broadcasts of which nothing is said count for nothing.
    """
    held = {
        host_id: {session_id: dict(figures) for session_id, figures in sessions.items() if figures}
        for host_id, sessions in said.items()
    }
    held = {host_id: sessions for host_id, sessions in held.items() if sessions}
    return sha256(json.Encoder(order="sorted").encode(held)).hexdigest()


def digest_of_tallies(tallies: Iterable[HostTally]) -> str:
    """The digest of the figures that tallies tell."""
    return digest_of_figures(figures_of_tallies(tallies))
