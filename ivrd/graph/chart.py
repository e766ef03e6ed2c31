"""A flow as blocks of cells: what can only be walked in one row stands in one block.

A tag that leads to a queue that nothing else leads to is one block of two cells; so a flow of thirty
nodes fits a page.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.shape import says
from ivrd.graph.ways import Way, facts, ways

Text = Callable[[str], str]
"""A prompt's key, as a flow names it, to its words; "" when it has none."""


@dataclass(frozen=True)
class Cell:
    """One node: what is told of it, and its ways out, those with one target together."""

    name: str
    verb: str
    facts: tuple[str, ...]
    spoken: str
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Block:
    """Cells walked one after the other; only the first is entered from elsewhere."""

    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        return self.cells[0].name


def cells(flow: Flow, text: Text) -> dict[str, Cell]:
    """Every node, by its name."""
    return {name: _cell(name, verb, text) for name, verb in flow.nodes.items()}


def _cell(name: str, verb: Any, text: Text) -> Cell:
    prompts = {path[0] for path, _ in says(verb)}
    told = tuple(f"{k}: {_plain(v)}" for k, v in facts(verb).items() if k not in prompts)
    first = next((path[0] for path, _ in says(verb)), "")
    spoken = " ".join(filter(None, _spoken(getattr(verb, str(first), ()), text)))
    return Cell(name, verb.verb, told, spoken, tuple(_together(ways(verb))))


def _spoken(said: Any, text: Text) -> list[str]:
    """Prompts by their words; parts that are put together while the call runs, by what they are."""
    if isinstance(said, str):
        return [text(said)]
    if isinstance(said, tuple):
        return [words for each in said for words in _spoken(each, text)]
    return [text(value) if name == "prompt" else f"({name}: {value})" for name, value in vars(said).items() if value]


def _together(found: Iterable[Way]) -> list[Way]:
    """"0" and "otherwise" to one node are one way "0, otherwise"."""
    by: dict[str, list[Way]] = {}
    for way in found:
        by.setdefault(way.to, []).append(way)
    return [Way(", ".join(w.label for w in same), to, same[0].is_key) for to, same in by.items()]


def _plain(value: Any) -> str:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return " ".join(_plain(getattr(value, f.name)) for f in dataclasses.fields(value) if getattr(value, f.name))
    if isinstance(value, dict):
        return ", ".join(f"{k} = {_plain(v)}" for k, v in value.items())
    if isinstance(value, tuple | list):
        return ", ".join(map(_plain, value)) or "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def blocks(flow: Flow, found: dict[str, Cell]) -> dict[str, Block]:
    """Every node in exactly one block; blocks by the name of their first node, the start first."""
    entered = Counter(way.to for cell in found.values() for way in cell.ways)
    entered[flow.start] += 1

    def follower(cell: Cell) -> str:
        """The only way out of ``cell`` and the only way into where it leads."""
        nodes = [w.to for w in cell.ways if not w.is_word]
        return nodes[0] if len(nodes) == 1 and len(cell.ways) == 1 and entered[nodes[0]] == 1 else ""

    follows = {n for cell in found.values() if (n := follower(cell))}
    heads = [flow.start, *(n for n in found if n != flow.start and n not in follows)]
    made: dict[str, Block] = {}
    for head in heads:
        row = [found[head]]
        while n := follower(row[-1]):
            row.append(found[n])
        made[head] = Block(tuple(row))
    return made
