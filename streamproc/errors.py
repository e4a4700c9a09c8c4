"""Errors that a person reads: what happened, where, and what to do; each with its own exit code.

The lowest floor: it imports nothing of ours. ``docs/exit-codes.md`` lists the codes; a test keeps
it fresh.
"""

from __future__ import annotations

from typing import ClassVar


class StreamprocError(Exception):
    """A failure that ends a command, told in three lines.

    Shapes: ``what`` happened, ``where`` (a topic, partition, file, setting), ``hint``: what to do.
    """

    exit_code: ClassVar[int] = 1
    meaning: ClassVar[str] = "an unexpected failure; the log holds the details"

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"where: {self.where}")
        if self.hint:
            parts.append(f"what to do: {self.hint}")
        return "\n".join(parts)


class BadSetting(StreamprocError):
    """A setting or an argument is wrong."""

    exit_code = 10
    meaning = "a setting is wrong; every wrong one is named"


class BrokerUnreachable(StreamprocError):
    """No broker answers."""

    exit_code = 11
    meaning = "no Kafka broker answers at the address given, or none any more, or it refuses what is asked"


class TopicMissing(StreamprocError):
    """A topic does not exist."""

    exit_code = 12
    meaning = "a topic that is needed does not exist"


class PartitionCountWrong(StreamprocError):
    """A topic has another number of partitions than declared, or the inputs' numbers differ."""

    exit_code = 13
    meaning = "a topic has the wrong number of partitions, or the inputs' numbers differ"


class ChangelogLost(StreamprocError):
    """Committed offsets, or a running worker, are ahead of the changelog: it was lost or cut."""

    exit_code = 14
    meaning = (
        "the changelog was lost or cut: committed offsets, or a running worker, are ahead of it"
    )


class FenceOutsideLog(StreamprocError):
    """The state ends at an offset that the source topic does not hold."""

    exit_code = 15
    meaning = "a source topic lost data that was not read yet, or was made anew"


class NewerState(StreamprocError):
    """The changelog was written by a newer version."""

    exit_code = 16
    meaning = "the state was written by a newer version of streamproc"


class DigestMismatch(StreamprocError):
    """The state read from the changelog is not the state that was written."""

    exit_code = 17
    meaning = "the state in the changelog does not match its own digest"


class Fenced(StreamprocError):
    """Another worker owns the partition now."""

    exit_code = 18
    meaning = "another worker took the partition over; restarting is safe"


class FlushFailed(StreamprocError):
    """The changelog could not be written."""

    exit_code = 19
    meaning = "the changelog could not be written; nothing was acknowledged"


class FlushTooLarge(StreamprocError):
    """One flush is larger than the changelog topic accepts."""

    exit_code = 20
    meaning = "one atomic flush is larger than the limit"


class DeadLettersUnwritable(StreamprocError):
    """A dead letter topic cannot be written, so nothing may pass the record."""

    exit_code = 21
    meaning = "a dead letter topic could not be written; nothing was acknowledged"


class Stalled(StreamprocError):
    """The watchdog saw no progress."""

    exit_code = 22
    meaning = "the watchdog saw no progress in recovery, flush or commit; restarting is safe"


class IncompatibleLibrary(StreamprocError):
    """Faust or aiokafka lacks what the engine relies on."""

    exit_code = 23
    meaning = "an installed Faust or aiokafka version lacks what the engine relies on"


class AccountingBroken(StreamprocError):
    """A program did not account for every record: a defect of ours, so nothing may be flushed."""

    exit_code = 24
    meaning = "a batch was not accounted for to the last record; a defect, nothing was flushed"


class VerificationFailed(StreamprocError):
    """The state is not what the log adds up to."""

    exit_code = 25
    meaning = "verification found a difference between state, log, ledger or dead letters"


class BadInput(StreamprocError):
    """An input file holds lines that cannot be used."""

    exit_code = 26
    meaning = "the input holds lines that cannot be used; each was named"


class PortTaken(StreamprocError):
    """A port is in use."""

    exit_code = 27
    meaning = "a port is in use"


class EmbeddedUnavailable(StreamprocError):
    """No embedded broker for this platform."""

    exit_code = 28
    meaning = "the embedded broker does not exist for this platform or did not start"


class TopicDrift(StreamprocError):
    """Topics differ from what is declared."""

    exit_code = 29
    meaning = "topics differ from their declaration"


class Superseded(StreamprocError):
    """A newer assignment replaced this one; the work is dropped, the process goes on."""

    exit_code = 30
    meaning = "internal: a recovery was overtaken by a rebalance"


class BadLexicon(StreamprocError):
    """Words, rules or a catalogue for comments that contradict themselves."""

    exit_code = 31
    meaning = (
        "the lexicon, the rules or the catalogue for comments are wrong; file and line are named"
    )


class OlderState(StreamprocError):
    """The changelog was written by an older version whose records cannot be read any more."""

    exit_code = 32
    meaning = "the state was written by an older version of streamproc; it must be rebuilt"


class BoardUnguarded(StreamprocError):
    """A board that everybody could reach, without a token."""

    exit_code = 33
    meaning = "the board would listen to other machines without a token"


class VerdictUnpublished(StreamprocError):
    """A verdict on an alert could not be written."""

    exit_code = 34
    meaning = "a person's verdict on an alert could not be written to its topic"


class RedisUnreachable(StreamprocError):
    """Redis does not answer, or not to us."""

    exit_code = 35
    meaning = "Redis does not answer at the address given, or not to this user"


class RedisNotReady(StreamprocError):
    """Redis lacks what the view needs."""

    exit_code = 36
    meaning = "Redis lacks the functions or the configuration that the view needs"


def without_controls(text: str) -> str:
    """Text from outside without anything that a terminal would obey."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
