"""The Faust app: settings that were measured, one table, raw batches through the streams.

Source: docs/adr/0001, 0002, 0007.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faust

from streamproc.engine import store, transport
from streamproc.engine.engine import Engine


class RawSchema(faust.Schema):  # type: ignore[misc]  # Faust has no types we can check
    """Leaves a message's value alone: it is a batch already."""

    def loads_key(self, app: Any, message: Any, **kwargs: Any) -> None:
        """No key: a batch holds its own."""

    def loads_value(self, app: Any, message: Any, **kwargs: Any) -> Any:
        """The batch, as the transport made it."""
        return message.value


def build_faust_app(engine: Engine, datadir: Path) -> faust.App:
    """The app around an engine; agents are added by the caller.

    Errors: none here; connecting happens when it starts.
    """
    transport.install(engine)
    store.install(engine)
    config = engine.config
    app = faust.App(
        config.app_id,
        broker=[f"{transport.SCHEME}://{server}" for server in config.bootstrap_servers.split(",")],
        store="memory://",
        datadir=str(datadir),
        autodiscover=False,
        web_enabled=False,
        processing_guarantee="at_least_once",
        key_serializer="raw",
        value_serializer="raw",
        topic_partitions=config.partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        stream_wait_empty=True,
        stream_publish_on_commit=False,
        stream_recovery_delay=0.0,
        stream_processing_timeout=300.0,
        agent_supervisor="mode.CrashingSupervisor",
        cython_optimizations=True,
        broker_commit_interval=config.commit_interval_s,
        broker_session_timeout=config.session_timeout_s,
        broker_heartbeat_interval=config.heartbeat_interval_s,
        broker_rebalance_timeout=config.rebalance_timeout_s,
        broker_request_timeout=max(90.0, config.session_timeout_s),
        broker_max_poll_interval=1000.0,
        consumer_max_fetch_size=config.fetch_partition_bytes,
        # every source is sought to its fence; a reset would skip records or read the log again, in silence
        consumer_auto_offset_reset="none",
        consumer_metadata_max_age_ms=int(config.metadata_age_max_s * 1000),
        consumer_connections_max_idle_ms=540_000,
        consumer_group_instance_id=config.group_instance_id,
        worker_redirect_stdouts=False,
    )
    app.Table(
        "state",
        partitions=config.partitions,
        store=f"{store.SCHEME}://engine",
        key_type=bytes,
        value_type=bytes,
    )
    return app


def batch_topic(app: faust.App, name: str) -> Any:
    """A source topic whose events are whole batches."""
    # one queued batch at a time: what waits here is neither folded nor bounded by the flush limit
    return app.topic(name, partitions=app.conf.topic_partitions, schema=RawSchema(), maxsize=2)
