"""The interpreter: bounded, deaf to what is over, and able to begin again where it was."""

from __future__ import annotations

import pytest
from playbook import Playbook, flow, plan

from ivrd.core.calendar import OpenState
from ivrd.core.cdr import Disposition
from ivrd.core.commands import HangUp
from ivrd.core.ivr import interpreter
from ivrd.core.ivr.walk import Around, EndCall, JoinQueue, Listen, Phase, Say, Walk

OPEN = Around(hours=OpenState(open=True))
CIRCLE = "start: a\nnodes:\n  a: {tag: {add: x, then: b}}\n  b: {tag: {add: y, then: a}}\n"
MENU = """start: m
nodes:
  m: {menu: {say: [a], keys: {1: q}, otherwise: bye}}
  q: {queue: {to: help, overflow: bye}}
  bye: {hangup: {}}
"""


def walk() -> Walk:
    return Walk(flow="test", version="test@1", language="id")


def test_a_flow_that_runs_in_circles_is_ended_at_its_limit() -> None:
    book = Playbook(plan(text=CIRCLE + "limits: {steps: 7}\n"))
    call = book.arrive()
    assert book.asked(HangUp).cause == 41
    assert call.walk.steps == 7
    book.wind_up()
    assert book.rows()[-1].disposition == Disposition.FAILED


def test_a_flow_that_says_nothing_in_circles_is_ended_too() -> None:
    """It asks the exchange for nothing but empty speech: that must not nest call upon call."""
    text = "start: a\nnodes:\n  a: {play: {say: [], then: a}}\nlimits: {steps: 3000}\n"
    book = Playbook(plan(text=text))
    book.arrive()
    assert book.asked(HangUp).cause == 41


def test_a_queue_that_overflows_into_itself_is_ended_too() -> None:
    from ivrd.core.acd.model import Queue

    text = "start: q\nnodes:\n  q: {queue: {to: help, overflow: q}}\nlimits: {steps: 3000}\n"
    book = Playbook(plan(text=text, queues=(Queue(id="help", title="Help", max_waiting=0),)))
    book.arrive()
    assert book.asked(HangUp).cause == 41
    assert book.counters().offered == book.counters().diverted


@pytest.mark.parametrize("what", ["digit", "said", "timed_out", "resume"])
def test_nothing_reaches_a_flow_whose_caller_is_away(what: str) -> None:
    w = walk()
    w.phase, w.node = Phase.AWAY, "m"
    args = (OPEN, "1") if what == "digit" else (OPEN,)
    assert getattr(interpreter, what)(flow(MENU), w, *args) == []


def test_a_time_out_counts_only_while_listening_and_an_end_only_while_saying() -> None:
    w, f = walk(), flow(MENU)
    assert interpreter.begin(f, w, OPEN) == [Say(speech=interpreter.begin(f, walk(), OPEN)[0].speech)]  # type: ignore[union-attr]
    assert interpreter.timed_out(f, w, OPEN) == []
    assert interpreter.said(f, w, OPEN) == [Listen(timeout_s=5.0)]
    assert interpreter.said(f, w, OPEN) == []
    assert interpreter.digit(f, w, OPEN, "1") == [JoinQueue(queue="help", overflow="bye")]
    assert w.phase == Phase.AWAY


def test_an_unknown_node_ends_the_call_instead_of_raising() -> None:
    assert interpreter.enter(flow(MENU), walk(), OPEN, "gone") == [EndCall(cause=41, why="failed")]


def test_resuming_says_the_same_node_again_at_the_same_attempt() -> None:
    w, f = walk(), flow(MENU)
    interpreter.begin(f, w, OPEN)
    interpreter.digit(f, w, OPEN, "7")
    steps = w.steps
    (say,) = interpreter.resume(f, w, OPEN)
    assert isinstance(say, Say)
    assert (w.node, w.attempt, w.steps) == ("m", 2, steps)


def test_resuming_at_a_node_that_is_gone_asks_for_nothing() -> None:
    w = walk()
    w.node = "gone"
    assert interpreter.resume(flow(MENU), w, OPEN) == []


def test_deaf_verbs_keep_keys_and_answer_to_nothing() -> None:
    node, w = flow(MENU).nodes["bye"], walk()
    assert node.digit(w, OPEN, "4") == ()
    assert w.typed == "4"
    assert node.said(w, OPEN) == node.timed_out(w, OPEN) == ()
    play = flow("start: p\nnodes:\n  p: {play: {say: [a], then: p}}\n").nodes["p"]
    assert play.timed_out(w, OPEN) == ()
