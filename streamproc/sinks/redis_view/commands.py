"""From what waits to the commands that write it, and what their answers mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from msgspec import MsgspecError, json

from streamproc.events.host_tally import versioned
from streamproc.events.view_keys import FENCE, Keys
from streamproc.sinks.redis_view.config import RedisConfig
from streamproc.sinks.redis_view.dirty import Step, Waiting
from streamproc.sinks.redis_view.library import function
from streamproc.sinks.redis_view.link import call, command
from streamproc.sinks.redis_view.rows import Number, row_of

SEPARATOR: Final = b"\x1f"
"""Between host and alert in the index of open alerts."""
_ROWS: Final = 32
"""So many hosts go to the leaderboards in one call: nobody else is served while it runs."""
_REMOVED_TTL: Final = b"3600"
_SWEEP_MOST: Final = b"500"

_encode: Final = json.Encoder().encode


class Told(NamedTuple):
    """What a host's tally says of itself. Units: ``as_of_ms`` 0: the host is gone."""

    host: bytes
    version: int
    as_of_ms: int


class Composer:
    """Makes commands, for one prefix and library."""

    def __init__(self, config: RedisConfig) -> None:
        self.keys = Keys(config.prefix)
        self._ttl = b"%d" % config.ttl_s
        self._top = b"%d" % config.leaderboard_hosts_max
        self._stream_length = b"%d" % config.alert_stream_max
        self._keep_ms = config.alert_keep_s * 1000
        # said often, and the same each time
        self._put, self._rows, self._beat = function("put"), function("rows"), function("beat")

    def probe(self) -> bytes:
        """What is refused whenever a write would be."""
        return call(function("probe"), ())

    def hosts(
        self, waiting: dict[bytes, Waiting], now_ms: int
    ) -> tuple[list[bytes], list[Told], list[bytes]]:
        """The commands for these hosts, what each of the first is of, and those hosts that cannot be shown.

        Shapes: as many commands as there are ``Told``, in their order; behind them those of leaderboards.
        """
        commands: list[bytes] = []
        told: list[Told] = []
        unusable: list[bytes] = []
        rows: list[list[Number | str]] = []
        dropped: list[bytes] = []
        for host, each in waiting.items():
            if each.tally is None:
                commands.append(self._remove(host, each))
                dropped.append(self._drop_row(host, each.version, now_ms))
                told.append(Told(host, each.version, 0))
                continue
            try:
                row = row_of(each.tally)
            except MsgspecError:
                unusable.append(host)
                continue
            commands.append(self._put_host(host, each, each.tally, row.as_of_ms))
            told.append(Told(host, each.version, row.as_of_ms))
            rows.append([row.host_id, each.version, row.as_of_ms, *row.values])
        for first in range(0, len(rows), _ROWS):
            part = _encode(rows[first : first + _ROWS])
            commands.append(
                call(self._rows, self.keys.leaderboards, self._top, part, b"%d" % now_ms)
            )
        return commands + dropped, told, unusable

    def _put_host(self, host: bytes, waiting: Waiting, tally: bytes, as_of_ms: int) -> bytes:
        keys = [self.keys.live(host)]
        version = b"%d" % waiting.version
        args = [
            version,
            b"%d" % as_of_ms,
            b"%d" % waiting.partition,
            self._ttl,
            versioned(tally, waiting.version),
        ]
        for part, minutes in waiting.parts.items():
            keys.append(self.keys.curve(host, part))
            args.append(b"%d" % len(minutes))
            for minute_ms, value in minutes.items():
                args.append(b"%d" % minute_ms)
                args.append(value)
        return call(self._put, keys, *args)

    def _remove(self, host: bytes, waiting: Waiting) -> bytes:
        version, partition = b"%d" % waiting.version, b"%d" % waiting.partition
        return call(function("remove"), (self.keys.live(host),), version, partition, _REMOVED_TTL)

    def _drop_row(self, host: bytes, version: int, now_ms: int) -> bytes:
        keys = self.keys.leaderboards
        return call(function("drop_row"), keys, host, b"%d" % version, b"%d" % now_ms)

    def poke(self, hosts: Sequence[bytes]) -> bytes:
        """Tell whoever listens that these changed."""
        names = [host.decode("utf-8", "replace") for host in hosts]
        return command(b"PUBLISH", self.keys.poke, _encode(names))

    def step(self, step: Step, version: int, now_ms: int) -> list[bytes]:
        """The commands for a step of an alert, two, or four of one that has a place in the stream."""
        keys, keep_from = self.keys, b"%d" % (now_ms - self._keep_ms)
        seq = b"%d" % step.seq
        commands = [
            call(
                function("put_alert"),
                (keys.alerts(step.host),),
                *(b"%d" % version, step.alert_id, seq, step.alert, self._ttl, keep_from),
            ),
            call(
                function("index_alert"),
                keys.alert_index,
                *(step.host + SEPARATOR + step.alert_id, seq, b"%d" % step.opened_ms),
                *(b"%d" % step.at_ms if step.is_resolved else b"", keep_from, self._ttl),
            ),
        ]
        if step.place:
            stream = keys.alert_stream(step.partition)
            limit = (b"MAXLEN", b"~", self._stream_length)
            commands.append(command(b"XADD", stream, *limit, step.place, b"alert", step.alert))
            commands.append(command(b"EXPIRE", stream, self._ttl))
        return commands

    def look_up(self, step: Step) -> list[bytes]:
        """What is held of an alert: its newest step, and where it stands among the open ones."""
        member = step.host + SEPARATOR + step.alert_id
        return [
            command(b"HGET", self.keys.alerts(step.host), step.alert_id),
            command(b"ZSCORE", self.keys.alert_index[0], member),
        ]

    def beat(self, partition: int, version: int, epoch: bytes, ttl_s: int) -> bytes:
        """Say who owns a partition."""
        args = (b"%d" % version, epoch, b"%d" % ttl_s)
        return call(self._beat, (self.keys.epoch(partition),), *args)

    def read_curve_fence(self, host: bytes, part: str) -> bytes:
        """Which version wrote a curve last."""
        return command(b"HGET", self.keys.curve(host, part), FENCE)

    def read_fences(self, hosts: Iterable[bytes]) -> list[bytes]:
        """What is held of each host: its tally's version and time, and the leaderboards' version of all."""
        listed = list(hosts)
        return [
            *(command(b"HMGET", self.keys.live(host), b"version", b"as_of_ms") for host in listed),
            command(b"HMGET", self.keys.versions, *listed),
        ]

    def sweep(self, before_ms: int) -> bytes:
        """Forget hosts that were told of last before this."""
        keys = self.keys.leaderboards
        return call(function("sweep"), keys, b"%d" % before_ms, self._ttl, _SWEEP_MOST)

    def sweep_alerts(self, host: bytes, now_ms: int) -> bytes:
        """Forget a host's alerts that were resolved long ago."""
        keep_from = b"%d" % (now_ms - self._keep_ms)
        return call(function("sweep_alerts"), (self.keys.alerts(host),), keep_from)
