"""What is said of a notification, and that it is only words on every platform."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamproc.robots.markup import Markup, rendered, widened, with_entities
from streamproc.robots.platforms import DingTalk, Feishu, Platform, WeCom
from streamproc.robots.wording import Language, Wording
from tests.robots.notified import alert, notification

WORDINGS: dict[Language, Wording] = {"zh": Wording("zh", 480), "en": Wording("en", 0)}
PLATFORMS: dict[str, Platform] = {
    "wecom": WeCom("https://wecom.example/send?key=k"),
    "dingtalk": DingTalk("https://ding.example/send?access_token=t", None),
    "feishu": Feishu("https://feishu.example/hook/t", None),
}
LIMITS = {"wecom": 4096, "dingtalk": 20_000, "feishu": 20_000}
HOSTILE = (
    "[click](https://evil.example) **now** <@all> <at id=all></at> `x` # !\n\n> quoted _y_ ~~z~~"
)


def said(name: str, *alerts: dict[str, Any], language: Language = "en") -> str:
    """The text that a platform shows, from the request that is sent to it."""
    told, wording = notification(*alerts), WORDINGS[language]
    message = wording.message(told.alerts, known=0, left_out=told.truncated_alerts)
    body = json.loads(PLATFORMS[name].post(message, wording, 1_700_000_000_000).body)
    match name:
        case "wecom":
            return str(body["markdown"]["content"])
        case "dingtalk":
            return f"{body['markdown']['title']}\n{body['markdown']['text']}"
        case _:
            assert body["card"]["header"]["title"]["tag"] == "plain_text"  # no markup there
            (element,) = body["card"]["elements"]
            return f"\n{element['text']['content']}"


def in_words(notification_of: dict[str, Any], language: Language) -> list[str]:
    wording = WORDINGS[language]
    message = wording.message(notification(notification_of).alerts, known=0, left_out=0)
    lines = [line for paragraph in message.paragraphs for line in paragraph]
    return [message.title, *(" ".join(span.text for span in line) for line in lines)]


def test_a_firing_alert_in_chinese() -> None:
    assert in_words(alert(), "zh") == [
        "[紧急] 告警 1: 分区 3 停滞",
        "[紧急 告警] 分区 3 停滞",
        "Nothing of it became durable for 2 minutes.",
        "partition=3",
        "开始于 11-28 10:00:00 +0800",
        "处理手册 看板",
    ]


def test_a_resolved_alert_in_english() -> None:
    over = alert(status="resolved", endsAt="2026-11-28T02:07:30Z", annotations={})

    assert in_words(over, "en") == [
        "[page] resolved 1: StreamprocPartitionStalled",
        "[page resolved] StreamprocPartitionStalled",
        "partition=3",
        "since 11-28 02:00:00 +0000, resolved at 11-28 02:07:30 +0000",
    ]


@pytest.mark.parametrize("name", PLATFORMS)
def test_the_most_urgent_is_said_first_and_what_resolved_last(name: str) -> None:
    text = said(
        name,
        alert(status="resolved", fingerprint="1", annotations={"summary": "Over"}),
        alert(labels={"severity": "info"}, fingerprint="2", annotations={"summary": "Mild"}),
        alert(labels={"severity": "page"}, fingerprint="3", annotations={"summary": "Urgent"}),
    ).split("\n", 1)[1]

    assert text.index("Urgent") < text.index("Mild") < text.index("Over")


@pytest.mark.parametrize("name", PLATFORMS)
def test_links_are_links_and_nothing_from_outside_is_markup(name: str) -> None:
    hostile = {
        "summary": HOSTILE,
        "description": HOSTILE,
        "runbook_url": "https://a.example/b)[x](y",
    }
    text = said(name, alert(annotations=hostile, labels={"host": HOSTILE}))

    assert re.findall(r"\]\(([^)]*)\)", text) == ["https://a.example/b%29%5Bx%5D%28y"]
    assert not re.search(r"<(?!/?font)", text.split("\n", 1)[1])
    assert "~~" not in text.split("\n", 1)[1]
    assert not re.search(r"^\s*[>!`]", text, re.MULTILINE)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://a", "", "//a.example"])
def test_only_web_addresses_become_links(url: str) -> None:
    assert "](" not in said("dingtalk", alert(annotations={"summary": "S", "runbook_url": url}))


@pytest.mark.parametrize("name", PLATFORMS)
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("count", [1, 40, 2000])
def test_a_message_never_exceeds_what_the_platform_takes(
    name: str, language: Language, count: int
) -> None:
    long = {"summary": "断货*" * 60, "summary_zh": "断货*" * 900, "description": "很多(" * 2000}
    alerts = [alert(annotations=long, fingerprint=f"{number:016x}") for number in range(count)]
    wording = WORDINGS[language]
    message = wording.message(notification(*alerts).alerts, known=7, left_out=9)
    post = PLATFORMS[name].post(message, wording, 1)
    body = json.loads(post.body)
    size = len(body["markdown"]["content"].encode()) if name == "wecom" else len(post.body)

    assert size <= LIMITS[name]
    text = post.body.decode()
    assert wording.more(9) in text
    assert "7" in text
    if count > 1:
        shown = text.count("2026-11-28"[5:])
        assert shown >= 1
        assert wording.more(count - shown) in text


@given(st.text(), st.integers(40, 400))
def test_cutting_never_leaves_half_an_escape(text: str, room: int) -> None:
    markup = Markup("\n", with_entities, room * 2)
    wording = WORDINGS["en"]
    long = alert(annotations={"summary": text * 9}, labels={})
    message = wording.message(notification(long).alerts, known=0, left_out=0)
    written = rendered(message, markup, wording.more)

    assert len(written.encode()) <= room * 2
    assert not re.search(r"&(?!#\d+;)", written)


@given(st.text())
def test_no_sign_of_markup_is_left_where_a_platform_knows_no_escape(text: str) -> None:
    assert not set(widened(text)) & set("*`[]()<>#~|\\!\n\r")


def test_names_keep_their_underscores() -> None:
    assert widened("pay_gmv_minor _x_") == "pay_gmv_minor ＿x＿"
