"""The dashboard of topics, workers, state and views."""

from __future__ import annotations

from tests.ops.panels import BAD_FROM_1, RATE, Board, curve, listed, number, quantile, rate

PIPELINE = Board(
    "streamproc-pipeline",
    "From the topics through the workers into state and views.",
    (
        (
            "Now",
            (
                number("Workers up", "none", 'sum(up{job="streamproc"})'),
                number("Partitions owned", "none", "sum(streamproc_partitions_owned)"),
                number(
                    "Records waiting",
                    "short",
                    "sum(streamproc_partition_lag)",
                    steps=((10_000, "orange"),),
                ),
                number(
                    "Furthest behind",
                    "s",
                    "max((time() - streamproc_partition_watermark_timestamp_seconds)"
                    " and streamproc_partition_lag > 0) or vector(0)",
                    steps=((10, "orange"), (60, "red")),
                    width=3,
                ),
                number(
                    "Unaccounted offsets",
                    "none",
                    "sum(streamproc_partition_unaccounted_records)",
                    told="Must be 0: every offset is applied, duplicate, rejected or absent.",
                    steps=BAD_FROM_1,
                    width=3,
                ),
                number(
                    "Partitions paused",
                    "none",
                    "sum(streamproc_partition_paused)",
                    steps=BAD_FROM_1,
                    width=3,
                ),
                number(
                    "Partitions not judged",
                    "none",
                    "count(max by (partition) (streamproc_partition_follows) == 0) or vector(0)",
                    told="Too far behind their topics: no alert of their rooms opens or closes.",
                    steps=BAD_FROM_1,
                    width=3,
                ),
            ),
        ),
        (
            "Records",
            (
                curve(
                    "Read, by topic",
                    "reqps",
                    (rate("events_consumed_total", "topic"), "{{topic}}"),
                ),
                curve(
                    "What became of them",
                    "reqps",
                    (f"sum(rate(streamproc_events_applied_total{RATE}))", "applied"),
                    (f"sum(rate(streamproc_events_duplicate_total{RATE}))", "duplicate"),
                    (f"sum(rate(streamproc_events_late_total{RATE}))", "late"),
                    (f"sum(rate(streamproc_events_ahead_total{RATE}))", "ahead"),
                    (f"sum(rate(streamproc_events_rejected_total{RATE}))", "rejected"),
                    (f"sum(rate(streamproc_events_replayed_total{RATE}))", "replayed"),
                ),
                curve(
                    "Cannot be used, by reason",
                    "reqps",
                    (rate("events_rejected_total", "topic, reason"), "{{topic}} {{reason}}"),
                ),
                curve(
                    "Waiting, by topic",
                    "short",
                    ("sum by (topic) (streamproc_partition_lag)", "{{topic}}"),
                ),
                curve(
                    "Waiting: the five worst partitions",
                    "short",
                    ("topk(5, streamproc_partition_lag)", "{{topic}}/{{partition}}"),
                ),
                curve(
                    "Absent offsets",
                    "short",
                    ("sum by (topic) (streamproc_events_absent_total)", "{{topic}}"),
                ),
            ),
        ),
        (
            "Time",
            (
                curve(
                    "Event to visible",
                    "s",
                    (quantile(0.5, "e2e_latency_seconds"), "p50"),
                    (quantile(0.99, "e2e_latency_seconds"), "p99"),
                ),
                curve(
                    "Where it goes, p99",
                    "s",
                    (quantile(0.99, "ingest_delay_seconds"), "event to broker"),
                    (quantile(0.99, "processing_delay_seconds"), "broker to visible"),
                ),
                curve(
                    "Flush, p99",
                    "s",
                    (quantile(0.99, "flush_seconds", "instance"), "{{instance}}"),
                ),
                curve(
                    "Loop lag, greatest", "s", ("streamproc_loop_lag_max_seconds", "{{instance}}")
                ),
                curve(
                    "Clocks ahead of the broker's",
                    "reqps",
                    (rate("clock_skew_events_total", "topic"), "{{topic}}"),
                ),
                curve("Scrape", "s", ('scrape_duration_seconds{job="streamproc"}', "{{instance}}")),
            ),
        ),
        (
            "Group and state",
            (
                curve(
                    "Partitions by worker",
                    "none",
                    ("sum by (instance) (streamproc_partitions_owned)", "{{instance}}"),
                    stacked=True,
                ),
                curve("Ready", "none", ("streamproc_ready", "{{instance}}")),
                curve(
                    "Rebalances and failed commits in 10 minutes",
                    "short",
                    ("sum(increase(streamproc_rebalances_total[10m]))", "assignments"),
                    ("sum(increase(streamproc_commit_failures_total[10m]))", "failed commits"),
                ),
                curve(
                    "Recovery: records left",
                    "short",
                    ("streamproc_recovery_remaining_records", "{{instance}}"),
                ),
                curve(
                    "Keys in state",
                    "short",
                    ("sum by (instance) (streamproc_state_keys)", "{{instance}}"),
                ),
                curve(
                    "Changelog written",
                    "Bps",
                    (rate("changelog_written_bytes_total", "instance"), "{{instance}}"),
                ),
            ),
        ),
        (
            "Views",
            (
                curve("Sinks up", "none", ("streamproc_sink_up", "{{sink}} {{instance}}")),
                curve(
                    "Keys that wait",
                    "short",
                    ("streamproc_sink_dirty_keys", "{{sink}} {{instance}}"),
                ),
                curve(
                    "The oldest waits for",
                    "s",
                    ("streamproc_sink_oldest_dirty_seconds", "{{sink}} {{instance}}"),
                ),
                curve(
                    "Views made", "reqps", (rate("views_told_total", "instance"), "{{instance}}")
                ),
                curve(
                    "Records in output topics",
                    "reqps",
                    (rate("output_records_total", "topic"), "{{topic}}"),
                ),
                curve(
                    "Sink write, mean",
                    "s",
                    (
                        f"{rate('sink_write_seconds_sum', 'sink')}"
                        f" / ({rate('sink_write_seconds_count', 'sink')} > 0)",
                        "{{sink}}",
                    ),
                ),
            ),
        ),
        (
            "Processes",
            (
                curve(
                    "CPU",
                    "percentunit",
                    (f'rate(process_cpu_seconds_total{{job="streamproc"}}{RATE})', "{{instance}}"),
                    told="1 is one core.",
                ),
                curve(
                    "Memory",
                    "bytes",
                    ('process_resident_memory_bytes{job="streamproc"}', "{{instance}}"),
                ),
                curve(
                    "Open files", "short", ('process_open_fds{job="streamproc"}', "{{instance}}")
                ),
                listed("What runs", "none", "streamproc_build_info", height=6),
                listed(
                    "Settings that must be equal",
                    "none",
                    "count by (hash) (streamproc_config_hash_info)",
                    height=6,
                ),
            ),
        ),
    ),
)
