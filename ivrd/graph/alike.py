"""Which steps of two flows are the same to a caller, whatever comes: partition refinement.

Steps begin in one class when their faces and the labels of their ways are equal; a class is parted as long as
two of its steps lead, by one label, into different classes (Moore's minimisation of automata).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable

from ivrd.graph.steps import Node, Step, Walkable

Classes = dict[Node, int]


def classes(old: Walkable, new: Walkable) -> tuple[Classes, Classes]:
    """The class of every node that can be come to, of both flows: equal numbers, equal to a caller for good."""
    nodes = [(side, node) for side in (0, 1) for node in (old, new)[side].reached()]
    steps = [(old, new)[side].step(node) for side, node in nodes]
    found = _numbered([(step.face, step.order, frozenset(step.exits)) for step in steps])
    while True:
        at = dict(zip(nodes, found, strict=True))
        sides = tuple({n: number for (side, n), number in at.items() if side == this} for this in (0, 1))
        leads = [[_leads(step, label, sides[side]) for label in sorted(step.exits)] for (side, _), step in zip(nodes, steps, strict=True)]
        finer = _numbered([(number, *row) for number, row in zip(found, leads, strict=True)])
        if len(set(finer)) == len(set(found)):
            return sides[0], sides[1]
        found = finer


def _numbered(kinds: Iterable[Hashable]) -> list[int]:
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(kind, len(numbers)) for kind in kinds]


def partners(old: Walkable, new: Walkable, then: Classes, now: Classes) -> dict[Node, Node]:
    """New step -> the old one that it is, where that can be known: alike, of one face, or with the same ways out.

    An end of a call is no place to be known by, and neither is what only goes on, unless it goes on alike.
    """
    of_class = {number: node for node, number in reversed(then.items()) if old.step(node).exits}
    found = {node: of_class[number] for node, number in now.items() if number in of_class}
    left = _by_face(old, [n for n in then if then[n] not in now.values()])
    come = _by_face(new, [n for n in now if n not in found])
    for face in left.keys() & come.keys():
        if len(left[face]) == len(come[face]) == 1:
            found[come.pop(face)[0]] = left.pop(face)[0]
    gone, rest = [n for each in left.values() for n in each], [n for each in come.values() for n in each]

    def nearness(a: Node, b: Node) -> float:
        x, y = old.step(a), new.step(b)
        same = sum(_leads(x, k, then) == _leads(y, k, now) for k in x.exits if k in y.exits)
        return same / len(x.exits.keys() | y.exits.keys()) if x.verb == y.verb else 0.0

    for b in rest:
        best = max(gone, key=lambda a: nearness(a, b), default=None)
        if best is not None and nearness(best, b) > 0.5 and b == max(rest, key=lambda n: nearness(best, n)):
            found[b] = best
    return found


def _by_face(side: Walkable, nodes: list[Node]) -> dict[str, list[Node]]:
    found = defaultdict[str, list[Node]](list)
    for node in nodes:
        if len(side.step(node).exits) > 1:
            found[side.step(node).face].append(node)
    return found


def _leads(step: Step, label: str, numbers: Classes) -> str | int:
    way = step.exits[label]
    return way.word if way.to is None else numbers[way.to]
