"""What is wrong with a flow before a caller hears it. Pure: the caller turns problems into faults."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator

from ivrd.core.acd.skills import ANY, USUAL, Kind, Way, least, levels, spoken
from ivrd.core.ivr import paths
from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.problem import Known, Problem, at_least, unknown
from ivrd.core.ivr.shape import Names, Path, Role, named
from ivrd.core.ivr.walk import SPOKEN_VALUES

__all__ = ["Known", "Problem", "problems"]


def problems(flow: Flow, known: Known) -> list[Problem]:
    """Every problem of the flow."""
    found: list[Problem] = []
    if flow.start not in flow.nodes:
        found.append(unknown(("start",), "node", flow.start, flow.nodes))
    if flow.limits.steps < 1:
        found.append(Problem(path=("limits", "steps"), message="at least one step is needed"))
    for limit in ("loops", "ivr_s", "variables", "variable_length"):
        found += at_least(("limits", limit), getattr(flow.limits, limit), 1)
    found += at_least(("limits", "depth"), flow.limits.depth, 0)
    for name, node in flow.nodes.items():
        base = ("nodes", name, node.verb)
        for path, role, value in named(node):
            found += _name((*base, *path), role, value, flow, known)
        found += [dataclasses.replace(p, path=(*base, *p.path)) for p in node.problems(known)]
    found += _skills(flow, known)
    return [*found, *paths.problems(flow)] if known.ways else found


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
        case "skill" if known.skills and value not in known.skills:
            yield unknown(path, "agent with skill", value, known.skills)
        case "language" if value not in known.languages:
            yield unknown(path, "language", value, known.languages)
        case "skill" if value not in known.skills:
            yield unknown(path, "skill", value, known.skills)
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
    else:
        yield from _translation(path, key, [language] if language else known.languages, known)


def _translation(path: Path, key: str, wanted: Collection[str], known: Known) -> Iterator[Problem]:
    """A caller never hears another language than the one that was chosen."""
    spoken_in = known.spoken_in.get(key, known.languages)
    for language in wanted:
        if language not in spoken_in:
            yield Problem(
                path=path,
                message=f"prompt {key!r} has no text in {language!r}",
                hint=f"add its text to prompts/catalogue.yaml, or name one language: `{key}@{next(iter(spoken_in), 'id')}`",
                rule="missing-translation",
            )


def _skills(flow: Flow, known: Known) -> Iterator[Problem]:
    """A queue with more skills asked for by the flow needs one agent who has all of them, each well enough."""
    for name, node in flow.nodes.items():
        extra = levels(getattr(node, "skills", ()))
        if node.verb != "queue" or not extra or not known.teams:
            continue
        queues_own = levels(known.needs.get(getattr(node, "to", ""), ()))
        needed = {s: max(queues_own.get(s, ANY), extra.get(s, ANY)) for s in {*queues_own, *extra}}
        way = Way(all=least(needed))
        if needed.keys() <= {*known.skills} and not any(way.open_to(Kind(levels=levels(team, USUAL))) for team in known.teams):
            yield Problem(
                path=("nodes", name, "queue", "skills"),
                message=f"no agent has all of these skills: {', '.join(spoken(*s) for s in way.all)}",
                hint="give them to an agent in config/agents.yaml, or ask for fewer",
                rule="unserved-queue",
            )
