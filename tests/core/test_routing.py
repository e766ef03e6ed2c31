"""Routing through a call's life: relaxing with time, several phones at once, whom the caller knows, what is kept free."""

from __future__ import annotations

import pytest
from playbook import Playbook, plan

from ivrd.core import acquaintance
from ivrd.core.acd.model import AcdRules, Affinity, Agent, Queue, Relax, Reserve
from ivrd.core.commands import ConnectCall, HangUp
from ivrd.core.events import (
    AgentAnswered,
    AgentAsked,
    ChannelGone,
    ChannelSeen,
    Event,
    FeatureDialled,
    PhoneFree,
    PhoneInUse,
    PhoneReachable,
    PhoneUnreachable,
    SwitchLost,
    SwitchSeen,
)
from ivrd.core.guard_rules import Guards
from ivrd.core.outlook import position

EXPERT = Agent(id="101", name="Adi", extension="101", skills={"kbli": 8})
NOVICE = Agent(id="102", name="Ayu", extension="102", skills={"kbli": 3})
LEADER = Agent(id="201", name="Bambang", extension="201", leads=True)
TWO = (Agent(id="101", name="Adi", extension="101"), Agent(id="102", name="Ayu", extension="102"))
STEPS = (Relax(after_s=20, lower={"kbli": 1}), Relax(after_s=60, widen=("leads",)))


def centre(*agents: Agent, rules: AcdRules | None = None, **queue: object) -> Playbook:
    """Agents on one queue, all of them ready."""
    definition = Queue(id="help", title="Help", announce_every_s=0, **queue)  # type: ignore[arg-type]
    book = Playbook(plan(agents=agents, queues=(definition,), rules=rules or AcdRules(pause_after_misses=0)))
    book.log_in(*(a.extension for a in agents))
    return book


def busy(book: Playbook, *agents: str) -> None:
    """These talk to somebody."""
    for agent in agents:
        book.arrive(f"talk-{agent}", number="")
        book.agent_answers(f"talk-{agent}")


def rung(book: Playbook, call: str = "c1") -> list[str]:
    return [offer.agent for offer in book.call(call).ringing]


def declined(book: Playbook, call: str = "c1") -> None:
    offer = book.call(call).offer
    assert offer is not None
    book.tell(ChannelGone, call=call, channel=offer.leg, cause=21)


# --- relaxing


def test_a_lower_level_is_enough_after_a_while_and_a_group_may_help_later() -> None:
    book = centre(EXPERT, NOVICE, LEADER, skills={"kbli": 5}, relax=STEPS)
    busy(book, "101")
    book.arrive()
    book.pass_time(19.9)
    assert rung(book) == []
    book.pass_time(0.2)
    assert rung(book) == ["102"]
    declined(book)
    book.pass_time(9)
    assert rung(book) == []


def test_each_step_comes_at_its_own_time() -> None:
    book = centre(EXPERT, NOVICE, LEADER, skills={"kbli": 5}, relax=STEPS)
    busy(book, "101")
    book.tell(PhoneUnreachable, extension="102")
    book.arrive()
    book.pass_time(59.9)
    assert rung(book) == []
    book.pass_time(0.2)
    assert rung(book) == ["201"]


def test_steps_go_on_while_a_phone_rings_and_hold_for_who_is_asked_next() -> None:
    book = centre(EXPERT, NOVICE, skills={"kbli": 5}, relax=STEPS[:1], ring_timeout_s=60)
    book.arrive()
    book.pass_time(30)
    assert rung(book) == ["101"], "one phone at a time: the widened set waits for the end of this offer"
    declined(book)
    assert rung(book) == ["102"]


def test_where_all_phones_ring_a_step_adds_phones_to_those_that_ring() -> None:
    book = centre(EXPERT, NOVICE, skills={"kbli": 5}, relax=STEPS[:1], ring="all", ring_timeout_s=60)
    book.arrive()
    assert rung(book) == ["101"]
    book.pass_time(20.1)
    assert rung(book) == ["101", "102"]


def test_a_step_that_nobody_logged_in_could_meet_is_skipped_at_once() -> None:
    book = Playbook(plan(agents=(EXPERT, NOVICE), queues=(Queue(id="help", title="H", skills={"kbli": 5}, relax=STEPS),)))
    book.log_in("102")
    book.arrive()
    assert rung(book) == ["102"]


def test_nothing_is_skipped_when_no_step_would_help_and_who_logs_in_later_helps_at_once() -> None:
    queue = Queue(id="help", title="H", skills={"kbli": 5}, relax=STEPS)
    book = Playbook(plan(agents=(EXPERT, NOVICE), queues=(queue,)))
    call = book.arrive()
    assert call.wait is not None
    assert call.wait.step == 0
    book.log_in("102")
    assert (call.wait.step, rung(book)) == (1, ["102"])


def test_when_the_last_who_could_logs_out_the_next_step_is_taken_at_once() -> None:
    book = centre(EXPERT, NOVICE, skills={"kbli": 5}, relax=STEPS)
    book.arrive()
    declined(book)
    assert rung(book) == []
    book.tell(FeatureDialled, session="s9", extension="101", feature="log_out")
    assert rung(book) == ["102"]


def test_an_unreachable_phone_is_somebody_who_is_logged_in_all_the_same() -> None:
    book = centre(EXPERT, NOVICE, skills={"kbli": 5}, relax=STEPS)
    book.tell(PhoneUnreachable, extension="101")
    book.arrive()
    assert rung(book) == []


# --- several phones


def test_the_first_to_answer_has_the_call_and_the_others_stop_ringing_in_the_same_step() -> None:
    book = centre(*TWO, ring=2)
    call = book.arrive()
    assert rung(book) == ["101", "102"]
    first, second = call.ringing
    book.tell(AgentAnswered, call="c1", leg=second.leg)
    assert book.asked(ConnectCall).leg == second.leg
    assert [o.channel for o in book.last if isinstance(o, HangUp)] == [first.leg]
    assert (book.presence("101"), book.presence("102"), call.ringing) == ("ready", "talking", [])
    assert book.told("offer_ended")[-1] == {"queue": "help", "agent": "101", "outcome": "withdrawn"}


def test_two_answers_of_which_the_second_is_already_on_its_way_connect_one() -> None:
    book = centre(*TWO, ring="all")
    first, second = book.arrive().ringing
    book.tell(AgentAnswered, call="c1", leg=first.leg)
    book.tell(AgentAnswered, call="c1", leg=second.leg)
    assert book.asked(HangUp).channel == second.leg
    assert [c.leg for c in book.trace if isinstance(c, ConnectCall)] == [first.leg]
    assert book.call().talk is not None
    assert book.presence("102") == "ready"


def test_one_of_several_phones_that_is_declined_leaves_the_others_ringing() -> None:
    book = centre(*TWO, ring=2)
    call = book.arrive()
    declined(book)
    assert rung(book) == ["102"]
    assert f"ring:{call.id}" in book.exchange.state.timers.due
    book.agent_answers()
    assert book.presence("102") == "talking"


def test_each_of_several_offers_has_its_own_end() -> None:
    book = centre(*TWO, ring=2, ring_timeout_s=15, wrap_up_s=0)
    book.arrive("talk", number="")
    book.agent_answers("talk")
    book.arrive()
    assert rung(book) == ["102"]
    book.pass_time(5)
    book.caller_leaves("talk")
    assert rung(book) == ["102", "101"]
    book.pass_time(12.1)  # Asterisk says nothing: 15 s of ringing and 2 s of grace
    assert rung(book) == ["101"]
    book.pass_time(5)
    assert "101" not in rung(book)
    assert [t["agent"] for t in book.told("offer_ended") if t["outcome"] == "no_answer"] == ["102", "101"]


def test_a_caller_who_hangs_up_frees_all_phones() -> None:
    book = centre(*TWO, ring="all")
    book.arrive()
    book.caller_leaves()
    assert (book.presence("101"), book.presence("102")) == ("ready", "ready")
    book.wind_up()


def test_after_an_outage_phones_that_are_gone_are_withdrawn_and_the_one_that_answered_talks() -> None:
    book = centre(*TWO, ring=2)
    first, second = book.arrive().ringing
    book.tell(SwitchLost)
    seen = (ChannelSeen(channel="c1", state="Up", role="call"), ChannelSeen(channel=second.leg, state="Up", role="agent"))
    book.tell(SwitchSeen, channels=seen)
    assert (book.presence("101"), book.presence("102")) == ("ready", "talking")
    assert first.leg not in book.call().legs


# --- whom the caller knows


def known(**affinity: int) -> Playbook:
    """102 talked to the caller; 101 is idle for longer."""
    book = centre(*TWO, affinity=Affinity(**affinity), wrap_up_s=0)
    busy(book, "101")
    book.arrive("before")
    book.agent_answers("before")
    assert book.presence("102") == "talking"
    for call in ("talk-101", "before"):
        book.caller_leaves(call, after_s=5)
    return book


def test_a_caller_is_led_to_the_agent_who_talked_to_them_last() -> None:
    book = known(days=7)
    assert book.exchange.desk.agent("101").idle_since < book.exchange.desk.agent("102").idle_since
    book.arrive("c1")
    assert rung(book) == ["102"]
    book.arrive("c2", number="0899")
    assert rung(book, "c2") == ["101"]


def test_the_known_agent_is_waited_for_but_not_for_long() -> None:
    book = known(days=7, hold_s=15)
    book.arrive("x", number="0812345678")  # 102 talks to the same number again
    book.agent_answers("x")
    book.arrive("c1")
    assert rung(book) == [], "101 is free, and not rung yet"
    book.pass_time(14.9)
    assert rung(book) == []
    book.pass_time(0.2)
    assert rung(book) == ["101"]


def test_the_known_agent_who_becomes_free_in_time_is_rung() -> None:
    book = known(days=7, hold_s=60)
    book.arrive("x", number="0812345678")
    book.agent_answers("x")
    book.arrive("c1")
    book.caller_leaves("x")
    assert rung(book) == ["102"]


def test_a_known_agent_who_pauses_is_not_waited_for() -> None:
    book = known(days=7, hold_s=60)
    book.tell(FeatureDialled, session="s9", extension="102", feature="pause")
    book.arrive("c1")
    assert rung(book) == ["101"]


def test_a_known_agent_who_lacks_the_queues_skill_is_not_waited_for() -> None:
    agents = (Agent(id="101", name="Adi", extension="101", skills=("tax",)), TWO[1])
    queues = (Queue(id="help", title="Help", wrap_up_s=0), Queue(id="tax", title="Tax", skills=("tax",), affinity=Affinity(hold_s=60)))
    text = "start: m\nnodes:\n  m: {menu: {say: [a], keys: {1: h, 2: t}, otherwise: bye}}\n  h: {queue: {to: help, overflow: bye}}\n  t: {queue: {to: tax, overflow: bye}}\n  bye: {hangup: {}}\n"
    book = Playbook(plan(text=text, agents=agents, queues=queues))
    book.log_in("102")
    for call in ("before", "x"):  # 102 knows the caller, and talks again
        book.arrive(call)
        book.press("1", call)
        book.agent_answers(call)
        if call == "before":
            book.caller_leaves(call)
    book.log_in("101")
    book.arrive("c1")
    book.press("2", "c1")
    assert rung(book) == ["101"]


def test_a_known_agent_who_left_the_configuration_is_not_waited_for() -> None:
    book = known(days=7, hold_s=60)
    book.arrive("x", number="0812345678")
    book.agent_answers("x")
    book.arrive("c1")
    assert rung(book) == []
    book.exchange.replan(plan(agents=TWO[:1], queues=tuple(book.exchange.plan.floor.queues.values())))
    book.pass_time(1)
    book.arrive("c2", number="0899")
    assert (rung(book), rung(book, "c2")) == (["101"], [])


def test_an_acquaintance_ends_after_so_many_days_and_withheld_numbers_have_none() -> None:
    book = known(days=1)
    book.pass_time(86_401)
    book.arrive("c1")
    assert rung(book) == ["101"]
    assert "" not in book.exchange.state.last_talks


def test_no_more_callers_are_remembered_than_a_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acquaintance, "REMEMBERED", 2)
    book = centre(*TWO, affinity=Affinity(), wrap_up_s=0)
    for n in range(4):
        book.arrive(f"n{n}", number=f"08{n}")
        book.agent_answers(f"n{n}")
        book.caller_leaves(f"n{n}")
    assert list(book.exchange.state.last_talks) == ["6282", "6283"]


def test_who_talked_again_is_remembered_longest_and_all_are_forgotten_when_no_queue_asks_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acquaintance, "REMEMBERED", 2)
    book = centre(*TWO, affinity=Affinity(), wrap_up_s=0)
    for n, number in enumerate(("081", "082", "081", "083")):
        book.arrive(f"n{n}", number=number)
        book.agent_answers(f"n{n}")
        book.caller_leaves(f"n{n}")
    assert list(book.exchange.state.last_talks) == ["6281", "6283"]
    book.exchange.replan(plan(agents=TWO, queues=(Queue(id="help", title="Help"),)))
    book.arrive("n9", number="089")
    book.agent_answers("n9")
    assert book.exchange.state.last_talks == {}


def test_nobody_is_remembered_when_no_queue_asks_for_it() -> None:
    book = centre(*TWO)
    book.arrive()
    book.agent_answers()
    assert book.exchange.state.last_talks == {}


# --- order and reserves


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ((PhoneUnreachable, {"extension": "101"}), (PhoneReachable, {"extension": "101"})),
        ((PhoneInUse, {"extension": "101"}), (PhoneFree, {"extension": "101"})),
        ((FeatureDialled, {"session": "s9", "extension": "101", "feature": "resume"}), (ChannelGone, {"call": "s9", "channel": "s9"})),
        (
            (AgentAsked, {"agent": "101", "wish": "begin_contact", "contact": "t1", "reason": "chat", "by": "web"}),
            (AgentAsked, {"agent": "101", "wish": "end_contact", "contact": "t1", "by": "web"}),
        ),
        ((AgentAsked, {"agent": "101", "wish": "pause", "by": "web"}), (AgentAsked, {"agent": "101", "wish": "resume", "by": "web"})),
    ],
)
def test_who_was_away_in_whatever_way_is_not_first_for_it_and_loses_nothing_but_that_time(
    begins: tuple[type[Event], dict[str, str]], ends: tuple[type[Event], dict[str, str]]
) -> None:
    book = centre(*TWO, rules=AcdRules(weights={"voice": 1.0, "chat": 0.5}))  # 101 is idle for a moment longer
    book.tell(begins[0], **begins[1], after_s=10)
    book.tell(ends[0], **ends[1], after_s=1800)
    book.arrive()
    assert rung(book) == ["102"]
    book.caller_leaves()
    book.tell(FeatureDialled, session="s8", extension="102", feature="log_out")
    book.tell(ChannelGone, call="s8", channel="s8")
    book.log_in("102")
    book.arrive("c2")
    assert rung(book, "c2") == ["101"], "idle for ten seconds already, and 102 has only just come"


def test_pulling_the_plug_makes_nobody_the_least_occupied() -> None:
    book = centre(*TWO, order="least_occupied", wrap_up_s=0)
    for agent, talk_s in (("101", 100), ("102", 90)):
        busy(book, agent)
        book.caller_leaves(f"talk-{agent}", after_s=talk_s)
    book.tell(PhoneUnreachable, extension="102")
    book.tell(PhoneReachable, extension="102", after_s=3600)
    book.arrive()
    assert rung(book) == ["101"]  # there all the hour


def test_a_vip_is_ahead_by_so_many_points() -> None:
    the_plan = plan(agents=TWO[:1], rules=AcdRules(vip_points=100))
    the_plan.guards = Guards(vip=("0877",))
    book = Playbook(the_plan)
    book.arrive("c1", number="0811")
    book.pass_time(50)
    vip = book.arrive("c2", number="0877")
    assert position(book.exchange.desk, vip) == 1
    book.pass_time(60)
    book.arrive("c3", number="0877")
    assert [position(book.exchange.desk, book.call(c)) for c in ("c1", "c2", "c3")] == [2, 1, 3]
    book.log_in("101")
    assert rung(book, "c2") == ["101"]


def test_the_place_that_is_told_is_the_place_in_the_order_when_somebody_has_waited_too_long() -> None:
    text = "start: m\nnodes:\n  m: {menu: {say: [a], keys: {1: h, 2: v}, otherwise: bye}}\n  h: {queue: {to: help, overflow: bye}}\n  v: {queue: {to: help, overflow: bye, priority: 5}}\n  bye: {hangup: {}}\n"
    book = Playbook(plan(text=text, agents=TWO[:1], rules=AcdRules(first_after_s=60)))
    for call, key in (("c1", "1"), ("c2", "2")):
        book.arrive(call)
        book.press(key, call)
    assert [position(book.exchange.desk, book.call(c)) for c in ("c1", "c2")] == [2, 1]
    book.pass_time(61)
    late = book.arrive("c3")
    book.press("2", "c3")
    assert [position(book.exchange.desk, book.call(c)) for c in ("c1", "c2")] == [1, 2]
    assert position(book.exchange.desk, late) == 3


def test_a_kept_agent_is_given_to_others_as_soon_as_they_have_waited_long_enough() -> None:
    queues = (Queue(id="help", title="Help", announce_every_s=0), Queue(id="other", title="O", reserve=(Reserve(skill="kbli", others_after_s=30),)))
    book = Playbook(plan(agents=(EXPERT,), queues=queues))
    book.log_in("101")
    book.arrive()
    assert rung(book) == []
    book.pass_time(29.9)
    assert rung(book) == []
    book.pass_time(0.2)
    assert rung(book) == ["101"]
