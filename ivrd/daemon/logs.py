"""Logging: one JSON object a line on standard error, the call id in every line that is about a call."""

from __future__ import annotations

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

#: keys whose values are telephone numbers of callers
_NUMBERS = ("caller_number", "number")
#: their names: nothing of these is shown
_NAMES = ("caller_name",)
#: keys whose values are texts that may hold either: events, frames and messages as they are, words of libraries
_TEXTS = frozenset(("fact", "frame", "message", "text", "error", "reason", "exception"))
#: in such a text, whatever stands under these names, up to its quote or its line's end; a text may be cut off in it
_NAMED = re.compile(
    r"""(?P<key>\b(?:caller_?(?:id)?_?|connected_?(?:line)?_?)(?P<kind>name|num(?:ber)?)\b["']?(?:=|:[ ]?))"""
    r"""(?:(?P<quote>["'])(?P<quoted>(?:\\.|(?!(?P=quote)).)*)|(?P<bare>[^\r\n"'>,)]*))""",
    re.IGNORECASE | re.DOTALL,
)
#: in a frame of ARI the two stand in an object of their own
_PERSON = re.compile(r'"(?P<who>caller|connected)":\s*\{(?P<fields>(?:"(?:\\.|[^"\\])*(?:"|$)|[^"}])*)', re.DOTALL)
_FIELD = re.compile(r'"(?P<kind>name|number)":\s*"(?P<value>(?:\\.|[^"\\])*)', re.DOTALL)
#: seven digits and more are a number to call; ids of calls, times, and the ends of channels' names (-00000012) are not
_DIGITS = re.compile(r"(?P<id>\b1[4-9]\d{8}\.\d+|-0000\d{4}(?!\d))|(?<![\w.])\+?\d{7,}")
#: digits of a number that stay readable: enough to tell two callers apart, too few to call one
_SHOWN = 3


def configure(level: str, *, log_callers: bool) -> None:
    """Set structlog (and the standard library's logging, for libraries) up for the process."""
    processors: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    if not log_callers:
        processors = [mask_numbers, *processors, mask_texts]  # texts last: an exception's is made on the way
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
        if isinstance(value, str):
            event[key] = _masked(value)
    for key in _NAMES:
        if event.get(key):
            event[key] = "*"
    return event


def mask_texts(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The same for what is said in the midst of a text. Lines without one of these keys pay nothing for it."""
    for key in _TEXTS.intersection(event):
        value = event[key]
        if isinstance(value, str):
            text = _PERSON.sub(_person, _NAMED.sub(_named, value))
            event[key] = _DIGITS.sub(lambda m: m["id"] or _masked(m[0]), text)
    return event


def _masked(number: str) -> str:
    hidden = max(0, len(number) - _SHOWN)
    return "*" * hidden + number[hidden:]


def _hidden(kind: str, value: str) -> str:
    return _masked(value) if kind.lower().startswith("num") else "*" * bool(value)


def _named(match: re.Match[str]) -> str:
    value = match["quoted"] if match["quote"] else match["bare"]
    return f"{match['key']}{match['quote'] or ''}{_hidden(match['kind'], value)}"


def _person(match: re.Match[str]) -> str:
    whole, start = match[0], match.start("fields") - match.start()
    hide = _FIELD.sub(lambda m: f'"{m["kind"]}": "{_hidden(m["kind"], m["value"])}', whole[start:])
    return whole[:start] + hide


class _ToStructlog(logging.Handler):
    """What libraries log goes the same way."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(record.levelno, "library", text=record.getMessage())
