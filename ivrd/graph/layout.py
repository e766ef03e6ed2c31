"""Boxes in columns: each as far right as the longest way to it, in an order with few crossings.

Sugiyama's method in its plain form: ways back are taken out, ways over several columns get a
place in each column they pass, columns are ordered by barycentres. Lengths are in px, y downwards.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Edge = tuple[str, int]  #: target, and where it leaves: px below the source's top

_SWEEPS = 12
_LANE = 14.0  #: height of a passing line's place
_GAP = 26.0  #: between two boxes of a column


@dataclass
class Item:
    """A box, or the place of a line that passes a column."""

    height: float
    column: int
    y: float = 0.0
    is_lane: bool = False


@dataclass(frozen=True)
class Placed:
    """``lines``: (source, index of its edge) -> the y of the line in each column between; ``back``: not drawn."""

    boxes: dict[str, Item]
    lines: dict[tuple[str, int], list[Item]]
    back: set[tuple[str, int]]
    columns: int
    height: float


def place(heights: Mapping[str, float], edges: Mapping[str, Sequence[Edge]], entry: float) -> Placed:
    """``heights`` in reading order, the start first; lines enter a box ``entry`` px below its top."""
    back = _back(heights, edges)
    column = _columns(heights, edges, back)
    boxes = {name: Item(height, column[name]) for name, height in heights.items()}
    lines: dict[tuple[str, int], list[Item]] = {}
    hops: list[tuple[Item, float, Item, float]] = []  # from, offset, to, offset
    shelves: list[list[Item]] = [[] for _ in range(max(column.values()) + 1)]
    for name in heights:
        shelves[column[name]].append(boxes[name])
    for name, out in edges.items():
        for i, (to, leaves) in enumerate(out):
            if (name, i) in back:
                continue
            lanes = [Item(_LANE, c, is_lane=True) for c in range(column[name] + 1, column[to])]
            for lane in lanes:
                shelves[lane.column].append(lane)
            stops = [(boxes[name], float(leaves)), *((lane, _LANE / 2) for lane in lanes), (boxes[to], entry)]
            hops += [(a, x, b, y) for (a, x), (b, y) in itertools.pairwise(stops)]
            lines[name, i] = lanes
    height = _settle(shelves, hops)
    return Placed(boxes, lines, back, len(shelves), height)


def _back(heights: Mapping[str, float], edges: Mapping[str, Sequence[Edge]]) -> set[tuple[str, int]]:
    """Edges to a node that is on the way to them (and to the node itself): without them no way is a ring."""
    found, done, ahead = set[tuple[str, int]](), set[str](), set[str]()
    for root in heights:
        stack = [(root, 0)] if root not in done else []
        while stack:
            name, i = stack.pop()
            ahead.add(name)
            out = edges.get(name, ())
            if i == len(out):
                ahead.discard(name)
                done.add(name)
                continue
            stack.append((name, i + 1))
            to = out[i][0]
            if to in ahead:
                found.add((name, i))
            elif to not in done:
                stack.append((to, 0))
    return found


def _columns(heights: Mapping[str, float], edges: Mapping[str, Sequence[Edge]], back: set[tuple[str, int]]) -> dict[str, int]:
    column = dict.fromkeys(heights, 0)
    for _ in heights:  # the longest way has at most so many steps
        moved = False
        for name, out in edges.items():
            for i, (to, _) in enumerate(out):
                if (name, i) not in back and column[to] <= column[name]:
                    column[to], moved = column[name] + 1, True
        if not moved:
            break
    return column


def _settle(shelves: list[list[Item]], hops: list[tuple[Item, float, Item, float]]) -> float:
    """Give every item its y; the height of all."""
    into: dict[int, list[tuple[Item, float]]] = {}
    out: dict[int, list[tuple[Item, float]]] = {}
    for a, leaves, b, enters in hops:
        into.setdefault(id(b), []).append((a, leaves - enters))
        out.setdefault(id(a), []).append((b, enters - leaves))
    for shelf in shelves:
        _stack(shelf, [item.y for item in shelf])
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        near = into if forward else out
        order = shelves if forward else shelves[::-1]
        for shelf in order:
            wish = {id(i): _mean([n.y + d for n, d in near[id(i)]]) if id(i) in near else i.y for i in shelf}
            if sweep < _SWEEPS - 4:  # then the order stays, and only the places are bettered
                shelf.sort(key=lambda item: wish[id(item)] + item.height / 2)
            _stack(shelf, [wish[id(i)] for i in shelf])
    top = min(i.y for shelf in shelves for i in shelf)
    for shelf in shelves:
        for item in shelf:
            item.y -= top
    return max(i.y + i.height for shelf in shelves for i in shelf)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _stack(shelf: list[Item], wished: list[float]) -> None:
    """As near to the wished y as possible in least squares, in this order and without overlap."""
    pools: list[tuple[float, int]] = []  # mean of (wish - room above), number
    above, room = 0.0, list[float]()
    for item, wish in zip(shelf, wished, strict=True):
        room.append(above)
        mean, size = wish - above, 1
        while pools and pools[-1][0] > mean:
            other, n = pools.pop()
            mean, size = (mean * size + other * n) / (size + n), size + n
        pools.append((mean, size))
        above += item.height + (4.0 if item.is_lane else _GAP)
    flat = [mean for mean, size in pools for _ in range(size)]
    for item, base, shift in zip(shelf, room, flat, strict=True):
        item.y = base + shift
