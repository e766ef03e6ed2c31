"""A flow and its sub-flows together: who runs whom with what, and the expressions of all."""

from __future__ import annotations

from collections.abc import Iterator

from ivrd.core.ivr.expression import Program, Programs
from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.problem import Known, Problem, unknown
from ivrd.core.ivr.verbs.back import Return
from ivrd.core.ivr.verbs.run import Run
from ivrd.settings.expressions import compile_flow
from ivrd.settings.yamltext import Document

Wrong = tuple[Document, Problem]
NOT_RUN = "not-run"  #: a sub-flow that is read as if a number led to it


class Found:
    """The files that were read; the flow itself is the part ""."""

    def __init__(self) -> None:
        self.flows: dict[str, Flow] = {}
        self.documents: dict[str, Document] = {}

    def add(self, part: str, document: Document, flow: Flow) -> Flow:
        """A file was read."""
        self.flows[part], self.documents[part] = flow, document
        return flow

    def missing(self) -> Iterator[str]:
        """Sub-flows that are run and not read yet; those that they run, too. Each once."""
        asked, pending = {""}, list(self.flows)
        while pending:
            flow = self.flows.get(pending.pop())
            for verb in flow.nodes.values() if flow else ():
                if isinstance(verb, Run) and verb.flow not in asked:
                    asked.add(verb.flow)
                    yield verb.flow
                    pending.append(verb.flow)

    def check(self, known: Known) -> tuple[dict[str, Flow], Programs, list[Wrong]]:
        """The sub-flows, the expressions of all, and what is wrong with them."""
        of: dict[tuple[str, str], Program] = {}
        patterns: dict[str, Program] = {}
        wrong: list[Wrong] = []
        subflows = {part: flow for part, flow in self.flows.items() if part}
        for part, flow in self.flows.items():
            done = compile_flow(flow, subflows, known)
            of |= {(part, text): program for text, program in done.of.items()}
            patterns |= done.patterns
            found = [*done.problems, *self._calls(part, flow, known)]
            wrong += [(self.documents[part], problem) for problem in found]
        return subflows, Programs(of=of, patterns=patterns), wrong

    def _calls(self, part: str, flow: Flow, known: Known) -> Iterator[Problem]:
        """Arguments and returns fit."""
        for name, verb in flow.nodes.items():
            at = ("nodes", name, verb.verb)
            if isinstance(verb, Return):
                if not part:
                    yield Problem(path=at, message="nothing runs this flow, so it cannot return", hint="use `hangup`", rule=NOT_RUN)
                yield from (
                    unknown((*at, "values", key), "return", key, flow.returns)
                    for key in verb.values
                    if part and key not in flow.returns
                )
            elif isinstance(verb, Run) and verb.flow not in self.flows:
                yield unknown((*at, "flow"), "flow", verb.flow, known.flows)
            elif isinstance(verb, Run):
                yield from self._run((*at,), verb, self.flows[verb.flow])

    def _run(self, at: tuple[str, ...], verb: Run, subflow: Flow) -> Iterator[Problem]:
        for key in verb.give:
            if key not in subflow.arguments:
                yield unknown((*at, "give", key), "argument", key, subflow.arguments)
        for key in subflow.arguments:
            if key not in verb.give:
                yield Problem(path=at, message=f"{verb.flow!r} needs the argument {key!r}", hint="add it to `give`")
        for variable, returned in verb.into.items():
            if returned not in subflow.returns:
                yield unknown((*at, "into", variable), "return", returned, subflow.returns)
