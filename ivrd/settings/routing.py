"""Skills, queues and agents read together: what nobody has, what names nothing, levels that are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivrd.core.acd.model import Agent, Queue, Relax
from ivrd.core.acd.skills import ANY, BEST, LANGUAGE, USUAL, Skills, language, levels, spoken
from ivrd.errors import Fault
from ivrd.settings import bounds
from ivrd.settings.bounds import out_of_bounds
from ivrd.settings.words import suggest
from ivrd.settings.yamltext import Document, Key

Path = tuple[Key, ...]


def queues(found: Mapping[str, Queue], agents: Mapping[str, Agent], doc: Document) -> Iterator[Fault]:
    """Faults of queues.yaml that only show beside agents.yaml."""
    best: dict[str, int] = {}
    for agent in agents.values():
        for name, level in agent.kind.levels.items():
            best[name] = max(level, best.get(name, 0))
    groups = {"leads", *(group for agent in agents.values() for group in agent.kind.groups)}  # leads may be nobody
    for queue in found.values():
        at: Path = ("queues", queue.id)
        yield from (doc.fault((*at, *p), m) for p, m in out_of_bounds(queue, bounds.QUEUE))
        faults = list(_asked(queue, best, at, doc))
        yield from faults
        if not faults and not any(queue.way.open_to(agent.kind) for agent in agents.values()):
            yield doc.fault(
                (*at, "skills"),
                f"nobody serves queue {queue.id!r}: no agent has all of {', '.join(spoken(*s) for s in queue.way.all)}"
                + "".join(f", and one of {', '.join(spoken(*s) for s in group)}" for group in queue.way.any_of),
                "give one agent all of them in agents.yaml, or ask for fewer",
                "unserved-queue",
            )
        for i, step in enumerate(queue.relax):
            yield from _relax(queue, step, i, {*found, *groups}, doc)
        yield from _reserve(queue, best, at, doc)
        if isinstance(queue.ring, int) and queue.ring < 1:
            yield doc.fault((*at, "ring"), f"ring must be at least 1, or all, not {queue.ring}")
        if queue.affinity is not None and (queue.affinity.days < 1 or queue.affinity.hold_s < 0):
            yield doc.fault((*at, "affinity"), "days must be at least 1, and hold_s at least 0")


def agents(found: Mapping[str, Agent], doc: Document) -> Iterator[Fault]:
    """Faults of the skills in agents.yaml."""
    for agent in found.values():
        key: Key = int(agent.id) if agent.id.isdigit() and ("agents", int(agent.id)) in doc.places else agent.id
        for field, skills in (("skills", agent.skills), ("languages", agent.languages)):
            yield from _levels(levels(skills, USUAL), ("agents", key, field), doc)
        for name in levels(agent.skills):
            if name == LANGUAGE or name.startswith(f"{LANGUAGE}:"):
                hint = f"languages stand under `languages`; {LANGUAGE!r} means the caller's"
                yield doc.fault(("agents", key, "skills"), f"a skill cannot be called {name!r}", hint)


def _asked(queue: Queue, best: Mapping[str, int], at: Path, doc: Document) -> Iterator[Fault]:
    """Skills that nobody has, or not so well, wherever a queue asks for them."""
    asked: list[tuple[Path, Skills]] = [((*at, "skills"), queue.skills), ((*at, "preferred"), queue.preferred)]
    asked += [((*at, "any_of", i), group) for i, group in enumerate(queue.any_of)]
    for path, skills in asked:
        yield from _levels(levels(skills), path, doc)
        for name, level in levels(skills).items():
            yield from _had(queue, name, level, best, path, doc)
        if path[-2] == "any_of" and not skills:
            yield doc.fault(path, "an empty list can be met by nobody", "leave it out")


def _had(queue: Queue, name: str, level: int, best: Mapping[str, int], path: Path, doc: Document) -> Iterator[Fault]:
    have = best.get(name, 0)
    if have == 0:
        hint = suggest(name, best) or "give the skill to an agent in agents.yaml"
        yield doc.fault(path, f"queue {queue.id!r} asks for skill {name!r}, which no agent has", hint)
    elif have < level:
        hint = "ask for less, or raise an agent's level in agents.yaml"
        yield doc.fault(path, f"queue {queue.id!r} asks for skill {name!r} at level {level}; the best agent has {have}", hint)


def _levels(skills: Mapping[str, int], path: Path, doc: Document) -> Iterator[Fault]:
    for name, level in skills.items():
        if not ANY <= level <= BEST:
            yield doc.fault((*path, name), f"a level is a number from {ANY} to {BEST}, not {level}")


def _relax(queue: Queue, step: Relax, i: int, wider: set[str], doc: Document) -> Iterator[Fault]:
    at: Path = ("queues", queue.id, "relax", i)
    asked = {LANGUAGE, *levels(queue.skills), *(name for group in queue.any_of for name in levels(group))}
    if step.after_s < 0 or (i > 0 and step.after_s < queue.relax[i - 1].after_s):
        yield doc.fault((*at, "after_s"), f"after_s {step.after_s} comes before the step above it", "steps stand in the order of their time")
    if not (step.lower or step.drop or step.widen):
        yield doc.fault(at, "the step changes nothing", "lower, drop or widen something")
    for field, names in (("lower", step.lower), ("drop", step.drop)):
        for name in names:
            if name not in asked:
                hint = suggest(name, asked) or f"it asks for: {', '.join(sorted(asked))}"
                yield doc.fault((*at, field), f"queue {queue.id!r} does not ask for skill {name!r}", hint)
    yield from _levels(step.lower, (*at, "lower"), doc)
    for name in step.widen:
        if name not in wider or name == queue.id:
            hint = suggest(name, wider - {queue.id}) or f"there are: {', '.join(sorted(wider - {queue.id}))}"
            yield doc.fault((*at, "widen"), f"there is no other queue and no group {name!r}", hint)


def _reserve(queue: Queue, best: Mapping[str, int], at: Path, doc: Document) -> Iterator[Fault]:
    for i, reserve in enumerate(queue.reserve):
        if reserve.skill not in best:
            hint = suggest(reserve.skill, best) or f"a language is written {language('en')}"
            yield doc.fault((*at, "reserve", i, "skill"), f"no agent has skill {reserve.skill!r}", hint)
        if reserve.keep < 1 or reserve.others_after_s < 0:
            yield doc.fault((*at, "reserve", i), "keep must be at least 1, and others_after_s at least 0")
