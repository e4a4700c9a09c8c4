"""Two workers as Prometheus sees them, and a prober: real HTTP, values that a test moves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product

TOPICS = ("live.orders.v1", "live.comments.v1", "live.viewers.v1", "live.rooms.v1", "live.hosts.v1")
A_SECOND = {"live.orders.v1": 50.0, "live.comments.v1": 150.0, "live.viewers.v1": 780.0}
LATENCY_S = ("0.05", "0.1", "0.25", "0.5", "1", "2", "5", "10", "30", "60", "300", "+Inf")
WINDOWS = ("1m", "10m", "session")
ROOMS = 20
MIB = 1024 * 1024


class Exposition:
    """Series that a scrape is answered with.

    Shapes: ``values`` by series; ``growth`` is what a series gains in a second; ``clocks`` are series that
        tell the time, so many seconds ago.
    """

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        self.growth: dict[str, float] = {}
        self.clocks: dict[str, float] = {}
        self.is_up = True
        self._at_s = time.monotonic()

    def count(self, series: str, a_second: float, start: float = 0.0) -> None:
        """A counter."""
        self.values[series], self.growth[series] = start, a_second

    def text(self) -> bytes:
        """The exposition now."""
        at_s = time.monotonic()
        gone_s, self._at_s = at_s - self._at_s, at_s
        for series, growth in self.growth.items():
            self.values[series] += growth * gone_s
        told = self.values | {of: time.time_ns() / 1e9 - ago for of, ago in self.clocks.items()}
        return "".join(f"{series} {value!r}\n" for series, value in told.items()).encode()


def worker(number: int) -> Exposition:
    """A healthy worker that owns every second partition of twelve, and its rooms."""
    exposed = Exposition()
    _partitions(exposed, number)
    _latencies(exposed)
    _engine(exposed)
    for room in range(number, ROOMS, 2):
        _room(exposed, f'host="h-{room}",room="r-{room}"', room)
    return exposed


def _partitions(exposed: Exposition, number: int) -> None:
    gauge, count = exposed.values, exposed.count
    for topic, partition in product(TOPICS, range(number, 12, 2)):
        source = f'topic="{topic}",partition="{partition}"'
        rate = A_SECOND.get(topic, 2.0) / 12
        count(f"streamproc_events_consumed_total{{{source}}}", rate, 1000)
        count(f"streamproc_events_applied_total{{{source}}}", rate, 1000)
        count(f"streamproc_events_duplicate_total{{{source}}}", 0.01)
        count(f"streamproc_events_late_total{{{source}}}", 0.01)
        count(f"streamproc_events_ahead_total{{{source}}}", 0.0)
        gauge[f"streamproc_events_absent_total{{{source}}}"] = 0.0
        gauge[f"streamproc_partition_lag{{{source}}}"] = 0.0
        count(f"streamproc_partition_end_offset{{{source}}}", rate, 1000)
        count(f"streamproc_partition_durable_offset{{{source}}}", rate, 1000)
        count(f"streamproc_partition_committed_offset{{{source}}}", rate, 1000)
        exposed.clocks[f"streamproc_partition_watermark_timestamp_seconds{{{source}}}"] = 0.3
        gauge[f"streamproc_partition_unaccounted_records{{{source}}}"] = 0.0
        gauge[f"streamproc_partition_paused{{{source}}}"] = 0.0
    for topic in TOPICS:
        count(f'streamproc_events_rejected_total{{topic="{topic}",reason="invalid"}}', 0.0)
        count(f'streamproc_events_replayed_total{{topic="{topic}"}}', 0.0)
        count(f'streamproc_clock_skew_events_total{{topic="{topic}"}}', 0.0)
    for partition in range(number, 12, 2):
        gauge[f'streamproc_partition_follows{{partition="{partition}"}}'] = 1.0
        gauge[f'streamproc_state_keys{{partition="{partition}"}}'] = 5000.0


def _latencies(exposed: Exposition) -> None:
    names = ("e2e_latency", "ingest_delay", "processing_delay")
    for name, topic in product(names, TOPICS):
        rate = A_SECOND.get(topic, 2.0) / 2
        _histogram(exposed, f"streamproc_{name}_seconds", f'topic="{topic}",', rate)
    _histogram(exposed, "streamproc_flush_seconds", "", 10.0)


def _histogram(exposed: Exposition, name: str, labels: str, rate: float) -> None:
    """Nothing below a quarter of a second, half of it below a half, all below one."""
    for bound in LATENCY_S:
        share = {"0.05": 0.0, "0.1": 0.0, "0.25": 0.0, "0.5": 0.5}.get(bound, 1.0)
        exposed.count(f'{name}_bucket{{{labels}le="{bound}"}}', rate * share)
    of = f"{{{labels.rstrip(',')}}}"
    exposed.count(f"{name}_count{of}", rate)
    exposed.count(f"{name}_sum{of}", rate * 0.5)


def _engine(exposed: Exposition) -> None:
    gauge, count = exposed.values, exposed.count
    gauge |= {
        "streamproc_partitions_owned": 6.0,
        "streamproc_ready": 1.0,
        "streamproc_recovery_running": 0.0,
        "streamproc_recovery_remaining_records": 0.0,
        "streamproc_loop_lag_max_seconds": 0.01,
        'streamproc_build_info{version="0.1.0",python="3.11.7",faust="0.15.3",aiokafka="0.14.0"}': 1.0,
        'streamproc_config_hash_info{hash="c0ffee"}': 1.0,
        'streamproc_sink_up{sink="redis"}': 1.0,
        'streamproc_sink_dirty_keys{sink="redis"}': 3.0,
        'streamproc_sink_oldest_dirty_seconds{sink="redis"}': 0.1,
        "process_resident_memory_bytes": 300.0 * MIB,
        "process_open_fds": 60.0,
        "process_max_fds": 1024.0,
    }
    count("streamproc_rebalances_total", 0.0, 2)
    count("streamproc_commits_total", 0.4)
    count("streamproc_commit_failures_total", 0.0)
    count("streamproc_changelog_written_bytes_total", 200_000.0)
    count("streamproc_views_told_total", 30.0)
    count('streamproc_output_records_total{topic="live.tallies.v1"}', 30.0)
    count("streamproc_judging_failures_total", 0.0)
    count('streamproc_sink_write_seconds_sum{sink="redis"}', 0.02)
    count('streamproc_sink_write_seconds_count{sink="redis"}', 10.0)
    count('streamproc_sink_dropped_total{sink="redis"}', 0.0)
    count("streamproc_series_dropped_total", 0.0)
    count("process_cpu_seconds_total", 0.3)


def _room(exposed: Exposition, room: str, number: int) -> None:
    gauge = exposed.values
    for window in WINDOWS:
        of = f'{{{room},window="{window}"}}'
        gauge[f'streamproc_room_gmv_minor_units{{{room},window="{window}",currency="CNY"}}'] = (
            1e6 + number
        )
        gauge[f"streamproc_room_orders{of}"] = 40.0
        gauge[f"streamproc_room_viewers{of}"] = 900.0
        gauge[f"streamproc_room_comments{of}"] = 300.0
    for window in WINDOWS[1:]:
        gauge[f'streamproc_room_restock_requests{{{room},window="{window}"}}'] = 5.0
    gauge[f"streamproc_room_online{{{room}}}"] = 120.0
    exposed.clocks[f"streamproc_room_heard_timestamp_seconds{{{room}}}"] = 0.5
    gauge['streamproc_rooms{status="live"}'] = ROOMS / 2
    gauge['streamproc_alerts_open{kind="UnlistedDemand",severity="info"}'] = 1.0
    gauge['streamproc_alerts_open{kind="Stockout",severity="page"}'] = 0.0
    gauge['streamproc_alerts_open{kind="HostSilent",severity="ticket"}'] = 0.0
    if number in {0, 1}:
        gauge[f"streamproc_room_alerts{{{room},{alert('UnlistedDemand', 'info')}}}"] = 1.0


def alert(kind: str, severity: str, subject: str = "", quiet: str = "") -> str:
    """The labels of an open alert of a room."""
    return f'kind="{kind}",severity="{severity}",subject="{subject}",quiet="{quiet}"'


def prober() -> Exposition:
    """What the blackbox exporter says of everything that it is asked."""
    exposed = Exposition()
    exposed.values["probe_success"] = 1.0
    exposed.clocks["probe_ssl_earliest_cert_expiry"] = -60.0 * 86_400
    return exposed


@contextmanager
def served(exposition: Exposition) -> Iterator[int]:
    """The port on which an exposition is served; while it is not up, connections are cut off."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not exposition.is_up:
                self.close_connection = True
                return
            body = exposition.text()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        serving.join()
