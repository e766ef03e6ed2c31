"""queue: the caller is handed to agents, and comes back by the overflow."""

from __future__ import annotations

from playbook import STRAIGHT, Playbook, plan

from ivrd.core.acd.model import Queue
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
