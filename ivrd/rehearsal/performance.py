"""A dialplan's test, performed: each step done on the rehearsal, each expectation held against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ivrd.core.speech import Prompt, Speech
from ivrd.core.state import Stage
from ivrd.rehearsal import trace
from ivrd.rehearsal.rehearsal import Rehearsal
from ivrd.settings.flowtests import FlowTest, Step


@dataclass(frozen=True, kw_only=True)
class Failure:
    """The first thing that was not as expected; ``line`` of the step, ``path``: nodes walked."""

    line: int
    message: str
    path: tuple[str, ...]


class Performance:
    """One call of a test; ``heard`` is how much of the trace has been looked at by ``hears``."""

    def __init__(self, call: Rehearsal) -> None:
        self.call, self.heard = call, 0

    def run(self, test: FlowTest, did: str) -> Failure | None:
        """The whole test; None when all was as expected."""
        self.call.log_in(*test.agents)
        self.call.dial(did, test.number)
        for step in test.steps:
            wrong = next(self._step(step), "")
            if wrong:
                path = tuple(f.place for f in self.call.trace if isinstance(f, trace.Entered))
                return Failure(line=step.line, message=wrong, path=path)
        return None

    def _step(self, step: Step) -> Iterator[str]:
        """Do it; then say what is not as expected."""
        if step.hears is not None:
            yield from self._hears(step.hears)
        yield from self._act(step)
        yield from self._expect(step)

    def _act(self, step: Step) -> Iterator[str]:
        call = self.call
        if (step.presses or step.word or step.waits or step.answered) and call.over:
            yield f"the call is over: {self._end() or 'it was never taken'}"
        before = len(call.trace)
        if step.presses:
            call.press(step.presses)
        elif step.waits is not None:
            call.wait(step.waits)
            before = self._now(before)
        elif step.answered:
            call.listen_to_menu()  # a recording begins after the beep
            before = len(call.trace)
            if wrong := call.answer(step.answered.outcome, step.answered.values):
                yield wrong
        elif step.word == "presses nothing":
            call.listen_to_menu()
            before = len(call.trace)
            call.go_on()
        elif step.word == "caller hangs up":
            call.hang_up()
        elif step.word and not self._agent(step.word):
            yield f"{step.word}: no agent's phone {'talks' if 'hangs' in step.word else 'rings'}"
        else:
            before = before if step.word else self.heard
        self.heard = before

    def _agent(self, word: str) -> str:
        if word == "agent answers":
            return self.call.agent_answers()
        return self.call.agent_declines() if word == "agent declines" else self.call.agent_hangs_up()

    def _now(self, before: int) -> int:
        """Of what was said meanwhile only what is being said now is still to be heard."""
        said = [i for i, f in enumerate(self.call.trace) if isinstance(f, trace.Said)]
        return said[-1] if self.call.playing and said and said[-1] >= before else len(self.call.trace)

    def _hears(self, wanted: tuple[str, ...]) -> Iterator[str]:
        """The next things said, none left out; heard to their ends as far as needed."""
        got: list[str] = []
        while len(got) < len(wanted):
            said = next((i for i, f in enumerate(self.call.trace) if i >= self.heard and isinstance(f, trace.Said)), None)
            if said is not None:
                self.heard = said + 1
                fact = self.call.trace[said]
                got += [_key(s) for s in fact.speech] if isinstance(fact, trace.Said) else []
            elif not self.call.listen():
                break
        if tuple(got) != wanted:
            yield f"expected to hear {', '.join(wanted) or 'nothing'}; heard {', '.join(got) or 'nothing'}"

    def _expect(self, step: Step) -> Iterator[str]:
        if step.queue is not None or step.ended is not None:
            self.call.listen_to_menu()
        now = self.call.call
        if now is None:
            yield from _differ("ended", step.ended, self._end())
            return
        queued = now.queue if now.stage in (Stage.QUEUED, Stage.TALKING) or self.call.over else ""
        yield from _differ("queue", step.queue, queued)
        yield from _differ("skills", _sorted(step.skills), _sorted(now.skills))
        yield from _differ("tags", step.tags, tuple(now.walk.tags))
        yield from _differ("language", step.language, now.walk.language)
        yield from _differ("ended", step.ended, self._end())
        if step.path is not None:
            path = tuple(map(str, now.walk.path))
            yield from _differ("path", step.path, path[len(path) - len(step.path) :] if len(path) > len(step.path) else path)
        for name, value in (step.vars or {}).items():
            yield from _differ(f"vars.{name}", value, now.walk.vars.get(name, "not set"))

    def _end(self) -> str:
        return next((f.disposition for f in self.call.trace if isinstance(f, trace.Ended)), "")


def _key(speech: Speech) -> str:
    """As it stands in a test: a prompt's key (``key@language`` when forced), else the kind of what is spoken."""
    if isinstance(speech, Prompt):
        return f"{speech.key}@{speech.language}" if speech.language else speech.key
    return type(speech).__name__.lower()


def _sorted(skills: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if skills is None else tuple(sorted(skills))


def _differ(what: str, wanted: object, got: object) -> Iterator[str]:
    if wanted is not None and wanted != got:
        yield f"expected {what} {_told(wanted)}; got {_told(got)}"


def _told(value: object) -> str:
    return (", ".join(map(str, value)) if isinstance(value, tuple) else str(value)) or "none"
