"""A caller hangs up, in every state there is: what the row says, what is counted, and that nothing is left."""

from __future__ import annotations

from playbook import Playbook, plan

from ivrd.core.acd.model import Agent
from ivrd.core.cdr import Disposition
from ivrd.core.commands import CloseBridge, HangUp, StopMusic, StopPrompt
from ivrd.core.events import CallerHungUp, ChannelGone, HoldStarted
from ivrd.core.state import Stage

MENU = """start: m
nodes:
  m: {menu: {say: [a], keys: {1: q}, otherwise: bye}}
  q: {queue: {to: help, overflow: bye}}
  bye: {hangup: {}}
"""
AGENTS = (Agent(id="101", name="Adi", extension="101"), Agent(id="102", name="Ayu", extension="102"))


def gone(book: Playbook, disposition: Disposition, by: str = "caller") -> None:
    """The caller's channel goes after the hang-up: one final row, and nothing left."""
    book.tell(ChannelGone, call="c1", channel="c1", cause=16)
    book.wind_up()
    row = book.rows()[-1]
    assert (row.disposition, row.hung_up_by) == (disposition, by)


def counted(book: Playbook) -> tuple[int, int, int, int]:
    c = book.counters()
    return c.offered, c.answered, c.abandoned, c.diverted


def test_while_a_menu_is_said() -> None:
    book = Playbook(plan(text=MENU))
    book.arrive()
    assert book.tell(CallerHungUp, call="c1") == []
    gone(book, Disposition.ABANDONED_IVR)
    assert counted(book) == (0, 0, 0, 0)


def test_while_a_menu_listens() -> None:
    book = Playbook(plan(text=MENU))
    book.arrive()
    book.heard()
    book.tell(CallerHungUp, call="c1")
    assert set(book.exchange.state.timers.due) == {"close:c1"}
    gone(book, Disposition.ABANDONED_IVR)


def test_while_waiting_and_told_the_place() -> None:
    book = Playbook()
    book.arrive()
    assert book.spoken()[0] == "queue-wait"
    book.tell(CallerHungUp, call="c1", after_s=3)
    assert book.asked(StopPrompt)
    gone(book, Disposition.ABANDONED_QUEUE)
    assert counted(book) == (1, 0, 1, 0)
    assert book.rows()[-1].wait_ms == 3000


def test_while_waiting_with_music() -> None:
    book = Playbook()
    book.arrive()
    book.heard()
    book.tell(CallerHungUp, call="c1")
    assert book.asked(StopMusic)
    gone(book, Disposition.ABANDONED_QUEUE)
    assert any(isinstance(c, CloseBridge) for c in book.trace)
    assert counted(book) == (1, 0, 1, 0)


def test_while_a_phone_rings_the_agent_keeps_the_place_among_the_idle() -> None:
    book = Playbook(plan(agents=AGENTS))
    book.log_in("101", "102")
    book.arrive()
    idle = book.exchange.desk.agent("101").idle_since
    book.tell(CallerHungUp, call="c1", after_s=3)
    assert [c.channel for c in book.last if isinstance(c, HangUp)] == ["c1.agent-101.1"]
    state = book.exchange.desk.agent("101")
    assert (state.presence, state.idle_since, state.misses, state.call) == ("ready", idle, 0, "")
    gone(book, Disposition.ABANDONED_QUEUE)
    assert counted(book) == (1, 0, 1, 0)
    book.arrive("c2")
    assert book.offers() == [("c2", "101")]


def test_while_a_phone_rings_the_next_caller_gets_the_agent() -> None:
    book = Playbook()
    book.log_in()
    book.arrive("c1")
    book.arrive("c2")
    book.tell(CallerHungUp, call="c1")
    assert book.offers() == [("c2", "101")]


def test_while_talking() -> None:
    book = Playbook()
    book.log_in()
    book.arrive()
    leg = book.agent_answers()
    book.tell(CallerHungUp, call="c1", after_s=20)
    assert [c.channel for c in book.last if isinstance(c, HangUp)] == [leg], "the caller's own is going by itself"
    assert book.presence() == "wrap_up"
    gone(book, Disposition.ANSWERED)
    assert counted(book) == (1, 1, 0, 0)
    assert book.rows()[-1].talk_ms == 20_000


def test_while_on_hold_the_hold_is_measured_to_the_end() -> None:
    book = Playbook()
    book.log_in()
    book.arrive()
    leg = book.agent_answers()
    book.tell(HoldStarted, call="c1", channel=leg, after_s=5)
    book.tell(CallerHungUp, call="c1", after_s=7)
    gone(book, Disposition.ANSWERED)
    row = book.rows()[-1]
    assert (row.hold_ms, row.talk_ms) == (7000, 12_000)


def test_while_we_are_closing_it_is_still_we_who_ended_it() -> None:
    book = Playbook(plan(text="start: bye\nnodes:\n  bye: {hangup: {why: closed}}\n"))
    book.arrive()
    assert book.tell(CallerHungUp, call="c1") == []
    gone(book, Disposition.CLOSED, by="system")


def test_between_two_phones() -> None:
    book = Playbook()
    book.log_in()
    book.arrive()
    book.tell(ChannelGone, call="c1", channel="c1.agent-101.1", cause=21)
    book.tell(CallerHungUp, call="c1")
    gone(book, Disposition.ABANDONED_QUEUE)
    assert counted(book) == (1, 0, 1, 0)


def test_a_channel_that_goes_without_a_hang_up_before_is_one() -> None:
    book = Playbook()
    book.arrive()
    gone(book, Disposition.ABANDONED_QUEUE)
    assert counted(book) == (1, 0, 1, 0)


def test_when_asterisk_never_says_that_channels_are_gone_the_row_is_written_all_the_same() -> None:
    book = Playbook()
    book.log_in()
    call = book.arrive()
    leg = book.agent_answers()
    book.tell(CallerHungUp, call="c1")
    book.pass_time(5)
    assert [c.channel for c in book.last if isinstance(c, HangUp)] == [leg, "c1"], "said once more"
    assert (call.stage, call.legs, call.caller_here) == (Stage.CLOSED, [], False)
    book.wind_up()
