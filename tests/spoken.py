"""Logs of comments that spell their meaning, in runs long enough to reach every bound there is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from random import Random
from typing import Any, Final

from hypothesis import strategies as st

from streamproc.events.comments import CommentPosted, Role
from streamproc.events.registry import AnyEvent
from streamproc.oracle.batch import LogRecord
from tests.broadcasts import far_ms, told
from tests.builders import T0, comment, viewer_key
from tests.folding import LEADS_MS, log_of, written_before

Comments = list[CommentPosted]

_SHOWN: Final = 60
_MINUTE_MS: Final = 60_000

TEXTS: Final = (
    *("s", "s L", "s l", "out l", "in L", "in", "in r", "r", "r #3", "r L ~a", "r l ~b", "r M now"),
    *("a L", "a c", "c", "x", "x ?", "?", "? L", "p", "p #7", "! s", "! in", "b un", "b p x M"),
    *("hello", "s call 138-0013 8000", f"x {'~long' * 20}", "in ? #3 13800138000"),
)
"""Few, so that they repeat."""

_ROLES: Final = (*[Role.VIEWER] * 9, Role.HOST, Role.STAFF, Role.OTHER)


class Log(list[LogRecord]):
    """A log that is shown in part if it is long."""

    def __repr__(self) -> str:
        shown = [(each.offset, each.value) for each in self[:_SHOWN]]
        return f"{len(self)} records, {shown}"


def said(text: str, who: int | None, at_ms: int, **fields: object) -> CommentPosted:
    """A viewer's comment; without ``who`` by nobody."""
    key = None if who is None else viewer_key(who)
    return comment(text, at_ms, **{"user_key": key, **fields})


def flood(text: str, who: int, at_ms: int, times: int, **fields: object) -> Comments:
    """One viewer who writes on and on within a pane, and then asks something."""
    chatter = [said(text, who, at_ms + n, **fields) for n in range(times)]
    return [*chatter, said("c M", who, at_ms + times, **fields)]


def crowd(texts: Sequence[str], at_ms: int, people: int, **fields: object) -> Comments:
    """Many viewers who write alike within a pane, each of them twice."""
    twice = [*range(people), *range(people)]
    return [said(texts[n % len(texts)], n, at_ms + n, **fields) for n in twice]


def links(
    text: str, at_ms: int, first: int, number: int, step_ms: int, **where: object
) -> Comments:
    """A comment on each of many links."""
    return [
        said(f"{text} #{first + n}", n % 40, at_ms + n * step_ms, **where) for n in range(number)
    ]


def staff(at_ms: int, number: int, **where: object) -> Comments:
    """Host and staff who tell of stock, the later the earlier."""
    roles = (Role.HOST, Role.STAFF)
    return [
        said(("out L", "in", "r un")[n % 3], None, at_ms - n * 100, role=roles[n % 2], **where)
        for n in range(number)
    ]


def tour(at_ms: int, number: int, **where: object) -> Comments:
    """A host who speaks of one link after the other, and of each once more."""
    return [
        said(f"x #{1 + n % number}", None, at_ms + n * 100, role=Role.HOST, **where)
        for n in range(2 * number)
    ]


def puzzles(at_ms: int, number: int, **where: object) -> Comments:
    """Comments that nobody understands."""
    return [said(f"? {n}", n, at_ms + n * 900, **where) for n in range(number)]


def wordy(at_ms: int, number: int, **where: object) -> Comments:
    """Different texts of a pane, and four who copy a text after them."""
    texts = [said(f"p w{n}", 100 + n, at_ms, **where) for n in range(number)]
    return [*texts, *[said("r copied by all", n, at_ms + 1, **where) for n in range(5)]]


def packed(at_ms: int, people: int, **where: object) -> Comments:
    """So many viewers of a pane, and one more who writes on and on."""
    return [
        *[said("hello", 5_000 + n, at_ms, **where) for n in range(people)],
        *flood("x", 4_999, at_ms, 22, **where),
    ]


def masses(at_ms: int, people: int, **where: object) -> Comments:
    """Many viewers, each with a text of their own, hundreds of them in a minute."""
    return [said(f"s L w{n}", n, at_ms + n * 50, **where) for n in range(people)]


def _places() -> st.SearchStrategy[dict[str, Any]]:
    """Where comments are written: mostly in one broadcast."""
    return st.fixed_dictionaries(
        {"host_id": st.sampled_from("hhhhk"), "session_id": st.sampled_from("sssst")}
    )


def _run(
    make: Callable[..., Comments], times_ms: st.SearchStrategy[int], **of: st.SearchStrategy[Any]
) -> st.SearchStrategy[Comments]:
    return st.builds(
        lambda at_ms, where, fields: make(at_ms=at_ms, **fields, **where),
        times_ms,
        _places(),
        st.fixed_dictionaries(of),
    )


def _runs(times_ms: st.SearchStrategy[int]) -> list[st.SearchStrategy[Comments]]:
    text, who = st.sampled_from(TEXTS), st.integers(0, 4)
    step_ms = st.sampled_from([0, 90, 700, 1_900])
    short = [
        _run(flood, times_ms, text=text, who=who, times=st.integers(18, 23)),
        _run(
            crowd,
            times_ms,
            texts=st.sampled_from([("r L now", "r l now"), ("r",), ("s L",), ("x ? M too",)]),
            people=st.integers(3, 6),
        ),
        _run(staff, times_ms, number=st.integers(3, 20)),
        _run(puzzles, times_ms, number=st.integers(3, 12)),
        _run(
            links,
            times_ms,
            text=st.sampled_from(["s", "x", "r s", "in"]),
            first=st.integers(1, 12),
            number=st.integers(10, 30),
            step_ms=step_ms,
        ),
    ]
    long = [
        _run(
            links,
            times_ms,
            text=st.sampled_from(["p", "p x", "s", "in c", "r s"]),
            first=st.integers(1, 60),
            number=st.sampled_from([40, 70, 140, 270]),
            step_ms=step_ms,
        ),
        _run(wordy, times_ms, number=st.sampled_from([510, 511, 512])),
        _run(packed, times_ms, people=st.sampled_from([1_022, 1_023, 1_024])),
        _run(masses, times_ms, people=st.sampled_from([255, 256, 257, 400])),
    ]
    return [*short, *short, *long]


def _singles(times_ms: st.SearchStrategy[int]) -> st.SearchStrategy[list[AnyEvent]]:
    def one(fields: dict[str, Any]) -> AnyEvent:
        return said(**fields)

    fields = st.fixed_dictionaries(
        {
            "text": st.sampled_from(TEXTS),
            "who": st.sampled_from([None, *range(5), *range(5)]),
            "at_ms": times_ms,
            "role": st.sampled_from(_ROLES),
            "product_id": st.sampled_from([None, None, None, "p-1", "p-9"]),
            "mirrored": st.sampled_from([None, None, None, False, True]),
            "host_id": st.sampled_from("hhk"),
            "session_id": st.sampled_from("sst"),
        }
    )
    return st.lists(fields.map(one), max_size=40)


def _mixed(
    parts: Sequence[Sequence[AnyEvent]], chance: Random, disorder: float, repeated: float
) -> list[AnyEvent]:
    """The parts interleaved, each in its order but for some disorder; some told once more."""
    queues = [list(reversed(part)) for part in parts if part]
    mixed: list[AnyEvent] = []
    while queues:
        queue = chance.choice(queues)
        for _ in range(min(len(queue), chance.randint(1, 40))):
            mixed.append(queue.pop())
        queues = [each for each in queues if each]
    for _ in range(int(len(mixed) * disorder)):
        mixed.insert(chance.randrange(len(mixed)), mixed.pop(chance.randrange(len(mixed))))
    for _ in range(int(len(mixed) * repeated)):
        mixed.insert(chance.randrange(len(mixed) + 1), chance.choice(mixed))
    return mixed


def spoken(times_ms: st.SearchStrategy[int] = far_ms) -> st.SearchStrategy[list[AnyEvent]]:
    """What is said in few broadcasts, and what else is told of them meanwhile."""
    runs = st.lists(st.one_of(_runs(times_ms)), max_size=4)
    share = st.sampled_from([0.0, 0.02, 0.3])
    return st.builds(
        lambda runs, singles, others, chance, disorder, repeated: _mixed(
            [*runs, singles, others], chance, disorder, repeated
        ),
        runs,
        _singles(times_ms),
        told(times_ms),
        st.randoms(use_true_random=False),
        share,
        share,
    )


def few_spoken(times_ms: st.SearchStrategy[int] = far_ms) -> st.SearchStrategy[list[AnyEvent]]:
    """Few comments, so that what fails is soon found small."""
    return st.builds(
        lambda singles, others, chance: _mixed([singles, others], chance, 0.2, 0.1),
        _singles(times_ms),
        told(times_ms),
        st.randoms(use_true_random=False),
    )


def spoken_logs(times_ms: st.SearchStrategy[int] = far_ms) -> st.SearchStrategy[Log]:
    """Logs of one partition in which much is said."""
    return st.builds(_written, spoken(times_ms), st.sampled_from(LEADS_MS))


def few_spoken_logs(times_ms: st.SearchStrategy[int] = far_ms) -> st.SearchStrategy[Log]:
    """Logs of one partition in which little is said."""
    return st.builds(_written, few_spoken(times_ms), st.sampled_from(LEADS_MS))


def _written(events: list[AnyEvent], leads_ms: Sequence[int]) -> Log:
    return Log(written_before(log_of(events), leads_ms))


def evening(seed: int) -> list[LogRecord]:
    """A log of one partition that reaches every rule; another order for another seed.

    Each rule of a pane has a broadcast of its own, since a pane is forgotten when a later one begins.
    """
    chance = Random(seed)
    begin, middle, end, last = (T0 + n * _MINUTE_MS for n in (0, 3, 6, 9))
    exact = [wordy(begin, 512), wordy(begin, 511), packed(begin, 1_024), packed(begin, 1_023)]
    damped = [
        *[flood(text, 1, begin + n, 23) for n, text in enumerate(("s L", "x", "in", "hello"))],
        flood("hello", 1, begin, 20),
        flood("hello", 1, begin, 19),
        crowd(["r"], begin, 6),
        crowd(["r L now", "r l now"], begin, 6),
        crowd(["r L ~a"], begin, 6),
        crowd(["r L ~aa"], begin, 6),
        crowd(["r please"], begin, 6),
    ]
    alone: list[Comments] = [_moved(run, f"t-{n}") for n, run in enumerate(exact)]
    apart: list[Comments] = [_moved(run, f"s-{n}") for n, run in enumerate(damped, 2)]
    talk: Comments = [
        said(TEXTS[n % len(TEXTS)], n % 9, begin + n * 900, role=_ROLES[n % len(_ROLES)])
        for n in range(90)
    ]
    first = [
        *apart,
        talk,
        staff(begin + 9_000, 20),
        tour(begin + 20_000, 36),
        puzzles(begin, 12),
        links("s", begin, 1, 40, 900),
    ]
    second = [links("p x", middle, 1, 70, 1_700), links("b s", middle, 30, 60, 900)]
    late = [links("a", begin, 1, 20, 9), staff(begin, 2), puzzles(begin, 2)]
    third = [masses(end, 300), links("a c", end, 1, 90, 800), links("b in", end, 50, 40, 300)]
    parts = [_mixed(each, chance, 0.02, 0.02) for each in (first, second, [*late, *third])]
    crowds = [*masses(last, 400), said("! s L", 999, last + 59_000), said("x", 1, last + 60_000)]
    return log_of([*_mixed(alone, chance, 0, 0), *chain.from_iterable(parts), *crowds])


def _moved(comments: Comments, session_id: str) -> Comments:
    """The same in another broadcast."""
    return [
        said(each.text, None, each.occurred_at_ms, user_key=each.user_key, session_id=session_id)
        for each in comments
    ]
