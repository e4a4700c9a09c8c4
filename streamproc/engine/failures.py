"""What a failure inside the engine is told as: an error that a person reads, with its exit code.

Source: docs/exit-codes.md.
"""

from __future__ import annotations

from typing import Final

import structlog
from aiokafka.errors import KafkaError

from streamproc.errors import BrokerUnreachable, StreamprocError

log = structlog.get_logger(__name__)

START_FAILURES: Final = (TimeoutError, KafkaError, ConnectionError)
"""What a Kafka client raises that cannot connect. Not OSError: a start also makes a folder."""

KAFKA_FAILURES: Final = (TimeoutError, KafkaError, OSError)
"""What a Kafka client raises while a broker is away, or does not give what it is asked for."""


def failure_of(error: Exception) -> StreamprocError:
    """The error that the process ends with; what nobody foresaw is logged with its trace."""
    if isinstance(error, StreamprocError):
        return error
    log.error("the engine failed", exc_info=error)
    return StreamprocError(
        f"the engine failed: {error!r}",
        hint="restart it: what was not flushed is read again. Please report this",
    )


def start_failure_of(error: Exception, *, where: str) -> StreamprocError:
    """The error that a start ends with which found the broker, and lost it."""
    return BrokerUnreachable(
        f"the broker went away while the worker started: {error!r}",
        where=where,
        hint="look at the broker: is it up? Nothing was read; a restart tries again",
    )


def recovery_failure_of(error: Exception, *, where: str) -> StreamprocError:
    """The error that the process ends with when a recovery failed."""
    if not isinstance(error, KAFKA_FAILURES):
        return failure_of(error)
    return BrokerUnreachable(
        f"the broker could not be reached while partitions were recovered: {error!r}",
        where=where,
        hint="look at the broker: is it up, and may this worker read? Nothing was acknowledged; a restart"
        " recovers them from the start",
    )
