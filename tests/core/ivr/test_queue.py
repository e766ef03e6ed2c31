"""queue: the caller is handed to agents, and comes back by the overflow."""

from __future__ import annotations

from playbook import STRAIGHT, Playbook, plan

from ivrd.core.acd.model import Queue
from ivrd.core.acd.presence import Presence
from ivrd.core.state import Stage

AHEAD = STRAIGHT.replace("start: q\nnodes:\n", "start: hi\nnodes:\n  hi: {play: {say: [a], then: q, barge_in: false}}\n")


def test_keys_typed_ahead_do_not_outlive_the_way_to_the_queue() -> None:
    book = Playbook(plan(text=AHEAD))
    call = book.arrive()
    book.press("12")
    book.heard()
    assert (call.stage, call.walk.typed) == (Stage.QUEUED, "")


def test_keys_pressed_while_waiting_change_nothing() -> None:
    book = Playbook()
    book.arrive()
    assert book.press("1") == []
    assert book.exchange.ignored == {("queued", "DigitPressed"): 1}


def test_the_queue_asks_for_its_skills() -> None:
    queues = (Queue(id="help", title="Help", skills=("kbli",)),)
    book = Playbook(plan(queues=queues))
    book.log_in()
    call = book.arrive()
    assert call.wait is not None
    assert call.wait.skills == ("kbli",)
    assert call.offer is None, "agent 101 has no such skill"


def test_a_queue_that_the_plan_no_longer_has_leads_to_the_overflow() -> None:
    the_plan = plan()
    del the_plan.floor.queues["help"]
    book = Playbook(the_plan)
    call = book.arrive()
    assert book.spoken() == ["queue-overflow"]
    assert call.queue == ""


def in_queue(extra: str, **queue: object) -> Playbook:
    """One caller in a queue that the flow joins with ``extra``."""
    text = STRAIGHT.replace("overflow: sorry}", f"overflow: sorry, {extra}}}")
    book = Playbook(plan(text=text + "  other: {play: {say: [welcome], then: bye}}\n" * ("other" in extra), queues=(Queue(id="help", title="Help", **queue),)))  # type: ignore[arg-type]
    book.arrive()
    return book


def test_the_flow_asks_for_skills_on_top_and_another_priority() -> None:
    book = in_queue("skills: [kbli], priority: 7", skills=("izin",), priority=1)
    wait = book.call().wait
    assert wait is not None
    assert (wait.skills, wait.priority, book.call().skills) == (("izin", "kbli"), 7, ("izin", "kbli"))


def test_the_flow_silences_the_announcements() -> None:
    book = in_queue("announce_every_s: 0", announce_every_s=45)
    assert book.spoken() == ["queue-wait"]
    book.heard()
    assert "announce:c1" not in book.exchange.state.timers.due


def test_full_has_a_way_of_its_own() -> None:
    book = in_queue("full: other", max_waiting=0)
    assert book.spoken() == ["welcome"]
    assert book.counters().diverted == 1


def test_nobody_logged_in_has_a_way_of_its_own_and_somebody_in_wrap_up_is_somebody() -> None:
    assert in_queue("nobody: other").spoken() == ["welcome"]
    book = Playbook(plan(text=STRAIGHT.replace("overflow: sorry}", "overflow: sorry, nobody: bye}")))
    book.log_in()
    book.exchange.desk.agent("101").presence = Presence.WRAP_UP
    assert book.arrive().stage == Stage.QUEUED
