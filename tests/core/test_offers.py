"""Offers: one phone rings for one call, for a bounded time, and every end of it is known."""

from __future__ import annotations

import pytest
from playbook import Playbook, order_kinds, plan

from ivrd.core.acd.model import AcdRules, Agent, Queue
from ivrd.core.commands import Command, ConnectCall, HangUp, JoinBridge, OfferCall, StopPrompt
from ivrd.core.events import (
    AgentAnswered,
    AgentRinging,
    CallArrived,
    ChannelGone,
    OfferRefused,
    PhoneReachable,
    PhoneUnreachable,
    SwitchLost,
    SwitchSeen,
)
from ivrd.core.state import Stage

TWO = (Agent(id="101", name="Adi", extension="101"), Agent(id="102", name="Ayu", extension="102"))
THREE = (*TWO, Agent(id="103", name="Bagus", extension="103"))
RULES = AcdRules(reoffer_after_s=10, pause_after_misses=2)


def ringing(agents: tuple[Agent, ...] = TWO, rules: AcdRules = RULES) -> Playbook:
    """All agents are ready, one caller waits, 101 (idle longest) is rung."""
    book = Playbook(plan(agents=agents, rules=rules))
    book.log_in(*(a.extension for a in agents))
    book.arrive()
    assert book.offers() == [("c1", "101")]
    return book


def leg_ends(book: Playbook, cause: int = 19, after_s: float = 15.0, call: str = "c1") -> str:
    """The phone that rings stops ringing without an answer; returns the agent's id."""
    offer = book.call(call).offer
    assert offer is not None
    book.tell(ChannelGone, call=call, channel=offer.leg, cause=cause, after_s=after_s)
    return offer.agent


def test_an_offer_says_who_calls_and_how_long_to_ring() -> None:
    book = ringing()
    offer = book.asked(OfferCall)
    assert (offer.caller_number, offer.caller_name, offer.ring_timeout_s) == ("0812345678", "Help (id)", 15)
    assert book.presence("101") == "offered"
    assert "ring:c1" in book.exchange.state.timers.due


def test_no_answer_rings_the_next_agent_and_the_caller_keeps_place_and_clock() -> None:
    book = ringing()
    call = book.call()
    assert call.wait is not None
    since = call.wait.since
    leg_ends(book)
    assert book.offers() == [("c1", "102")]
    assert call.wait.since == since
    assert book.told("offer_ended")[-1]["outcome"] == "no_answer"
    book.agent_answers(after_s=5)
    assert 20_000 <= call.wait_ms < 21_000


def test_who_missed_is_not_offered_the_same_call_before_the_time_is_over() -> None:
    book = ringing(agents=TWO[:1])
    leg_ends(book)
    assert book.offers() == []
    book.pass_time(9.9)
    assert book.offers() == []
    book.pass_time(0.2)
    assert book.offers() == [("c1", "101")]


def test_who_missed_a_call_may_be_offered_another_one_at_once() -> None:
    book = ringing(agents=TWO[:1])
    book.arrive("c2")
    leg_ends(book)
    assert book.offers() == [("c2", "101")]


def test_the_first_who_may_be_asked_again_is_asked_again_then() -> None:
    """101 declines, 102 declines five seconds later: 101 may be asked again five seconds before 102."""
    book = ringing()
    leg_ends(book, cause=21, after_s=1)
    leg_ends(book, cause=21, after_s=5)
    assert book.offers() == []
    book.pass_time(5.1)
    assert book.offers() == [("c1", "101")]


def test_everybody_who_declined_is_asked_again_in_turn() -> None:
    book = ringing(agents=THREE, rules=AcdRules(reoffer_after_s=10, pause_after_misses=0))
    for _ in THREE:
        leg_ends(book, cause=21, after_s=1)
    asked = []
    for _ in range(60):
        book.pass_time(0.5)
        asked += [extension for _, extension in book.offers()]
        if book.call().offer:
            leg_ends(book, cause=21, after_s=0.01)
    assert asked[:6] == ["101", "102", "103"] * 2


TWICE = "start: q\nnodes:\n  q: {queue: {to: help, overflow: again}}\n  again: {queue: {to: other, overflow: bye}}\n  bye: {hangup: {}}\n"
SHORT = (Queue(id="help", title="Help", max_wait_s=20), Queue(id="other", title="Other"))


def test_who_declined_is_not_asked_again_in_the_next_queue_before_the_time_is_over() -> None:
    book = Playbook(plan(text=TWICE, agents=TWO[:1], queues=SHORT, rules=AcdRules(reoffer_after_s=10, pause_after_misses=0)))
    book.log_in("101")
    book.arrive()
    leg_ends(book, cause=21, after_s=1)
    book.pass_time(10)
    assert leg_ends(book, cause=21, after_s=8.8) == "101"
    book.pass_time(0.3)
    assert (book.call().queue, book.call().offer) == ("other", None)
    book.pass_time(9.5)
    assert book.call().offer is None
    book.pass_time(0.3)
    assert book.offers() == [("c1", "101")]


def test_so_many_misses_pause_the_agent_and_say_why() -> None:
    book = ringing(agents=TWO[:1])
    leg_ends(book)
    book.pass_time(11)
    leg_ends(book)
    assert book.presence("101") == "paused"
    assert book.exchange.desk.agent("101").reason == "missed"
    book.pass_time(60)
    assert book.offers() == []


def test_an_answer_forgives_misses() -> None:
    book = ringing(agents=TWO[:1])
    leg_ends(book)
    book.pass_time(11)
    book.agent_answers()
    assert book.exchange.desk.agent("101").misses == 0


def test_no_number_of_misses_pauses_when_the_rule_is_off() -> None:
    book = ringing(agents=TWO[:1], rules=AcdRules(reoffer_after_s=1, pause_after_misses=0))
    for _ in range(5):
        leg_ends(book)
        book.pass_time(2)
    assert book.presence("101") == "offered"


@pytest.mark.parametrize(
    ("cause", "outcome"), [(17, "busy"), (18, "no_answer"), (19, "no_answer"), (21, "rejected"), (23, "forwarded"), (38, "no_answer")]
)
def test_the_end_of_an_offer_has_a_name(cause: int, outcome: str) -> None:
    book = ringing()
    leg_ends(book, cause=cause, after_s=1)
    assert book.told("offer_ended")[-1] == {"queue": "help", "agent": "101", "outcome": outcome}
    assert book.exchange.desk.agent("101").misses == 1
    assert book.offers() == [("c1", "102")]


@pytest.mark.parametrize("cause", [3, 20, 27])
def test_a_phone_that_is_not_there_is_no_miss_and_not_rung_until_it_is_back(cause: int) -> None:
    book = ringing(agents=TWO[:1], rules=AcdRules(unreachable_retry_s=90))
    leg_ends(book, cause=cause, after_s=0.1)
    state = book.exchange.desk.agent("101")
    assert (state.misses, state.reachable, state.presence) == (0, False, "ready")
    book.pass_time(60)
    assert book.offers() == []
    book.tell(PhoneReachable, extension="101")
    assert book.offers() == [("c1", "101")]


def test_a_phone_that_cannot_be_dialled_is_not_there_either() -> None:
    book = ringing()
    call = book.call()
    assert call.offer is not None
    leg = call.offer.leg
    book.tell(OfferRefused, call="c1", leg=leg, reason="not registered")
    assert leg not in call.legs
    assert book.offers() == [("c1", "102")]
    assert book.tell(OfferRefused, call="c1", leg=leg, reason="again") == []


def test_an_unregistered_phone_is_not_rung() -> None:
    book = Playbook(plan(agents=TWO[:1]))
    book.log_in("101")
    book.tell(PhoneUnreachable, extension="101")
    book.arrive()
    assert book.offers() == []
    assert book.tell(PhoneUnreachable, extension="101") == []
    assert book.tell(PhoneReachable, extension="999") == []


def test_when_asterisk_says_nothing_the_offer_is_ended_by_us() -> None:
    book = ringing()
    call = book.call()
    assert call.offer is not None
    leg = call.offer.leg
    book.pass_time(17)
    assert [c.channel for c in book.last if isinstance(c, HangUp)] == [leg]
    assert book.offers() == [("c1", "102")]
    book.tell(AgentAnswered, call="c1", leg=leg)
    assert [c.channel for c in book.last if isinstance(c, HangUp)] == [leg], "answered too late"
    assert call.stage == Stage.QUEUED


def test_ringing_is_a_fact_and_nothing_more() -> None:
    book = ringing()
    assert book.tell(AgentRinging, call="c1", leg="c1.agent-101.1") == []


def test_the_longest_waiting_gets_the_agent_who_becomes_free() -> None:
    book = Playbook(plan(agents=TWO[:1]))
    for call in ("c1", "c2", "c3"):
        book.arrive(call)
    book.log_in("101")
    assert book.last == [] or order_kinds(book.last) == ["OfferCall"]
    assert [c.id for c in book.exchange.state.calls.values() if c.offer] == ["c1"]


def test_a_queue_of_higher_priority_is_served_first() -> None:
    queues = (Queue(id="help", title="Help"), Queue(id="vip", title="V", priority=5))
    text = """start: m
nodes:
  m: {menu: {say: [a], keys: {1: h, 2: v}, otherwise: bye}}
  h: {queue: {to: help, overflow: bye}}
  v: {queue: {to: vip, overflow: bye}}
  bye: {hangup: {}}
"""
    book = Playbook(plan(text=text, queues=queues, agents=TWO[:1]))
    for call, key in (("c1", "1"), ("c2", "2")):
        book.arrive(call)
        book.press(key, call)
    book.log_in("101")
    assert [c.id for c in book.exchange.state.calls.values() if c.offer] == ["c2"]


def test_two_callers_at_once_ring_two_phones() -> None:
    book = ringing()
    book.arrive("c2")
    assert book.offers() == [("c2", "102")]


def test_while_asterisk_is_away_nobody_is_offered_anything() -> None:
    """The last key before the connection's loss leads into the queue."""
    text = """start: m
nodes:
  m: {menu: {say: [a], keys: {1: q}, otherwise: q, tries: 1}}
  q: {queue: {to: help, overflow: bye}}
  bye: {hangup: {}}
"""
    book = Playbook(plan(text=text))
    book.log_in()
    call = book.arrive()
    book.heard()
    book.tell(SwitchLost)
    book.press("1")
    assert call.stage == Stage.QUEUED
    assert (book.offers(), call.offer) == ([], None)
    from ivrd.core.events import ChannelSeen

    book.tell(SwitchSeen, channels=(ChannelSeen(channel="c1", state="Up", role="call"),))
    assert book.offers() == [("c1", "101")]


def test_only_the_phone_that_rings_now_can_take_the_call() -> None:
    book = ringing()
    leg_ends(book)
    book.tell(AgentAnswered, call="c1", leg="c1.agent-101.1")
    assert book.asked_none(ConnectCall)
    assert book.asked(HangUp).channel == "c1.agent-101.1"


def test_a_caller_who_is_being_told_something_joins_the_bridge_when_it_has_been_said() -> None:
    book = Playbook()
    book.arrive()
    assert book.spoken() == ["queue-wait", "queue-next"]
    book.log_in()
    assert book.call().offer is not None
    assert not [c for c in book.trace if isinstance(c, JoinBridge)]
    book.heard()
    assert book.asked(JoinBridge)
    book.agent_answers()
    assert book.asked(ConnectCall).joined


def test_an_answer_cuts_what_is_being_said_and_connects_both() -> None:
    book = Playbook()
    book.arrive()
    book.log_in()
    book.agent_answers()
    assert not book.asked(ConnectCall).joined
    assert book.asked(StopPrompt)


def test_round_robin_goes_by_whose_phone_rang_last_not_by_who_talked_last() -> None:
    """101 keeps the place among the idle when the caller hangs up while it rings, and is not rung first again."""
    book = Playbook(plan(agents=TWO, queues=(Queue(id="help", title="Help", order="round_robin"),)))
    book.log_in("101", "102")
    book.arrive()
    first = book.offers()[0][1]
    book.caller_leaves()
    book.arrive("c2")
    assert {first, book.offers()[0][1]} == {"101", "102"}


def test_a_caller_who_waits_in_the_bridge_already_is_not_put_there_again() -> None:
    book = ringing()
    book.heard() if book.call().prompt else None
    assert len([c for c in book.trace if isinstance(c, JoinBridge)]) == 1
    leg_ends(book)
    assert book.offers() == [("c1", "102")]
    assert len([c for c in book.trace if isinstance(c, JoinBridge)]) == 1


def test_a_phone_that_rings_beside_the_one_that_answers_is_withdrawn_and_that_is_noted() -> None:
    book = Playbook(plan(agents=TWO, queues=(Queue(id="help", title="Help", ring="all"),)))
    book.log_in("101", "102")
    book.arrive()
    book.agent_answers()
    ends = {(d.agent, d.outcome) for d in book.call().why if d.outcome}
    assert ends == {("101", "answered"), ("102", "withdrawn")}
    assert {(f["agent"], f["outcome"]) for f in book.told("offer_ended")} == {("102", "withdrawn")}


def test_when_the_wait_is_over_every_phone_that_rings_is_let_ring_out() -> None:
    """Two ring, one declines after the time: the other one still has the call when it is picked up."""
    queue = Queue(id="help", title="Help", ring="all", max_wait_s=10, ring_timeout_s=15)
    book = Playbook(plan(agents=TWO, queues=(queue,), rules=RULES))
    book.log_in("101", "102")
    book.arrive()
    book.pass_time(11)
    leg_ends(book, cause=21, after_s=0.5)
    book.pass_time(1)
    assert [offer.agent for offer in book.call().ringing] == ["102"]
    book.agent_answers()
    assert book.call().stage == Stage.TALKING


def test_who_picks_up_when_it_has_rung_for_long_enough_is_too_late_and_the_caller_keeps_the_place() -> None:
    book = ringing()
    book.pass_time(14.9)
    offer = book.call().offer
    assert offer is not None
    assert [o.channel for o in book.pass_time(0.2) if isinstance(o, HangUp)] == [offer.leg]
    book.tell(AgentAnswered, call="c1", leg=offer.leg)
    assert [o.channel for o in book.last if isinstance(o, HangUp)] == [offer.leg]
    assert book.call().stage == Stage.QUEUED
    assert book.call().wait is not None


def test_an_offer_may_be_taken_as_soon_as_it_is_decided_and_nothing_else_changes() -> None:
    def story(early: bool) -> tuple[list[Command], list[Command], Playbook]:
        book = Playbook(plan(agents=TWO))
        book.log_in("101", "102")
        taken: list[Command] = []
        arrived = CallArrived(at=book.at + 1, call="c1", did="169", caller_number="08")

        def ring(offer: OfferCall) -> None:
            call = book.call()
            assert [d.what for d in call.why] == ["joined"]  # the notes of the decision come after
            assert not call.ringing
            taken.append(offer)

        orders = book.exchange.handle(arrived, ring) if early else book.exchange.handle(arrived)
        return taken, orders, book

    (offer,), rest, early = story(early=True)
    _, orders, usual = story(early=False)
    assert isinstance(offer, OfferCall)
    assert rest == [o for o in orders if o != offer]
    assert early.exchange.state == usual.exchange.state
    assert [d.what for d in early.call().why] == ["joined", "offered"]
    assert early.call().expected_wait_s == 0
    assert early.tell(PhoneReachable, extension="101") == usual.tell(PhoneReachable, extension="101")


def test_whoever_took_offers_takes_those_of_that_event_only() -> None:
    book, taken = Playbook(plan(agents=TWO)), list[OfferCall]()
    book.log_in("101")
    book.exchange.handle(CallArrived(at=book.at + 1, call="c1", did="169", caller_number="08"), taken.append)
    book.log_in("102")
    book.arrive("c2")
    assert [o.call for o in taken] == ["c1"]
    assert book.asked(OfferCall).call == "c2"
