"""A call arrives: known and unknown numbers, draining, told twice, and flows that are gone."""

from __future__ import annotations

from playbook import Playbook, plan

from ivrd.core.cdr import Disposition
from ivrd.core.commands import HandOver, HangUp
from ivrd.core.events import CallArrived, CallerAnswered, DrainAsked

MENU = "start: m\nnodes:\n  m: {menu: {say: [a], keys: {1: bye}, otherwise: bye}}\n  bye: {hangup: {}}\n"


def test_a_number_that_nobody_serves_is_turned_away() -> None:
    book = Playbook()
    book.tell(CallArrived, call="c1", did="555", caller_number="")
    assert book.asked(HangUp).cause == 1
    assert book.exchange.state.calls == {}


def test_an_arrival_told_twice_is_one_call() -> None:
    book = Playbook()
    call = book.arrive()
    assert book.tell(CallArrived, call="c1", did="169", caller_number="") == []
    assert book.call() is call
    assert book.counters().offered == 1


def test_draining_takes_no_new_calls_and_serves_those_in_progress() -> None:
    book = Playbook()
    book.log_in()
    book.arrive("c1")
    book.tell(DrainAsked)
    book.tell(CallArrived, call="c2", did="169", caller_number="")
    assert book.asked(HandOver).call == "c2"
    assert set(book.exchange.state.calls) == {"c1"}
    book.agent_answers("c1")
    book.caller_leaves("c1")
    book.wind_up()


def test_the_carriers_clock_runs_from_the_first_answer() -> None:
    book = Playbook()
    call = book.arrive()
    book.tell(CallerAnswered, call="c1")
    first = call.answered_at
    assert first is not None
    book.tell(CallerAnswered, call="c1", after_s=5)
    assert call.answered_at == first


def test_a_flow_removed_by_hand_never_leaves_a_caller_in_silence() -> None:
    for what in ("key", "said", "time-out"):
        book = Playbook(plan(text=MENU))
        call = book.arrive()
        if what == "time-out":
            book.heard()
        book.exchange.plan.flows.clear()
        if what == "key":
            book.press("1")
        elif what == "said":
            book.heard()
        else:
            book.pass_time(6)
        assert [c.cause for c in book.last if isinstance(c, HangUp)] == [41], what
        assert call.disposition == Disposition.FAILED
        book.wind_up()


def test_a_flow_that_is_gone_at_the_overflow_ends_the_call_too() -> None:
    book = Playbook()
    book.arrive()
    book.exchange.plan.flows.clear()
    book.pass_time(900)
    assert [c.cause for c in book.last if isinstance(c, HangUp)] == [41]
    book.wind_up()


def test_no_event_of_a_call_that_is_over_or_never_was_changes_anything() -> None:
    from ivrd.core import events as e

    book = Playbook()
    before = repr(book.exchange.state.calls)
    facts = {"call": "x", "channel": "x", "leg": "x", "digit": "1", "prompt": "p", "revision": 1, "reason": "r",
             "path": "p", "duration_ms": 1, "sha256": "a"}  # fmt: skip
    kinds = [e.CallerAnswered, e.DigitPressed, e.PromptFinished, e.CallerHungUp, e.AgentRinging, e.AgentHungUp,
             e.OfferRefused, e.HoldStarted, e.HoldEnded, e.ChannelGone, e.RecordingStarted, e.RecordingPublished,
             e.RecordingFailed, e.CdrWritten]  # fmt: skip
    for kind in kinds:
        fields = set(kind.__dataclass_fields__) - {"at", "cause", "failed"}
        assert book.tell(kind, **{k: v for k, v in facts.items() if k in fields}) == []
    assert repr(book.exchange.state.calls) == before
    assert sum(book.exchange.ignored.values()) == len(kinds)


def test_a_phone_that_answers_for_a_call_that_is_over_is_hung_up() -> None:
    from ivrd.core.events import AgentAnswered

    book = Playbook()
    book.tell(AgentAnswered, call="x", leg="x.agent-101.1")
    assert book.asked(HangUp).channel == "x.agent-101.1"


def test_time_never_goes_back_whatever_the_clock_does() -> None:
    book = Playbook()
    book.tell(CallArrived, call="c1", did="169", caller_number="", after_s=10)
    book.caller_leaves(after_s=-5)
    assert book.rows()[-1].wait_ms == 0
    assert book.exchange.state.last_at == book.call().arrived_at
