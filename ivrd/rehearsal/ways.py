"""The ways out of a node. In a watched flow each way can be told apart when a caller takes it."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ivrd.core.ivr.flow import Flow, Verb
from ivrd.core.ivr.shape import Path, targets
from ivrd.core.ivr.walk import Around, Request, Walk


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
    entered: bool = False
    way: Way | None = None  #: the way by which it was entered; None at the start, or back by a word
    key: str = ""  #: the key that was used


def watch(flow: Flow, seen: Callable[[Walk, Seen], None]) -> Flow:
    """The same flow; ``seen`` is told of each node entered and each key used, in their order."""
    nodes = {name: _watched(name, _marked(name, node), seen) for name, node in flow.nodes.items()}
    return dataclasses.replace(flow, nodes=nodes)


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


def _watched(name: str, node: Verb, seen: Callable[[Walk, Seen], None]) -> Verb:
    """The node as one of a class that tells before it does what its own class does."""
    kind: Any = type(node)

    def enter(self: Any, walk: Walk, around: Around) -> tuple[Request, ...]:
        way = walk.node if isinstance(walk.node, Way) else None
        seen(walk, Seen(node=name, entered=True, way=way))
        ahead = walk.typed
        asked: tuple[Request, ...] = kind.enter(self, walk, around)
        if len(walk.typed) < len(ahead):
            seen(walk, Seen(node=name, key=ahead[0]))
        return asked

    def digit(self: Any, walk: Walk, around: Around, digit: str) -> tuple[Request, ...]:
        ahead = walk.typed
        asked: tuple[Request, ...] = kind.digit(self, walk, around, digit)
        if len(walk.typed) <= len(ahead):
            seen(walk, Seen(node=name, key=digit))
        return asked

    made = copy.copy(node)
    # a dataclass's copy may be given another class: all its fields are in its __dict__
    object.__setattr__(made, "__class__", type(kind.__name__, (kind,), {"enter": enter, "digit": digit}))
    return made
