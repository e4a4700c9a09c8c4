"""Markup of the three platforms: the same words, escaped for each, cut to what each takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from streamproc.robots.wording import Line, Message, Span

_LONGEST_PARAGRAPH_SHARE: Final = 2
"""One alert may fill the half of a message, so that others are seen beside it."""
_WIDE: Final = {ord(char): chr(ord(char) + 0xFEE0) for char in "*`[]()<>#~|\\!"}
_LONE_UNDERSCORE: Final = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_ENTITY: Final = {ord(char): f"&#{ord(char)};" for char in '*`[]()<>#~|\\!_&"'}
_BREAKS: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_URL_BREAKERS: Final = {ord(char): f"%{ord(char):02X}" for char in " \"'()<>[]\\`{}|^*"}
_ELLIPSIS: Final = "…"


class Markup(NamedTuple):
    """How a platform writes: what a line ends with, how words are escaped, and how much it takes.

    Units: ``bytes_max`` is UTF-8, of the text as it is shown to the platform.
    """

    line_end: str
    escape: Callable[[str], str]
    bytes_max: int


def widened(text: str) -> str:
    """Text in which nothing is markup, where a platform knows no escape: its signs in full width."""
    return _LONE_UNDERSCORE.sub("＿", _flat(text).translate(_WIDE))


def with_entities(text: str) -> str:
    """Text in which nothing is markup, where a platform reads character references."""
    return _flat(text).translate(_ENTITY)


def rendered(message: Message, markup: Markup, more: Callable[[int], str]) -> str:
    """The paragraphs and the last lines of a message, as many as fit; ``more`` says how many do not."""
    last = list(_lines(message.last, markup))
    parts: list[str] = []
    for number, paragraph in enumerate(message.paragraphs):
        part = markup.line_end.join(_lines(paragraph, markup, _room(markup)))
        rest = len(message.paragraphs) - number - 1
        tail = [markup.escape(more(rest))] if rest else []
        if _size(_joined([*parts, part], [*tail, *last], markup)) > markup.bytes_max:
            unsaid = [markup.escape(more(rest + 1))]
            return _joined(parts, [*unsaid, *last], markup)
        parts.append(part)
    return _joined(parts, last, markup)


def _joined(parts: list[str], last: list[str], markup: Markup) -> str:
    blank = markup.line_end + "\n"
    return blank.join([*parts, markup.line_end.join(last)] if last else parts)


def _lines(lines: list[Line], markup: Markup, room: int | None = None) -> Iterator[str]:
    """Lines as markup. A line too long for its share of the room is cut before it is escaped."""
    share = None if room is None else room // max(1, len(lines))
    for line in lines:
        yield " ".join(_span(span, markup, share) for span in line)


def _span(span: Span, markup: Markup, share: int | None) -> str:
    text = markup.escape(span.text)
    if share is not None and _size(text) > share:
        text = _cut(span.text, share, markup)
    if span.url:
        url = _flat(span.url).translate(_URL_BREAKERS)
        return f"[{text}]({url})" if share is None or _size(url) <= share else text
    return f"**{text}**" if span.bold else text


def _cut(text: str, room: int, markup: Markup) -> str:
    """The most of a text whose markup still fits, with an ellipsis."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = _size(markup.escape(text[:middle]) + _ELLIPSIS) <= room
        low, high = (middle, high) if fits else (low, middle - 1)
    return markup.escape(text[:low]) + _ELLIPSIS


def _room(markup: Markup) -> int:
    return markup.bytes_max // _LONGEST_PARAGRAPH_SHARE


def _flat(text: str) -> str:
    return _BREAKS.sub(" ", text)


def _size(text: str) -> int:
    return len(text.encode())
