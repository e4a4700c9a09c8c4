"""Refuses a Faust or aiokafka that lacks what the engine relies on, before anything runs.

The transport and the raw fetch use parts that are not public: a silent change there could skip records.

Source: docs/adr/0001-one-faust-event-is-one-fetched-batch.md.
"""

from __future__ import annotations

import inspect
from importlib.metadata import version
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, codec
from aiokafka.client import AIOKafkaClient
from aiokafka.cluster import ClusterMetadata
from aiokafka.consumer.fetcher import Fetcher, FetchResult, PartitionRecords
from aiokafka.consumer.group_coordinator import GroupCoordinator
from faust.stores.base import Store
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread

from streamproc.errors import IncompatibleLibrary

EXPECTED = {"faust-streaming": "0.15.3", "mode-streaming": "0.7.1", "aiokafka": "0.14."}

NEEDED: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (AIOKafkaProducer, ("create_batch", "send_batch")),
    (AIOKafkaConsumer, ("highwater", "pause", "seek", "end_offsets", "beginning_offsets")),
    (AIOKafkaClient, ("fetch_all_metadata",)),
    (Fetcher, ("_create_fetch_waiter", "_notify")),
    (FetchResult, ("check_assignment", "has_more", "_update_position")),
    (GroupCoordinator, ("fetch_committed_offsets",)),
    (Consumer, ("_drain_messages", "perform_seek", "commit", "wait_empty", "_wait_next_records")),
    (
        AIOKafkaConsumerThread,
        (
            "_create_worker_consumer",
            "_fetch_records",
            "call_thread",
            "on_thread_stop",
            "assignment",
        ),
    ),
    (Store, ("on_rebalance", "on_recovery_completed")),
    (Recovery, ("on_recovery_completed",)),
)
"""Methods that are called or replaced."""

NEEDED_FIELDS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (Fetcher, ("_records", "_subscriptions", "_wait_consume_future", "_closed")),
    (FetchResult, ("_partition_records", "_topic_partition")),
    (PartitionRecords, ("_records", "_check_crcs", "next_fetch_offset")),
    (
        AIOKafkaConsumer,
        (
            "_client",
            "_fetcher",
            "_coordinator",
            "_closed",
            "_fetch_max_wait_ms",
            "_fetch_max_bytes",
        ),
    ),
    (ClusterMetadata, ("_partitions",)),
    (GroupCoordinator, ("_coordination_task", "_pending_exception")),
    (Consumer, ("flow_active", "suspend_flow", "_buffered_partitions")),
)
"""Fields that constructors set."""


def check_versions() -> None:
    """Return if the installed libraries hold everything that is relied on.

    Errors: ``IncompatibleLibrary``, naming all that is missing.
    """
    wrong = [
        f"{name} is {version(name)}, not {expected}{'*' if expected.endswith('.') else ''}"
        for name, expected in EXPECTED.items()
        if not version(name).startswith(expected)
    ]
    wrong += missing_parts() + missing_codecs()
    if wrong:
        raise IncompatibleLibrary(
            "; ".join(wrong),
            where="the Python environment of this command",
            hint="install the versions that streamproc pins: pip install -r requirements/runtime.txt",
        )


def missing_codecs() -> list[str]:
    """The codecs of record batches that could not be read here: a producer chooses any of them."""
    return [
        f"nothing reads {name} (cramjam is missing)"
        for name, is_there in (
            ("Snappy", codec.has_snappy),
            ("LZ4", codec.has_lz4),
            ("Zstandard", codec.has_zstd),
        )
        if not is_there()
    ]


def missing_parts() -> list[str]:
    """What the installed libraries lack, in words."""
    missing = [
        f"{owner.__name__} has no {name}"
        for owner, names in NEEDED
        for name in names
        if not callable(getattr(owner, name, None))
    ]
    for owner, fields in NEEDED_FIELDS:
        known = _names_used_by(owner)
        missing += [
            f"{owner.__name__} uses no field {name}" for name in fields if name not in known
        ]
    return missing


def _names_used_by(owner: type) -> set[str]:
    """Every attribute name that a class or its bases define or use in their methods."""
    known = set(dir(owner))
    for base in inspect.getmro(owner):
        for member in vars(base).values():
            if inspect.isfunction(member):
                known.update(member.__code__.co_names)
    return known
