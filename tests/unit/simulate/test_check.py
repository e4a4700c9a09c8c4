from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from streamproc.errors import BadInput, BadSetting
from streamproc.oracle.batch import LogRecord, compute
from streamproc.simulate.check import check, totals_of
from streamproc.simulate.differences import Position
from streamproc.simulate.emission import Emission
from streamproc.simulate.generator import Broadcast
from streamproc.simulate.ledger import (
    Acked,
    Header,
    LedgerWriter,
    NotAcked,
    Sent,
    header_of,
    read_ledger,
)
from streamproc.simulate.truth import Totals, read_totals
from tests.simulated import END_MS, options, partition_of, small_scenario

FULL = Path("/dev/full")
HEADER = Header(scenario="small", options={})


class Run:
    """A run whose broker loses and keeps what a test wants.

    Shapes: ``lost`` and ``unknown`` are numbers of records that are not acknowledged; those in
    ``kept`` are in the log all the same, ``twice`` are in it two times.
    """

    def __init__(
        self,
        folder: Path,
        *,
        lost: Iterable[int] = (),
        unknown: Iterable[int] = (),
        kept: Iterable[int] = (),
        silent: Iterable[int] = (),
        twice: Iterable[int] = (),
    ) -> None:
        broadcast = Broadcast(
            small_scenario(), options(seconds=200, duplicates=0.05, disorder=0.05, garbage=0.05)
        )
        self.emissions = list(broadcast.emissions())
        self.totals = broadcast.totals(complete=True)
        self.path = folder / "ledger.jsonl"
        self.log: list[LogRecord] = []
        self._offsets: dict[tuple[str, int], int] = defaultdict(int)
        with LedgerWriter(self.path, HEADER) as ledger:
            for seq, emission in enumerate(self.emissions):
                assert ledger.sending([emission]) == seq
                place = (emission.topic, partition_of(emission))
                failed = seq in set(lost) | set(unknown) | set(silent)
                if failed:
                    certain = seq in set(lost)
                    if seq not in set(silent):
                        ledger.outcome(
                            NotAcked(
                                seqs=[seq],
                                topic=place[0],
                                partition=place[1],
                                error="x",
                                certain=certain,
                            )
                        )
                    if seq in set(kept):
                        self._append(place, emission)
                    continue
                offset = self._append(place, emission)
                if seq in set(twice):
                    self._append(place, emission)
                ledger.outcome(
                    Acked(seqs=[seq], topic=place[0], partition=place[1], base_offset=offset)
                )

    def _append(self, place: tuple[str, int], emission: Emission) -> int:
        offset = self._offsets[place]
        self._offsets[place] += 1
        self.log.append(LogRecord(*place, offset, emission.key, emission.value, END_MS))
        return offset

    def held(self) -> dict[str, dict[str, Any]]:
        """What a right state holds."""
        return totals_of(compute(self.log))

    def letters(self) -> set[Position]:
        """The dead letters of a right worker."""
        return {
            (record.topic, record.partition, record.offset)
            for record in self.log
            if compute([record])["hosts"] == {} and _is_rejected(record)
        }

    def number(self, label: str, figure: str | None = None, *, copied: bool = False) -> int:
        """The first record of a label, with a figure; copied or not."""
        copies = {each.event_id for each in self.emissions if each.label == "duplicate"}
        for seq, each in enumerate(self.emissions):
            fits = each.label.startswith(label) and (
                figure is None or (each.adds is not None and figure in each.adds)
            )
            if fits and (figure is None or (each.event_id in copies) == copied):
                return seq
        raise LookupError(label)


def _is_rejected(record: LogRecord) -> bool:
    (partitions,) = compute([record])["accounting"].values()
    return any("rejected" in counts for counts in partitions.values())


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(tmp_path_factory.mktemp("calm"))


def test_a_right_state_and_all_its_dead_letters_agree_with_the_ledger(calm: Run) -> None:
    assert len(calm.letters()) > 5
    assert check(calm.path, calm.totals, calm.held(), calm.letters()) == []


def test_a_figure_that_is_off_by_one_is_named(calm: Run) -> None:
    held = calm.held()
    name = next(iter(held))
    true = held[name]["joins"]
    held[name] = {**held[name], "joins": true + 1}

    assert check(calm.path, calm.totals, held, calm.letters()) == [
        f"{name}: joins is {true + 1}, in truth {true}"
    ]


def test_money_in_another_currency_is_a_difference(calm: Run) -> None:
    held = calm.held()
    name = next(name for name, each in held.items() if "pay_gmv_minor" in each)
    held[name] = {**held[name], "pay_gmv_minor": {"HKD": held[name]["pay_gmv_minor"]["CNY"]}}

    (difference,) = check(calm.path, calm.totals, held, calm.letters())
    assert difference.startswith(f"{name}: pay_gmv_minor is")


def test_a_session_that_never_was_and_one_that_is_missing_are_named(calm: Run) -> None:
    held = calm.held()
    name = next(iter(held))
    held["nobody/never"] = held.pop(name)

    found = check(calm.path, calm.totals, held, calm.letters())

    assert any(line.startswith("nobody/never: joins is") for line in found)
    assert any(line.startswith(f"{name}: joins is 0") for line in found)


def test_a_missing_and_an_extra_dead_letter_are_named(calm: Run) -> None:
    letters = calm.letters()
    topic, partition, offset = gone = min(letters)

    found = check(calm.path, calm.totals, calm.held(), letters - {gone} | {("t", 1, 2)})

    assert found == [
        f"garbage without a dead letter: {topic}, partition {partition}, offset {offset}",
        "dead letter without garbage: t, partition 1, offset 2",
    ]


def test_an_event_that_was_surely_not_written_is_not_expected(calm: Run, tmp_path: Path) -> None:
    run = Run(tmp_path, lost=[calm.number("valid", "joins")])

    assert check(run.path, run.totals, run.held(), run.letters()) == []


def test_a_lost_event_whose_copy_was_written_is_expected(calm: Run, tmp_path: Path) -> None:
    run = Run(tmp_path, lost=[calm.number("valid", "joins", copied=True)])

    assert check(run.path, run.totals, run.held(), run.letters()) == []
    assert run.held() == calm.held()


@pytest.mark.parametrize("fate", ["unknown", "silent"])
@pytest.mark.parametrize("in_log", [True, False])
def test_the_log_tells_what_became_of_an_unknown_send(
    calm: Run, tmp_path: Path, fate: str, in_log: bool
) -> None:
    numbers = [calm.number("valid", "paid_lines"), calm.number("garbage:")]
    fates: dict[str, list[int]] = {fate: numbers, "kept": numbers if in_log else []}
    run = Run(tmp_path, **fates)

    assert check(run.path, run.totals, run.held(), run.letters(), run.log) == []


def test_without_the_log_an_unknown_send_stays_a_doubt(calm: Run, tmp_path: Path) -> None:
    number = calm.number("valid", "joins")
    run = Run(tmp_path, unknown=[number], kept=[number])

    assert check(run.path, run.totals, run.held(), run.letters()) == [
        "1 sends have an unknown outcome; only the log can tell"
    ]


def test_garbage_that_a_retry_wrote_twice_has_two_dead_letters(calm: Run, tmp_path: Path) -> None:
    run = Run(tmp_path, twice=[calm.number("garbage:")])

    assert len(run.letters()) == len(calm.letters()) + 1
    assert check(run.path, run.totals, run.held(), run.letters(), run.log) == []


def test_a_good_record_among_the_dead_letters_is_named_even_with_the_log(calm: Run) -> None:
    letters = calm.letters()
    good = next(
        (each.topic, each.partition, each.offset)
        for each in calm.log
        if (each.topic, each.partition, each.offset) not in letters
    )

    found = check(calm.path, calm.totals, calm.held(), letters | {good}, calm.log)

    assert len(found) == 1
    assert found[0].startswith("dead letter without garbage")


def test_a_ledger_is_written_before_anything_is_sent(tmp_path: Path, calm: Run) -> None:
    path = tmp_path / "ledger.jsonl"
    with LedgerWriter(path, HEADER) as ledger:
        ledger.sending(calm.emissions[:3])
        lines = list(read_ledger(path))

    assert [type(line) for line in lines] == [Header, Sent, Sent, Sent]


def test_a_last_line_cut_off_by_a_crash_is_left_out(calm: Run, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    whole = calm.path.read_bytes()
    path.write_bytes(whole[:-5])

    assert list(read_ledger(path)) == list(read_ledger(calm.path))[:-1]


def test_a_line_that_is_none_is_refused_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b'{"line":"header","scenario":"x","options":{}}\n{"line":"what"}\n')

    with pytest.raises(BadInput, match="line 2"):
        list(read_ledger(path))


def test_a_ledger_that_cannot_be_written_is_a_bad_setting(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="ledger"), LedgerWriter(tmp_path / "no" / "l", HEADER):
        pass


def test_totals_come_back_as_they_were_written(calm: Run, tmp_path: Path) -> None:
    path = tmp_path / "totals.json"
    calm.totals.write(path)

    back: Totals = read_totals(path)

    assert back.hosts == calm.totals.hosts
    assert back.stockouts == calm.totals.stockouts
    assert back.garbage == calm.totals.garbage


@pytest.mark.parametrize("part", [b"", b'{"line":"hea'])
def test_a_ledger_without_a_header_is_refused(calm: Run, tmp_path: Path, part: bytes) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(part)

    with pytest.raises(BadInput, match="no header") as refused:
        check(path, calm.totals, calm.held(), calm.letters(), calm.log)

    assert refused.value.where == str(path)


def test_a_ledger_whose_begin_is_missing_is_refused(calm: Run, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(calm.path.read_bytes().split(b"\n", 1)[1])

    with pytest.raises(BadInput, match="no header"):
        header_of(path)


def test_a_ledger_that_ends_before_its_last_send_is_refused(calm: Run, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    lines = calm.path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2]))
    held = sum(1 for line in read_ledger(path) if isinstance(line, Sent))

    with pytest.raises(BadInput, match="cut off") as refused:
        check(path, calm.totals, calm.held(), calm.letters(), calm.log)

    assert f"{held:,} sends" in refused.value.what
    assert f"{calm.totals.emitted:,}" in refused.value.what


def test_a_ledger_that_lacks_a_send_in_its_middle_is_refused(calm: Run, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    lines = calm.path.read_bytes().splitlines(keepends=True)
    gone = next(place for place, line in enumerate(lines) if b'"line":"sent"' in line)
    path.write_bytes(b"".join(lines[:gone] + lines[gone + 1 :]))

    with pytest.raises(BadInput, match="record 0, but not that it was sent"):
        check(path, calm.totals, calm.held(), calm.letters(), calm.log)


def test_a_ledger_that_is_not_there_is_a_bad_setting(calm: Run, tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="ledger cannot be read"):
        check(tmp_path / "gone.jsonl", calm.totals, calm.held(), calm.letters())


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_a_ledger_without_room_ends_the_run_before_anything_is_sent(calm: Run) -> None:
    ledger = LedgerWriter(FULL, HEADER)
    ledger.__enter__()

    with pytest.raises(BadSetting, match="cannot be written: No space left") as refused:
        ledger.sending(calm.emissions[:3])

    ledger.__exit__(BadSetting, refused.value, None)  # which tells it once, not twice


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_outcomes_that_cannot_be_written_are_told_at_the_end() -> None:
    acked = Acked(seqs=list(range(10_000)), topic="t", partition=0, base_offset=0)
    ledger = LedgerWriter(FULL, HEADER)

    ledger.__enter__()
    ledger.outcome(acked)

    with pytest.raises(BadSetting, match="ledger cannot be written: No space left"):
        ledger.__exit__(None, None, None)
