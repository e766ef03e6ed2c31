"""What is wrong with a flow before a caller hears it. Pure: the caller turns problems into faults."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.verbs.language import Language
from ivrd.core.ivr.verbs.menu import BACK, REPEAT, Menu
from ivrd.core.ivr.verbs.queue import Queue
from ivrd.core.ivr.walk import SPOKEN_VALUES

KEYS = frozenset("0123456789*#")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong: where in the file (path of keys), what, and the words that would be right."""

    path: tuple[str | int, ...]
    message: str
    word: str = ""  #: the offending word ...
    known: tuple[str, ...] = ()  #: ... and those that exist, for "did you mean"


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a flow may name."""

    queues: Collection[str]
    languages: Collection[str]
    prompts: Collection[str]


def problems(flow: Flow, known: Known) -> list[Problem]:
    """Every problem of the flow."""
    found: list[Problem] = []
    if flow.start not in flow.nodes:
        found.append(_unknown(("start",), "node", flow.start, flow.nodes))
    if flow.limits.steps < 1:
        found.append(Problem(path=("limits", "steps"), message="at least one step is needed"))
    for name, node in flow.nodes.items():
        base = ("nodes", name, node.verb)
        for path, target in node.targets():
            if target not in flow.nodes and not (path[0] == "keys" and _is_word(target)):
                found.append(_unknown((*base, *path), "node", target, flow.nodes))
        for path, key in node.says():
            found += _prompt((*base, *path), key, known)
        match node:
            case Queue() if node.to not in known.queues:
                found.append(_unknown((*base, "to"), "queue", node.to, known.queues))
            case Language() if node.set not in known.languages:
                found.append(_unknown((*base, "set"), "language", node.set, known.languages))
            case Menu():
                found += _menu(base, node)
            case _:
                pass
    return found + _unreachable(flow)


def _prompt(path: tuple[str | int, ...], says: str, known: Known) -> list[Problem]:
    if says.startswith(":"):
        return [] if says in SPOKEN_VALUES else [_unknown(path, "spoken value", says, SPOKEN_VALUES)]
    key, _, language = says.partition("@")
    if key not in known.prompts:
        return [_unknown(path, "prompt", key, known.prompts)]
    if language and language not in known.languages:
        return [_unknown(path, "language", language, known.languages)]
    return []


def _menu(base: tuple[str | int, ...], node: Menu) -> list[Problem]:
    found = [
        Problem(path=(*base, "keys", key), message=f"{key!r} is not a telephone key (0-9, *, #)")
        for key in node.keys
        if key not in KEYS
    ]
    found += [
        _unknown((*base, "keys", key), "word", target, (REPEAT, BACK))
        for key, target in node.keys.items()
        if _is_word(target) and target not in (REPEAT, BACK)
    ]
    if node.tries < 1:
        found.append(Problem(path=(*base, "tries"), message="at least one try is needed"))
    if node.timeout_s <= 0:
        found.append(Problem(path=(*base, "timeout_s"), message="must be more than 0 seconds"))
    return found


def _is_word(target: str) -> bool:
    """Whether a menu's target is meant as one of its words rather than a node."""
    return target.startswith(":")


def _unreachable(flow: Flow) -> list[Problem]:
    seen, pending = set[str](), [flow.start]
    while pending:
        name = pending.pop()
        if name in seen or name not in flow.nodes:
            continue
        seen.add(name)
        pending += [target for _, target in flow.nodes[name].targets()]
    return [
        Problem(path=("nodes", name), message=f"no caller can ever come to node {name!r}")
        for name in flow.nodes
        if name not in seen
    ]


def _unknown(
    path: tuple[str | int, ...], what: str, word: str, known: Collection[str]
) -> Problem:
    return Problem(path=path, message=f"there is no {what} {word!r}", word=word, known=tuple(known))
