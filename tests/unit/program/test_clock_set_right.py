"""A wall clock that was ahead and is set right: nothing waits until it is that late again."""

from __future__ import annotations

from streamproc.alerts.judge import Judge
from streamproc.alerts.limits import Limits
from streamproc.alerts.registry import RULES
from streamproc.events.host_tally import HostTally, decode_tally, versioned
from streamproc.events.rooms import CouponReported
from streamproc.program.live import LiveProgram
from tests.builders import T0, joined, made, paid, profiled, room_started
from tests.folding import tell
from tests.judged import decoded

HOUR_MS, SECOND_MS = 3_600_000, 1_000


class Evening:
    """A room in which somebody comes and pays each second, while it lives."""

    def __init__(self) -> None:
        self.program = LiveProgram(None, Judge(RULES, Limits().of_host), shown=True)
        self.now_ms = T0
        self.kinds: list[tuple[str, str]] = []
        self.shown: HostTally | None = None
        tell(self.program, profiled(at_ms=T0 - 2_000), room_started(T0 - 1_000))

    def seconds(self, count: int, *, ahead_ms: int = 0, silent: bool = False) -> None:
        for _ in range(count):
            if not silent:
                number = self.now_ms // SECOND_MS
                coming = joined(number, self.now_ms)
                tell(self.program, paid(100, self.now_ms, order_id=f"o-{number}"), coming)
            self.program.tick(self.now_ms + ahead_ms, caught_up=True)
            self.program.take_dirty()
            published = self.program.take_outputs().published
            self.program.delivered(published)
            self.kinds += [(step.kind, step.phase) for step in decoded(published)]
            for view in self.program.take_views(64):
                self.shown = decode_tally(versioned(view.value or b"", 0))
            self.now_ms += SECOND_MS


def test_windows_move_on_once_the_clock_is_set_right() -> None:
    evening = Evening()
    evening.seconds(30)
    evening.seconds(4, ahead_ms=HOUR_MS)
    evening.seconds(60)

    assert evening.shown is not None
    assert evening.now_ms - 2 * SECOND_MS <= evening.shown.as_of_ms < evening.now_ms
    minute = evening.shown.sessions[0].windows["1m"]["pay_gmv_minor"]
    assert isinstance(minute, dict)
    assert minute["CNY"] >= 50 * 100


def test_a_silence_is_told_as_soon_as_ever_once_the_clock_is_set_right() -> None:
    told = []
    for ahead_ms in (0, HOUR_MS):
        evening = Evening()
        evening.seconds(30)
        evening.seconds(4, ahead_ms=ahead_ms)
        evening.seconds(30)
        evening.seconds(90, silent=True)
        told.append([kind for kind in evening.kinds if kind[0] == "StreamDead"])

    assert told[0] == told[1]
    assert len(told[0]) >= 1


def test_no_alert_waits_for_the_time_of_a_clock_that_was_ahead() -> None:
    evening = Evening()
    tell(evening.program, made(CouponReported, T0, coupon_id="c-1", remaining=0))
    evening.seconds(30)
    evening.seconds(5, ahead_ms=HOUR_MS)
    evening.seconds(30)
    assert [held.told_ms <= evening.now_ms for _, _, held in evening.program.open_alerts()] == [
        True
    ]

    tell(evening.program, made(CouponReported, evening.now_ms, coupon_id="c-1", remaining=9))
    evening.seconds(60)

    assert list(evening.program.open_alerts()) == []
