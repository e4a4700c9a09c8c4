"""Laws of rules: any room can be judged, judging changes nothing, and what is found can be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any, TypeVar

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streamproc.alerts.history import NO_PANES, History, Row
from streamproc.alerts.model import Finding, Level
from streamproc.alerts.registry import RULES
from streamproc.alerts.room import TOPICS, Room
from streamproc.alerts.rule import Rule
from streamproc.comments.labels import LABELS
from streamproc.tally.figures import OrderFigures
from streamproc.tally.floor import Coupon, Floor, Product, Stock
from streamproc.tally.lifecycle import Lifecycle, Started
from streamproc.tally.online import Reading
from streamproc.tally.pulse import Health, Heartbeat, Pulse
from streamproc.tally.session_sense import SessionSense, Spoken
from streamproc.tally.sessions import Online, PlatformOrders
from streamproc.tally.sold import MinuteSold
from streamproc.tally.uniques import Uniques, union
from tests.builders import T0
from tests.rooms import asked_by

T = TypeVar("T")
MINUTE_MS = 60_000
SUBJECTS = ("", "p:p-1", "p:gone", "l:1", "l:9", "*")
NAMES = ("p-1", "p-2")
QUESTIONS = tuple(f"q:{label}:{subject}" for label in LABELS for subject in SUBJECTS)
OPEN = ("", "c:a", "p:p-1", *QUESTIONS)
APART = [rule for rule in RULES if not rule.kind.startswith("Stockout")]
"""Rules that look at each subject by itself; stock-outs of one pack bear on those of another."""
many_rooms = settings(deadline=None, max_examples=250)


class Drawn:
    """Draws a room, part by part; any part may be missing, empty or at odds with the others."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.busy = self.rng.random()
        """How much there is of everything."""

    def few(self, make: Callable[[], T], most: int) -> list[T]:
        return [make() for _ in range(self.rng.randint(0, most))]

    def maybe(self, make: Callable[[], T]) -> T | None:
        return make() if self.rng.random() < 0.7 else None

    def at_ms(self) -> int:
        return T0 + self.rng.choice(
            (self.rng.randint(-90, 30) * 1_000, -self.rng.randint(0, 1_920_000))
        )

    def number(self) -> int:
        return self.rng.choice(
            (0, 1, self.rng.randint(0, 9), round(self.rng.randint(0, 400) * self.busy))
        )

    def panes(self) -> tuple[int, ...]:
        return NO_PANES if self.rng.random() < 0.5 else tuple(self.number() for _ in range(6))

    def people(self) -> list[int]:
        return self.rng.sample(range(60), self.rng.randint(0, 30))

    def label(self) -> str:
        return self.rng.choice(LABELS)

    def subject(self) -> str:
        return self.rng.choice(SUBJECTS)

    def row(self, number: int) -> Row:
        made = Row(number)
        for column in ("created", "paid", "failed", "comments", "clicks"):
            setattr(made, column, self.panes())
        made.paid_minor = dict(self.few(lambda: (self.rng.choice(("CNY", "HKD")), self.panes()), 2))
        made.failed_by = dict(
            self.few(lambda: (self.rng.choice(("risk", "other")), self.number()), 2)
        )
        times_ms = sorted(self.few(lambda: self.rng.randint(0, MINUTE_MS - 1), 4))
        made.readings = [
            Reading(number * MINUTE_MS + at_ms, self.number() * 5, False) for at_ms in times_ms
        ]
        made.sold = self.maybe(lambda: self.sold(number))
        made.asked = {
            (self.label(), self.subject()): asked_by(self.people(), self.people())
            for _ in range(self.rng.randint(0, 4))
        }
        by_label: dict[str, list[Uniques]] = {}
        for (label, _), asked in made.asked.items():
            by_label.setdefault(label, []).append(asked.people()[1])
        made.asked_users = {label: union(each).count() for label, each in by_label.items()}
        made.commenters = self.maybe(lambda: Uniques(dict.fromkeys(self.people())))
        return made

    def sold(self, minute: int) -> MinuteSold:
        made = MinuteSold(requested=dict(self.few(lambda: (self.label(), self.number()), 2)))
        for _ in range(self.rng.randint(0, 3)):
            at_ms = minute * MINUTE_MS + self.rng.randint(0, MINUTE_MS - 1)
            product = self.rng.choice(NAMES)
            made.create(product, self.rng.choice(("", "big")), self.number() + 1, at_ms)
            made.refuse(product, at_ms)
        return made

    def floor(self) -> Floor:
        def product() -> Product:
            title = self.rng.choice(
                ("年糕", "信宜山地年糕 500g", "", " ·", "一二三四五六七八九十" * 3)
            )
            stock = Stock(self.at_ms(), self.number(), sold_out=self.rng.random() < 0.3)
            packs = dict(self.few(lambda: (self.rng.choice(("", "big")), stock), 2))
            return Product(self.at_ms(), title=title, link_no=self.rng.randint(0, 9), stock=packs)

        def link() -> tuple[int, int, str]:
            return self.at_ms(), self.rng.randint(1, 9), self.rng.choice(("", *NAMES))

        def coupon() -> Coupon:
            left, out_ms = self.rng.randint(-1, 5), self.at_ms()
            return Coupon(self.at_ms(), left, out_ms, self.number(), self.at_ms())

        return Floor(
            products=dict(self.few(lambda: (self.rng.choice(NAMES), product()), 2)),
            links=sorted(self.few(link, 3)),
            pins=sorted(self.few(lambda: (self.at_ms(), self.rng.choice(NAMES)), 3)),
            coupons=dict(self.few(lambda: (self.rng.choice("ab"), coupon()), 2)),
            acted_ms=self.rng.choice((0, self.at_ms())),
        )

    def pulse(self) -> Pulse:
        def health() -> Health:
            frames, level = (
                self.rng.choice((None, 0.0, 25.0)),
                self.rng.choice((None, -90.0, -20.0)),
            )
            return Health(self.at_ms(), frames, None, level)

        def beat() -> Heartbeat:
            return Heartbeat(self.at_ms(), self.rng.random() < 0.8, self.rng.randint(-1, 100_000))

        return Pulse(
            sorted(self.few(health, 4), key=lambda each: each.at_ms),
            sorted(self.few(beat, 4), key=lambda each: each.at_ms),
        )

    def said(self) -> SessionSense:
        made = SessionSense(b"")
        made.spoken = sorted(
            self.few(
                lambda: Spoken(
                    self.at_ms(), 1, "host", tuple(self.few(self.label, 2)), self.subject()
                ),
                3,
            )
        )
        made.evidence = {
            (self.label(), self.subject()): self.few(lambda: (self.at_ms(), 1, 2, 3, "没货"), 9)
            for _ in range(3)
        }
        return made

    def lifecycle(self) -> Lifecycle:
        started = self.maybe(lambda: Started(self.at_ms()))
        paused_ms, resumed_ms, ended_ms = (
            self.at_ms() if self.rng.random() < 0.3 else None for _ in range(3)
        )
        begun_ms = started.at_ms if started else None
        return Lifecycle(begun_ms, started, paused_ms, resumed_ms, ended_ms)

    def room(self) -> Room:
        made = Room("h-1", "s-1", T0)
        made.begun_ms = self.rng.choice((0, self.at_ms(), T0 - 60 * MINUTE_MS))
        made.seen_ms = dict(self.few(lambda: (self.rng.choice(TOPICS), self.at_ms()), 4))
        made.lifecycle, made.floor = self.lifecycle(), self.floor()
        made.pulse, made.said = self.pulse(), self.said()
        newest = T0 // MINUTE_MS + 1
        known = self.rng.sample(range(newest - 32, newest + 1), self.rng.randint(0, 33))
        made.history = History({number: self.row(number) for number in known})
        lines = self.number() * 10
        made.sold = OrderFigures(pay_gmv_minor={"CNY": lines * 100}, paid_lines=lines)
        made.paid_day = self.number()
        made.platform_orders = sorted(
            self.few(
                lambda: PlatformOrders(self.at_ms(), lines, lines * 100 + self.number(), "CNY"), 3
            )
        )
        made.online = self.maybe(lambda: Online(self.at_ms(), self.number() * 5, False))
        made.peak_online = max(2_000, made.online.viewers if made.online else 0)
        made.open_subjects = self.rng.choice(((), ("",), self.rng.sample(OPEN, 5)))
        return made


rooms = st.integers(0, 1 << 32).map(lambda seed: Drawn(seed).room())


def thrifty(rule: Rule) -> Any:  # noqa: ANN401 - each rule has its own struct
    """Thresholds that small rooms pass, too."""
    names = {field.name for field in msgspec.structs.fields(rule.limits)}
    least = {name: 1 for name in names if name.startswith(("min_", "clear_users", "clear_lines"))}
    return msgspec.structs.replace(rule.limits(), **least)


def found(rule: Rule, room: Room, limits: object) -> list[Finding]:
    return list(rule.judge(room, limits))


def opened_by(rule: Rule, room: Room) -> set[str]:
    return {each.subject for each in found(rule, room, rule.limits()) if each.level is Level.ENTER}


@given(rooms)
@many_rooms
def test_any_room_can_be_judged_again_and_what_is_found_can_be_told(room: Room) -> None:
    for rule in RULES:
        for limits in (rule.limits(), thrifty(rule)):
            first = found(rule, room, limits)

            assert found(rule, room, limits) == first
            assert all(count == 1 for count in Counter(each.subject for each in first).values())
            for each in first:
                assert each.due_ms >= 0
                evidence, advice = rule.evidence(room, each, limits), rule.advice(room, each)
                assert len(evidence.comments) <= 5
                assert len(advice.teleprompter) <= 20
                msgspec.json.encode((each, evidence, advice))


@given(rooms)
@many_rooms
def test_an_open_alert_opens_no_other_and_hides_none(room: Room) -> None:
    for rule in APART:
        opened, room.open_subjects = room.open_subjects, ()
        alone = opened_by(rule, room)
        room.open_subjects = opened

        assert opened_by(rule, room) - set(opened) == alone - set(opened)


def test_rooms_are_drawn_in_which_every_rule_finds_something() -> None:
    drawn = [Drawn(seed).room() for seed in range(1_000)]

    silent = {
        rule.kind
        for rule in RULES
        if not any(
            each.level is Level.ENTER for room in drawn for each in rule.judge(room, thrifty(rule))
        )
    }

    assert silent == set()


def test_a_room_of_which_nothing_was_ever_told_raises_nothing() -> None:
    room = Room("h-1", "s-1", T0)

    assert [each for rule in RULES for each in rule.judge(room, rule.limits())] == []
