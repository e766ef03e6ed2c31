"""Pauses with reasons and limits, and wrap-up that is extended."""

from __future__ import annotations

from playbook import Playbook, plan
from test_features import dial

from ivrd.core.acd.model import AcdRules, Agent, Queue
from ivrd.core.acd.rules import PauseReason
from ivrd.core.events import ChannelGone, FeatureDialled

RULES = AcdRules(
    pause_reasons={
        "lunch": PauseReason(code="1", says="pause-break", max_s=600, day_max_s=900),
        "prayer": PauseReason(code="2", max_s=300, returns=True),
    }
)
TEAM = tuple(Agent(id=x, name=x, extension=x) for x in ("101", "102", "103"))
QUEUE = Queue(id="help", title="Help", max_paused=1, wrap_up_s=20, wrap_up_extend_s=30, wrap_up_max_s=70)


def centre() -> Playbook:
    book = Playbook(plan(queues=(QUEUE,), agents=TEAM, rules=RULES))
    book.log_in("101", "102")
    return book


def pause(book: Playbook, reason: str, agent: str = "101") -> list[str]:
    book.tell(FeatureDialled, session="p", extension=agent, feature="pause", detail=reason)
    said = book.spoken()
    book.tell(ChannelGone, call="p", channel="p")
    return said


def alerted(book: Playbook, agent: str = "101") -> list[str]:
    return sorted(book.exchange.desk.agent(agent).alerts)


def test_the_reason_is_confirmed_and_shown() -> None:
    book = centre()
    assert pause(book, "lunch") == ["feature-paused", "pause-break"]
    assert book.exchange.desk.agent("101").reason == "lunch"
    assert pause(book, "lunch") == ["feature-paused", "pause-break"], "asked again: it is so"


def test_a_reason_that_nobody_lists_is_refused() -> None:
    book = centre()
    assert pause(book, "cinema") == ["feature-refused"]
    assert book.presence() == "ready"


def test_another_reason_begins_its_own_clock_and_the_first_one_s_time_is_kept() -> None:
    book = centre()
    pause(book, "lunch")
    book.pass_time(100)
    pause(book, "prayer")
    state = book.exchange.desk.agent("101")
    assert (state.presence, state.reason, round(state.paused_today_s["lunch"])) == ("paused", "prayer", 100)
    assert book.exchange.state.timers.due["pause:101"] == state.since + 300


def test_too_long_a_pause_alerts_until_it_ends() -> None:
    book = centre()
    pause(book, "lunch")
    book.pass_time(599)
    assert alerted(book) == []
    book.pass_time(2)
    assert (alerted(book), book.presence()) == (["pause_limit"], "paused")
    dial(book, "resume")
    assert alerted(book) == []


def test_the_pauses_of_a_day_have_a_limit_together_and_midnight_forgets_them() -> None:
    book = centre()
    pause(book, "lunch")
    book.pass_time(500)
    dial(book, "resume")
    pause(book, "lunch")
    book.pass_time(399)
    assert alerted(book) == []
    book.pass_time(2)
    assert alerted(book) == ["pause_limit"]
    dial(book, "resume")
    book.pass_time(15 * 3600)
    book.tell(ChannelGone, call="x", channel="x")
    assert book.exchange.desk.agent("101").paused_today_s == {}


def test_a_reason_may_bring_the_agent_back_by_itself() -> None:
    book = centre()
    pause(book, "prayer")
    book.pass_time(301)
    assert (book.presence(), alerted(book)) == ("ready", [])
    assert [a["raised"] for a in book.told("agent_alert")] == [1, 0]


def test_only_so_many_of_a_queue_pause_at_once() -> None:
    book = centre()
    pause(book, "lunch")
    assert pause(book, "lunch", "102") == ["feature-pause-full"]
    assert book.presence("102") == "ready"
    assert pause(book, "prayer", "101") == ["feature-paused"], "who pauses already may change the reason"
    dial(book, "resume")
    assert pause(book, "lunch", "102") == ["feature-paused", "pause-break"]


def test_a_pause_that_waits_for_the_end_of_a_talk_counts() -> None:
    book = centre()
    book.arrive()
    book.agent_answers()
    pause(book, "lunch")
    assert pause(book, "lunch", "102") == ["feature-pause-full"]
    book.caller_leaves()
    book.pass_time(21)
    assert (book.presence(), book.exchange.state.timers.due["pause:101"]) == ("paused", book.exchange.desk.agent("101").since + 600)


def test_wrap_up_is_extended_up_to_its_most() -> None:
    book = centre()
    book.arrive()
    book.agent_answers()
    book.caller_leaves()
    begun = book.exchange.desk.agent("101").since
    until = [book.exchange.desk.agent("101").wrap_up_until]
    for said in ("feature-wrap-up-extended", "feature-wrap-up-extended", "feature-refused"):
        assert dial(book, "extend_wrap_up") == [said]
        until.append(book.exchange.desk.agent("101").wrap_up_until)
    assert until == [begun + 20, begun + 50, begun + 70, begun + 70]
    book.pass_time(69)
    assert book.presence() == "wrap_up"
    book.pass_time(2)
    assert book.presence() == "ready"


def test_there_is_no_wrap_up_to_extend() -> None:
    book = centre()
    assert dial(book, "extend_wrap_up") == ["feature-refused"]
    short = Playbook(plan(agents=TEAM))
    short.log_in("101")
    short.arrive()
    short.agent_answers()
    short.caller_leaves()
    assert dial(short, "extend_wrap_up") == ["feature-refused"], "the queue does not allow it"
