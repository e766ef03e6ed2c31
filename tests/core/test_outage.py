"""What an outage must not cost: no try in a menu, no row, no agent, and no prompt over another."""

from __future__ import annotations

from outages import LEG, MENU, TWO, back, channel, talking
from playbook import Playbook, plan

from ivrd.core.acd.model import Queue
from ivrd.core.commands import (
    HangUp,
    PlayPrompt,
    StopMusic,
    StopPrompt,
)
from ivrd.core.events import (
    AgentAnswered,
    BridgeSeen,
    HoldEnded,
    HoldStarted,
    OrderRefused,
    PromptFinished,
    RecordingFailed,
    SwitchLost,
    SwitchSeen,
)
from ivrd.core.speech import Prompt
from ivrd.core.state import Stage

DIAL = """start: d
nodes:
  d: {dial: {extension: "101", then: bye, busy: bye, no_answer: bye, failed: bye}}
  bye: {hangup: {}}
"""


def test_an_outage_costs_a_caller_in_a_menu_no_try_and_no_prompt() -> None:
    """Each prompt is refused meanwhile, and nobody can press a key."""
    book = Playbook(plan(text=MENU))
    call = book.arrive()
    book.heard()
    book.tell(SwitchLost)
    book.pass_time(60)
    book.tell(PromptFinished, call="c1", prompt=call.prompt, failed=True)
    assert (call.walk.node, call.walk.attempt, call.stage) == ("m", 1, Stage.IVR)
    book.tell(SwitchSeen, channels=(channel("c1"),))
    assert book.spoken() == ["a"]


def test_a_prompt_refused_in_an_outage_does_not_walk_the_flow_on() -> None:
    text = MENU.replace("start: m\nnodes:\n", "start: p\nnodes:\n  p: {play: {say: [w], then: m}}\n")
    book = Playbook(plan(text=text))
    call = book.arrive()
    book.tell(SwitchLost)
    book.tell(PromptFinished, call="c1", prompt=call.prompt, failed=True)
    book.tell(SwitchSeen, channels=(channel("c1"),))
    assert book.spoken() == ["w"]


def test_who_has_waited_too_long_in_an_outage_leaves_the_queue_when_it_is_over() -> None:
    book = Playbook(plan(queues=(Queue(id="help", title="Help", max_wait_s=30),)))
    call = book.arrive()
    book.tell(SwitchLost)
    book.pass_time(60)
    assert call.stage == Stage.QUEUED
    book.tell(SwitchSeen, channels=(channel("c1"),))
    book.pass_time(6)
    assert call.stage == Stage.IVR
    assert any(isinstance(o, PlayPrompt) and o.speech[0] == Prompt(key="queue-overflow") for o in book.last)


def test_prompts_whose_stop_may_have_been_lost_are_stopped() -> None:
    """A key was pressed, and we were killed before the first prompt was stopped and the second begun."""
    book = Playbook(plan(text=MENU))
    book.arrive()
    book.press("1")
    back(book, "c1")
    assert [o.prompt for o in book.last if isinstance(o, StopPrompt)] == ["c1.prompt-1", "c1.prompt-2"]


def test_an_announcement_does_not_go_on_into_the_talk_after_an_outage() -> None:
    book = Playbook()
    call = book.arrive()
    book.log_in()
    book.agent_answers()
    for _ in range(2):  # the order to stop may be lost in a second outage
        back(book, "c1", LEG, bridges={"c1.bridge": ("c1", LEG)})
        assert StopPrompt(call="c1", prompt="c1.prompt-1") in book.last
    book.tell(PromptFinished, call="c1", prompt="c1.prompt-1")
    assert call.unended == []


def test_prompts_that_ended_are_not_stopped_again() -> None:
    book = Playbook(plan(text=MENU))
    book.arrive()
    book.press("1")
    book.tell(PromptFinished, call="c1", prompt="c1.prompt-1")
    back(book, "c1")
    assert [o.prompt for o in book.last if isinstance(o, StopPrompt)] == ["c1.prompt-2"]


def test_music_of_a_queue_that_was_left_is_stopped() -> None:
    book = Playbook(plan(queues=(Queue(id="help", title="Help", max_wait_s=30),)))
    book.arrive()
    book.heard()
    book.pass_time(30)
    back(book, "c1")
    assert isinstance(book.asked(StopMusic), StopMusic)


def test_who_is_on_hold_keeps_the_music_of_the_hold() -> None:
    """The queue's music may be on, as the talk is young; to end it would end the hold's."""
    book = talking()
    book.tell(HoldStarted, call="c1", channel=LEG)
    back(book, "c1", LEG, bridges={"c1.bridge": ("c1", LEG)})
    assert book.asked_none(StopMusic)
    book.tell(HoldEnded, call="c1", channel=LEG)
    back(book, "c1", LEG, bridges={"c1.bridge": ("c1", LEG)})
    assert isinstance(book.asked(StopMusic), StopMusic)


def test_who_was_dialled_may_hold_the_caller_too() -> None:
    book = Playbook(plan(text=DIAL))
    book.arrive()
    book.tell(AgentAnswered, call="c1", leg=(leg := book.call().legs[0]))
    book.tell(HoldStarted, call="c1", channel=leg)
    back(book, "c1", leg, bridges={"c1.bridge": ("c1", leg)})
    assert book.asked_none(StopMusic)
    book.tell(HoldEnded, call="c1", channel=leg)
    back(book, "c1", leg, bridges={"c1.bridge": ("c1", leg)})
    assert isinstance(book.asked(StopMusic), StopMusic)


def test_an_order_to_end_music_that_was_refused_is_not_given_again_on_hold() -> None:
    book = talking()
    book.tell(OrderRefused, call="c1", order="StopMusic")
    book.tell(HoldStarted, call="c1", channel=LEG)
    assert book.pass_time(1) == []


def test_a_phone_that_rings_for_an_offer_that_is_over_is_stopped() -> None:
    book = Playbook(plan(agents=TWO))
    book.log_in("101", "102")
    book.arrive()
    book.tell(SwitchLost)
    book.pass_time(17)
    book.tell(SwitchSeen, channels=(channel("c1"), channel(LEG, "Ringing")))
    book.pass_time(0)
    assert book.asked(HangUp).channel == LEG
    assert book.offers() == [("c1", "102")]


def test_a_caller_whose_hang_up_was_lost_with_the_connection_is_hung_up_and_not_greeted_anew() -> None:
    """Else the row of the talk would be overwritten by that of a second call of the same name."""
    from ivrd.core.events import AgentHungUp

    book = talking()
    book.tell(AgentHungUp, call="c1", leg=LEG)
    book.tell(SwitchLost)
    book.tell(RecordingFailed, call="c1", reason="x")
    book.pass_time(60)
    book.write_cdrs()
    assert book.call().stage == Stage.CLOSING
    book.tell(SwitchSeen, channels=(channel("c1"),), bridges=(BridgeSeen(bridge="c1.bridge", channels=("c1",)),))
    assert [c.channel for c in book.last if isinstance(c, HangUp)] == ["c1"]
    book.wind_up()
    assert {r.agent for r in book.rows()} == {"101"}
