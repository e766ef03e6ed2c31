"""What changes for callers between two flows: pairs of steps, walked from both starts along the same ways.

Steps that are the same to a caller for good (alike.py) are passed over, so nothing is told of a flow whose
nodes only have other names; of any other at least one change is told, since each pair that is not alike either
differs itself or leads, by some way, to a pair that is not alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.shape import Names, named
from ivrd.graph.alike import classes, partners
from ivrd.graph.steps import INSIDE, Node, Step, Walkable, Words

Kind = Literal["field", "order", "way-added", "way-removed", "way-moved", "way-word", "elsewhere", "steps", "setting"]
Route = tuple[tuple[str, str], ...]  #: (verb, label) of each way taken; what goes on in any case is left out


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing. ``name``: a field, a way's label, or a setting; ``before``, ``after``: its values.

    ``old``, ``new``: the steps concerned; of "steps" all that go, and all that come in their place.
    """

    kind: Kind
    routes: list[Route] = field(default_factory=list)  #: how a caller comes there, the shortest first
    old: tuple[Step, ...] = ()
    new: tuple[Step, ...] = ()
    name: str = ""
    before: Any = None
    after: Any = None
    like: Route = ()  #: "elsewhere": the way on which a caller came there before


def diff(old: Flow, new: Flow, words_then: Words, words_now: Words) -> list[Change]:
    """In the order in which a caller comes to them; first what holds for the whole flow."""
    return _Comparison(Walkable(old, words_then), Walkable(new, words_now)).changes()


class _Comparison:
    def __init__(self, old: Walkable, new: Walkable) -> None:
        self._old, self._new = old, new
        self._then, self._now = classes(old, new)
        self._places = _routes(old)
        self._partners = partners(old, new, self._then, self._now)
        self._found: dict[object, Change] = {}
        self._pairs: list[tuple[Node, Node, Route, bool]] = []
        self._met = set[tuple[Node, Node]]()

    def changes(self) -> list[Change]:
        for name, before in vars(self._old.flow.limits).items():
            self._setting(f"limits.{name}", before, getattr(self._new.flow.limits, name))
        self._declared("", "")
        self._meet(self._old.start, self._new.start, ())
        for a, b, route, replaced in self._pairs:  # grows while it is walked
            self._compare(self._old.step(a), self._new.step(b), route, replaced)
        return list(self._found.values())

    def _setting(self, name: str, before: Any, after: Any) -> None:
        if before != after:
            self._tell(("setting", name), Change(kind="setting", name=name, before=before, after=after), ())

    def _declared(self, then: str, now: str) -> None:
        """A type that changes may change what is computed; a variable more or less is of no interest by itself."""
        a, b = self._old.parts[then], self._new.parts[now]
        for what in ("variables", "arguments", "returns"):
            before, after = getattr(a, what), getattr(b, what)
            for name in (n for n in before if n in after):
                self._setting(f"{now and now + '.'}{what}.{name}", before[name], after[name])

    def _tell(self, key: object, change: Change, route: Route) -> None:
        """One change that is met on many ways is told once."""
        self._found.setdefault(key, change).routes.append(route)

    def _compare(self, a: Step, b: Step, route: Route, replaced: bool) -> None:
        if not replaced:
            self._compare_own(a, b, route)
            self._compare_labels(a, b, route)
        if INSIDE in a.exits and INSIDE in b.exits:
            self._declared(a.exits[INSIDE].to[0], b.exits[INSIDE].to[0])  # type: ignore[index]
        # of what was replaced, keys mean something else now, and what follows in any case has been told
        told = {k for k, way in a.exits.items() if replaced and (way.is_key or k == "then")}
        told |= {k for k, way in a.exits.items() if way.is_implied and k in b.exits and b.exits[k].is_implied}
        for label in (k for k in a.exits if k in b.exits and k not in told):
            self._compare_way(a, b, label, label, route)

    def _compare_own(self, a: Step, b: Step, route: Route) -> None:
        for name in dict.fromkeys((*a.said, *b.said)):
            if a.value(name) != b.value(name) and name not in _leading(a) | _leading(b):
                change = Change(kind="field", old=(a,), new=(b,), name=name, before=a.value(name), after=b.value(name))
                self._tell((a.node, b.node, name), change, route)
        if a.order != b.order and sorted(a.order) == sorted(b.order):
            self._tell((a.node, b.node, "order"), Change(kind="order", old=(a,), new=(b,), before=a.order, after=b.order), route)

    def _compare_labels(self, a: Step, b: Step, route: Route) -> None:
        gone = [k for k in a.exits if k not in b.exits]
        come = [k for k in b.exits if k not in a.exits]
        for label in list(gone):
            if moved := next((k for k in come if self._is_moved(a, b, label, k)), None):
                gone.remove(label)
                come.remove(moved)
                self._tell((a.node, b.node, label), Change(kind="way-moved", old=(a,), new=(b,), name=label, before=label, after=moved), route)
                self._compare_way(a, b, label, moved, route)
        for label in gone:
            self._tell((a.node, b.node, label), Change(kind="way-removed", old=self._chain(self._old, a, label), new=(b,), name=label, before=a.exits[label].word), route)
        for label in come:
            self._tell((a.node, b.node, label), Change(kind="way-added", old=(a,), new=self._chain(self._new, b, label), name=label, after=b.exits[label].word), route)

    def _is_moved(self, a: Step, b: Step, then: str, now: str) -> bool:
        x, y = a.exits[then], b.exits[now]
        both = x.is_key == y.is_key and (x.is_key or (then in a.order and now in b.order))
        if x.to is None or y.to is None:
            return both and x.to == y.to and x.word == y.word
        return both and self._is_same(x.to, y.to)

    def _compare_way(self, a: Step, b: Step, then: str, now: str, route: Route) -> None:
        x, y = a.exits[then], b.exits[now]
        if x.to is not None and y.to is not None:
            goes_on = now == "then" and len(b.exits) == 1
            self._meet(x.to, y.to, route if goes_on else (*route, (b.verb, now)))
        elif (x.to, x.word) != (y.to, y.word):
            change = Change(
                kind="way-word", name=now, before=x.word, after=y.word,
                old=self._chain(self._old, a, then), new=self._chain(self._new, b, now),
            )  # fmt: skip
            self._tell((a.node, b.node, then), change, route)

    def _is_same(self, a: Node, b: Node) -> bool:
        return self._then[a] == self._now[b] or self._old.step(a).face == self._new.step(b).face

    def _meet(self, a: Node, b: Node, route: Route) -> None:
        """Two steps to which the same way leads: the same, one in place of the other, or another place."""
        if self._then[a] == self._now[b]:
            return
        x, y = self._old.step(a), self._new.step(b)
        if x.face == y.face:
            self._pair(a, b, route)
        elif ahead := self._ahead(a, b):
            self._steps(a, b, *ahead, route)
        elif (place := self._partners.get(b, a)) != a:
            change = Change(kind="elsewhere", old=self._steps_of(self._old, a), new=self._steps_of(self._new, b), like=self._places[place])
            self._tell((a, b, "elsewhere"), change, route)
            self._pair(place, b, route)
        elif x.verb == y.verb and (b in self._partners or a not in self._partners.values()):
            self._pair(a, b, route)
        else:
            change = Change(kind="steps", old=self._steps_of(self._old, a), new=self._steps_of(self._new, b))
            self._tell((a, b, "steps"), change, route)
            self._pair(a, b, route, replaced=True)

    def _pair(self, a: Node, b: Node, route: Route, replaced: bool = False) -> None:
        if (a, b) not in self._met and self._then[a] != self._now[b]:
            self._met.add((a, b))
            self._pairs.append((a, b, route, replaced))

    def _ahead(self, a: Node, b: Node) -> tuple[list[Node], list[Node]] | None:
        """Few steps that go and few that come, until both go on with one and the same; None if they never do."""
        then, now = self._old.chain(a), self._new.chain(b)
        tries = sorted(((i, j) for i in range(len(then)) for j in range(len(now)) if i or j), key=lambda t: (t[0] + t[1], abs(t[0] - t[1])))
        return next(((then[: i + 1], now[: j + 1]) for i, j in tries if self._is_same(then[i], now[j])), None)

    def _steps(self, a: Node, b: Node, then: list[Node], now: list[Node], route: Route) -> None:
        """``then`` and ``now`` end with the step that both have."""
        old = tuple(self._old.step(n) for n in then[:-1])
        new = tuple(self._new.step(n) for n in now[:-1])
        if [s.verb for s in old] == [s.verb for s in new]:
            self._pair(a, b, route)
            return
        self._tell((a, b, "steps"), Change(kind="steps", old=old, new=new), route)
        self._pair(then[-1], now[-1], route)

    def _chain(self, side: Walkable, step: Step, label: str) -> tuple[Step, ...]:
        to = step.exits[label].to
        return () if to is None else self._steps_of(side, to)

    @staticmethod
    def _steps_of(side: Walkable, node: Node) -> tuple[Step, ...]:
        return tuple(side.step(n) for n in side.chain(node))


def _leading(step: Step) -> set[str]:
    """A map of keys that is empty on one side leads nowhere there, yet is no fact."""
    return {str(path[0]) for path, role, _ in named(step.body) if isinstance(role, Names) and role.kind in ("node", "flow")}


def _routes(side: Walkable) -> dict[Node, Route]:
    """The shortest way to every node."""
    routes: dict[Node, Route] = {side.start: ()}
    for node in side.reached():
        step = side.step(node)
        for label, way in step.exits.items():
            if way.to is not None:
                goes_on = label == "then" and len(step.exits) == 1
                routes.setdefault(way.to, routes[node] if goes_on else (*routes[node], (step.verb, label)))
    return routes
