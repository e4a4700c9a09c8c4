"""``streamproc dlq list|show|retry``: records that could not be used."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamproc.cli.config import Bootstrap, settings_of
from streamproc.cli.dead_letters import (
    Letters,
    Origin,
    StoredLetter,
    read_dead_letters,
    send_again,
)
from streamproc.cli.logs import libraries_silenced
from streamproc.cli.terminal import output_console
from streamproc.errors import BadSetting, without_controls
from streamproc.events.registry import INPUT_TOPICS
from streamproc.settings import Settings

HEX_BYTES_PER_LINE = 16
SHOWN_MAX_BYTES = 4096
PRINTABLE = range(0x20, 0x7F)

app = typer.Typer(no_args_is_help=True)

Topic = Annotated[
    str | None, typer.Option(help="Only what came from this input topic, say live.orders.v1.")
]
Reason = Annotated[str | None, typer.Option(help="Only what was rejected for this reason.")]


@app.command("list")
def list_(
    bootstrap: Bootstrap = None,
    topic: Topic = None,
    reason: Reason = None,
    limit: Annotated[int, typer.Option(min=0, help="Show so many of the newest.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON lines, all of them.")] = False,
) -> None:
    """Count the dead letters by topic and reason, and show the newest."""
    found = _read(settings_of(kafka__bootstrap_servers=bootstrap), topic)
    letters = found.where(topic=topic, reason=reason)
    if as_json:
        for one in letters:
            typer.echo(msgspec.json.encode(_row(one)).decode())
        return
    console = output_console()
    if not letters:
        console.print("No dead letters.")
        return
    console.print(_counts(letters))
    if limit:
        console.print(_newest(letters, limit))
    if found.copies:
        console.print(f"{found.copies} copies, written again after a crash, are left out")


@app.command()
def show(
    origin: Annotated[str, typer.Argument(help="TOPIC-PARTITION-OFFSET, as `list` prints it.")],
    bootstrap: Bootstrap = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Only the value, byte for byte, to stdout.")
    ] = False,
) -> None:
    """Show one dead letter: its headers, why it was rejected, and its bytes."""
    wanted = Origin.parse(origin)
    found = _read(settings_of(kafka__bootstrap_servers=bootstrap), _input_of(wanted.topic))
    letter = next((one for one in found.letters if one.origin == wanted), None)
    if letter is None:
        raise BadSetting(
            "there is no such dead letter",
            where=origin,
            hint="`streamproc dlq list --limit 1000` names them; old ones are deleted by retention",
        )
    if raw:
        sys.stdout.buffer.write(letter.value or b"")
        sys.stdout.buffer.flush()
        return
    _print_letter(letter, output_console())


@app.command()
def retry(
    bootstrap: Bootstrap = None,
    topic: Topic = None,
    reason: Reason = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="Only this record, TOPIC-PARTITION-OFFSET; may be given several times."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Send dead letters to their input topics again, byte for byte, after whatever was mended.

    They stay in the dead letter topics. A record that still cannot be used comes back as a new dead
    letter, from its new offset; one that is sent twice is folded once.
    """
    settings = settings_of(kafka__bootstrap_servers=bootstrap)
    origins = [Origin.parse(text) for text in origin or ()]
    letters = _read(settings, topic).where(topic=topic, reason=reason, origins=origins)
    console = output_console()
    if not letters:
        console.print("No dead letters to send.")
        return
    console.print(_counts(letters))
    if not yes and not typer.confirm(f"Send these {len(letters)} records again?"):
        raise typer.Exit(1)
    kafka = settings.kafka
    with libraries_silenced():
        sent = asyncio.run(
            send_again(kafka.bootstrap_servers, letters, timeout_s=kafka.request_timeout_s)
        )
    console.print(
        f"{sent} records sent. One that still cannot be used comes back as a new dead letter, with the"
        " offset that it has now"
    )


def _read(settings: Settings, topic: str | None) -> Letters:
    if topic is not None and topic not in INPUT_TOPICS:
        raise BadSetting(
            "this is no input topic",
            where=topic,
            hint=f"one of {', '.join(INPUT_TOPICS)}",
        )
    topics = INPUT_TOPICS if topic is None else (topic,)
    kafka = settings.kafka
    with libraries_silenced():
        return asyncio.run(
            read_dead_letters(kafka.bootstrap_servers, topics, timeout_s=kafka.request_timeout_s)
        )


def _input_of(topic: str) -> str | None:
    """The input whose dead letters to read; ``None``, all, for what nobody of ours wrote."""
    return topic if topic in INPUT_TOPICS else None


def _counts(letters: Sequence[StoredLetter]) -> Table:
    table = Table(title="Dead letters", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("from", no_wrap=True)
    table.add_column("reason", no_wrap=True)
    table.add_column("records", justify="right")
    counted = Counter((one.origin.topic, one.reason) for one in letters)
    for (topic, reason), count in sorted(counted.items()):
        table.add_row(topic, reason, f"{count:,}")
    table.add_section()
    table.add_row("all", "", f"{len(letters):,}")
    return table


def _newest(letters: Sequence[StoredLetter], limit: int) -> Table:
    newest = sorted(letters, key=lambda one: one.timestamp_ms, reverse=True)[:limit]
    title = f"The newest {len(newest)}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("topic-partition-offset", overflow="fold", min_width=24)
    table.add_column("reason", no_wrap=True)
    for name in ("detail", "key"):
        table.add_column(name, overflow="ellipsis", no_wrap=True)
    table.add_column("bytes", justify="right")
    for one in newest:
        size = "-" if one.value is None else f"{len(one.value):,}"
        # what came in a record is data, never markup or control characters for the terminal
        detail, key = Text(without_controls(one.detail)), Text(_shown_key(one.key))
        table.add_row(str(one.origin), one.reason, detail, key, size)
    return table


def _row(one: StoredLetter) -> dict[str, object]:
    return {
        "origin": str(one.origin),
        "reason": one.reason,
        "detail": one.detail,
        "key": None if one.key is None else one.key.decode("utf-8", "replace"),
        "bytes": None if one.value is None else len(one.value),
        "at_ms": one.timestamp_ms,
    }


def _print_letter(one: StoredLetter, console: Console) -> None:
    at = datetime.fromtimestamp(one.timestamp_ms / 1000, UTC)
    lines = {
        "from": str(one.origin),
        "rejected": f"{at:%Y-%m-%d %H:%M:%S} UTC, by streamproc {one.version}",
        "reason": one.reason,
        "detail": without_controls(one.detail),
        "key": _shown_key(one.key),
    }
    for name, value in lines.items():
        console.print(Text(f"{name + ':':<10}{value}"))
    for name, content in one.headers:
        console.print(Text(f"header    {without_controls(name)}: {_shown_key(content)}"))
    if one.value is None:
        console.print("value:    none (a tombstone)")
        return
    console.print(f"value:    {len(one.value):,} bytes")
    for line in hexdump(one.value[:SHOWN_MAX_BYTES]):
        console.print(Text(line))
    if len(one.value) > SHOWN_MAX_BYTES:
        console.print(f"and {len(one.value) - SHOWN_MAX_BYTES:,} more bytes: --raw prints them all")


def hexdump(content: bytes) -> list[str]:
    """Bytes as people read them: offset, hexadecimal, and what is printable ASCII."""
    lines = []
    for start in range(0, len(content), HEX_BYTES_PER_LINE):
        part = content[start : start + HEX_BYTES_PER_LINE]
        text = "".join(chr(byte) if byte in PRINTABLE else "." for byte in part)
        lines.append(f"{start:08x}  {part.hex(' '):<47}  {text}")
    return lines


def _shown_key(content: bytes | None) -> str:
    return (
        "none" if content is None else without_controls(content.decode("utf-8", "backslashreplace"))
    )
