"""What a configuration of the simulation lets happen, and which rule of the engine it takes away."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Fault(enum.Enum):
    """What may go wrong beyond kills, pauses, zombies, rebalances, late claims and lost acks."""

    GROUP_DELETED = "the consumer group is deleted: its generations start again"
    STATIC = "static membership: a restarted worker keeps its generation"
    REPEATED = "the same assignment is told twice in one generation"
    STRAYS = "a request that timed out lands after its retry and after later flushes"
    FOREIGN = "somebody writes a record without a stamp"
    GC = "tombstones vanish from the log after their retention"
    WRONG_CLOCKS = "the clock that a worker reads when it starts is wrong"
    OUTAGE = "nobody runs for longer than the compaction lag"


class Rule(enum.Enum):
    """One rule of the engine; an ablation takes it away and must be caught."""

    CLAIMS = "a claim is written before the changelog is read"
    READ_ON = "recovery reads on from its claim to the log's end"
    GAPS = "what others wrote between two flushes is read before a flush is believed"
    HEALING = "keys whose last record does not count are written again"
    ATOMIC = "a flush is one record batch"
    FENCE_SEEK = "sources are sought to the fence, not to the committed offset"
    LAG = "compaction leaves young records alone"
    TOKEN = "a recovery overtaken by a newer assignment is dropped"  # noqa: S105 # no password
    EARLY_GENERATION = "the generation is captured with the assignment"
    FLUSH_NUMBERS = "an older flush of the same epoch does not count"
    OWN_EPOCH = "no two claims share an epoch"
    ASKING = "only a member in good standing outranks the epoch that it found"
    ACK_AFTER_DURABLE = "the committed offset moves when the flush has landed"
    LETTERS_FIRST = "dead letters leave before the flush that passes them"
    DIGEST = "the state read must have the digest in its fence"


EVERY_FAULT = frozenset(Fault) - {Fault.WRONG_CLOCKS, Fault.OUTAGE}


@dataclass(frozen=True)
class Configuration:
    """A kind of schedule: the faults it may draw from, the rules taken away, what must come of it.

    Shapes: ``caught_within`` is 0 if every schedule must go right, else the number of schedules among
    which one must go wrong; ``live`` runs the live-sales program instead of the tiny one, ``engine``
    the engine itself instead of its pure core in the engine's order.
    """

    name: str
    faults: frozenset[Fault] = EVERY_FAULT
    without: frozenset[Rule] = frozenset()
    caught_within: int = 0
    live: bool = False
    engine: bool = False


ALL_FAULTS = Configuration("all faults")
SOUND = (
    ALL_FAULTS,
    Configuration("wrong clocks", EVERY_FAULT | {Fault.WRONG_CLOCKS}),
    Configuration("outage", EVERY_FAULT | {Fault.OUTAGE}),
    Configuration("no extra fault", frozenset()),
    Configuration("the live program", live=True),
    Configuration("the engine itself", engine=True),
    Configuration("the engine itself, outage", EVERY_FAULT | {Fault.OUTAGE}, engine=True),
)
_OUTAGE = frozenset({Fault.OUTAGE})
_MEMBERS = frozenset({Fault.GROUP_DELETED, Fault.STATIC, Fault.REPEATED})


def _ablation(
    name: str, rule: Rule, caught_within: int, faults: frozenset[Fault] = frozenset()
) -> Configuration:
    return Configuration(f"ablation: {name}", faults, frozenset({rule}), caught_within)


ABLATIONS = (
    _ablation("no claims", Rule.CLAIMS, 500),
    _ablation("recovery ends at the claim", Rule.READ_ON, 1_000),
    _ablation("gaps are not read", Rule.GAPS, 1_000),
    _ablation("nothing is healed", Rule.HEALING, 1_000),
    _ablation("a flush torn in two", Rule.ATOMIC, 100),
    _ablation("seek to the committed offset", Rule.FENCE_SEEK, 200),
    _ablation("no compaction lag", Rule.LAG, 2_000),
    _ablation("recovery without token", Rule.TOKEN, 1_000),
    _ablation("generation read late", Rule.EARLY_GENERATION, 1_000),
    _ablation("flush numbers ignored", Rule.FLUSH_NUMBERS, 1_000, frozenset({Fault.STRAYS})),
    _ablation("claims share an epoch", Rule.OWN_EPOCH, 2_000, _MEMBERS),
    _ablation("nobody asks the group", Rule.ASKING, 1_000),
    _ablation("ack before durable", Rule.ACK_AFTER_DURABLE, 200),
    _ablation("dead letters after the flush", Rule.LETTERS_FIRST, 1_000),
    _ablation("no digest", Rule.DIGEST, 5_000, _OUTAGE),
)
