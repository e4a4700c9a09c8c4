"""``streamproc comments``: what comments mean, why, and how good that reading is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from streamproc.cli.comment_files import labelled_lines, named
from streamproc.cli.config import AppId, Bootstrap, settings_of
from streamproc.comments.check import mistakes
from streamproc.comments.classifier import Classifier, Reading
from streamproc.comments.explain import explain, matches_of
from streamproc.comments.products import Room
from streamproc.comments.score import Score, score
from streamproc.errors import BadInput, BadLexicon, without_controls
from streamproc.lexicons.files import build_classifier, with_examples

BATCH = 512
app = typer.Typer(no_args_is_help=True, add_completion=False)
CatalogFile = Annotated[
    Path | None, typer.Option("--catalog", help="The products, as JSON: names, aliases, links.")
]
OwnFile = Annotated[
    Path | None, typer.Option("--lexicon", help="A file of your own words, aliases and rules.")
]


@app.command()
def classify(catalog: CatalogFile = None, lexicon: OwnFile = None) -> None:
    """Read JSON lines {"id", "text", "role"?, "room"?} on stdin; write what each means, in order.

    Role is viewer unless it is host or staff, who tell of stock and ask for nothing.

    A line that is no comment is named on stderr and has no answer; exit 26 at the end tells of it.
    """
    classifier = build_classifier(*named(catalog, lexicon))
    numbered = enumerate(sys.stdin.buffer, start=1)
    wrong = 0
    while batch := list(islice(numbered, BATCH)):
        told = [_line(raw) for _, raw in batch]
        for (number, raw), line in zip(batch, told, strict=True):
            if line is None and raw.strip():
                wrong += 1
                typer.echo(f'line {number}: no JSON object with a string "text"', err=True)
        lines = [line for line in told if line is not None]
        rooms = [_room(line) for line in lines]
        readings = classifier.read([line["text"] for line in lines], rooms)
        for line, reading in zip(lines, readings, strict=True):
            sys.stdout.buffer.write(msgspec.json.encode(_answer(classifier, line, reading)) + b"\n")
        sys.stdout.buffer.flush()
    if wrong:
        raise BadInput(
            f"{wrong} lines are no comments; the others were answered",
            where="stdin",
            hint='give each line as JSON with "id" and a string "text"',
        )


@app.command()
def why(
    text: Annotated[str, typer.Argument(help="The comment.")],
    catalog: CatalogFile = None,
    lexicon: OwnFile = None,
    role: Annotated[str, typer.Option("--role", help="Who wrote it: viewer, host or staff.")] = (
        "viewer"
    ),
) -> None:
    """Tell why a comment is read as it is: tokens, clauses, rules, masks, and without masks."""
    classifier = build_classifier(*named(catalog, lexicon))
    for line in _story(classifier, text, role):
        typer.echo(without_controls(line))


@app.command()
def lint(catalog: CatalogFile = None, lexicon: OwnFile = None) -> None:
    """Check words and rules: every example fires, every counter-example does not."""
    files = named(catalog, lexicon)
    build_classifier(files.catalog)
    classifier = with_examples(files.lexicon)
    found = list(mistakes(classifier))
    for one in found:
        typer.echo(f"{one.where}: {one.what}", err=True)
    if found:
        raise BadLexicon(
            f"{len(found)} mistakes in words or rules", hint="each is named above, with its line"
        )
    rules = classifier.lexicon.rules
    examples = sum(bool(text.strip()) for rule in rules for text in rule.examples)
    counters = sum(bool(text.strip()) for rule in rules for text in rule.counter_examples)
    typer.echo(
        f"{len(classifier.vocabulary.entries)} words, {len(rules)} rules, {examples} examples and"
        f" {counters} counter-examples, version {classifier.version}: no mistakes"
    )


@app.command("score")
def score_file(
    file: Annotated[Path, typer.Argument(help="JSON lines with text, labels, product, note.")],
    catalog: CatalogFile = None,
    lexicon: OwnFile = None,
) -> None:
    """Compare readings with labelled lines: per label, per note, alarms, product links."""
    beside = file.with_name("catalog_dev.json")
    files = named(catalog or (beside if beside.exists() else None), lexicon)
    classifier = build_classifier(*files)
    for line in _report(score(classifier, labelled_lines(file))):
        typer.echo(without_controls(line))


@app.command()
def unexplained(
    file: Annotated[
        str | None,
        typer.Argument(help="A recording, JSON lines; - for stdin. Left out, the workers' state."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")] = False,
    bootstrap: Bootstrap = None,
    app_id: AppId = None,
) -> None:
    """Comments with a word of stock that no rule explains: words or rules may be missing."""
    # It brings in Kafka and the tallies, for which the other commands would wait.
    from streamproc.cli.unexplained import of_recording, of_state, report

    settings = settings_of(kafka__bootstrap_servers=bootstrap, kafka__app_id=app_id)
    lines, found = (None, of_state(settings)) if file is None else of_recording(settings, file)
    if as_json:
        typer.echo(msgspec.json.encode(found))
    else:
        for line in report(found):
            typer.echo(line)
    if lines is not None:
        lines.refuse_bad(where=file or "")


def _line(raw: bytes) -> dict[str, Any] | None:
    try:
        line = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    fits = isinstance(line, dict) and isinstance(line.get("text"), str)
    return {"id": None, **line} if fits else None


def _room(line: dict[str, Any]) -> Room:
    room, role = line.get("room"), line.get("role")
    speaker = role if isinstance(role, str) else "viewer"
    if not isinstance(room, dict):
        return Room(role=speaker)
    links = room.get("links")
    known = (
        {int(n): str(id_) for n, id_ in links.items() if str(n).isdecimal() and id_ is not None}
        if isinstance(links, dict)
        else None
    )
    shown = room.get("on_show")
    return Room(shown if isinstance(shown, str) else None, known, speaker)


def _answer(classifier: Classifier, line: dict[str, Any], reading: Reading) -> dict[str, Any]:
    return {
        "id": line["id"],
        "labels": list(reading.decision.labels),
        "product": reading.product,
        "product_via": reading.product_via,
        "polarity": reading.decision.polarity,
        "rules": list(reading.decision.rules),
        "matches": [
            {"start": one.start, "end": one.end, "text": one.text, "class": one.kind}
            for one in matches_of(classifier, line["text"])
        ],
        "lexicon_version": classifier.version,
    }


def _story(classifier: Classifier, text: str, role: str) -> Iterator[str]:
    told = explain(classifier, text, Room(role=role))
    decision = told.reading.decision
    yield f"text      {text}"
    yield f"in form   {told.form}"
    for one in told.matches:
        yield f"token     {one.start:>3}-{one.end:<3} {one.kind:<14} {one.text}"
    for number, clause in enumerate(told.clauses, start=1):
        yield f"clause {number}  {' '.join(clause)}"
    for where, rule in told.fired:
        yield f"rule      {rule} ({where})"
    if not told.fired:
        yield "rule      none"
    for label, runs in told.guessed:
        yield f"guess     {label}: {' '.join(runs)}"
    for one in told.masks:
        yield f"mask      {one.text}"
    if told.masks:
        rules = ", ".join(told.unmasked.rules) or "no rule"
        yield f"unmasked  {', '.join(told.unmasked.labels)} ({rules})"
    yield f"labels    {', '.join(decision.labels)}"
    yield f"polarity  {decision.polarity or 'none'}"
    yield f"product   {told.reading.product or 'none'} ({told.reading.product_via or 'no mention'})"
    yield f"lexicon   {classifier.version}"


def _report(result: Score) -> Iterator[str]:
    for text, true, given in result.misread:
        yield f"misread   {text}  should be {', '.join(true)}; read as {', '.join(given)}"
    yield f"{'label':<24}{'P':>7}{'R':>7}{'F1':>7}"
    for label, one in sorted(result.labels.items()):
        yield f"{label:<24}{one.precision:>7.3f}{one.recall:>7.3f}{one.f1:>7.3f}"
    yield f"{'macro F1':<38}{result.macro_f1:>7.3f}"
    for note, (right, lines) in sorted(result.notes.items()):
        yield f"note {note:<33}{right:>3}/{lines}"
    alarm = result.alarm
    yield f"{'alarm':<24}{alarm.precision:>7.3f}{alarm.recall:>7.3f}{alarm.f1:>7.3f}"
    yield f"false alarms {result.false_alarms} of {result.without_alarm} lines without an alarm"
    yield f"product link F1 {result.product.f1:.3f}"
    yield f"product on stock lines {result.stock_products_right}/{result.stock_lines}"
    yield f"lines {result.lines}, all labels right {result.exact}"
