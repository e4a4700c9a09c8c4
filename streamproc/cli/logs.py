"""What a command tells about its work: structlog, on stderr, set up once."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog
import structlog.tracebacks

SERVICES = ("streamproc.engine.transport", "streamproc.engine.store")
"""Modules of ours that hold Faust services, which tell every start and stop under our name."""
CHATTY = ("faust", "mode", "aiokafka", "kafka", "asyncio", *SERVICES)
"""Loggers that tell more than people want to read."""
OF_RECORDS = ("aiokafka.conn", "aiokafka.producer.producer")
"""Loggers that tell, at debug, every request and record whole: what people wrote and who they are."""


REPEAT_AFTER_S = 10.0


class _Once(logging.Filter):
    """Lets what a library tells again and again through every ten seconds, with a count.

    Without a broker aiokafka tells the same four lines twenty times a second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to tell it now."""
        if not record.name.startswith(CHATTY):
            return True
        what = record.name, str(record.msg)
        told_s, hidden = self._told.get(what, (-REPEAT_AFTER_S, 0))
        if record.created - told_s < REPEAT_AFTER_S:
            self._told[what] = told_s, hidden + 1
            return False
        self._told[what] = record.created, 0
        if hidden:
            record.msg = f"{record.getMessage()} (and {hidden} more like it)"
            record.args = ()
        return True


class _Stderr(logging.StreamHandler):  # type: ignore[type-arg]  # generic for the type checker only
    """Writes to what stderr is at that moment: a live table puts itself in between."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def configure_logging(level: str, log_format: str) -> None:
    """Send every log line to stderr, from this level on.

    Shapes: ``level`` debug, info, warning or error; ``log_format`` console or json.
    """
    before: list[structlog.typing.Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # a command sets the level again once it knows its settings
    )
    handler = _Stderr(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(log_format),
            ],
        )
    )
    if level != "debug":
        handler.addFilter(_Once())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.WARNING)
    for name in OF_RECORDS:
        logging.getLogger(name).setLevel(logging.INFO if level == "debug" else logging.NOTSET)


def _renderers(log_format: str) -> list[structlog.typing.Processor]:
    """Shapes: never with the values of variables where something failed: they hold what people wrote."""
    if log_format == "json":
        return [_tracebacks, structlog.processors.JSONRenderer()]
    colors = sys.stderr.isatty()
    pretty = structlog.dev.RichTracebackFormatter(show_locals=False)
    formatter = pretty if colors else structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=formatter)]


_tracebacks: Final = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


@contextmanager
def libraries_silenced() -> Iterator[None]:
    """Inside, the libraries tell nothing: what fails is raised, and told once, in our words."""
    loggers = [logging.getLogger(name) for name in CHATTY]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
