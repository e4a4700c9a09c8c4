"""What is told of a step is whole, names nobody, and says until when it holds."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
import pytest
from xxhash import xxh3_128_hexdigest

from streamproc.alerts.held import Held, Step, alert_id
from streamproc.alerts.model import Phase, Severity
from streamproc.alerts.policy import Policy
from streamproc.alerts.room import Room
from streamproc.alerts.rule import Rule
from streamproc.alerts.transition import Setting, notifies, product_of, transition
from streamproc.events.outputs import AlertTransition, Evidence, ShownComment
from streamproc.tally.floor import Floor, Stock
from streamproc.tally.profiles import Profile
from tests.builders import T0
from tests.rooms import product, room, shown
from tests.unit.alerts.played import S, enter, told_at
from tests.unit.alerts.scripted import judge_of, rule, scripted

PROFILE = Profile(T0, "e-1", "阿婆", "上村", "北镇", "东区", None)
SETTING = Setting(Policy(), profile=PROFILE, offsets={"live.orders.v1": 5_211}, lexicon_version="2")


def told(made: Rule, setting: Setting = SETTING, **fields: object) -> AlertTransition:
    """The first step of a rule in a room, as it is told."""
    at = room(**{"floor": shown(), "venue_id": "v-1", **fields})  # type: ignore[arg-type]
    (step,) = judge_of(made).judge(at, {}).steps
    return transition(at, made, step, setting)


def test_a_transition_says_all_there_is_to_know() -> None:
    found = enter(
        subject="p:p-1/s-1",
        state="confirmed",
        why={"users_120s": 7, "confidence": 0.9, "via": "named"},
    )
    floor = shown(held=product(title="牛大力", link_no=3, stock={"s-1": Stock(T0, 0)}))

    made = told(rule("Stockout", found), floor=floor)

    assert made == AlertTransition(
        alert_id=made.alert_id,
        seq=1,
        kind="Stockout",
        phase="firing",
        severity="page",
        host_id="h-1",
        session_id="s-1",
        subject="p:p-1/s-1",
        at_ms=T0,
        opened_ms=T0,
        why="entered",
        rule="stockout",
        rule_version=3,
        advice=made.advice,
        state="confirmed",
        episode=1,
        room_id="r-1",
        venue_id="v-1",
        host_name="阿婆",
        village="上村",
        town="北镇",
        district="东区",
        product_id="p-1",
        sku_id="s-1",
        product_title="牛大力",
        product_via="named",
        link_no=3,
        confidence=0.9,
        valid_until_ms=T0 + 660 * S,
        lexicon_version="2",
        evidence=Evidence(
            inputs={"users_120s": 7, "confidence": 0.9, "via": "named"},
            offsets={"live.orders.v1": 5_211},
        ),
    )


def test_an_alert_has_the_same_name_whoever_computes_it() -> None:
    held = Held("StreamDead", "", episode=2)
    expected = xxh3_128_hexdigest(b"h-1\0s-1\0StreamDead\0\x002")

    assert alert_id("h-1", "s-1", held) == f"StreamDead:{expected}"
    assert re.fullmatch(r"StreamDead:[0-9a-f]{32}", alert_id("h-1", "s-1", held))
    assert alert_id("h-1", "s-1", held) != alert_id("h-1s", "-1", held)


def test_evidence_is_the_five_newest_comments_without_long_numbers() -> None:
    texts = [f"电话 1381234567{number}" for number in range(7)]
    comments = [
        ShownComment(id=f"c-{number}", at_ms=T0 - number, label="restock", text=text)
        for number, text in enumerate(texts)
    ]
    evidence = Evidence(
        comments=comments,
        inputs={
            "said": "叫 13812345678",
            "by": {"13812345678": ["13812345678", 3]},
            "users": 13812345678,
        },
        offsets={"live.comments.v1": 7},
    )

    made = told(scripted("A", lambda _r, _l: [enter()], evidence=lambda _r, _f, _l: evidence))

    assert [each.id for each in made.evidence.comments] == ["c-4", "c-3", "c-2", "c-1", "c-0"]
    assert {each.text for each in made.evidence.comments} == {"电话 ***"}
    assert made.evidence.inputs == {
        "said": "叫 ***",
        "by": {"***": ["***", 3]},
        "users": 13812345678,
    }
    assert made.evidence.offsets == {"live.comments.v1": 7}


def test_evidence_is_asked_for_only_when_a_step_is_told() -> None:
    asked: list[int] = []

    def evidence(*_: object) -> Evidence:
        asked.append(1)
        return Evidence()

    judge = judge_of(scripted("A", lambda _r, _l: [enter()], evidence=evidence))
    judge.judge(room(), {})

    assert asked == []


def test_the_rule_that_is_asked_for_evidence_sees_its_own_alert() -> None:
    seen: list[Sequence[str]] = []

    def evidence(at: Room, _finding: object, _limits: object) -> Evidence:
        seen.append(at.open_subjects)
        return Evidence()

    told(scripted("A", lambda _r, _l: [enter(subject="p:p-1")], evidence=evidence))

    assert seen == [("p:p-1",)]


def test_a_rule_sees_the_thresholds_of_its_host() -> None:
    seen: list[object] = []

    def evidence(_room: object, _finding: object, limits: object) -> Evidence:
        seen.append(limits)
        return Evidence()

    made = scripted("A", lambda _r, _l: [enter()], evidence=evidence)
    limits = judge_of(made).limits_of(made, "h-1")
    told(made, SETTING._replace(limits=limits))

    assert seen == [limits]


@pytest.mark.parametrize(
    ("subject", "named"),
    [
        ("", ("", "")),
        ("c:c-1", ("", "")),
        ("p:p-1", ("p-1", "")),
        ("p:p-1/s-1", ("p-1", "s-1")),
        ("p:a/b", ("a/b", "")),
        ("p:a/b/s/1", ("a/b", "s/1")),
        ("p:gone/s-1", ("gone", "s-1")),
        ("p:gone", ("gone", "")),
    ],
)
def test_a_subject_names_a_product_and_a_pack(subject: str, named: tuple[str, str]) -> None:
    floor = Floor(products={"p-1": product(), "a/b": product()})

    assert product_of(floor, subject) == named


def test_a_step_that_only_is_held_is_told_again_as_it_was() -> None:
    made = rule("GmvStall", enter(why={"paid_300s": 0}))
    at = room()
    (step,) = judge_of(made).judge(at, {}).steps

    again = transition(room(T0 + 5 * S), made, Step(step.held), SETTING)

    assert again == transition(at, made, step, SETTING)


def test_a_step_of_a_rule_that_is_no_more_says_so() -> None:
    held = Held("Gone", "", Phase.RESOLVED, episode=1, seq=2, why="retired", inputs={"n": 1})

    made = transition(room(), None, Step(held), Setting(Policy()))

    assert (made.kind, made.why, made.rule, made.evidence.inputs) == (
        "Gone",
        "retired",
        "",
        {"n": 1},
    )
    assert made.advice.zh


def held_open(**fields: object) -> Held:
    base = Held("GmvStall", "", Phase.FIRING, Severity.PAGE, episode=1, seq=1, why="entered")
    times = {"told_ms": T0, "notified_ms": T0, "opened_ms": T0, "since_ms": T0}
    return msgspec.structs.replace(base, **{**times, **fields})


TAKEN = {"verdict": "acknowledged"}
SNOOZED = {"verdict": "snoozed", "snoozed_until_ms": T0 + 3_000 * S}


@pytest.mark.parametrize(
    ("held", "until_s"),
    [
        (held_open(), 660),
        (held_open(digest=True), 360),
        (held_open(**TAKEN), None),
        (held_open(**SNOOZED), 3_060),
        (held_open(inhibited_by="StreamDead"), None),
        (held_open(phase=Phase.RESOLVING), 660),
        (held_open(phase=Phase.RESOLVED), None),
    ],
)
def test_a_transition_holds_until_it_is_told_again(held: Held, until_s: int | None) -> None:
    made = transition(room(), None, Step(held), Setting(Policy()))

    assert made.valid_until_ms == (0 if until_s is None else T0 + until_s * S)


@pytest.mark.parametrize(
    ("held", "pages"),
    [
        (held_open(), True),
        (held_open(why="renotified"), True),
        (held_open(why="released"), True),
        (held_open(why="judged"), False),
        (held_open(why="returned"), False),
        (held_open(**TAKEN), False),
        (held_open(**SNOOZED), False),
        (held_open(**{**SNOOZED, "snoozed_until_ms": T0, "why": "renotified"}), True),
        (held_open(inhibited_by="StreamDead"), False),
        (held_open(phase=Phase.RESOLVED, why="cleared"), False),
    ],
)
def test_somebody_is_told_of_what_is_new_and_nobodys(held: Held, pages: bool) -> None:
    assert notifies(transition(room(), None, Step(held), Setting(Policy()))) is pages


def test_a_verdict_is_told_with_its_alert() -> None:
    held = held_open(**SNOOZED)

    made = transition(room(), None, Step(held), Setting(Policy()))

    assert (made.verdict, made.snoozed_until_ms) == ("snoozed", T0 + 3_000 * S)
    assert told_at(0, "snoozed", 3_000).until_ms == made.snoozed_until_ms
