"""The ways out of a node. In a watched flow each way can be told apart when a caller takes it."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ivrd.core.calendar import OpenState
from ivrd.core.ivr.expression import NoValue, Program, Programs, queue_facts
from ivrd.core.ivr.flow import Flow, Verb
from ivrd.core.ivr.shape import Path, targets
from ivrd.core.ivr.verbs.hours import Hours
from ivrd.core.ivr.walk import Around, Request, Scalar, Walk


class Way(str):
    """A node's name as it stands in another node: equal to the name, and knows where it stands."""

    source: str
    path: Path

    @classmethod
    def make(cls, target: str, source: str, path: Path) -> Way:
        way = cls(target)
        way.source, way.path = source, path
        return way

    def __deepcopy__(self, memo: object) -> Way:
        return self  # it is a constant, and forks of a call must know it again


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A verb was called: by its node being entered, or by a key that it used itself (not kept for later)."""

    node: str
    part: str = ""  #: the sub-flow it stands in
    entered: bool = False
    way: Way | None = None  #: the way by which it was entered; None at the start, or back by a word
    hours: OpenState | None = None  #: what the calendar said, where the node goes by it
    key: str = ""  #: the key that was used


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """An expression was evaluated."""

    text: str
    named: Mapping[str, Scalar]
    value: Scalar | None


Tell = Callable[[Seen | Weighed], None]


def watch(flow: Flow, tell: Tell) -> Flow:
    """The same flow; ``tell`` is told of each node entered, key used and expression weighed, in their order."""
    programs = Programs(
        of={(part, text): _Weighing(program, text, tell) for (part, text), program in flow.programs.of.items()},
        patterns=flow.programs.patterns,
    )
    parts = {name: _part(name, part, tell) for name, part in flow.parts.items()}
    return dataclasses.replace(_part("", flow, tell), parts=parts, programs=programs)


def _part(name: str, flow: Flow, tell: Tell) -> Flow:
    nodes = {node: _watched(node, name, _marked(node, verb), tell) for node, verb in flow.nodes.items()}
    return dataclasses.replace(flow, nodes=nodes)


class _Weighing:
    """A program that tells what it was given and what came of it."""

    def __init__(self, program: Program, text: str, tell: Tell) -> None:
        self._program, self._text, self._tell = program, text, tell
        self.names, self.queues = program.names, program.queues

    def value(self, facts: Mapping[str, Any]) -> Scalar:
        named = {name: value for name, value in facts.items() if name != "queues"}
        for queue, fact in queue_facts(self._text):
            named[f"{queue}.{fact}"] = facts["queues"][queue][fact]
        try:
            value = self._program.value(facts)
        except NoValue:
            self._tell(Weighed(text=self._text, named=named, value=None))
            raise
        self._tell(Weighed(text=self._text, named=named, value=value))
        return value


def _marked(name: str, node: Verb) -> Verb:
    """The node with every name of a node in it replaced by a Way."""
    marked: Any = node
    for path, target in targets(node):
        marked = _put(marked, path, Way.make(target, name, path))
    result: Verb = marked
    return result


def _put(inside: Any, path: Path, value: object) -> Any:
    """A copy of frozen data with ``value`` at ``path``."""
    if not path:
        return value
    key, rest = path[0], path[1:]
    if isinstance(inside, dict):
        found = key if key in inside else next(k for k in inside if str(k) == str(key))
        return {**inside, found: _put(inside[found], rest, value)}
    if isinstance(inside, tuple | list):
        items = list(inside)
        items[int(key)] = _put(items[int(key)], rest, value)
        return type(inside)(items)
    made = copy.copy(inside)
    object.__setattr__(made, str(key), _put(getattr(inside, str(key)), rest, value))
    return made


def _watched(name: str, part: str, node: Verb, tell: Tell) -> Verb:
    """The node as one of a class that tells before it does what its own class does."""
    kind: Any = type(node)

    def enter(self: Any, walk: Walk, around: Around) -> tuple[Request, ...]:
        way = walk.node if isinstance(walk.node, Way) else None
        walk.node = name  # who comes back here by a word (":repeat") did not take that way again
        hours = around.hours if issubclass(kind, Hours) else None
        tell(Seen(node=name, part=part, entered=True, way=way, hours=hours))
        ahead = walk.typed
        asked: tuple[Request, ...] = kind.enter(self, walk, around)
        if len(walk.typed) < len(ahead):
            tell(Seen(node=name, part=part, key=ahead[0]))
        return asked

    def digit(self: Any, walk: Walk, around: Around, digit: str) -> tuple[Request, ...]:
        ahead = walk.typed
        asked: tuple[Request, ...] = kind.digit(self, walk, around, digit)
        if len(walk.typed) <= len(ahead):
            tell(Seen(node=name, part=part, key=digit))
        return asked

    made = copy.copy(node)
    # a dataclass's copy may be given another class: all its fields are in its __dict__
    object.__setattr__(made, "__class__", type(kind.__name__, (kind,), {"enter": enter, "digit": digit}))
    return made
