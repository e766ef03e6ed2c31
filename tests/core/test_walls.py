"""Walls: told of what looks different now, with absolute times and without callers' numbers."""

from __future__ import annotations

import dataclasses

from playbook import Playbook, plan
from test_returning import TRY, wishes
from test_returning import centre as callbacks

from ivrd.core.acd.model import AcdRules, Agent, Queue
from ivrd.core.acd.rules import Occupancy
from ivrd.core.commands import Publish, PublishAgent, PublishQueue, PublishTrunk
from ivrd.core.events import (
    AgentAsked,
    ChannelGone,
    FeatureDialled,
    HoldStarted,
    PhoneFree,
    PhoneInUse,
    PhoneReachable,
    PhoneUnreachable,
    SwitchLost,
    SwitchSeen,
)
from ivrd.core.lamps import of_queue
from ivrd.core.views import AgentView, QueueView


def queue_now(book: Playbook, name: str = "help") -> QueueView:
    views = [v.view for v in book.exchange.views() if isinstance(v, PublishQueue)]
    return next(v for v in views if v.queue == name)


def agent_now(book: Playbook, name: str = "101") -> AgentView:
    views = [v.view for v in book.exchange.views() if isinstance(v, PublishAgent)]
    return next(v for v in views if v.agent == name)


def test_at_the_start_everything_is_told_once_and_then_only_what_changed() -> None:
    book = Playbook()
    assert [type(v) for v in book.exchange.views()] == [PublishQueue, PublishAgent, PublishTrunk]
    assert book.exchange.views() == []
    book.log_in()
    book.exchange.views()
    book.pass_time(1)
    assert book.exchange.views() == []


def test_a_queue_shows_who_waits_and_since_when() -> None:
    book = Playbook()
    book.arrive("c1")
    since = book.at
    book.arrive("c2")
    view = queue_now(book)
    assert (view.waiting, view.longest_wait_since, view.offered_today, view.expected_wait_s) == (2, since, 2, None)
    assert view.agents == {"logged_out": 1, "ready": 0, "offered": 0, "talking": 0, "wrap_up": 0, "paused": 0, "unavailable": 0}
    book.caller_leaves("c1")
    view = queue_now(book)
    assert (view.waiting, view.abandoned_today) == (1, 1)


def test_a_talk_shows_in_queue_and_agent() -> None:
    book = Playbook()
    book.log_in()
    book.arrive()
    assert agent_now(book).presence == "offered"
    leg = book.agent_answers()
    talking = queue_now(book)
    assert (talking.waiting, talking.talking, talking.answered_today, talking.answered_in_level_today) == (0, 1, 1, 1)
    book.tell(HoldStarted, call="c1", channel=leg)
    view = agent_now(book)
    assert (view.presence, view.queue, view.call, view.on_hold_since) == ("talking", "help", "c1", book.at)
    book.caller_leaves()
    wrapping = agent_now(book)
    assert (wrapping.presence, wrapping.on_hold_since) == ("wrap_up", None)
    assert wrapping.wrap_up_until is not None
    assert wrapping.wrap_up_until > book.at


def test_while_asterisk_is_away_no_phone_can_be_reached_and_walls_say_so() -> None:
    book = Playbook(plan(agents=(Agent(id="101", name="Adi", extension="101"), Agent(id="102", name="Ayu", extension="102"))))
    book.log_in("101", "102")
    book.tell(PhoneUnreachable, extension="102")
    book.exchange.views()
    book.tell(SwitchLost)
    away = {v.view.agent: v.view for v in book.exchange.views() if isinstance(v, PublishAgent)}
    assert {a: (v.presence, v.reachable, v.available) for a, v in away.items()} == {"101": ("ready", False, False)}
    book.tell(SwitchSeen)
    back = {v.view.agent: v.view for v in book.exchange.views() if isinstance(v, PublishAgent)}
    assert {a: (v.presence, v.reachable, v.available) for a, v in back.items()} == {"101": ("ready", True, True)}
    assert book.told("phone") == [{"agent": "102", "reachable": 0}]  # no phone went or came
    assert book.exchange.desk.agent("101").alerts == {}


def test_a_phone_that_went_with_asterisk_stays_unreachable_when_asterisk_is_back() -> None:
    book = Playbook()
    book.log_in()
    book.tell(SwitchLost)
    assert agent_now(book).reachable is False
    book.tell(PhoneUnreachable, extension="101")
    book.tell(SwitchSeen)
    assert [v for v in book.exchange.views() if isinstance(v, PublishAgent)] == []  # as it was
    book.tell(PhoneReachable, extension="101")
    assert agent_now(book).reachable is True


def test_an_agent_changes_only_the_queues_they_serve() -> None:
    queues = (Queue(id="a", title="A", skills=("x",)), Queue(id="b", title="B", skills=("y",)))
    text = "start: q\nnodes:\n  q: {queue: {to: a, overflow: bye}}\n  bye: {hangup: {}}\n"
    book = Playbook(plan(text=text, queues=queues, agents=(Agent(id="101", name="A", extension="101", skills=("x",)),)))
    book.exchange.views()
    book.log_in()
    assert [v.view.queue for v in book.exchange.views() if isinstance(v, PublishQueue)] == ["a"]


def ready_now(book: Playbook, queue: str = "help") -> tuple[int, int, str]:
    """As the wall shows the queue, told again only when it looks different."""
    for view in (v.view for v in book.exchange.views() if isinstance(v, PublishQueue) and v.view.queue == queue):
        book.shown = view  # type: ignore[attr-defined]
    shown: QueueView = book.shown  # type: ignore[attr-defined]
    return shown.agents["ready"], shown.agents["unavailable"], of_queue(shown)


def test_who_is_ready_but_cannot_be_offered_a_call_is_not_counted_as_ready() -> None:
    book = Playbook(plan(rules=AcdRules(weights={"voice": 1.0, "chat": 0.5})))
    book.log_in()
    somebody, nobody = (1, 0, "NOT_INUSE"), (0, 1, "INUSE")
    assert ready_now(book) == somebody
    contact = {"agent": "101", "contact": "t1", "by": "web"}
    absences = (
        ((PhoneUnreachable, {"extension": "101"}), (PhoneReachable, {"extension": "101"})),
        ((PhoneInUse, {"extension": "101"}), (PhoneFree, {"extension": "101"})),
        ((SwitchLost, {}), (SwitchSeen, {})),
        ((FeatureDialled, {"session": "s1", "extension": "101", "feature": "resume"}), (ChannelGone, {"call": "s1", "channel": "s1"})),
        ((AgentAsked, {"wish": "begin_contact", "reason": "chat", **contact}), (AgentAsked, {"wish": "end_contact", **contact})),
    )
    for (begins, how), (ends, so) in absences:
        book.tell(begins, **how)
        assert ready_now(book) == nobody, begins
        book.tell(ends, **so)
        assert ready_now(book) == somebody, ends


def test_who_is_kept_for_a_customer_who_is_called_back_is_not_counted_as_ready() -> None:
    book = callbacks(dial="customer_first", retry_after_s=600)
    floor = book.exchange.plan.floor
    other = dataclasses.replace(floor, queues={**floor.queues, "other": Queue(id="other", title="O")})
    book.exchange.replan(dataclasses.replace(book.exchange.plan, floor=other))
    wishes(book)
    book.log_in()
    assert ready_now(book, "other")[:2] == (0, 1)
    book.tell(ChannelGone, call=TRY, channel=TRY, cause=17)
    assert ready_now(book, "other")[:2] == (1, 0)
    book.pass_time(601)
    assert ready_now(book, "other")[:2] == (0, 1)


def test_who_is_dialled_by_a_flow_is_not_counted_as_ready() -> None:
    book = Playbook(plan(text="start: d\nnodes:\n  d: {dial: {extension: \"101\", timeout_s: 10, then: bye, busy: bye, no_answer: bye, failed: bye}}\n  bye: {hangup: {}}\n"))
    book.log_in()
    assert ready_now(book)[:2] == (1, 0)
    (leg,) = book.arrive().legs
    assert ready_now(book)[:2] == (0, 1)
    book.tell(ChannelGone, call="c1", channel=leg, cause=19)
    assert ready_now(book)[:2] == (1, 0)


def test_who_rests_is_not_counted_as_ready_until_the_rest_is_over() -> None:
    rest = AcdRules(occupancy=Occupancy(cap_percent=50, window_s=600, rest_s=120))
    book = Playbook(plan(queues=(Queue(id="help", title="Help", wrap_up_s=0),), rules=rest))
    book.log_in()
    book.arrive()
    book.agent_answers()
    book.caller_leaves(after_s=400)
    assert ready_now(book) == (0, 1, "INUSE")
    book.pass_time(121)
    assert ready_now(book) == (1, 0, "NOT_INUSE")


def test_no_wall_ever_sees_a_callers_number() -> None:
    book = Playbook()
    book.log_in()
    book.arrive(number="0811999888")
    book.agent_answers()
    book.caller_leaves()
    told: list[object] = [*book.exchange.views(), *(c for c in book.trace if isinstance(c, Publish))]
    assert len(told) > 5
    assert "0811999888" not in repr(told)


def test_who_hangs_up_at_once_is_not_held_against_the_service_level() -> None:
    book = Playbook(plan(rules=AcdRules(short_abandon_s=5)))
    assert queue_now(book).service_level_today is None
    book.arrive("c1")
    book.caller_leaves("c1", after_s=4.9)
    view = queue_now(book)
    assert (view.abandoned_today, view.short_abandoned_today, view.service_level_today) == (1, 1, None)
    book.arrive("c2")
    book.caller_leaves("c2", after_s=5)
    view = queue_now(book)
    assert (view.abandoned_today, view.short_abandoned_today, view.service_level_today) == (2, 1, 0.0)
    assert [facts["wait_ms"] for facts in book.told("short_abandon")] == [4900]
    book.log_in()
    book.arrive("c3")
    book.agent_answers("c3")
    assert queue_now(book).service_level_today == 0.5


def test_without_a_limit_every_caller_who_gives_up_counts() -> None:
    book = Playbook(plan(rules=AcdRules(short_abandon_s=0)))
    book.arrive("c1")
    book.caller_leaves("c1", after_s=0)
    assert (queue_now(book).short_abandoned_today, book.told("short_abandon")) == (0, [])
