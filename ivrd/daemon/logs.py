"""Logging: one JSON object a line on standard error, the call id in every line that is about a call."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

#: keys whose values are telephone numbers of callers
_NUMBERS = ("caller_number", "number")
#: their names: nothing of these is shown
_NAMES = ("caller_name",)
#: digits of a number that stay readable: enough to tell two callers apart, too few to call one
_SHOWN = 3


def configure(level: str, *, log_callers: bool) -> None:
    """Set structlog (and the standard library's logging, for libraries) up for the process."""
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    if not log_callers:
        processors.insert(0, mask_numbers)
    structlog.configure(
        processors=[*processors, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_ToStructlog()], force=True)


def mask_numbers(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Leave only the last digits of callers' numbers, and nothing of their names."""
    for key in _NUMBERS:
        value = event.get(key)
        if isinstance(value, str) and len(value) > _SHOWN:
            event[key] = "*" * (len(value) - _SHOWN) + value[-_SHOWN:]
    for key in _NAMES:
        if event.get(key):
            event[key] = "*"
    return event


class _ToStructlog(logging.Handler):
    """What libraries log goes the same way."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(record.levelno, "library", text=record.getMessage())
