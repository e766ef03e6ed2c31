"""Calling back: place and clock are kept, one attempt at a time, only with an agent set aside, only in opening hours."""

from __future__ import annotations

from typing import Any

import pytest
from playbook import Playbook, plan

from ivrd.core.acd.model import Agent, Queue, Relax
from ivrd.core.cdr import Cdr, Disposition
from ivrd.core.commands import (
    CloseCallback,
    ConnectCall,
    HangUp,
    OfferCall,
    PlayPrompt,
    StartRecording,
    StoreCallback,
    WriteCdr,
)
from ivrd.core.events import (
    AgentAnswered,
    AgentHungUp,
    CallbackClosed,
    CallbacksCounted,
    CallbackStored,
    CallerRescued,
    ChannelGone,
    ChannelSeen,
    DrainAsked,
    OfferRefused,
    RecordingPublished,
    SwitchLost,
    SwitchSeen,
    TransferAsked,
)
from ivrd.core.plan import CallbackRules
from ivrd.core.state import Rec, Stage

ADI = Agent(id="101", name="Adi", extension="101", languages=("id", "en"))
AYU = Agent(id="102", name="Ayu", extension="102")
FLOW = """start: q
nodes:
  q: {queue: {to: help, overflow: ask, expected: ask}}
  ask: {callback: {queue: help, then: bye, otherwise: bye}}
  bye: {hangup: {}}
"""
MINE = "021345678"
TRY = "c1.callback-1.customer"


def centre(
    dial: str = "agent_first", agents: tuple[Agent, ...] = (ADI,), text: str = FLOW, relax: tuple[Relax, ...] = (), **rules: Any
) -> Playbook:
    """A queue whose callers wait 60 s, then are asked whether to be called back."""
    queue = Queue(id="help", title="Help", max_wait_s=60, announce_every_s=0, wrap_up_s=0, relax=relax)
    made = plan(text=text, queues=(queue,), agents=agents)
    made.callbacks = CallbackRules(dial=dial, **rules)  # type: ignore[arg-type]
    return Playbook(made)


def wishes(book: Playbook, call: str = "c1", number: str = MINE) -> None:
    """A caller waits, is asked, wants to be called back, and hangs up."""
    book.arrive(call, number=number)
    book.heard(call)
    book.pass_time(60)
    book.heard(call)
    book.press("1", call)
    book.asked(StoreCallback)
    book.tell(CallbackStored, call=call, queue="help", open=1)
    book.caller_leaves(call)
    book.pass_time(0)


def customer_answers(book: Playbook, attempt: str = TRY) -> None:
    book.tell(AgentAnswered, call=attempt, leg=attempt, after_s=3)


def rings(book: Playbook) -> list[str]:
    """Numbers outside that the last event had rung."""
    return [o.extension for o in book.last if isinstance(o, OfferCall) and "@" in o.extension]


def promise(book: Playbook) -> Any:
    (only,) = book.exchange.state.promises.values()
    return only


def test_nothing_is_dialled_unless_the_admin_says_so() -> None:
    book = centre(dial="")
    wishes(book)
    book.log_in()
    book.pass_time(3600)
    assert book.offers() == []
    assert book.exchange.state.promises == {}


def test_a_number_that_may_not_be_dialled_is_left_to_people() -> None:
    book = centre()
    wishes(book, number="0812345678")  # may ask to be called back, but is not in outbound.allow
    assert book.exchange.state.promises == {}


def test_an_agent_takes_it_the_customer_is_rung_and_the_two_talk() -> None:
    book = centre()
    wishes(book)
    asked = book.at
    assert book.call(TRY).stage == Stage.QUEUED
    book.pass_time(600)
    book.log_in()
    assert [o for c in [book.exchange.state.calls[TRY]] if (o := c.offer)]
    assert rings(book) == []
    leg = book.agent_answers(TRY)
    assert rings(book) == [f"{MINE}@trunk"]
    assert book.asked(OfferCall).leg == TRY
    assert book.asked(OfferCall).caller_number == "169"
    assert (book.spoken(), book.asked(PlayPrompt).channel) == (["callback-calling"], leg)
    customer_answers(book)
    assert (book.asked(ConnectCall).call, book.asked(ConnectCall).leg) == (TRY, leg)
    book.asked(StartRecording)
    assert (book.call(TRY).stage, book.presence()) == (Stage.TALKING, "talking")
    close = book.asked(CloseCallback)
    assert (close.number, close.note) == (MINE, "reached")
    book.tell(CallbackClosed, promise=close.promise, queue="help", open=0)
    assert book.exchange.state.promises == {}
    book.tell(AgentHungUp, call=TRY, leg=leg, after_s=30)
    book.wind_up()
    row = book.rows(TRY)[-1]
    assert (row.disposition, row.agent, row.callback_of, row.caller_number) == (Disposition.ANSWERED, "101", "c1", MINE)
    assert row.wait_ms / 1000 == pytest.approx(60 + 600, abs=5)  # of the first queueing on
    assert book.rows("c1")[-1].disposition == Disposition.CALLBACK
    day = book.counters()
    assert (day.callbacks_asked, day.callbacks_reached, day.callbacks_failed) == (1, 1, 0)
    assert day.callbacks_wait_s == pytest.approx(book.told("callback_answered")[0]["wait_ms"] / 1000 + asked - asked - 60, abs=5)
    assert (day.offered, day.answered, day.abandoned, day.diverted) == (1, 0, 0, 1)


def test_the_place_is_kept_before_callers_who_came_later() -> None:
    book = centre(agents=(ADI, AYU))
    wishes(book)
    book.arrive("c2", number="0819")
    book.heard("c2")
    book.log_in("101")
    assert book.call(TRY).offer is not None
    assert book.call("c2").offer is None


def test_the_language_is_kept() -> None:
    text = FLOW.replace("start: q", "start: en").replace("nodes:\n", "nodes:\n  en: {language: {set: en, then: q}}\n")
    book = centre(agents=(ADI, AYU), text=text)
    wishes(book)
    book.log_in("102")  # Ayu speaks no English
    assert book.call(TRY).offer is None
    book.log_in("101")
    offer = book.call(TRY).offer
    assert offer is not None
    assert offer.agent == "101"


def test_a_customer_who_calls_by_themselves_is_known_however_the_carrier_writes_the_number() -> None:
    """Typed as it is dialled here, and shown with the country's code: not rung while on the line, nor after they were served."""
    book = centre()
    wishes(book, number=MINE)
    assert book.call(TRY).stage == Stage.QUEUED
    book.arrive("c2", number="+6221345678")
    assert TRY not in book.exchange.state.calls
    book.log_in()
    book.agent_answers("c2")
    (closed,) = [o for o in book.last if isinstance(o, CloseCallback)]
    assert closed.number == MINE
    book.caller_leaves("c2")
    book.pass_time(600)
    assert not any(isinstance(o, OfferCall) and "@" in o.extension for o in book.trace)


def test_what_the_queue_asks_becomes_less_with_the_time_in_line_and_not_with_the_age_of_the_promise() -> None:
    """Both agents are free, and one of them speaks the customer's language: an hour of waiting is no reason to take the other."""
    text = FLOW.replace("start: q", "start: en").replace("nodes:\n", "nodes:\n  en: {language: {set: en, then: q}}\n")
    ayu = Agent(id="100", name="Ayu", extension="100", languages=("id",))
    book = centre(agents=(ayu, ADI), text=text, relax=(Relax(after_s=90, drop=("language",)),))
    wishes(book)
    book.pass_time(3600)
    book.log_in("100")
    assert book.call(TRY).offer is not None, "nobody else is logged in: the step is not waited for"
    book = centre(agents=(ayu, ADI), text=text, relax=(Relax(after_s=90, drop=("language",)),))
    book.log_in("101")
    book.arrive("c0", number="02112345678")
    book.agent_answers("c0")
    wishes(book)
    book.pass_time(80)
    book.log_in("100")
    assert book.call(TRY).offer is None
    book.pass_time(20)
    assert book.call(TRY).offer is not None


def test_a_customer_who_does_not_answer_is_rung_again_later_and_not_for_ever() -> None:
    book = centre(attempts=2, retry_after_s=600)
    wishes(book)
    book.log_in()
    for n, cause in ((1, 17), (2, 19)):
        attempt = f"c1.callback-{n}.customer"
        leg = book.agent_answers(attempt)
        book.tell(ChannelGone, call=attempt, channel=attempt, cause=cause, after_s=20)
        assert (book.spoken(), book.asked(PlayPrompt).channel) == (["callback-not-reached"], leg)
        assert book.presence() == "talking"
        book.heard(attempt)
        assert [o.channel for o in book.last if isinstance(o, HangUp)] == [leg]
        assert book.presence() == "ready"
        book.tell(ChannelGone, call=attempt, channel=leg)
        assert book.rows(attempt)[-1].disposition == Disposition.NOT_REACHED
        if n == 1:
            book.pass_time(599)
            assert [c for c in book.exchange.state.calls if c.startswith("c1.callback-2")] == []
            book.pass_time(2)
    assert book.told("callback_closed")[-1]["outcome"] == "not_reached"
    assert book.counters().callbacks_failed == 1
    book.pass_time(7200)
    assert "c1.callback-3.customer" not in book.exchange.state.calls


def test_ringing_that_never_ends_is_ended() -> None:
    book = centre(ring_timeout_s=20)
    wishes(book)
    book.log_in()
    book.agent_answers(TRY)
    book.pass_time(22)
    assert [o.channel for o in book.last if isinstance(o, HangUp)] == [TRY]
    book.pass_time(8)
    assert book.presence() == "ready"


def test_an_agent_who_hangs_up_before_the_answer_costs_the_customer_no_attempt() -> None:
    book = centre(agents=(ADI, AYU))
    wishes(book)
    book.log_in()
    leg = book.agent_answers(TRY)
    book.tell(AgentHungUp, call=TRY, leg=leg)
    assert TRY in [o.channel for o in book.last if isinstance(o, HangUp)]
    assert (promise(book).attempts, book.presence()) == (0, "ready")
    book.tell(ChannelGone, call=TRY, channel=TRY)
    book.pass_time(30)
    again = book.call("c1.callback-2.customer")
    assert again.offer is None  # Adi is not asked at once
    book.log_in("102")
    assert again.offer is not None


def test_a_missed_offer_leaves_it_in_line() -> None:
    book = centre(agents=(ADI, AYU))
    wishes(book)
    book.log_in("101", "102")
    first = book.call(TRY).offer
    assert first is not None
    book.tell(ChannelGone, call=TRY, channel=first.leg, cause=19)
    second = book.call(TRY).offer
    assert second is not None
    assert second.agent != first.agent
    assert promise(book).attempts == 0


def test_only_in_opening_hours() -> None:
    book = centre()
    wishes(book)
    book.pass_time(7 * 3600)
    assert TRY not in book.exchange.state.calls
    book.log_in()
    assert book.offers() == []
    book.pass_time(15 * 3600 - 600)  # 07:50
    assert book.exchange.state.promises
    assert "c1.callback-2.customer" not in book.exchange.state.calls
    while "c1.callback-2.customer" not in book.exchange.state.calls:
        assert book.exchange.plan.calendar.local(book.at).hour < 9
        book.pass_time(1)
    assert book.call("c1.callback-2.customer").offer is not None
    assert book.call("c1.callback-2.customer").waits_since == promise(book).since


def test_a_number_that_asks_twice_is_one_promise_with_its_first_clock() -> None:
    book = centre()
    wishes(book)
    since = promise(book).since
    wishes(book, "c2")
    assert promise(book).since == since
    assert [c for c in book.exchange.state.calls if "callback" in c] == ["c1.callback-2.customer"]


def test_who_calls_again_is_not_rung_meanwhile_and_not_afterwards_when_served() -> None:
    book = centre()
    wishes(book)
    assert TRY in book.exchange.state.calls
    book.arrive("c2", number=MINE)
    assert TRY not in book.exchange.state.calls
    book.log_in()
    book.agent_answers("c2")
    close = book.asked(CloseCallback)
    assert close.note == "served: called again"
    book.tell(CallbackClosed, promise=close.promise, queue="help", open=0)
    book.caller_leaves("c2")
    book.pass_time(3600)
    assert [o for o in book.trace if isinstance(o, OfferCall) and "@" in o.extension] == []


def test_who_calls_again_and_gives_up_is_still_called_back() -> None:
    book = centre()
    wishes(book)
    book.arrive("c2", number=MINE)
    book.caller_leaves("c2")
    book.pass_time(0)
    assert book.call("c1.callback-2.customer").stage == Stage.QUEUED


def test_people_may_be_faster() -> None:
    book = centre()
    wishes(book)
    book.tell(CallbacksCounted, open={}, done=("c1/help",))
    assert TRY not in book.exchange.state.calls
    assert book.asked(CloseCallback).note == "done: by hand"


def test_the_days_limit_holds() -> None:
    book = centre()
    book.exchange.state.dialled_today = 2  # outbound.per_day
    wishes(book)
    book.log_in()
    book.pass_time(120)
    assert [c for c in book.exchange.state.calls if "callback" in c] == []


def test_asterisk_cannot_dial_the_customer() -> None:
    book = centre()
    wishes(book)
    book.log_in()
    book.agent_answers(TRY)
    book.tell(OfferRefused, call=TRY, leg=TRY, reason="no route")
    assert book.spoken() == ["callback-not-reached"]
    assert promise(book).attempts == 1


def test_customer_first_keeps_an_agent_free_and_no_second_customer_is_rung_without_one() -> None:
    book = centre(dial="customer_first")
    wishes(book)
    wishes(book, "c2", number="021999")
    book.log_in()
    dialled = [c for c in book.exchange.state.calls.values() if c.stage == Stage.CALLING]
    assert [c.id for c in dialled] == [TRY]
    assert not book.exchange.desk.agent("101").available
    book.tell(AgentAnswered, call=TRY, leg=TRY)
    assert book.offers() == [(TRY, "101")]
    assert book.spoken() == ["callback-greeting"]
    book.agent_answers(TRY)
    assert book.call(TRY).stage == Stage.TALKING
    assert book.counters().callbacks_reached == 1
    assert book.counters().answered == 0


def test_customer_first_and_the_customer_leaves_while_the_agents_phone_rings() -> None:
    book = centre(dial="customer_first", retry_after_s=600)
    wishes(book)
    book.log_in()
    customer_answers(book)
    leg = book.call(TRY).legs[0]
    book.caller_leaves(TRY)
    book.tell(ChannelGone, call=TRY, channel=leg)
    assert book.presence() == "ready"
    assert book.rows(TRY)[-1].disposition == Disposition.ABANDONED_QUEUE
    assert (book.counters().abandoned, promise(book).attempts) == (0, 1)
    book.pass_time(599)
    assert "c1.callback-2.customer" not in book.exchange.state.calls


# --- outages


def seen(*channels: tuple[str, str, str]) -> dict[str, Any]:
    return {"channels": tuple(ChannelSeen(channel=c, state=s, role=r) for c, s, r in channels), "bridges": ()}


def test_a_place_in_line_survives_an_outage() -> None:
    book = centre()
    wishes(book)
    since = book.call(TRY).waits_since
    book.tell(SwitchLost)
    book.tell(SwitchSeen, **seen())
    assert (book.call(TRY).stage, book.call(TRY).waits_since) == (Stage.QUEUED, since)


@pytest.mark.parametrize(
    ("held", "stage"),
    [
        ((("leg", "Up", "agent"), (TRY, "Up", "callback")), Stage.TALKING),  # the customer answered meanwhile
        ((("leg", "Up", "agent"), (TRY, "Ringing", "callback")), Stage.CALLING),
        ((("leg", "Up", "agent"),), Stage.CALLING),  # never dialled, or over: the agent is told
        (((TRY, "Ringing", "callback"),), Stage.CLOSING),  # the agent is gone
    ],
)
def test_what_an_outage_left_of_an_attempt(held: tuple[tuple[str, str, str], ...], stage: Stage) -> None:
    book = centre()
    wishes(book)
    book.log_in()
    leg = book.agent_answers(TRY)
    book.tell(SwitchLost)
    book.tell(SwitchSeen, **seen(*((leg if c == "leg" else c, s, r) for c, s, r in held)))
    if stage == Stage.CALLING and len(held) == 1:
        assert book.call(TRY).stage in (Stage.CALLING, Stage.CLOSING)
        assert promise(book).attempts == 0
    else:
        assert book.call(TRY).stage == stage
    for call in [TRY]:
        book.tell(ChannelGone, call=call, channel=TRY)
        book.tell(ChannelGone, call=call, channel=leg)


@pytest.mark.parametrize("outage", [True, False], ids=["killed", "frozen"])
@pytest.mark.parametrize("dial", ["customer_first", "agent_first"])
def test_a_customer_whom_the_rescuer_moved_is_called_again_at_no_cost(dial: str, outage: bool) -> None:
    """They answered, and nobody was in command here. Whether the fallback served them nobody can know; they may be talking there now."""
    book = centre(dial=dial, attempts=1, retry_after_s=600)
    wishes(book)
    book.log_in()
    leg = ""
    if dial == "agent_first":
        leg = book.agent_answers(TRY)
    else:
        customer_answers(book)
        leg = book.call(TRY).legs[0]
    if outage:
        book.tell(SwitchLost)
    book.tell(CallerRescued, call=TRY, after_s=5)
    if outage:
        book.tell(SwitchSeen, **seen())
    else:
        assert [o.channel for o in book.last if isinstance(o, HangUp)] == [leg]
        book.tell(ChannelGone, call=TRY, channel=leg)
    assert (promise(book).closed, promise(book).attempts, promise(book).attempt) == ("", 0, "")
    assert book.told("callback_attempted")[-1] == {"queue": "help", "outcome": "fallback", "attempt": 0}
    assert (book.presence(), book.exchange.desk.agent("101").kept_for) == ("ready", "")
    row = book.rows(TRY)[-1]
    assert (row.disposition, row.hung_up_by, row.callback_of) == (Disposition.FALLBACK, "system", "c1")
    book.pass_time(594)
    assert "c1.callback-2.customer" not in book.exchange.state.calls
    book.pass_time(7)
    assert book.call("c1.callback-2.customer").stage == (Stage.CALLING if dial == "customer_first" else Stage.QUEUED)


@pytest.mark.parametrize("outage", [True, False], ids=["killed", "frozen"])
@pytest.mark.parametrize("dial", ["customer_first", "agent_first"])
def test_a_customer_whose_phone_the_rescuer_rang_no_more_did_not_decline(dial: str, outage: bool) -> None:
    book = centre(dial=dial, attempts=1)
    wishes(book)
    book.log_in()
    leg = book.agent_answers(TRY) if dial == "agent_first" else ""
    if outage:
        book.tell(SwitchLost)
    book.tell(CallerRescued, call=TRY, moved=False, after_s=5)
    if outage:
        book.tell(SwitchSeen, **seen())
    elif leg:
        book.tell(ChannelGone, call=TRY, channel=leg)
    assert (promise(book).closed, promise(book).attempts) == ("", 0)
    assert book.told("callback_attempted")[-1]["outcome"] == "lost"
    assert book.rows(TRY)[-1].disposition == Disposition.NOT_REACHED
    book.pass_time(31)
    assert book.call("c1.callback-2.customer").stage == (Stage.CALLING if dial == "customer_first" else Stage.QUEUED)


def test_a_customer_whose_agent_hung_up_before_they_were_moved_has_been_served() -> None:
    book = centre(retry_after_s=600)
    wishes(book)
    book.log_in()
    book.agent_answers(TRY)
    customer_answers(book)
    book.tell(SwitchLost)
    book.tell(CallerRescued, call=TRY, after_s=5)
    book.tell(SwitchSeen, **seen())
    assert promise(book).closed == "reached"
    book.tell(CallbackClosed, promise=promise(book).id, queue="help", open=0)
    book.wind_up()
    book.pass_time(3600)
    assert (book.rows(TRY)[-1].disposition, book.exchange.state.calls) == (Disposition.ANSWERED, {})


def test_a_channel_of_an_attempt_that_is_over_is_hung_up() -> None:
    book = centre()
    book.tell(SwitchLost)
    book.tell(SwitchSeen, **seen((TRY, "Ringing", "callback")))
    assert book.asked(HangUp).channel == TRY


def test_a_drain_takes_promises_out_of_the_line_and_the_next_process_goes_on() -> None:
    book = centre()
    wishes(book)
    book.tell(DrainAsked)
    assert [c for c in book.exchange.state.calls.values() if c.stage == Stage.QUEUED] == []
    book.pass_time(60)
    assert "c1.callback-2.customer" not in book.exchange.state.calls
    book.exchange.state.draining = False
    book.pass_time(5)
    assert book.call("c1.callback-2.customer").stage == Stage.QUEUED


def test_a_close_that_was_not_heard_of_is_ordered_again() -> None:
    book = centre()
    wishes(book)
    book.log_in()
    book.agent_answers(TRY)
    customer_answers(book)
    book.tell(SwitchLost)
    book.tell(SwitchSeen, **seen())
    assert book.asked(CloseCallback).note == "reached"
    assert any(isinstance(o, WriteCdr) for o in book.trace)


def test_what_is_told_twice_hangs_nobody_up() -> None:
    book = centre()
    wishes(book)
    book.log_in()
    leg = book.agent_answers(TRY)
    book.tell(AgentAnswered, call=TRY, leg=leg)
    assert book.last == []
    customer_answers(book)
    for again in (TRY, leg):
        book.tell(AgentAnswered, call=TRY, leg=again)
        assert book.last == []


@pytest.mark.parametrize("leaves", ["answered", "hangs up", "waited"])
def test_a_customer_who_was_called_back_is_given_to_another_queue(leaves: str) -> None:
    """From then on like any caller of that queue, in its day too; the promise is kept already."""
    other = Queue(id="other", title="Other", extension="800", skills=("o",), max_wait_s=60)
    help_ = Queue(id="help", title="Help", skills=("h",), max_wait_s=60, announce_every_s=0, wrap_up_s=0)
    adi = Agent(id="101", name="Adi", extension="101", skills=("h",))
    ayu = Agent(id="102", name="Ayu", extension="102", skills=("o",))
    made = plan(text=FLOW, queues=(help_, other), agents=(adi, ayu))
    made.callbacks = CallbackRules(dial="agent_first")
    book = Playbook(made)
    wishes(book)
    book.log_in("101")
    leg = book.agent_answers(TRY)
    customer_answers(book)
    book.tell(TransferAsked, call=TRY, leg=leg, to="800", after_s=30)
    assert (book.call(TRY).stage, book.call(TRY).queue, book.presence("101")) == (Stage.QUEUED, "other", "ready")
    day = book.counters("other")
    if leaves == "answered":
        book.log_in("102")
        book.agent_answers(TRY)
        assert (book.call(TRY).stage, day.answered) == (Stage.TALKING, 1)
        book.tell(AgentHungUp, call=TRY, leg=str(book.call(TRY).talk and book.call(TRY).talk.leg), after_s=30)  # type: ignore[union-attr]
    elif leaves == "hangs up":
        book.caller_leaves(TRY)
        assert day.abandoned == 1
    else:
        book.pass_time(61)
        assert (day.diverted, book.call(TRY).overflows) == (1, ["other:waited"])
        assert [(o.channel, o.cause) for o in book.last if isinstance(o, HangUp)][:1] == [(TRY, 42)]
    assert day.offered == day.answered + day.abandoned + day.diverted == 1
    row = last_row(book, TRY)
    assert (row.disposition, row.passed_on, row.callback_of) == (Disposition.ANSWERED, "help:101", "c1")
    assert row.agent == ("102" if leaves == "answered" else "101")


def last_row(book: Playbook, call: str) -> Cdr:
    """Of the call, when all channels are gone and all recordings there."""
    gone = [*book.call(call).legs, *([call] if book.call(call).caller_here else [])]
    for channel in gone:
        book.tell(ChannelGone, call=call, channel=channel)
    for rec in book.call(call).recordings:
        if rec.state == Rec.FINISHING:
            book.tell(RecordingPublished, call=call, name=rec.name, path=f"{rec.name}.wav", duration_ms=1, sha256="a")
    return book.rows(call)[-1]


def test_the_agents_display_says_that_it_is_a_callback() -> None:
    book = centre()
    wishes(book)
    book.log_in()
    shown = [o.caller_name for o in book.trace if isinstance(o, OfferCall) and o.call == TRY]
    assert shown == ["Help (id) callback"]
