"""Reads dialplans/tests/<flow>.yaml: calls that a flow must survive, as an admin would tell them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ivrd.errors import ConfigError, Fault
from ivrd.settings import yamltext
from ivrd.settings.load import validated
from ivrd.settings.words import suggest
from ivrd.settings.yamltext import Document

#: steps without a value, said in words
WORDS = ("presses nothing", "agent answers", "agent declines", "agent hangs up", "caller hangs up")
_ACTIONS = ("hears", "presses", "waits", "answered")
_KEYS = frozenset("0123456789*#")


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What the outside says to what the flow asked of it (http, dial, ...)."""

    outcome: str
    values: dict[str, bool | int | float | str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Step:
    """At most one thing that happens, then what must be true; None: of no interest."""

    word: str = ""  #: one of WORDS
    hears: tuple[str, ...] | None = None
    presses: str | None = None
    waits: float | None = None  #: seconds
    answered: Answered | None = None
    queue: str | None = None
    skills: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    language: str | None = None
    ended: str | None = None  #: disposition
    path: tuple[str, ...] | None = None  #: the last nodes of the walk
    vars: dict[str, bool | int | float | str] | None = None
    line: int = 0  #: in the file


@dataclass(frozen=True, kw_only=True)
class FlowTest:
    """One call."""

    name: str
    at: str  #: a moment, local
    steps: tuple[Step, ...]
    dial: str = ""  #: the number; "": the first that leads to the flow
    number: str = ""  #: the caller's
    agents: tuple[str, ...] = ()  #: logged in before
    line: int = 0


@dataclass(frozen=True, kw_only=True)
class FlowTests:
    """One file; ``flow`` is its name."""

    file: str
    flow: str
    tests: tuple[FlowTest, ...]
    document: Document


_STEP = {f.name for f in dataclasses.fields(Step)} - {"word", "line"}
_TEST = {"name", "at", "steps", "dial", "from", "agents"}


def load_tests(path: Path) -> FlowTests:
    """Read one file. ConfigError carries every fault found."""
    doc = yamltext.load(path)
    if not isinstance(doc.data, dict) or set(doc.data) != {"tests"} or not isinstance(doc.data["tests"], list):
        raise ConfigError([doc.fault((), "must hold one key at the top: `tests:`, a list")])
    faults: list[Fault] = []
    tests = [_test(doc, i, data, faults) for i, data in enumerate(doc.data["tests"])]
    if faults:
        raise ConfigError(faults)
    return FlowTests(file=str(path), flow=path.stem, tests=tuple(t for t in tests if t), document=doc)


def _test(doc: Document, index: int, data: Any, faults: list[Fault]) -> FlowTest | None:
    at = ("tests", index)
    if not isinstance(data, dict) or not isinstance(data.get("steps"), list) or not data["steps"]:
        faults.append(doc.fault(at, "a test needs `name`, `at` and `steps`, a list"))
        return None
    if unknown := _unknown(doc, at, data, _TEST):
        faults += unknown
        return None
    steps = [_step(doc, (*at, "steps", i), step, faults) for i, step in enumerate(data["steps"])]
    body = {("number" if k == "from" else k): v for k, v in data.items() if k != "steps"}
    test = validated(FlowTest, doc, at, {**body, "steps": ()}, faults)
    if test is None:
        return None
    made: FlowTest = dataclasses.replace(test, steps=tuple(s for s in steps if s), line=doc.place(*at)[0])
    return made


def _step(doc: Document, at: tuple[str | int, ...], data: Any, faults: list[Fault]) -> Step | None:
    line = doc.place(*at)[0]
    if isinstance(data, str) and data in WORDS:
        return Step(word=data, line=line)
    if not isinstance(data, dict):
        hint = suggest(str(data), WORDS) or f"steps in words: {', '.join(WORDS)}"
        faults.append(doc.fault(at, f"{data!r} is not a step", hint))
        return None
    if unknown := _unknown(doc, at, data, _STEP):
        faults += unknown
        return None
    done = [key for key in data if key in _ACTIONS]
    if len(done) > 1 or not data:
        faults.append(doc.fault(at, f"one thing a step, not {' and '.join(map(str, done)) or 'none'}", "begin a new step with `-`"))
    step = validated(Step, doc, at, data, faults)
    if step is None:
        return None
    if step.presses is not None and (not step.presses or set(step.presses) - _KEYS):
        faults.append(doc.fault((*at, "presses"), f"{step.presses!r}: telephone keys are 0-9, * and #", "or the step `presses nothing`"))
    made: Step = dataclasses.replace(step, line=line)
    return made


def _unknown(doc: Document, at: tuple[str | int, ...], data: dict[Any, Any], known: set[str]) -> list[Fault]:
    return [
        doc.fault((*at, key), f"unknown key {key!r}", suggest(str(key), known) or f"known keys: {', '.join(sorted(known))}")
        for key in data
        if key not in known
    ]
