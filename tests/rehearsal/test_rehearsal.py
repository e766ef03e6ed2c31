"""The rehearsal itself: agents, time, and ways that are told apart although they lead to one node."""

from __future__ import annotations

from playbook import TUESDAY_10, plan

from ivrd.core.acd.model import Agent
from ivrd.rehearsal import trace
from ivrd.rehearsal.rehearsal import Rehearsal

MENU = """
start: m
nodes:
  m: {menu: {say: [menu-main], keys: {1: bye, 9: ":repeat"}, otherwise: bye, tries: 1}}
  bye: {hangup: {why: completed}}
"""


def entered(call: Rehearsal) -> list[tuple[str, tuple[str | int, ...]]]:
    return [(f.node, f.path) for f in call.trace if isinstance(f, trace.Entered)]


def test_a_key_and_a_time_out_to_the_same_node_are_two_ways() -> None:
    pressed, silent = (Rehearsal(plan(text=MENU), TUESDAY_10) for _ in range(2))
    for call in (pressed, silent):
        call.dial("169")
    pressed.press("1")
    assert silent.go_on()
    assert entered(pressed)[-1] == ("bye", ("keys", "1"))
    assert entered(silent)[-1] == ("bye", ("otherwise",))
    assert pressed.over
    assert silent.over


def test_an_agent_declines_answers_and_hangs_up() -> None:
    call = Rehearsal(plan(), TUESDAY_10)
    call.log_in("101")
    call.dial("169")
    assert call.agent_declines() == "101"
    assert call.agent_answers() == "", "nobody's phone rings until the call may be offered again"
    call.wait(11)
    assert call.agent_answers() == "101"
    assert call.agent_hangs_up() == "101"
    ended = call.trace[-1]
    assert isinstance(ended, trace.Ended)
    assert (ended.disposition, ended.by) == ("answered", "agent")


def test_an_agent_who_needs_a_pin_types_the_right_one() -> None:
    adi = Agent(id="101", name="Adi", extension="101", pin=True)
    call = Rehearsal(plan(agents=(adi,)), TUESDAY_10)
    call.log_in("101")
    assert call.exchange.desk.agent("101").presence == "ready"
    call.dial("169")
    assert call.agent_answers() == "101"


def test_who_hangs_up_in_the_queue_has_abandoned_it() -> None:
    call = Rehearsal(plan(), TUESDAY_10)
    call.dial("169")
    assert any(isinstance(f, trace.Joined) and f.queue == "help" for f in call.trace)
    call.hang_up()
    assert isinstance(call.trace[-1], trace.Ended)
    assert call.trace[-1].disposition == "abandoned_queue"
    assert not call.go_on()
