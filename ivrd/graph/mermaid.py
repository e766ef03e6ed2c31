"""A flow as Mermaid text, as wikis and merge requests show it."""

from __future__ import annotations

import json
import textwrap

from ivrd.core.ivr.flow import Flow
from ivrd.graph.chart import Cell, Text, cells
from ivrd.graph.paint import KINDS, kind
from ivrd.graph.ways import flows

_WIDTH = 40


def mermaid(flow: Flow, text: Text) -> str:
    """One flowchart; sub-flows are subgraphs of their own."""
    title = json.dumps(f"{flow.name}, version {flow.version.rpartition('@')[2]}", ensure_ascii=False)
    lines = ["---", f"title: {title}", "---", "flowchart LR"]
    number = 0
    for part, each in flows(flow).items():
        found = cells(each, text)
        ids = {name: f"n{number + i}" for i, name in enumerate(found)}
        number += len(ids)
        lines += [f'  subgraph s{number}["sub-flow {_escaped(part)}"]'] if part else []
        lines += [f"  {ids[name]}{_shape(cell)}:::{kind(cell.verb)}" for name, cell in found.items()]
        lines += [
            f'  {ids[cell.name]} -->|"{_escaped(way.label)}"| {ids[way.to]}'
            for cell in found.values() for way in cell.ways if not way.is_word
        ]  # fmt: skip
        lines += ["  end"] if part else []
    lines += [f"  classDef {name} fill:{fill},stroke:#333,color:#111" for name, (_, fill, _) in KINDS.items()]
    return "\n".join(lines) + "\n"


def _shape(cell: Cell) -> str:
    left, right = KINDS[kind(cell.verb)][2]
    told = [f"<b>{_escaped(cell.verb)}</b> {_escaped(cell.name)}", *map(_escaped, cell.facts)]
    told += [_escaped(textwrap.shorten(cell.spoken, _WIDTH, placeholder=" …"))] if cell.spoken else []
    told += [_escaped(f"{way.label}: {way.to[1:]}") for way in cell.ways if way.is_word]
    return f'{left}"{"<br/>".join(told)}"{right}'


def _escaped(text: str) -> str:
    """Mermaid's own entities, for what it or HTML would read as more than text."""
    text = " ".join(text.split())
    return "".join(f"#{ord(c)};" if c in '"#<>&|`;{}[]()' else c for c in text)
