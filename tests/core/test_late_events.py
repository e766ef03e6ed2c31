"""A whole call with every event told twice: the same orders, the same row, as told once."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from playbook import Playbook

from ivrd.core import events as e
from ivrd.core.commands import Command
from ivrd.core.exchange import Exchange

LEG = "c1.agent-101.1"
STORY: list[tuple[type[e.Event], dict[str, Any]]] = [
    (e.CallArrived, {"call": "c1", "did": "169", "caller_number": "0812"}),
    (e.CallerAnswered, {"call": "c1"}),
    (e.AgentRinging, {"call": "c1", "leg": LEG}),
    (e.AgentAnswered, {"call": "c1", "leg": LEG}),
    (e.AnswerSeen, {"call": "c1", "leg": LEG}),
    (e.RecordingStarted, {"call": "c1"}),
    (e.HoldStarted, {"call": "c1", "channel": LEG}),
    (e.HoldEnded, {"call": "c1", "channel": LEG}),
    (e.AgentHungUp, {"call": "c1", "leg": LEG}),
    (e.ChannelGone, {"call": "c1", "channel": LEG}),
    (e.CallerHungUp, {"call": "c1"}),
    (e.ChannelGone, {"call": "c1", "channel": "c1"}),
    (e.RecordingPublished, {"call": "c1", "path": "p", "duration_ms": 1, "sha256": "a"}),
    (e.CdrWritten, {"call": "c1", "revision": 1}),
    (e.TimerFired, {"timer": "wrap:101"}),
    (e.CdrWritten, {"call": "c1", "revision": 2}),
]


def told(times: list[int]) -> tuple[list[Command], Exchange]:
    """The story, each event so many times."""
    book = Playbook()
    book.log_in()
    orders = list[Command]()
    for (kind, facts), again in zip(STORY, times, strict=True):
        wait = 31.0 if kind is e.TimerFired else 1.0
        for n in range(again):
            orders += book.tell(kind, after_s=0.0 if n else wait, **facts)
    return orders, book.exchange


def test_told_twice_or_three_times_the_call_is_the_same() -> None:
    once, exchange = told([1] * len(STORY))
    assert exchange.state.calls == {}
    assert len(once) == 14
    for n in (2, 3):
        orders, again = told([n] * len(STORY))
        # an answer for a call that is forgotten is hung up each time; nothing else may be repeated
        assert orders == once
        assert again.state == exchange.state


@pytest.mark.parametrize("early", [n for n, (k, _) in enumerate(STORY) if k is not e.TimerFired])
@pytest.mark.parametrize("late", range(1, 4))
def test_an_event_told_again_later_harms_no_call(early: int, late: int) -> None:
    book = Playbook()
    book.log_in()
    for n, (kind, facts) in enumerate(STORY):
        book.tell(kind, after_s=31.0 if kind is e.TimerFired else 1.0, **facts)
        if n == early + late:
            again, twice = STORY[early]
            book.tell(again, after_s=0.0, **twice)
    assert book.exchange.state.calls == {}
    assert book.exchange.state.timers.due == {}
    assert book.presence() == "ready"
    assert {r.disposition for r in book.rows()} == {"answered"}


def test_the_end_may_be_told_in_any_order() -> None:
    """Asterisk's threads: hang-up, both channels' ends and the recording come as they like."""
    end = [
        (e.CallerHungUp, {"call": "c1"}),
        (e.ChannelGone, {"call": "c1", "channel": LEG}),
        (e.ChannelGone, {"call": "c1", "channel": "c1"}),
    ]
    for order in itertools.permutations(end):
        book = Playbook()
        book.log_in()
        book.arrive()
        book.agent_answers()
        for kind, facts in order:
            book.tell(kind, **facts)
        book.wind_up()
        assert book.rows()[-1].disposition == "answered"
        assert book.rows()[-1].hung_up_by == ("agent" if order[0][1].get("channel") == LEG else "caller")


def test_a_deadline_that_was_moved_or_cleared_fires_in_vain() -> None:
    """The shell may have woken up already when the core changed its mind."""
    book = Playbook()
    book.log_in()
    book.arrive()
    assert book.tell(e.TimerFired, timer="ring:c1") == [], "too early"
    book.agent_answers()
    assert book.tell(e.TimerFired, timer="wait:c1") == [], "cleared"
    book.caller_leaves()
    book.tell(e.TimerFired, timer="wrap:101")
    assert book.presence() == "wrap_up", "too early"
    for unknown in ("ring:c9", "nonsense", "", "wrap:", "close:c1:x"):
        assert book.tell(e.TimerFired, timer=unknown) == []
    book.pass_time(31)
    assert book.presence() == "ready"
