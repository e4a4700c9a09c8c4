"""What the engine tells the metrics: views of rooms, steps of alerts, which partitions are ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from streamproc.protocol import Program, Published, View
from streamproc.sinks.metrics.alert_gauges import AlertGauges
from streamproc.sinks.metrics.exposition import Exposition
from streamproc.sinks.metrics.registry import PREFIX
from streamproc.sinks.metrics.rooms import RoomGauges


class MetricsViewer:
    """A ``Viewer`` that keeps what is told until a scrape asks for it.

    Shapes: ``programs`` gives the programs of the partitions that are ours, for what is not told again.
    """

    def __init__(
        self, rooms: RoomGauges, alerts: AlertGauges, programs: Callable[[], Mapping[int, Program]]
    ) -> None:
        self._rooms = rooms
        self._alerts = alerts
        self._programs = programs
        self._records: Counter[str] = Counter()

    def show(self, partition: int, version: int, views: Sequence[View]) -> None:
        """Keep the newest view of each host; they come in order."""
        self._rooms.show(partition, views)

    def told(self, partition: int, version: int, records: Sequence[Published]) -> None:
        """Count the records, and learn which alerts are open."""
        self._records.update(record.topic for record in records)
        self._alerts.told(partition, records)

    def told_again(self, partition: int, version: int, records: Sequence[Published]) -> None:
        """What is open was read from the program when the partition was taken over."""

    def owned(self, partitions: frozenset[int]) -> None:
        """Let go of what is not ours, and of what is told anew."""
        self._rooms.owned(partitions)
        programs = self._programs()
        self._alerts.owned({n: programs[n] for n in partitions if n in programs})

    def tell(self, into: Exposition) -> None:
        """Everything that was told, for a scrape."""
        for topic, count in self._records.copy().items():
            into.add(f"{PREFIX}output_records_total", count, topic)
        self._rooms.tell(into)
        self._alerts.tell(into)
