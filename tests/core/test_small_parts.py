"""Ids, timers and the plan: the parts that everything leans on."""

from __future__ import annotations

from playbook import flow

from ivrd.core import ids
from ivrd.core.acd.model import Floor
from ivrd.core.calendar import Calendar
from ivrd.core.events import EVENTS, Event
from ivrd.core.plan import Plan
from ivrd.core.timers import Timers


def test_every_id_of_ours_can_be_read_back() -> None:
    call = "1764.12"
    assert ids.parse(ids.agent_leg(call, "101", 2)) == ids.Child(call=call, kind="agent", agent="101")
    assert ids.parse(ids.bridge(call)) == ids.Child(call=call, kind="bridge")
    assert ids.parse(ids.dial_leg(call, 1)) == ids.Child(call=call, kind="dial")
    assert ids.parse(ids.message(call, 3)) == ids.Child(call=call, kind="message", number=3)
    assert ids.parse(ids.prompt(call, 7)) == ids.Child(call=call, kind="prompt")


def test_a_callers_channel_and_foreign_things_are_not_ours() -> None:
    for foreign in ("1764.12", "PJSIP/101-00000001", "1764.12.agent-101", "bridge", ""):
        assert ids.parse(foreign) is None
    assert ids.call_of("1764.12") == "1764.12"
    assert ids.call_of("1764.12.agent-101.2") == "1764.12"


def test_timers_move_and_fire_once_and_not_early() -> None:
    timers = Timers()
    assert timers.next() is None
    timers.set("a", 5.0)
    timers.set("b", 3.0)
    timers.set("a", 9.0)
    assert timers.next() == ("b", 3.0)
    assert not timers.take("a", 8.9)
    assert timers.take("a", 9.0)
    assert not timers.take("a", 99.0)
    timers.clear("b")
    timers.clear("b")
    assert timers.next() is None


def test_deadlines_that_have_passed_are_told_in_their_order_and_stay_until_they_are_taken() -> None:
    timers = Timers(due={"c": 3.0, "a": 1.0, "b": 1.0})
    timers.set("d", 2.0)
    timers.set("c", 4.0)
    timers.set("c", 3.0)
    timers.clear("a")
    timers.set("a", 1.0)
    for _ in range(2):
        assert timers.passed(3.0) == ["a", "b", "d", "c"]
    assert timers.passed(0.5) == []
    assert timers.take("a", 3.0)
    assert (timers.next(), timers.passed(1.5)) == (("b", 1.0), ["b"])


def test_deadlines_moved_a_thousand_times_cost_no_memory() -> None:
    timers = Timers()
    for n in range(1000):
        timers.set("a", float(n))
    assert (timers.next(), len(timers._heap) < 100) == (("a", 999.0), True)


def test_a_new_version_of_a_flow_is_for_new_calls_and_the_old_one_stays() -> None:
    plan = Plan(floor=Floor(), calendar=Calendar(tz=None, week={}), dids={"169": "test"}, language="id")  # type: ignore[arg-type]
    assert plan.flow_for("169") is None
    old = flow("start: a\nnodes:\n  a: {hangup: {}}\n")
    new = flow("start: a\nnodes:\n  a: {hangup: {why: closed}}\n")
    plan.add(old)
    plan.add(new)
    assert plan.flow_for("169") == new
    assert plan.flows[old.version] == old
    assert plan.flow_for("999") is None


def test_every_kind_of_event_can_be_read_back_by_its_name() -> None:
    assert set(EVENTS) == {kind.__name__ for kind in Event.__subclasses__()}
    assert all(kind.__name__ == name for name, kind in EVENTS.items())
