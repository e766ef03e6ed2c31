"""One customer and several promises, the agent who is kept free for a customer, and what of the place is kept."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from playbook import Playbook, plan
from test_returning import FLOW, MINE, TRY, promise, rings, seen, wishes
from test_returning import centre as one_queue

from ivrd.core.acd.model import AcdRules, Affinity, Agent, Queue
from ivrd.core.commands import CloseCallback, HangUp, OfferCall
from ivrd.core.events import (
    AgentAnswered,
    AgentAsked,
    AgentHungUp,
    CallbackStored,
    ChannelGone,
    PhoneInUse,
    PhoneUnreachable,
    SwitchLost,
    SwitchSeen,
)
from ivrd.core.guard_rules import Guards
from ivrd.core.plan import CallbackRules
from ivrd.core.state import Stage

ADI = Agent(id="101", name="Adi", extension="101", skills=("h",))
AYU = Agent(id="102", name="Ayu", extension="102", skills=("k",))
BUDI = Agent(id="103", name="Budi", extension="103", skills=("h",))
HELP = Queue(id="help", title="Help", skills=("h",), max_wait_s=60, announce_every_s=0, wrap_up_s=0)
KBLI = Queue(id="kbli", title="KBLI", skills=("k",), max_wait_s=60, announce_every_s=0, wrap_up_s=0)
TWO = """start: main
nodes:
  main: {menu: {say: [b], keys: {1: ask-help, 2: ask-kbli, 3: help}, otherwise: help}}
  help: {queue: {to: help, overflow: bye}}
  ask-help: {callback: {queue: help, then: bye, otherwise: bye}}
  ask-kbli: {callback: {queue: kbli, then: bye, otherwise: bye}}
  bye: {hangup: {}}
"""
#: the first stood aside once, while its customer called again
FIRST, SECOND = "c1.callback-2.customer", "c2.callback-1.customer"
DIALS = pytest.mark.parametrize("dial", ["agent_first", "customer_first"])


def two_queues(dial: str = "agent_first", **rules: Any) -> Playbook:
    """The same customer wants to be called back by two queues: c1 by help, c2 by kbli; nobody is at work yet."""
    made = plan(text=TWO, queues=(HELP, KBLI), agents=(ADI, AYU, BUDI))
    made.outbound = dataclasses.replace(made.outbound, per_day=100)
    made.callbacks = CallbackRules(dial=dial, **rules)  # type: ignore[arg-type]
    book = Playbook(made)
    for call, key, queue in (("c1", "1", "help"), ("c2", "2", "kbli")):
        book.arrive(call, number=MINE)
        book.press(key + "1", call)
        book.tell(CallbackStored, call=call, queue=queue, open=1)
        book.caller_leaves(call)
        book.pass_time(0)
    return book


def in_line(book: Playbook) -> set[str]:
    """Queues in which a promise stands in line."""
    return {c.queue for c in book.exchange.state.calls.values() if c.callback_of and c.stage == Stage.QUEUED and not c.caller_here}


def rung(book: Playbook) -> list[str]:
    """Calls whose customer was ever rung."""
    return [o.call for o in book.trace if isinstance(o, OfferCall) and "@" in o.extension]


# --- one customer, promises in two queues


@DIALS
def test_a_customer_with_promises_in_two_queues_is_rung_by_one_agent_at_a_time(dial: str) -> None:
    book = two_queues(dial)
    assert in_line(book) == {"help", "kbli"}  # whichever queue has somebody first
    book.log_in("101", "102")
    if dial == "agent_first":
        assert book.exchange.state.calls[SECOND].offer is None  # nor do two phones ring for one customer
        book.agent_answers(FIRST)
    book.pass_time(1)
    assert (rung(book), in_line(book)) == ([FIRST], set())
    assert book.presence("102") == "ready"
    book.tell(ChannelGone, call=FIRST, channel=FIRST, cause=21)
    book.pass_time(60)
    assert rung(book) == [FIRST]


@DIALS
def test_whichever_queue_has_an_agent_first_calls(dial: str) -> None:
    book = two_queues(dial)
    book.log_in("102")
    if dial == "agent_first":
        book.agent_answers(SECOND)
    assert rung(book) == [SECOND]
    book.log_in("101")
    book.pass_time(1)
    assert (rung(book), in_line(book)) == ([SECOND], set())


def test_a_customer_who_does_not_answer_one_queue_is_not_rung_at_once_by_the_other() -> None:
    book = two_queues("customer_first", retry_after_s=600)
    book.log_in("101", "102")
    book.pass_time(20)
    book.tell(ChannelGone, call=FIRST, channel=FIRST, cause=19)
    book.pass_time(598)
    assert (rung(book), in_line(book)) == ([FIRST], set())
    book.pass_time(3)
    assert len(rung(book)) == 2


@DIALS
def test_who_was_called_back_by_one_queue_is_not_called_by_the_other(dial: str) -> None:
    book = two_queues(dial)
    book.log_in("101", "102")
    leg = book.agent_answers(FIRST) if dial == "agent_first" else ""
    book.tell(AgentAnswered, call=FIRST, leg=FIRST)
    if not leg:
        assert [p.closed for p in book.exchange.state.promises.values()] == ["", ""]  # nobody has talked to them yet
        leg = book.agent_answers(FIRST)
    notes = {o.queue: o.note for o in book.last if isinstance(o, CloseCallback)}
    assert notes == {"help": "reached", "kbli": "served: called back for help"}
    assert (book.counters("help").callbacks_reached, book.counters("kbli").callbacks_reached) == (1, 0)
    book.tell(AgentHungUp, call=FIRST, leg=leg, after_s=30)
    book.pass_time(3600)
    assert rung(book) == [FIRST]


def test_who_calls_again_and_is_served_by_any_queue_is_called_back_by_none() -> None:
    book = two_queues()
    book.arrive("c3", number=MINE)
    assert in_line(book) == set()
    book.press("3", "c3")
    book.log_in("101", "102")
    book.agent_answers("c3")
    assert {o.queue: o.note for o in book.last if isinstance(o, CloseCallback)} == dict.fromkeys(("help", "kbli"), "served: called again")
    book.caller_leaves("c3")
    book.pass_time(3600)
    assert rung(book) == []


def test_a_promise_made_while_the_customer_is_being_called_back_waits_for_the_end() -> None:
    """Somebody else asks from another number, and types the customer's."""
    book = one_queue()
    wishes(book)
    book.log_in()
    book.agent_answers(TRY)
    book.tell(AgentAnswered, call=TRY, leg=TRY)
    asks_for_another_number(book, "c2", MINE)
    book.caller_leaves("c2")
    book.pass_time(60)
    assert rings(book) == []
    assert "c2.callback-1.customer" not in book.exchange.state.calls
    leg = book.call(TRY).legs[0]
    book.tell(AgentHungUp, call=TRY, leg=leg)
    book.tell(ChannelGone, call=TRY, channel=leg)
    book.pass_time(0)
    assert book.call("c2.callback-1.customer").offer is not None


def asks_for_another_number(book: Playbook, call: str, number: str) -> None:
    """A caller of 0819 waits, and types the number at which to be called back."""
    book.arrive(call, number="0819")
    if book.call(call).offer is None:
        book.heard(call)
    book.pass_time(61)
    book.press("2" + number + "#" + "1", call)


def test_who_asks_to_be_called_at_another_number_is_called_there() -> None:
    book = one_queue()
    asks_for_another_number(book, "c1", MINE)
    assert TRY not in book.exchange.state.calls  # still on the line, at the other number
    book.caller_leaves("c1")
    book.pass_time(0)
    book.log_in()
    book.agent_answers(TRY)
    assert rings(book) == [f"{MINE}@trunk"]


# --- the agent who is kept free


def kept(*agents: Agent, **queue: Any) -> Playbook:
    """customer_first: Adi is kept free, the customer's phone rings."""
    queues = (dataclasses.replace(HELP, skills=(), **queue),)
    made = plan(text=FLOW, queues=queues, agents=agents or (ADI,), rules=AcdRules(vip_points=10_000, weights={"voice": 1.0, "chat": 0.5}))
    made.outbound = dataclasses.replace(made.outbound, per_day=100)
    made.guards = Guards(vip=("0811X.",))
    made.callbacks = CallbackRules(dial="customer_first", retry_after_s=600)
    book = Playbook(made)
    wishes(book)
    book.log_in("101")
    assert (rung(book), book.exchange.desk.agent("101").kept_for) == ([TRY], TRY)
    return book


LEAVES = pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (AgentAsked, {"agent": "101", "wish": "pause", "by": "lead"}),
        (AgentAsked, {"agent": "101", "wish": "log_out", "by": "lead"}),
        (AgentAsked, {"agent": "101", "wish": "begin_contact", "contact": "chat-1", "reason": "chat", "by": "crm"}),
        (PhoneUnreachable, {"extension": "101"}),
        (PhoneInUse, {"extension": "101"}),
    ],
    ids=["pause", "log_out", "contact", "phone gone", "private call"],
)


@LEAVES
def test_the_agent_kept_free_leaves_and_the_customers_phone_rings_no_more(kind: Any, facts: dict[str, str]) -> None:
    book = kept()
    book.tell(kind, **facts)
    assert [o.channel for o in book.last if isinstance(o, HangUp)] == [TRY]
    assert (book.call(TRY).stage, book.exchange.desk.agent("101").kept_for) == (Stage.CLOSING, "")
    assert promise(book).attempts == 0
    book.tell(ChannelGone, call=TRY, channel=TRY)
    assert book.told("callback_attempted")[-1]["outcome"] == "agent_left"
    book.pass_time(31)
    assert book.call("c1.callback-2.customer").stage == Stage.QUEUED
    assert rung(book) == [TRY]


@LEAVES
def test_another_agent_who_is_free_is_kept_in_their_place(kind: Any, facts: dict[str, str]) -> None:
    book = kept(ADI, BUDI)
    book.log_in("103")
    book.tell(kind, **facts)
    assert [o.channel for o in book.last if isinstance(o, HangUp)] == []
    assert [a.kept_for for a in map(book.exchange.desk.agent, ("101", "103"))] == ["", TRY]
    book.tell(AgentAnswered, call=TRY, leg=TRY)
    assert book.offers() == [(TRY, "103")]
    assert promise(book).attempts == 1


def test_a_vip_who_came_meanwhile_does_not_get_the_agent_kept_free() -> None:
    book = kept()
    book.arrive("vip", number="08111")
    book.pass_time(2)
    assert book.call("vip").offer is None
    book.tell(AgentAnswered, call=TRY, leg=TRY)
    assert book.offers() == [(TRY, "101")]
    assert [d.agent for d in book.call(TRY).why if d.what == "offered"][-1] == "101"
    book.agent_answers(TRY)
    assert book.call(TRY).stage == Stage.TALKING


def test_an_agent_kept_free_who_misses_the_call_gives_it_to_who_comes_first() -> None:
    book = kept()
    book.arrive("vip", number="08111")
    book.tell(AgentAnswered, call=TRY, leg=TRY)
    leg = book.call(TRY).legs[0]
    book.tell(ChannelGone, call=TRY, channel=leg, cause=19)
    assert book.offers() == [("vip", "101")]


def test_the_agent_kept_free_is_asked_first_when_the_answer_fell_into_an_outage() -> None:
    book = kept()
    book.arrive("vip", number="08111")
    book.tell(SwitchLost)
    book.tell(SwitchSeen, **seen((TRY, "Up", "callback"), ("vip", "Up", "call")))
    assert book.offers() == [(TRY, "101")]


def test_who_is_kept_free_is_said_so_to_whoever_asks_why() -> None:
    book = kept()
    book.arrive("c9", number="0819")
    assert [d.passed for d in book.call("c9").why if d.what == "joined"] == [{"kept": ["101"]}]


# --- the place


PLACES = """start: q
nodes:
  q: {queue: {to: help, overflow: ask, priority: 4, skills: {h: 7}, any_of: [[x, y]], preferred: [p]}}
  ask: {callback: {queue: help, then: bye, otherwise: bye}}
  bye: {hangup: {}}
"""
ABLE = Agent(id="101", name="Adi", extension="101", skills={"h": 7, "x": 1})
UNABLE = Agent(id="102", name="Ayu", extension="102", skills={"h": 6, "x": 1})
WITHOUT = Agent(id="103", name="Budi", extension="103", skills={"h": 9})


def placed(dial: str, text: str = PLACES, number: str = MINE, queues: tuple[Queue, ...] = (HELP,)) -> Playbook:
    made = plan(text=text, queues=queues, agents=(ABLE, UNABLE, WITHOUT))
    made.callbacks = CallbackRules(dial=dial)  # type: ignore[arg-type]
    made.guards = Guards(vip=(MINE,))
    book = Playbook(made)
    wishes(book, number=number)
    return book


@DIALS
def test_what_the_flow_asked_for_and_the_priority_are_kept(dial: str) -> None:
    book = placed(dial)
    book.log_in("102", "103")  # not good enough; neither x nor y
    assert (book.call(TRY).offer, rung(book)) == (None, [])
    wait = book.call(TRY).wait
    assert wait is not None
    assert (wait.priority, wait.vip) == (4, True)
    assert (wait.asked.all, wait.asked.any_of, wait.asked.preferred) == ({"h": 7}, [{"x": 1, "y": 1}], {"p": 1})
    book.log_in("101")
    if dial == "agent_first":
        assert book.call(TRY).offer is not None
        return
    assert rung(book) == [TRY]
    book.tell(AgentAnswered, call=TRY, leg=TRY)
    joined = book.call(TRY).wait
    assert joined is not None
    assert (joined.priority, joined.vip, joined.asked) == (4, True, wait.asked)


def test_of_a_queue_that_the_caller_did_not_wait_in_its_own_priority_and_skills_hold() -> None:
    other = Queue(id="other", title="Other", skills=("h",), priority=2)
    book = placed("agent_first", PLACES.replace("callback: {queue: help", "callback: {queue: other"), "021999", (HELP, other))
    wait = book.call(TRY).wait
    assert wait is not None
    assert (wait.queue, wait.priority, wait.vip, wait.asked.all, wait.asked.any_of) == ("other", 2, False, {"h": 1}, [])


def test_a_caller_whom_the_queue_did_not_take_keeps_what_the_flow_asked_for() -> None:
    made = plan(text=PLACES.replace("overflow: ask", "overflow: bye, full: ask"), queues=(dataclasses.replace(HELP, max_waiting=0),), agents=(ABLE,))
    made.callbacks = CallbackRules(dial="agent_first")
    book = Playbook(made)
    book.arrive("c1", number=MINE)
    book.press("1")
    assert (promise(book).priority, promise(book).wants.all) == (4, {"h": 7})


# --- acquaintance, and the day's limit


@DIALS
def test_who_was_called_back_is_led_to_the_same_agent_next_time(dial: str) -> None:
    queues = (dataclasses.replace(HELP, skills=(), affinity=Affinity()),)
    made = plan(text=FLOW, queues=queues, agents=(ADI, BUDI))
    made.callbacks = CallbackRules(dial=dial)  # type: ignore[arg-type]
    book = Playbook(made)
    wishes(book)
    book.log_in("101")
    leg = book.agent_answers(TRY) if dial == "agent_first" else ""
    book.tell(AgentAnswered, call=TRY, leg=TRY)
    leg = leg or book.agent_answers(TRY)
    book.log_in("103")
    book.tell(AgentHungUp, call=TRY, leg=leg, after_s=30)
    book.arrive("c2", number=MINE)
    assert book.offers() == [("c2", "101")]  # Budi has been idle for longer


@DIALS
def test_at_the_days_limit_nobody_is_asked_and_nothing_is_noted_as_offered(dial: str) -> None:
    """The limit is reached while a promise stands in line already."""
    book = one_queue(dial)
    wishes(book)
    why = book.call(TRY).why
    book.exchange.state.dialled_today = 2  # outbound.per_day
    book.log_in()
    for wish in ("pause", "resume", "pause", "resume"):
        book.tell(AgentAsked, agent="101", wish=wish, by="lead")
    assert (rung(book), [d.what for d in why], book.presence()) == ([], [], "ready")
    assert book.told("dial_limit_reached") == []  # a match is no attempt to dial
    book.pass_time(1)
    assert (in_line(book), promise(book).closed) == (set(), "")
    assert book.told("dial_limit_reached") == [{"per_day": 2}]
    book.exchange.state.dialled_today = 0  # midnight
    book.pass_time(31)
    assert [c.id for c in book.exchange.state.calls.values() if c.callback_of and (c.offer or c.calling)] == ["c1.callback-2.customer"]


@DIALS
def test_the_days_limit_is_told_once_for_each_customer_until_it_changes(dial: str) -> None:
    book = one_queue(dial)
    book.exchange.state.dialled_today = 2  # outbound.per_day
    wishes(book)
    wishes(book, "c2", "021999")
    book.pass_time(600)
    assert len(book.told("dial_limit_reached")) == 2  # a customer each
    book.exchange.state.dialled_today = 1  # midnight, say, and one was dialled since
    book.pass_time(31)
    assert in_line(book) == {"help"}
    book.log_in()
    if dial == "agent_first":
        book.agent_answers("c1.callback-1.customer")
    book.pass_time(600)
    assert (len(rung(book)), len(book.told("dial_limit_reached"))) == (1, 3)  # anew for who was not rung


def test_who_waits_for_a_channel_is_told_of_when_it_is_the_days_limit() -> None:
    book = one_queue("agent_first")
    wishes(book)
    book.exchange.plan.trunk = dataclasses.replace(book.exchange.plan.trunk, channels=0)
    book.log_in()
    book.pass_time(60)
    assert (in_line(book), book.told("dial_limit_reached")) == (set(), [])
    book.exchange.state.dialled_today = 2
    book.pass_time(60)
    assert len(book.told("dial_limit_reached")) == 1


def test_after_an_outage_the_days_limit_is_told_again() -> None:
    """Who was told is perhaps no more: another process has taken over."""
    book = one_queue("agent_first")
    book.exchange.state.dialled_today = 2
    wishes(book)
    book.pass_time(60)
    book.tell(SwitchLost)
    book.tell(SwitchSeen)
    book.pass_time(60)
    assert len(book.told("dial_limit_reached")) == 2


# --- who declined


def test_who_declined_a_customer_is_not_asked_by_the_next_attempt_before_the_time_is_over() -> None:
    """The customer calls by themselves meanwhile, and hangs up: another call is made for the same wish."""
    made = plan(text=FLOW, queues=(dataclasses.replace(HELP, skills=()),), agents=(ADI,), rules=AcdRules(reoffer_after_s=300, pause_after_misses=0))
    made.callbacks = CallbackRules(dial="agent_first")
    book = Playbook(made)
    wishes(book)
    book.log_in()
    offer = book.call(TRY).offer
    assert offer is not None
    book.tell(ChannelGone, call=TRY, channel=offer.leg, cause=21)
    book.arrive("c2", number=MINE)
    book.caller_leaves("c2")
    book.pass_time(1)
    again = book.call("c1.callback-2.customer")
    assert (again.stage, again.offer, book.presence()) == (Stage.QUEUED, None, "ready")
    book.pass_time(300)
    assert again.offer is not None
