"""What a rebalance does to the gauges of a program that goes on: nothing."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from streamproc.events.rooms import ProductListed, StockReported
from streamproc.program.live import LiveProgram
from streamproc.sinks.metrics.alert_gauges import AlertGauges
from streamproc.sinks.metrics.exposition import Exposition
from streamproc.sinks.metrics.rooms import RoomGauges
from streamproc.sinks.metrics.viewer import MetricsViewer
from tests.builders import T0, created, made, profiled, room_started
from tests.folding import State, take_into, tell
from tests.judged import SECOND_MS, again, judging

OUT_AT_S = 300
END_S = 330


def room_alerts(viewer: MetricsViewer) -> set[tuple[str, ...]]:
    """The labels of each open alert of a room."""
    into = Exposition()
    viewer.tell(into)
    return {
        tuple(sample.labels.values())
        for family in text_string_to_metric_families(into.text().decode())
        for sample in family.samples
        if sample.name == "streamproc_room_alerts"
    }


def viewer_of(programs: dict[int, LiveProgram]) -> MetricsViewer:
    rooms = RoomGauges(windows=["session"], top=0, most=10, kept_s=60, rest=lambda _: None)
    viewer = MetricsViewer(rooms, AlertGauges(10), lambda: programs)
    viewer.owned(frozenset(programs))
    return viewer


def sold_out(program: LiveProgram, viewer: MetricsViewer, state: State) -> None:
    """A product sells well, then its stock is reported as gone."""
    tell(program, profiled(at_ms=T0 - 2_000), room_started(T0 - 1_000))
    tell(program, made(ProductListed, T0, product_id="p-5", title="货", link_no=5))
    for second in range(1, END_S):
        now_ms = T0 + second * SECOND_MS
        is_out = second >= OUT_AT_S
        if not is_out:
            order_id = f"o-{second}"
            tell(program, created(at_ms=now_ms - 100, order_id=order_id, product_id="p-5"))
        if not second % 15:
            left = 0 if is_out else 500
            at_ms = now_ms - 50
            tell(
                program,
                made(StockReported, at_ms, product_id="p-5", available=left, as_of_ms=at_ms),
            )
        program.tick(now_ms, caught_up=True)
        take_into(state, program)
        published = program.take_outputs().published
        program.delivered(published)
        viewer.told(0, second, published)


def test_an_open_alert_is_one_before_and_after_a_rebalance_on_its_worker_and_on_another() -> None:
    program, state = judging(), State()
    viewer = viewer_of({0: program})
    sold_out(program, viewer, state)
    before = room_alerts(viewer)
    assert {(*each[:3], each[4]) for each in before} == {("h-1", "r-1", "Stockout", "p-5")}

    viewer.owned(frozenset((0,)))

    assert room_alerts(viewer) == before
    assert room_alerts(viewer_of({0: again(state)})) == before
