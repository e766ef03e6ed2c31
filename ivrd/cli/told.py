"""What a call went through, as lines for a terminal: a label, and what is told."""

from __future__ import annotations

from collections.abc import Iterator

from ivrd.adapters.prompts import spoken
from ivrd.adapters.prompts.catalogue import Catalogue
from ivrd.core.calendar import Calendar, OpenState
from ivrd.core.ivr.orders import FetchHttp, Order, RecordMessage
from ivrd.core.plan import Plan
from ivrd.core.speech import Beep, Message, Prompt, Speech, Text
from ivrd.errors import PromptMissing
from ivrd.rehearsal import trace

Line = tuple[str, str]
MASKED = "•"
_WHY = {
    "full": "full, as many wait as may",
    "nobody": "nobody who may serve the caller is logged in",
    "expected": "the expected wait is longer than it may be",
    "closing": "the wait would end too long after closing time",
    "waited": "the caller has waited as long as one may",
}


def opening(calendar: Calendar, at: float) -> str:
    """The moment, and what the calendar says of it."""
    state, local = calendar.state(at), calendar.local(at)
    return f"{local:%a %d %b %Y %H:%M} {local.tzname()}: {_hours(state)}"


def lines(fact: trace.Fact, plan: Plan, texts: Catalogue) -> Iterator[Line]:
    """A fact in words; none for one that others tell already."""
    match fact:
        case trace.Dialled():
            yield "dials", f"{fact.did}" + (f" from {fact.number}" if fact.number else "")
        case trace.Entered():
            yield "node", fact.place + (f"  ({'.'.join(map(str, fact.path))} of {fact.source})" if fact.path else "")
        case trace.Looked():
            yield "because", _hours(fact.state)
        case trace.Weighed() if fact.named:  # a constant explains nothing
            named = ", ".join(f"{name} = {value!r}" for name, value in fact.named.items() if name != fact.text)
            came = "has no value" if fact.value is None else f"is {_literal(fact.value)}"
            yield "because", f"{fact.text} {came}" + (f": {named}" if named else "")
        case trace.Pressed():
            yield "presses", fact.keys.replace("?", MASKED)
        case trace.Silent():
            yield "presses", "nothing"
        case trace.Said():
            for speech in fact.speech:
                yield "hears", _spoken(speech, fact.language, texts)
        case trace.Asked():
            yield "asks", _order(fact.order)
        case trace.Answered():
            values = ", ".join(f"{name} = {value!r}" for name, value in fact.values.items())
            yield "answer", fact.outcome + (f": {values}" if values else "")
        case trace.Joined():
            queue = plan.floor.queues[fact.queue]
            skills = ", ".join((*fact.skills, f"language {fact.language}"))
            yield "waits", f"in queue {queue.id} ({queue.title}) for an agent with: {skills}"
        case _:
            yield from _others(fact, plan)


def _others(fact: trace.Fact, plan: Plan) -> Iterator[Line]:
    """Phones, and the end."""
    match fact:
        case trace.Diverted():
            yield "because", f"queue {fact.queue}: {_WHY.get(fact.why, fact.why)}"
        case trace.Rang():
            yield "rings", f"the phone of agent {_agent(fact.agent, plan)}"
        case trace.Missed():
            yield "rings", f"no more: {_agent(fact.agent, plan)} did not answer"
        case trace.Dialling():
            yield "rings", f"the phone of {fact.to}, called by the flow"
        case trace.Talking():
            yield "talks", f"to agent {_agent(fact.agent, plan)}"
        case trace.Connected():
            yield "talks", f"to {fact.to}"
        case trace.Returned():
            yield "back", "to the flow" + (f": {fact.result}" if fact.result else "")
        case trace.Ended():
            yield "ends", f"{fact.disposition}, by {fact.by}, cause {fact.cause}"
        case _:
            pass


def _agent(agent: str, plan: Plan) -> str:
    known = plan.floor.agents.get(agent)
    return f"{agent} ({known.name})" if known else agent


def _hours(state: OpenState) -> str:
    if state.open:
        return "open" + (f", until {state.closes_at:%H:%M}" if state.closes_at else "")
    again = f"; opens again {state.next_opening:%a %d %b %H:%M}" if state.next_opening else ""
    return f"closed ({state.reason or 'outside the hours'}){again}"


def _order(order: Order) -> str:
    match order:
        case FetchHttp():
            sent = ", ".join(f"{name} = {value!r}" for name, value in order.send.items())
            return f"service {order.service}: {order.method} {order.path}" + (f", with {sent}" if sent else "")
        case RecordMessage():
            return f"a recording for mailbox {order.box}, at most {order.max_s} s"
        case _:
            return type(order).__name__


def _spoken(speech: Speech, language: str, texts: Catalogue) -> str:
    """The key or the kind, the language, and the words."""
    match speech:
        case Prompt():
            language = speech.language or language
            return f"{speech.key} ({language}): {texts.text(speech.key, language) or 'no text'}"
        case Beep():
            return "a beep"
        case Message():
            return "what the caller said"
        case Text():
            return f"text ({language}): {speech.text}"
    kind = type(speech).__name__.lower()
    try:
        words = [texts.text(key, language) or key for key in spoken.words(speech, language)]
    except PromptMissing as exc:
        return f"{kind} ({language}): cannot be said: {exc}"
    return f"{kind} ({language}): {' '.join(words)}"


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)
