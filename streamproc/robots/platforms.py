"""The three platforms: what is posted where, and what their answers mean."""

from __future__ import annotations

import base64
import hashlib
import hmac
from enum import Enum
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import quote_plus

import msgspec

from streamproc.robots.markup import Markup, rendered, widened, with_entities
from streamproc.robots.wording import Message, Wording

_WECOM_COLOURS: Final = {"page": "warning", "ticket": "warning", "info": "comment"}
_FEISHU_COLOURS: Final = {"page": "red", "ticket": "orange", "info": "blue"}
_GREEN: Final = {"wecom": "info", "feishu": "green"}
_BUSY: Final = -1
_TITLE_CHARS_MAX: Final = 100
_HEAD_BYTES_MAX: Final = 4 * _TITLE_CHARS_MAX + 100


class Answer(Enum):
    """What a platform made of a message."""

    TAKEN = "taken"
    BUSY = "busy"
    """It may be taken in a moment."""
    THROTTLED = "throttled"
    """More than a robot may say; it stays shut for a while."""
    REFUSED = "refused"
    """It is never taken as it is: a wrong key, signature or form."""


class Post(NamedTuple):
    """One HTTP request: where to and what. The address is a secret, and is never logged."""

    url: str
    body: bytes


class Platform(Protocol):
    """A robot of one platform."""

    name: str

    def post(self, message: Message, wording: Wording, now_ms: int) -> Post:
        """The request that tells a message."""
        ...

    def answer(self, told: dict[str, Any]) -> tuple[Answer, int]:
        """What the JSON of its answer says, and its code."""
        ...


class WeCom:
    """A group robot of WeCom (企业微信群机器人).

    Source: developer.work.weixin.qq.com/document/path/91770.
    """

    name = "wecom"
    _markup = Markup("\n", widened, 4096 - _HEAD_BYTES_MAX)
    _throttled = frozenset((45009, 45033))

    def __init__(self, url: str) -> None:
        self._url = url

    def post(self, message: Message, wording: Wording, now_ms: int) -> Post:
        """The request: a Markdown message whose title has the colour of its urgency."""
        colour = _GREEN["wecom"] if message.resolved else _WECOM_COLOURS[message.severity]
        title = f'<font color="{colour}">**{_title(message, self._markup)}**</font>'
        content = f"{title}\n{rendered(message, self._markup, wording.more)}"
        return Post(self._url, _json({"msgtype": "markdown", "markdown": {"content": content}}))

    def answer(self, told: dict[str, Any]) -> tuple[Answer, int]:
        """What ``errcode`` says."""
        return _answer(told.get("errcode"), self._throttled)


class DingTalk:
    """A custom robot of DingTalk (钉钉自定义机器人), signed where it has a secret.

    Source: open.dingtalk.com/document/orgapp/custom-robot-access.
    """

    name = "dingtalk"
    _markup = Markup("  \n", widened, 15_000)
    _throttled = frozenset((130101, 410100))

    def __init__(self, url: str, secret: str | None) -> None:
        self._url, self._secret = url, secret

    def post(self, message: Message, wording: Wording, now_ms: int) -> Post:
        """The request: a Markdown message; the signature stands in the address."""
        title = _title(message, self._markup)
        text = f"#### {title}\n\n{rendered(message, self._markup, wording.more)}"
        body = _json({"msgtype": "markdown", "markdown": {"title": title, "text": text}})
        if self._secret is None:
            return Post(self._url, body)
        signed = f"{now_ms}\n{self._secret}".encode()
        sign = _signature(self._secret.encode(), signed)
        between = "&" if "?" in self._url else "?"
        return Post(f"{self._url}{between}timestamp={now_ms}&sign={quote_plus(sign)}", body)

    def answer(self, told: dict[str, Any]) -> tuple[Answer, int]:
        """What ``errcode`` says."""
        return _answer(told.get("errcode"), self._throttled)


class Feishu:
    """A custom robot of Feishu (飞书自定义机器人), signed where it has a secret.

    Source: open.feishu.cn/document/client-docs/bot-v3/add-custom-bot.
    """

    name = "feishu"
    _markup = Markup("\n", with_entities, 15_000)
    _throttled = frozenset((11232,))

    def __init__(self, url: str, secret: str | None) -> None:
        self._url, self._secret = url, secret

    def post(self, message: Message, wording: Wording, now_ms: int) -> Post:
        """The request: a card whose head has the colour of its urgency; the signature is in the body."""
        colour = _GREEN["feishu"] if message.resolved else _FEISHU_COLOURS[message.severity]
        title = {"tag": "plain_text", "content": message.title[:_TITLE_CHARS_MAX]}
        text = {"tag": "lark_md", "content": rendered(message, self._markup, wording.more)}
        card = {
            "config": {"wide_screen_mode": True},
            "header": {"template": colour, "title": title},
            "elements": [{"tag": "div", "text": text}],
        }
        signed: dict[str, str] = {}
        if self._secret is not None:
            timestamp = str(now_ms // 1000)
            sign = _signature(f"{timestamp}\n{self._secret}".encode(), b"")
            signed = {"timestamp": timestamp, "sign": sign}
        return Post(self._url, _json({**signed, "msg_type": "interactive", "card": card}))

    def answer(self, told: dict[str, Any]) -> tuple[Answer, int]:
        """What ``code`` says; older robots answer with ``StatusCode``."""
        return _answer(told.get("code", told.get("StatusCode")), self._throttled)


def _title(message: Message, markup: Markup) -> str:
    return markup.escape(message.title[:_TITLE_CHARS_MAX])


def _answer(code: object, throttled: frozenset[int]) -> tuple[Answer, int]:
    if not isinstance(code, int) or isinstance(code, bool):
        return Answer.BUSY, _BUSY
    if code == 0:
        return Answer.TAKEN, code
    if code in throttled:
        return Answer.THROTTLED, code
    return (Answer.BUSY if code == _BUSY else Answer.REFUSED), code


def _signature(key: bytes, text: bytes) -> str:
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def _json(value: object) -> bytes:
    return msgspec.json.encode(value)
