"""What a worker hears from its group: that it may not join, or that somebody else uses its name.

Source: docs/adr/0004-claims-fence-zombies.md; docs/exit-codes.md; Kafka, KIP-345 (static membership).
"""

from __future__ import annotations

from typing import Final

from aiokafka.errors import GroupAuthorizationFailedError, InvalidSessionTimeoutError

from streamproc.engine.config import EngineConfig
from streamproc.engine.ports import Group
from streamproc.engine.preflight import refuse_changed_counts
from streamproc.errors import BadSetting, Fenced, StreamprocError

NAME: Final = "STREAMPROC_KAFKA__GROUP_INSTANCE_ID"
SESSION: Final = "STREAMPROC_KAFKA__SESSION_TIMEOUT_S"


def check_group(group: Group, config: EngineConfig) -> None:
    """Return if the group has us, and topics have as many partitions as they had at the start.

    Errors: ``PartitionCountWrong``; ``Fenced``, ``BadSetting`` or any other if we may not be a member.
    """
    counts = group.partition_counts((*config.inputs, config.changelog))
    refuse_changed_counts(counts, config.partitions, where=config.bootstrap_servers)
    error = group.failure()
    if error is not None:
        raise _not_a_member(error, config)


def name_taken(config: EngineConfig) -> Fenced:
    """The error of a static member that the group lets in again in the generation that it had.

    Nobody left, and no session ended: else there would be another generation. So a worker that is alive
    came under the same name. To take it back would go on for ever, and nobody would fold anything.
    """
    return Fenced(
        "another worker joined the group under the name of this one",
        where=f"group {config.app_id}",
        hint=_hint(config),
    )


def failure_of_member(error: StreamprocError, config: EngineConfig) -> StreamprocError:
    """The error, with what is likely to be wrong where a member with a name is fenced."""
    if not isinstance(error, Fenced) or config.group_instance_id is None:
        return error
    return Fenced(error.what, where=error.where, hint=_hint(config))


def _not_a_member(error: Exception, config: EngineConfig) -> StreamprocError:
    where = f"group {config.app_id}"
    if isinstance(error, InvalidSessionTimeoutError):
        return BadSetting(
            f"the broker takes no session timeout of {config.session_timeout_s:g} s",
            where=SESSION,
            hint="choose one between the broker's group.min.session.timeout.ms and its"
            " group.max.session.timeout.ms",
        )
    what = f"the group does not take this worker: {error!r}"
    if isinstance(error, GroupAuthorizationFailedError):
        return StreamprocError(
            what, where=where, hint="let it read the group, in the broker's ACLs"
        )
    if config.group_instance_id is not None:
        return Fenced(what, where=where, hint=_hint(config))
    return StreamprocError(
        what, where=where, hint="look at the broker's log; a restart joins the group again"
    )


def _hint(config: EngineConfig) -> str:
    return (
        f"if this goes on, two workers that run share one {NAME}, {config.group_instance_id!r}: give each"
        " one of its own. Else nothing: a restart joins the group again. No total is wrong either way"
    )
