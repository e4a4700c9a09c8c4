"""A reader of comments whose text spells what it means, for folds in tests."""

from __future__ import annotations

from collections.abc import Sequence

from streamproc.comments.senses import Asks, Sense
from tests.sensed import VERSION, spelled


class SpelledReader:
    """Reads what ``tests.sensed`` spells."""

    def __init__(self, version: str = VERSION) -> None:
        self.version = version
        self._asks: dict[tuple[tuple[str, ...], str], Asks] = {}

    def read(self, texts: Sequence[str]) -> list[Sense]:
        """The sense of each text."""
        return [self._sense(text) for text in texts]

    def _sense(self, text: str) -> Sense:
        said = spelled(text)
        sense = Sense(text, said.labels, said.polarity, said.mention, said.unexplained)
        sense.burst = said.burst
        if told := sense.told():
            sense.asks = self._asks.setdefault((told, sense.subject), Asks(told, sense.subject))
        return sense
