"""Expressions of the dialplan language, as the core sees them. The engine is the shell's (settings/expressions.py).

What an expression may name, beside ``vars.<variable>`` and ``queues["<queue>"].<fact>``, stands in FACTS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ivrd.core.ivr.walk import Around, Scalar, Walk

#: name -> type
FACTS: dict[str, str] = {
    "caller.number": "string",  #: "" when withheld
    "caller.vip": "bool",
    "did": "string",  #: the number dialled
    "language": "string",
    "hours.open": "bool",
    "now.hour": "int",
    "now.minute": "int",
    "now.weekday": "int",  #: 1 = Monday ... 7 = Sunday
    "now.date": "string",  #: 2026-12-25
    "now.time": "string",  #: 17:05
}
#: fact of a queue -> type; expected_wait_s is a whole day when nobody who could serve is at work
QUEUE_FACTS: dict[str, str] = {"waiting": "int", "expected_wait_s": "int", "ready": "int"}
#: written into the path of a call when an expression could not be evaluated
NO_VALUE = "!no-value"


class NoValue(Exception):
    """The expression has no value now: division by zero, a variable that was never set, ..."""


class Program(Protocol):
    """A checked expression."""

    names: tuple[str, ...]  #: of FACTS, and vars.<variable>
    queues: tuple[str, ...]

    def value(self, facts: Mapping[str, Any]) -> Scalar:
        """Its value. NoValue, and nothing else, when it has none."""
        ...


@dataclass(frozen=True, kw_only=True)
class Programs:
    """The expressions of a flow by (part, text), its regular expressions by pattern."""

    of: Mapping[tuple[str, str], Program] = field(default_factory=dict)
    patterns: Mapping[str, Program] = field(default_factory=dict)


def value(walk: Walk, around: Around, text: str) -> Scalar | None:
    """The value of an expression; None, and a note in the call's path, when it has none."""
    program = around.programs.of.get((walk.part, text))
    if program is not None:
        try:
            return program.value(_facts(program, walk, around))
        except NoValue:
            pass
    walk.path.append(NO_VALUE)
    return None


def matches(around: Around, pattern: str, text: str) -> bool:
    """Whether the whole text is as the regular expression says."""
    program = around.programs.patterns.get(pattern)
    try:
        return program is not None and program.value({"text": text}) is True
    except NoValue:
        return False


def _facts(program: Program, walk: Walk, around: Around) -> dict[str, Any]:
    """Only what is named: a queue's state costs something."""
    facts: dict[str, Any] = {}
    for name in program.names:
        head, _, rest = name.partition(".")
        if head == "vars":
            if rest in walk.vars:
                facts[name] = walk.vars[rest]
        else:
            facts[name] = _fact(name, walk, around)
    if program.queues:
        facts["queues"] = {queue: around.queue(queue) for queue in program.queues}
    return facts


def _fact(name: str, walk: Walk, around: Around) -> Scalar:
    now = around.now
    match name:
        case "caller.number":
            return around.number
        case "caller.vip":
            return around.vip
        case "did":
            return around.did
        case "language":
            return walk.language
        case "hours.open":
            return around.hours.open
        case "now.hour":
            return now.hour
        case "now.minute":
            return now.minute
        case "now.weekday":
            return now.isoweekday()
        case "now.date":
            return now.strftime("%Y-%m-%d")
        case "now.time":
            return now.strftime("%H:%M")
    raise NoValue(name)


_QUEUE = re.compile(r"""\bqueues\s*\[\s*(["'])(?P<queue>[^"']*)\1\s*\]\s*\.\s*(?P<fact>\w+)""")
_ANY_QUEUE = re.compile(r"\bqueues\b")


def queue_facts(text: str) -> list[tuple[str, str]]:
    """(queue, fact) of every ``queues["x"].fact`` in an expression."""
    return [(m["queue"], m["fact"]) for m in _QUEUE.finditer(text)]


def names_queues_otherwise(text: str) -> bool:
    """``queues`` in any other form cannot be checked before a call meets it."""
    return len(_ANY_QUEUE.findall(text)) != len(_QUEUE.findall(text))
