"""What an alert is held to: series that are well, then sick, then well again; and a near miss."""

from __future__ import annotations

from typing import NamedTuple

W1 = 'job="streamproc",instance="worker-1:9464"'
W2 = 'job="streamproc",instance="worker-2:9464"'
ORDERS = 'topic="live.orders.v1",partition="3"'
ORDERS_4 = 'topic="live.orders.v1",partition="4"'
HOSTS = 'topic="live.hosts.v1",partition="3"'
P3 = {"topic": "live.orders.v1", "partition": "3"}
ON_1 = {"job": "streamproc", "instance": "worker-1:9464"}
ON_2 = {"job": "streamproc", "instance": "worker-2:9464"}
JOB = {"job": "streamproc"}
MINUTE, HOUR, DAY = 60, 3600, 86_400
GIB = 1024**3


class Gauge(NamedTuple):
    """A series of values: while well, while sick, and in a near miss. None: it is not there.

    ``near_at_first``: for so many samples a near miss is still as it was.
    """

    series: str
    well: float | None
    sick: float | None
    near: float | None
    near_at_first: int = 0


class Counter(NamedTuple):
    """A counter: what it grows by in a minute while well, while sick, and in a near miss."""

    series: str
    well: float
    sick: float
    near: float


class Follows(NamedTuple):
    """A gauge that follows the clock, in seconds since the epoch: it stops while sick, or nearly."""

    series: str
    near_behind_s: float


class Case(NamedTuple):
    """One alert.

    Shapes: ``labels`` are those of the alert beside what the rule adds; ``value`` as its text writes it.
        ``fires_on_nothing``: with these labels also when there is no data at all.
    Units: seconds. From the beginning of the sickness: ``silent_s`` it says nothing yet, by ``fires_s`` it
        fires. It is sick for ``sick_s`` after ``well_s``. From its end: ``keeps_s`` it still fires, by
        ``over_s`` it does not.
    """

    alert: str
    labels: dict[str, str]
    series: tuple[Gauge | Counter | Follows, ...]
    silent_s: int
    fires_s: int
    sick_s: int
    keeps_s: int
    over_s: int
    well_s: int = 10 * MINUTE
    step_s: int = 15
    value: str = ""
    fires_on_nothing: bool = False
