"""Checks and compiles every expression of a flow; variables' types are taken from what gives them their values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ivrd.core.ivr.expression import (
    FACTS,
    QUEUE_FACTS,
    Program,
    names_queues_otherwise,
    queue_facts,
)
from ivrd.core.ivr.flow import Flow, Verb
from ivrd.core.ivr.problem import Known, Problem, unknown
from ivrd.core.ivr.shape import Path, expressions, variables
from ivrd.core.ivr.verbs.back import Return
from ivrd.core.ivr.verbs.run import Run
from ivrd.core.ivr.verbs.set import Set
from ivrd.settings.cel import BadExpression, CelProgram, compile_expression, compile_pattern


class Compiled:
    """What became of the expressions of one flow."""

    def __init__(self) -> None:
        self.of: dict[str, Program] = {}
        self.patterns: dict[str, Program] = {}
        self.problems: list[Problem] = []


def compile_flow(flow: Flow, parts: Mapping[str, Flow], known: Known) -> Compiled:
    """Every expression of ``flow``, and what is wrong with them."""
    done, masked = Compiled(), _masked(flow)
    types = {k: v for k, v in _types(flow, parts).items() if k not in masked}
    for name, verb in flow.nodes.items():
        for path, role, text in expressions(verb):
            at: Path = ("nodes", name, verb.verb, *path)
            if role.type == "pattern":
                try:
                    done.patterns[text] = compile_pattern(text)
                except BadExpression as exc:
                    done.problems.append(Problem(path=at, message=f"{text!r} {exc.message}"))
                continue
            wanted = _declared(flow, verb, str(path[-1]), parts) or role.type
            try:
                program = compile_expression(text, types)
            except BadExpression as exc:
                done.problems.append(_problem(at, text, exc, types, masked))
                continue
            done.of[text] = program
            done.problems += _queues(at, text, known)
            done.problems += _type(at, text, program, wanted)
    return done


def _declared(flow: Flow, verb: Verb, name: str, parts: Mapping[str, Flow]) -> str:
    """The type that ``name`` must have, where the admin declared it; "" where not."""
    match verb:
        case Set():
            return flow.variables.get(name, "")
        case Run() if verb.flow in parts:
            return parts[verb.flow].arguments.get(name, "")
        case Return():
            return flow.returns.get(name, "")
        case _:
            return ""


def _types(flow: Flow, parts: Mapping[str, Flow]) -> dict[str, str]:
    """Variable -> type: as declared, else as all that sets it agree, else any."""
    fixed = {**flow.arguments, **flow.variables}
    types = {name: "any" for verb in flow.nodes.values() for _, name in variables(verb, sets=True)} | fixed
    for _ in range(2):  # what is set from a variable knows its type in the second round
        seen: dict[str, set[str]] = {}
        for verb in flow.nodes.values():
            for name, kind in _given(verb, types, parts):
                seen.setdefault(name, set()).add(kind)
        agreed = {name: kinds.pop() for name, kinds in seen.items() if len(kinds) == 1}
        types = {name: fixed.get(name) or agreed.get(name, "any") for name in types}
    return types


def _given(verb: Verb, types: Mapping[str, str], parts: Mapping[str, Flow]) -> Iterator[tuple[str, str]]:
    """(variable, type) of all that a node sets."""
    match verb:
        case Set():
            for name, text in verb.to.items():
                try:
                    kind = compile_expression(text, types).type
                    yield name, "any" if kind == "other" else kind
                except BadExpression:
                    yield name, "any"
        case Run():
            returns = parts[verb.flow].returns if verb.flow in parts else {}
            for name, returned in verb.into.items():
                yield name, returns.get(returned, "any")
        case _:
            for _, name in variables(verb, sets=True):
                yield name, getattr(verb, "gives", "any")


def _masked(flow: Flow) -> set[str]:
    return {
        name
        for verb in flow.nodes.values()
        if getattr(verb, "masked", False)
        for _, name in variables(verb, sets=True)
    }


def _problem(
    at: Path, text: str, exc: BadExpression, types: Iterable[str], masked: set[str]
) -> Problem:
    place = f"in `{text}`, at character {exc.column}: "
    if not exc.word:
        return Problem(path=at, message=place + exc.message, hint="expressions are CEL: docs/dialplan.md")
    names = (*FACTS, *(f"vars.{name}" for name in types), "queues")
    if exc.word.startswith("vars.") and exc.word[5:] in masked:
        return Problem(path=at, message=f"{place}{exc.word!r} is masked: no expression can see it")
    if exc.word.startswith("vars."):
        message = f"{place}nothing gives the variable {exc.word[5:]!r} a value"
    else:
        message = f"{place}there is no {exc.word!r}"
    return Problem(path=at, message=message, word=exc.word, known=names, hint=f"known: {', '.join(names)}")


def _queues(at: Path, text: str, known: Known) -> Iterator[Problem]:
    for queue, fact in queue_facts(text):
        if queue not in known.queues:
            yield unknown(at, "queue", queue, known.queues)
        elif fact not in QUEUE_FACTS:
            yield unknown(at, "fact of a queue", fact, tuple(QUEUE_FACTS))
    if names_queues_otherwise(text):
        yield Problem(path=at, message=f'in `{text}`: a queue is named as queues["kbli"].waiting')


def _type(at: Path, text: str, program: CelProgram, wanted: str) -> Iterator[Problem]:
    """``any`` and what is not known before the call come through; a whole number is not a text."""
    if program.type in ("any", wanted) or (wanted == "any" and program.type != "other"):
        return
    kind = "a list or a map" if program.type == "other" else program.type
    what = "one value" if wanted == "any" else wanted
    yield Problem(
        path=at,
        message=f"`{text}` is {kind}, but {what} is needed here",
        hint=f"a text stands in quotes: \"'{text}'\"" if wanted == "string" else "",
    )
