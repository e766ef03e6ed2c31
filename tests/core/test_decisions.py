"""Why: each decision about a waiting call leaves a note of who could, who could not, and for what reason."""

from __future__ import annotations

import dataclasses

import pytest
from playbook import Playbook, plan
from test_returning import TRY, wishes
from test_returning import centre as callbacks

from ivrd.core.acd.decision import FIRST, MOST_AGENTS, MOST_DECISIONS, Decision, add
from ivrd.core.acd.model import AcdRules, Agent, Queue, Relax
from ivrd.core.commands import WriteCdr
from ivrd.core.events import ChannelGone, FeatureDialled, PhoneUnreachable
from ivrd.core.guard_rules import Guards

ADI = Agent(id="101", name="Adi", extension="101", skills={"kbli": 8})
AYU = Agent(id="102", name="Ayu", extension="102", skills={"kbli": 3})
BAGUS = Agent(id="103", name="Bagus", extension="103", skills={"kbli": 9})
QUEUE = Queue(id="help", title="Help", skills={"kbli": 5}, relax=(Relax(after_s=20, lower={"kbli": 1}),), announce_every_s=0)


def centre(*agents: Agent) -> Playbook:
    book = Playbook(plan(agents=agents, queues=(QUEUE,)))
    book.log_in(*(a.extension for a in agents))
    return book


def test_an_offer_tells_who_could_with_what_scores_and_who_could_not_and_why() -> None:
    book = centre(ADI, AYU, BAGUS)
    book.tell(PhoneUnreachable, extension="103")
    call = book.arrive()
    joined, offered = call.why
    assert (joined.what, joined.place, joined.asks) == ("joined", 1, "kbli >= 5, language id")
    assert (offered.what, offered.agent, offered.step) == ("offered", "101", 0)
    assert offered.scores == {"101": [0.0, 0.0, 0.0, -book.exchange.desk.agent("101").idle_since]}
    assert offered.passed == {"has_skills": ["102"], "unreachable": ["103"]}


def test_a_note_says_nothing_of_what_it_was_not_told() -> None:
    told = dataclasses.asdict(Decision(at=1.0, what="left", queue="q"))
    assert {name: value for name, value in told.items() if value} == {"at": 1.0, "what": "left", "queue": "q", "weight": 1.0}


def test_when_nobody_can_have_the_call_it_says_why_of_each() -> None:
    book = centre(ADI, AYU)
    book.arrive("c0")
    book.agent_answers("c0")
    (joined,) = book.arrive("c1").why
    assert joined.passed == {"talking": ["101"], "has_skills": ["102"]}


def test_an_agent_who_is_dialling_a_code_is_named_so() -> None:
    book = centre(ADI)
    book.tell(FeatureDialled, session="s9", extension="101", feature="resume")
    (joined,) = book.arrive("c1").why
    assert joined.passed == {"phone_in_use": ["101"]}


def test_an_agent_who_is_kept_for_a_customer_who_is_called_back_is_named_so() -> None:
    book = callbacks(dial="customer_first")
    wishes(book)
    book.log_in()
    assert book.exchange.desk.agent("101").kept_for
    (joined,) = book.arrive("c9", number="0899").why
    assert joined.passed == {"kept": ["101"]}


def test_the_whole_story_of_a_call_in_order() -> None:
    book = centre(ADI, AYU)
    call = book.arrive()
    book.tell(ChannelGone, call="c1", channel="c1.agent-101.1", cause=21, after_s=3)
    book.pass_time(20)
    book.agent_answers(after_s=1)
    told = [(d.what, d.agent, d.outcome, d.step) for d in call.why]
    assert told == [
        ("joined", "", "", 0),
        ("offered", "101", "", 0),
        ("offer_ended", "101", "rejected", 0),
        ("offered", "101", "", 0),
        ("relaxed", "", "", 1),
        ("offer_ended", "101", "answered", 0),
    ]
    assert "did_not_just_decline" not in call.why[3].passed
    assert call.why[4].asks == "kbli, language id"


def test_who_declined_a_moment_ago_is_named_so() -> None:
    book = centre(ADI, BAGUS)
    call = book.arrive()
    book.tell(ChannelGone, call="c1", channel="c1.agent-101.1", cause=21)
    assert call.why[-1].passed == {"did_not_just_decline": ["101"]}


TAX = Queue(id="tax", title="Tax", skills={"tax": 1}, priority=2, weight=2.0, announce_every_s=0)
MENU = "start: m\nnodes:\n  m: {menu: {say: [a], keys: {1: h, 2: t}, otherwise: bye}}\n  h: {queue: {to: help, overflow: bye}}\n  t: {queue: {to: tax, overflow: bye}}\n  bye: {hangup: {}}\n"


def waiting(book: Playbook, call: str, key: str, number: str = "0811") -> None:
    book.arrive(call, number=number)
    book.press(key, call)


def test_an_offer_tells_the_calls_points_and_what_they_are_for() -> None:
    the_plan = plan(text=MENU, agents=(ADI,), queues=(QUEUE, dataclasses.replace(TAX, skills={})), rules=AcdRules(points_per_priority=100, vip_points=70))
    the_plan.guards = Guards(vip=("0877",))
    book = Playbook(the_plan)
    waiting(book, "c1", "2", number="0877")
    joined = book.call("c1").why[0]
    assert (joined.points, joined.weight) == ({"priority": 200.0, "vip": 70.0, "waited": 0.0}, 2.0)
    book.pass_time(30)
    book.log_in("101")
    offered = book.call("c1").why[-1]
    assert offered.points == {"priority": 200.0, "vip": 70.0, "waited": pytest.approx(60.0, abs=0.1)}
    assert (offered.weight, offered.long, offered.over, offered.ahead) == (2.0, False, 0, {})


def test_an_offer_tells_which_calls_were_passed_over_for_the_agent_and_why() -> None:
    book = Playbook(plan(text=MENU, agents=(ADI,), queues=(QUEUE, TAX), rules=AcdRules(first_after_s=600)))
    for n in range(5):
        waiting(book, f"t{n}", "2")
    waiting(book, "h1", "1")
    waiting(book, "h2", "1")
    book.pass_time(10)
    book.log_in("101")
    offered = book.call("h1").why[-1]
    assert (offered.what, offered.over) == ("offered", 5)
    assert offered.ahead == {f"t{n}": pytest.approx(620, abs=0.5) for n in range(3)}
    assert offered.ahead["t0"] > offered.ahead["t1"] > sum(offered.points.values())
    assert offered.ahead_why == dict.fromkeys(("t0", "t1", "t2"), "has_skills")
    book.tell(ChannelGone, call="h1", channel="h1.agent-101.1", cause=21)
    second = book.call("h2").why[-1]
    assert (second.over, list(second.ahead)) == (6, ["t0", "t1", "t2"])
    assert set(second.ahead_why.values()) == {"has_skills"}


def test_who_declined_is_passed_over_for_that_and_the_longest_wait_comes_before_points() -> None:
    book = Playbook(plan(text=MENU, agents=(ADI,), queues=(QUEUE, dataclasses.replace(TAX, skills={})), rules=AcdRules(first_after_s=60, points_per_priority=100)))
    waiting(book, "h1", "1")
    book.pass_time(61)
    waiting(book, "t1", "2")
    book.log_in("101")
    assert (book.call("h1").why[-1].long, book.call("h1").why[-1].over) == (True, 0)
    book.tell(ChannelGone, call="h1", channel="h1.agent-101.1", cause=21)
    offered = book.call("t1").why[-1]
    assert (offered.long, offered.over, offered.ahead_why) == (False, 1, {"h1": "did_not_just_decline"})
    assert offered.ahead["h1"] < sum(offered.points.values()), "points are not what puts h1 first"


def test_a_customer_who_could_not_be_rung_is_passed_over_without_a_filter() -> None:
    book = callbacks(dial="customer_first")
    wishes(book)
    book.exchange.plan.outbound = dataclasses.replace(book.exchange.plan.outbound, per_day=0)
    book.arrive("c9", number="0899")
    book.log_in()
    offered = book.call("c9").why[-1]
    assert (offered.what, offered.over, offered.ahead_why) == ("offered", 1, {TRY: ""})


def test_leaving_is_noted_and_all_goes_with_the_row() -> None:
    book = centre()
    book.arrive()
    book.caller_leaves()
    written = [c for c in book.trace if isinstance(c, WriteCdr)][-1]
    assert [(d.what, d.outcome) for d in written.why] == [("joined", ""), ("left", "ended by caller")]


def test_of_many_decisions_the_first_and_the_last_are_kept_and_the_gap_is_told() -> None:
    kept: list[Decision] = []
    assert (FIRST, MOST_DECISIONS) == (10, 60), "as docs/routing.md says"
    for n in range(MOST_DECISIONS + 25):
        add(kept, Decision(at=float(n), what="offered", queue="q"))
    assert len(kept) == MOST_DECISIONS
    assert [d.at for d in kept[:FIRST]] == [float(n) for n in range(FIRST)]
    assert kept[-1].at == MOST_DECISIONS + 24
    assert kept[FIRST - 1].forgotten == 25
    assert sum(d.forgotten for d in kept) == 25


def test_of_a_large_floor_those_who_come_first_are_noted_and_the_others_counted() -> None:
    able = tuple(Agent(id=f"a{n:03}", name="A", extension=f"1{n:03}", skills={"kbli": 5}) for n in range(40))
    unable = tuple(Agent(id=f"b{n:03}", name="B", extension=f"2{n:03}") for n in range(40))
    book = Playbook(plan(agents=(*unable, *able), queues=(QUEUE,)))
    book.log_in("1039", "1038")
    offered = book.arrive().why[-1]
    assert list(offered.scores) == ["a039", "a038"]
    assert offered.passed == {"logged_out": [f"a{n:03}" for n in range(30)]}
    assert offered.uncounted == 80 - MOST_AGENTS
