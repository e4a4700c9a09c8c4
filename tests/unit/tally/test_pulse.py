from __future__ import annotations

from streamproc.events.rooms import AdapterHeartbeat, StreamHealth
from streamproc.tally.pulse import SAMPLES, Health, Heartbeat, Pulse
from tests.builders import T0, made


def test_the_newest_samples_are_kept_by_time() -> None:
    pulse = Pulse()
    for n in (*range(SAMPLES + 3), 1):
        pulse.take(made(AdapterHeartbeat, T0 + n, connected=n % 2 == 0))

    assert [each.at_ms - T0 for each in pulse.heartbeats] == list(range(3, SAMPLES + 3))
    assert pulse.heartbeats[-1] == Heartbeat(T0 + SAMPLES + 2, True, -1)


def test_what_an_instrument_does_not_tell_is_unknown() -> None:
    pulse = Pulse()
    pulse.take(made(StreamHealth, T0 + 1, frames_per_s=25.0))
    pulse.take(made(StreamHealth, T0, bitrate_kbps=0))
    pulse.take(made(AdapterHeartbeat, T0, connected=True, last_message_age_ms=0))

    assert pulse.health == [Health(T0, None, 0, None), Health(T0 + 1, 25.0)]
    assert pulse.heartbeats == [Heartbeat(T0, True, 0)]
