"""What one follows: all rooms, or some by name; and the ids by which following is resumed."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

from xxhash import xxh3_64_hexdigest

from streamproc.board.access import Principal
from streamproc.board.asgi import Scope
from streamproc.board.problems import Refused

Subscription = frozenset[str] | None
"""The rooms that are followed; None: all."""

HOSTS_MAX: Final = 64


def subscription_of(scope: Scope, principal: Principal) -> Subscription:
    """What a request asks to follow. Errors: ``Refused`` if it may not be, or is too much."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    given = ",".join(query.get("hosts", ["*"]))
    if given == "*":
        return None if principal.host_id is None else frozenset({principal.host_id})
    hosts = frozenset(each for each in given.split(",") if each)
    if not hosts or len(hosts) > HOSTS_MAX:
        raise Refused(400, f"name 1 to {HOSTS_MAX} hosts with commas between, or *")
    if not all(map(principal.may_see, hosts)):
        raise Refused(403, f"this token opens only the room of {principal.host_id}")
    return hosts


def event_id(epoch: str, subscription: Subscription, revision: int) -> str:
    """The id of an event: ``<epoch>.<what is followed>-<revision>``.

    Shapes: an id of one subscription does not resume another; ``epoch`` is one run of a board.
    """
    return f"{epoch}.{_named(subscription)}-{revision}"


def revision_of(told: str, epoch: str, subscription: Subscription) -> int | None:
    """The revision that an id stands for; None: it is none of this subscription and epoch."""
    name, _, revision = told.rpartition("-")
    if name != f"{epoch}.{_named(subscription)}":
        return None
    return int(revision) if revision.isascii() and revision.isdecimal() else None


def _named(subscription: Subscription) -> str:
    if subscription is None:
        return "all"
    return xxh3_64_hexdigest("\n".join(sorted(subscription)).encode())[:8]
