"""A flow as a caller walks it: no names of nodes, no `goto`, sub-flows in the same graph, prompts by their words."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.shape import Names, Path, named, says
from ivrd.core.ivr.verbs.goto import Goto
from ivrd.core.ivr.verbs.hangup import CAUSES
from ivrd.graph.ways import facts, flows, ways

Node = tuple[str, str]  #: sub-flow ("": the flow itself), node
Words = Callable[[str], Mapping[str, str]]
"""A prompt as a flow names it, to its words by language; nothing when it has none."""

INSIDE = "in sub-flow"  #: the way from a `run` into the sub-flow
_LONGEST_CHAIN = 4
#: verb -> a way that may be left out -> the way that is taken in its place
_INSTEAD = {
    "hours": {"holiday": "closed", "pause": "closed", "closure": "closed"},
    # not `nobody`: where it leads nowhere a caller may wait
    "queue": dict.fromkeys(("full", "waited", "expected", "closing"), "overflow"),
}


@dataclass(frozen=True)
class Exit:
    """``to``: where it leads; ``word`` in its place (":back") when the caller stays in the menus."""

    to: Node | None
    word: str = ""
    is_key: bool = False
    is_implied: bool = False  #: not written down: where another way leads


@dataclass(frozen=True)
class Step:
    """A node. ``said``: prompts in the fields as their words."""

    node: Node
    body: Any = field(repr=False)
    exits: dict[str, Exit]
    said: dict[str, Any] = field(repr=False)

    @property
    def verb(self) -> str:
        return str(self.body.verb)

    @cached_property
    def face(self) -> str:
        """Two steps with one face do the same to a caller, but for where they lead."""
        return repr((self.verb, sorted((k, self.value(k)) for k in self.said)))

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Conditions are looked at in their order; that of keys and of fields means nothing."""
        return tuple(label for label, way in self.exits.items() if not (way.is_key or label == INSIDE or hasattr(self.body, label)))

    def value(self, name: str) -> Any:
        """A field as plain data, with what is said in place of prompts' keys."""
        return self.said[name] if name in self.said else _plain(getattr(self.body, name, None), (), {})


class Walkable:
    """All steps of a flow and of its sub-flows."""

    def __init__(self, flow: Flow, words: Words) -> None:
        self.flow, self.words = flow, words
        self.parts = flows(flow)
        self._steps: dict[Node, Step] = {}

    @property
    def start(self) -> Node:
        return self.enter("", self.flow.start)

    def enter(self, part: str, name: str) -> Node:
        """The node at which something happens: a `goto` is not noticed by a caller."""
        seen = set[str]()
        nodes = self.parts[part].nodes
        while isinstance(node := nodes[name], Goto) and name not in seen:
            seen.add(name)
            name = node.node
        return part, name

    def step(self, node: Node) -> Step:
        """The step, made once."""
        if node not in self._steps:
            self._steps[node] = self._made(node)
        return self._steps[node]

    def reached(self) -> Iterator[Node]:
        """Every node that a caller can come to, the nearest first."""
        queue, seen = [self.start], {self.start}
        for node in queue:
            yield node
            for way in self.step(node).exits.values():
                if way.to is not None and way.to not in seen:
                    seen.add(way.to)
                    queue.append(way.to)

    def chain(self, node: Node) -> list[Node]:
        """From ``node`` on, as long as the call goes on in any case."""
        found = [node]
        while len(found) < _LONGEST_CHAIN:
            exits = self.step(found[-1]).exits
            following = exits["then"].to if exits.keys() == {"then"} else None
            if following is None or following in found:
                break
            found.append(following)
        return found

    def _made(self, node: Node) -> Step:
        part, name = node
        verb = self.parts[part].nodes[name]
        exits = {w.label: Exit(None if w.is_word else self.enter(part, w.to), w.to if w.is_word else "", w.is_key) for w in ways(verb)}
        for missing, instead in _INSTEAD.get(verb.verb, {}).items():
            if missing not in exits and instead in exits:
                exits[missing] = dataclasses.replace(exits[instead], is_implied=True)
        said = self._said(verb)
        for path, role, word in named(verb):
            if isinstance(role, Names) and role.kind == "flow" and word in self.parts:
                exits[INSIDE] = Exit(self.enter(word, self.parts[word].start))
                said.pop(str(path[0]), None)  # what happens in it counts, not what it is called
        return Step(node, verb, exits, said)

    def _said(self, verb: Any) -> dict[str, Any]:
        """Fields that differ from the default, and all that is said, be it the default: its words may change."""
        heard = {path: self._heard(word) for path, word in says(verb)}
        names = [*facts(verb), *(str(path[0]) for path in heard)]
        leading = {path[0] for path, role, _ in named(verb) if isinstance(role, Names) and role.kind == "node"}
        found = {n: _plain(getattr(verb, n), (n,), heard) for n in dict.fromkeys(names) if n not in leading}
        if verb.verb == "set":  # one after the other: the order counts, as in no other map
            found["to"] = [f"{name} = {value}" for name, value in verb.to.items()]
        if "cause" in found:
            found["cause"] = CAUSES.get(found["cause"], found["cause"])
        return found

    def _heard(self, word: str) -> Any:
        texts = self.words(word)
        return tuple(sorted(texts.items())) or word  # the order of languages is not heard


def _plain(value: Any, path: Path, heard: Mapping[Path, Any]) -> Any:
    """Data of dicts and lists, so that one ``repr`` is one value."""
    if path in heard:
        return heard[path]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kept = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return {k: _plain(v, (*path, k), heard) for k, v in kept.items() if v not in ("", None)}
    if isinstance(value, dict):
        return {k: _plain(v, (*path, k), heard) for k, v in sorted(value.items())}
    if isinstance(value, tuple | list):
        return [_plain(v, (*path, i), heard) for i, v in enumerate(value)]
    return value
