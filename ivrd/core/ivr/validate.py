"""What is wrong with a flow before a caller hears it. Pure: the caller turns problems into faults."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.problem import Known, Problem, unknown
from ivrd.core.ivr.shape import Names, Path, Role, named, targets
from ivrd.core.ivr.walk import SPOKEN_VALUES

__all__ = ["Known", "Problem", "problems"]


def problems(flow: Flow, known: Known) -> list[Problem]:
    """Every problem of the flow."""
    found: list[Problem] = []
    if flow.start not in flow.nodes:
        found.append(unknown(("start",), "node", flow.start, flow.nodes))
    if flow.limits.steps < 1:
        found.append(Problem(path=("limits", "steps"), message="at least one step is needed"))
    for name, node in flow.nodes.items():
        base = ("nodes", name, node.verb)
        for path, role, value in named(node):
            found += _name((*base, *path), role, value, flow, known)
        found += [dataclasses.replace(p, path=(*base, *p.path)) for p in node.problems(known)]
    return found + _unreachable(flow)


def _name(path: Path, role: Role, value: str, flow: Flow, known: Known) -> Iterator[Problem]:
    """A value that names something must name what there is."""
    if not isinstance(role, Names) or value in role.words:
        return
    match role.kind:
        case "prompt":
            yield from _prompt(path, value, known)
        case "node" if role.words and value.startswith(":"):
            yield unknown(path, "word", value, role.words)
        case "node" if value not in flow.nodes:
            yield unknown(path, "node", value, flow.nodes)
        case "queue" if value not in known.queues:
            yield unknown(path, "queue", value, known.queues)
        case "language" if value not in known.languages:
            yield unknown(path, "language", value, known.languages)
        case "service" if value not in known.services:
            yield unknown(path, "service", value, known.services)
        case "mailbox" if value not in known.mailboxes:
            yield unknown(path, "mailbox", value, known.mailboxes)
        case _:
            pass


def _prompt(path: Path, says: str, known: Known) -> Iterator[Problem]:
    key, _, language = says.partition("@")
    if says.startswith(":"):
        if says not in SPOKEN_VALUES:
            yield unknown(path, "spoken value", says, SPOKEN_VALUES)
    elif key not in known.prompts:
        yield unknown(path, "prompt", key, known.prompts)
    elif language and language not in known.languages:
        yield unknown(path, "language", language, known.languages)


def _unreachable(flow: Flow) -> list[Problem]:
    seen, pending = set[str](), [flow.start]
    while pending:
        name = pending.pop()
        if name in seen or name not in flow.nodes:
            continue
        seen.add(name)
        pending += [target for _, target in targets(flow.nodes[name])]
    return [
        Problem(path=("nodes", name), message=f"no caller can ever come to node {name!r}")
        for name in flow.nodes
        if name not in seen
    ]
