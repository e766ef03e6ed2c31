"""What a caller can meet on the way through a flow: dead ends, endless loops, variables without a value. Pure.

All of it follows from what verbs' fields name (shape.py), so a new verb is looked at without a line here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ivrd.core.ivr.flow import Flow, Verb
from ivrd.core.ivr.problem import Problem
from ivrd.core.ivr.shape import Expression, Names, Path, named, targets
from ivrd.core.ivr.verbs.base import Deaf

#: verbs that hand the caller to somebody: the call may end there though the node names others
_HANDS_OVER = frozenset({"queue", "transfer"})
#: the way on which what a verb sets is there; on others (on_failure, otherwise, ...) it may not be
_SETS_ON = "then"
_VARIABLE = re.compile(r"(?<![\w.\"'])vars\.([A-Za-z_]\w*)")
#: asks whether there is a value, and so needs none
_HAS = re.compile(r"\bhas\s*\(\s*vars\.\w+\s*\)")
_TEXT = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
Edges = Mapping[str, list[tuple[Path, str]]]


def problems(flow: Flow) -> Iterator[Problem]:
    """Everything wrong with the ways; names that do not exist are somebody else's matter."""
    edges = {
        name: [(path, to) for path, to in targets(node) if to in flow.nodes]
        for name, node in flow.nodes.items()
    }
    seen = _from(flow.start, edges)
    for name in flow.nodes:
        if name not in seen:
            yield Problem(
                path=("nodes", name),
                message=f"no caller can ever come to node {name!r}",
                hint="name it in another node, or remove it",
                rule="unreachable-node",
            )
    loops = list(_loops(flow, edges, seen))
    for loop in loops:
        yield _endless(flow, edges, loop)
    yield from _dead_ends(flow, edges, seen, {name for loop in loops for name in loop})
    yield from _unset(flow, edges, seen)


def waits(node: Verb) -> bool:
    """Whether time passes at the node: something is said, asked for, or waited for."""
    kind = type(node)
    goes_on = all(getattr(kind, m, None) is getattr(Deaf, m) for m in ("said", "answered", "timed_out"))
    return not goes_on or node.verb in _HANDS_OVER or not targets(node)


def _from(start: str, edges: Edges) -> set[str]:
    seen, pending = set[str](), [start]
    while pending:
        name = pending.pop()
        if name in edges and name not in seen:
            seen.add(name)
            pending += [to for _, to in edges[name]]
    return seen


def _loops(flow: Flow, edges: Edges, seen: set[str]) -> Iterator[list[str]]:
    """Cycles of nodes at which no time passes, each once, from its first node in the file."""
    instant = {n for n in seen if not waits(flow.nodes[n])}
    within = {n: [(p, to) for p, to in edges[n] if to in instant] for n in instant}
    told = set[str]()
    for name in flow.nodes:
        if name in instant and name not in told and (loop := _way_back(name, within)):
            told |= set(loop)
            yield loop


def _way_back(start: str, edges: Edges) -> list[str]:
    """The shortest way from ``start`` to itself; [] when there is none."""
    before: dict[str, str] = {}
    pending = [start]
    while pending:
        name = pending.pop(0)
        for _, to in edges[name]:
            if to == start:
                way = [name]
                while way[0] != start:
                    way.insert(0, before[way[0]])
                return way
            if to not in before:
                before[to] = name
                pending.append(to)
    return []


def _endless(flow: Flow, edges: Edges, loop: list[str]) -> Problem:
    last, first = loop[-1], loop[0]
    path = next(p for p, to in edges[last] if to == first)
    return Problem(
        path=("nodes", last, flow.nodes[last].verb, *path),
        message=f"endless loop without a wait: {' > '.join([*loop, first])}",
        hint="let something be said or asked on the way (play, menu), or lead it elsewhere",
        rule="endless-loop",
    )


def _dead_ends(flow: Flow, edges: Edges, seen: set[str], told: set[str]) -> Iterator[Problem]:
    """Nodes from which the call can never come to an end but by the caller's hanging up."""
    ends = {n for n in seen if flow.nodes[n].verb in _HANDS_OVER or not targets(flow.nodes[n])}
    # a node whose target is misspelt is told for that
    ends |= {n for n in seen if len(edges[n]) < len(targets(flow.nodes[n]))}
    back: dict[str, list[tuple[Path, str]]] = {n: [] for n in edges}
    for name, ways in edges.items():
        for path, to in ways:
            back[to].append((path, name))
    good = set[str]().union(*(_from(n, back) for n in ends)) if ends else set[str]()
    trapped = seen - good
    for name in flow.nodes:
        if name in trapped and name not in told:
            told = told | _from(name, edges)
            yield Problem(
                path=("nodes", name),
                message=f"dead end: from node {name!r} no caller comes to a queue or a hangup",
                hint="lead one of its ways to a node that ends the call",
                rule="dead-end",
            )


# --- variables


def reads(node: Verb) -> Iterator[tuple[Path, str]]:
    """Every variable whose value the node uses, with the path of what names it."""
    for path, role, text in named(node):
        if isinstance(role, Names) and role.kind == "variable" and not role.sets:
            if text not in role.words:
                yield path, text
        elif isinstance(role, Expression) and role.type in ("bool", "int", "string", "any"):
            for name in _VARIABLE.findall(_HAS.sub("", _TEXT.sub("''", text))):
                yield path, name


def _sets(node: Verb) -> frozenset[str]:
    return frozenset(v for _, r, v in named(node) if isinstance(r, Names) and r.kind == "variable" and r.sets)


def _unset(flow: Flow, edges: Edges, seen: set[str]) -> Iterator[Problem]:
    """A variable must have its value on every way that leads to where it is used."""
    given = frozenset(flow.arguments)
    known = given.union(*(_sets(node) for node in flow.nodes.values()))
    has = _has_before(flow, edges, seen, given, known)
    for name, node in flow.nodes.items():
        if name not in seen:
            continue
        there, order = has[name], dict.fromkeys(_sets(node))
        for path, variable in reads(node):
            if variable in there or (variable in order and _set_earlier(node, path, variable)):
                continue
            never = variable not in known
            yield Problem(
                path=("nodes", name, node.verb, *path),
                message=f"variable {variable!r} is never set"
                if never
                else f"variable {variable!r} may not be set yet: a caller can come to {name!r} without passing where it is",
                word=variable if never else "",
                known=tuple(sorted(known)) if never else (),
                hint="" if never else "give it a first value with `set` before",
                rule="unset-variable",
            )


def _set_earlier(node: Verb, path: Path, variable: str) -> bool:
    """``set`` gives values in order: a later line may use an earlier one's."""
    for earlier, role, value in named(node):
        if earlier == path and isinstance(role, Expression):
            return False
        if isinstance(role, Names) and role.sets and value == variable and earlier != path:
            return True
    return False


def _has_before(
    flow: Flow, edges: Edges, seen: Iterable[str], given: frozenset[str], known: frozenset[str]
) -> dict[str, frozenset[str]]:
    """Node -> variables that have a value on every way to it."""
    has = dict.fromkeys(seen, known)
    if flow.start not in has:
        return has
    has[flow.start] = given
    pending = [flow.start]
    while pending:
        name = pending.pop()
        sets = _sets(flow.nodes[name])
        named_then = any(path[0] == _SETS_ON for path, _ in edges[name])
        for path, to in edges[name]:
            after = has[name] | sets if path[0] == _SETS_ON or not named_then else has[name]
            if not has[to] <= after:
                has[to] = has[to] & after
                pending.append(to)
    return has
