"""One sitting at ``ivrd try``: calls one after the other, each driven by what is typed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ivrd.core.ivr.orders import FetchHttp
from ivrd.core.ivr.walk import Scalar
from ivrd.core.plan import Plan
from ivrd.rehearsal import sight, trace
from ivrd.rehearsal.moments import moment
from ivrd.rehearsal.rehearsal import Rehearsal
from ivrd.rehearsal.words import KEYS, WORDS, Said, read, scalar, span_s, values
from ivrd.settings.load import suggest

#: beside what a caller notices: what whoever sits at the terminal wants to decide about
_ALSO = (trace.Asked, trace.Rang, trace.Missed, trace.Dialling, trace.Returned)
_FEATURES = {"log in": "log_in", "log out": "log_out", "pause": "pause", "resume": "resume"}
_ACTS = frozenset(("presses nothing", "wait", "hang up", "answer", "decline", "agent hangs up"))
_MADE_UP: dict[str, Scalar] = {"int": 1, "float": 1.0, "bool": True}


class Session:
    """``call`` is the present one; ``done`` is told that it is enough."""

    def __init__(self, plan: Plan, did: str, at: float, number: str = "", agents: tuple[str, ...] = ()) -> None:
        self.plan, self.did, self.begins_at, self.number = plan, did, at, number
        self.present = dict.fromkeys(agents)  #: who is logged in when a call begins
        self.done = False
        self._shown = 0
        self.call = self._begin()

    def facts(self) -> list[trace.Fact]:
        """What the call went through since the last look."""
        seen, self._shown = self._shown, len(self.call.trace)
        return self.call.trace[seen:]

    def type(self, line: str) -> list[str]:
        """A line was typed; replies beside the facts. ValueError, in words, for what cannot be done."""
        said = read(line)
        if said.keys:
            self._alive()
            self.call.press(said.keys)
            self.call.listen_to_menu()
            return []
        return list(self._do(said))

    def _do(self, said: Said) -> Iterator[str]:
        word, rest = said.word, said.rest
        if word == "quit":
            self.done = True
        elif word == "help":
            yield from (f"{f'{w.word} {w.follows}'.strip():<22} {w.help}" for w in WORDS)
        elif word in _LOOKS:
            yield from _LOOKS[word](self.call)
        elif word in _FEATURES:
            yield from self._feature(word, rest)
        elif word in ("restart", "at", "from", "dial"):
            self._again(word, rest)
        elif word in _ACTS:
            self._alive()
            yield from self._act(word, rest)
            self.call.listen_to_menu()
        else:
            self._alive()
            yield from self._answer(word, rest)
            self.call.listen_to_menu()

    def _act(self, word: str, rest: tuple[str, ...]) -> Iterator[str]:
        call = self.call
        if word == "presses nothing":
            if not call.go_on(_ALSO):
                yield f"nothing more happens by itself: {sight.now(call)}"
        elif word == "wait":
            seen = len(call.trace)
            call.wait(span_s(" ".join(rest)))
            if len(call.trace) == seen:
                yield f"{self.plan.calendar.local(call.at):%H:%M:%S} {sight.now(call)}"
        elif word == "hang up":
            call.hang_up()
        elif word == "answer":
            _must(call.agent_answers(), "no phone rings")
        elif word == "decline":
            _must(call.agent_declines(), "no phone rings")
        else:
            _must(call.agent_hangs_up(), "nobody talks to the caller")

    def _answer(self, outcome: str, rest: tuple[str, ...]) -> Iterator[str]:
        """The outside answers, in one word and perhaps values."""
        order, found = self.call.asked, dict[str, Scalar]()
        if outcome == "recorded":
            found["duration_s"] = int(span_s(" ".join(rest) or "10"))
        elif isinstance(order, FetchHttp):
            kinds, given = sight.types(self.call), values(rest)
            found |= {name: scalar(text, kinds.get(name, "")) for name, text in given.items()}
            missing = [name for name in order.save if name not in found] if outcome == "ok" else []
            found |= {name: _MADE_UP.get(kinds.get(name, ""), name) for name in missing}
            if missing:
                yield f"made up: {', '.join(missing)} (or type: ok {' '.join(f'{n}=...' for n in order.save)})"
        if wrong := self.call.answer(outcome, found):
            raise ValueError(wrong)

    def _feature(self, word: str, agents: tuple[str, ...]) -> Iterator[str]:
        known = self.plan.floor.agents
        chosen = tuple(known) if agents == ("all",) else agents
        _must(" ".join(chosen), f"who? for example `{word} {next(iter(known), '101')}` or `{word} all`")
        for agent in chosen:
            if agent not in known:
                raise ValueError(f"there is no agent {agent!r}: {suggest(agent, known) or 'agents: ' + ', '.join(known)}")
        self.call.feature(_FEATURES[word], *chosen)
        for agent in chosen:
            self.present[agent] = None
            if word == "log out":
                self.present.pop(agent)
            yield f"{agent} is {self.call.exchange.desk.agent(agent).presence.value.replace('_', ' ')}"

    def _again(self, word: str, rest: tuple[str, ...]) -> None:
        """The call begins anew, perhaps under other circumstances."""
        text, keys = " ".join(rest), ""
        if word == "at":
            self.begins_at = moment(text, self.plan.calendar.tz, self.call.at)
        elif word == "from":
            self.number = text.replace(" ", "")
        elif word == "dial":
            if text not in self.plan.dids:
                raise ValueError(f"no caller reaches us by {text!r}: {suggest(text, self.plan.dids) or 'numbers: ' + ', '.join(self.plan.dids)}")
            self.did = text
        elif text:
            keys = "".join(rest)
            _must("" if set(keys) - KEYS else keys, f"{text!r} are no telephone keys (0-9, *, #)")
        self.call = self._begin(keys)

    def _begin(self, keys: str = "") -> Rehearsal:
        self._shown = 0
        call = Rehearsal(self.plan, self.begins_at)
        call.log_in(*self.present)
        call.dial(self.did, self.number)
        if not call.over:
            call.press(keys)
            call.listen_to_menu()
        return call

    def _alive(self) -> None:
        if self.call.over:
            raise ValueError("the call is over: `restart`, `at sat 10:00` or `quit`")


_LOOKS: dict[str, Callable[[Rehearsal], list[str]]] = {
    "vars": sight.variables,
    "path": sight.path,
    "keys": sight.ways_on,
    "queue": sight.queue,
    "agents": sight.agents,
}


def _must(found: str, otherwise: str) -> None:
    if not found:
        raise ValueError(otherwise)
