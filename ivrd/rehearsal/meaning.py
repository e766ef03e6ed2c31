"""What is wrong with a dialplan's tests beside their form: names and moments that there are not."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ivrd.core import speech
from ivrd.core.cdr import Disposition
from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.shape import variables
from ivrd.core.plan import Plan
from ivrd.errors import Fault
from ivrd.rehearsal.moments import moment
from ivrd.rehearsal.outside import OUTCOMES
from ivrd.settings.flowtests import FlowTest, FlowTests, Step
from ivrd.settings.load import suggest
from ivrd.settings.site import Loaded
from ivrd.settings.yamltext import Document, Key

#: what is heard beside texts of the catalogue, by its kind
KINDS = tuple(
    kind.__name__.lower()
    for kind in (
        speech.Number, speech.Digits, speech.Clock, speech.Date, speech.Money, speech.Spelled, speech.Text, speech.Message, speech.Beep,
    )
)  # fmt: skip
_At = tuple[Key, ...]


@dataclass(frozen=True, kw_only=True)
class Names:
    """What a test of this site may name."""

    queues: Collection[str]
    agents: Collection[str]
    skills: Collection[str]
    languages: Collection[str]
    prompts: Collection[str]

    @classmethod
    def of(cls, loaded: Loaded, prompts: Collection[str]) -> Names:
        """Of checked settings, and the keys of the catalogue."""
        skills = {s for a in loaded.agents.values() for s in a.skills} | {s for q in loaded.queues.values() for s in q.skills}
        return cls(queues=loaded.queues, agents=loaded.agents, skills=skills, languages=loaded.site.languages, prompts=prompts)


def meaning(tests: FlowTests, plan: Plan, names: Names, now: float) -> Iterator[Fault]:
    """Every name and moment that is none. ``now``: days without a date are counted from it."""
    doc = tests.document
    if tests.flow not in plan.current:
        yield doc.fault((), f"no number leads to a flow {tests.flow!r}", suggest(tests.flow, plan.current) or "name the file like the flow")
        return
    flow = plan.flows[plan.current[tests.flow]]
    for i, test in enumerate(tests.tests):
        at: _At = ("tests", i)
        try:
            moment(test.at, plan.calendar.tz, now)
        except ValueError as exc:
            yield doc.fault((*at, "at"), str(exc))
        if test.dial and plan.dids.get(test.dial) != tests.flow:
            leading = [did for did, name in plan.dids.items() if name == tests.flow]
            hint = suggest(test.dial, leading) or f"numbers that do: {', '.join(leading)}"
            yield doc.fault((*at, "dial"), f"{test.dial!r} does not lead to {tests.flow!r}", hint)
        yield from _each(doc, (*at, "agents"), "agent", test.agents, names.agents)
        yield from _steps(doc, at, test, flow, names)


def _steps(doc: Document, at: _At, test: FlowTest, flow: Flow, names: Names) -> Iterator[Fault]:
    for i, step in enumerate(test.steps):
        yield from _step(doc, (*at, "steps", i), step, flow, names)


def _step(doc: Document, at: _At, step: Step, flow: Flow, names: Names) -> Iterator[Fault]:
    for k, heard in enumerate(step.hears or ()):
        key, _, language = heard.partition("@")
        known = (*names.prompts, *KINDS)
        yield from _unknown(doc, (*at, "hears", k), "prompt", key, known)
        if language:
            yield from _unknown(doc, (*at, "hears", k), "language", language, names.languages)
    single: list[tuple[str, str | None, Collection[str]]] = [
        ("queue", step.queue or None, names.queues),  # "": in no queue
        ("language", step.language, names.languages),
        ("ended", step.ended or None, [d.value for d in Disposition]),
    ]
    for key, value, there in single:
        if value is not None:
            yield from _unknown(doc, (*at, key), "disposition" if key == "ended" else key, value, there)
    if step.answered is not None:
        yield from _unknown(doc, (*at, "answered", "outcome"), "outcome", step.answered.outcome, OUTCOMES)
    yield from _each(doc, (*at, "skills"), "skill", step.skills or (), names.skills)
    nodes = [*flow.nodes, *(f"{name}/{node}" for name, part in flow.parts.items() for node in part.nodes)]
    written = [node for node in step.path or () if not node.startswith("!")]  # notes of limits stand there, too
    yield from _each(doc, (*at, "path"), "node", written, nodes)
    for variable in step.vars or {}:
        yield from _unknown(doc, (*at, "vars", variable), "variable", variable, _variables(flow))


def _each(doc: Document, at: _At, what: str, words: Collection[str], known: Collection[str]) -> Iterator[Fault]:
    for i, word in enumerate(words):
        yield from _unknown(doc, (*at, i), what, word, known)


def _unknown(doc: Document, at: _At, what: str, word: str, known: Collection[str]) -> Iterator[Fault]:
    if word not in known:
        few = f"known: {', '.join(known)}" if 0 < len(known) <= 20 else ""
        yield doc.fault(at, f"there is no {what} {word!r}", suggest(word, known) or few)


def _variables(flow: Flow) -> set[str]:
    """All that anything in the flow or its sub-flows gives a value."""
    parts = (flow, *flow.parts.values())
    given = {name for part in parts for verb in part.nodes.values() for _, name in variables(verb, sets=True)}
    return given.union(*(part.arguments for part in parts))
