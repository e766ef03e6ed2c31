"""Orders that Asterisk refuses for a moment: nobody sits in silence because of them, and no agent is blamed."""

from __future__ import annotations

import pytest
from outages import LEG, TWO, back
from playbook import Playbook, order_kinds, plan

from ivrd.core.acd.model import AcdRules, Queue
from ivrd.core.commands import (
    AnswerCall,
    ConnectCall,
    HangUp,
    OpenBridge,
    StartMusic,
    StopMusic,
)
from ivrd.core.events import CallerAnswered, OfferRefused, OrderRefused, PromptFinished, SwitchLost

QUIET = (Queue(id="help", title="Help", announce_every_s=0),)


def refused(book: Playbook, order: str) -> None:
    book.tell(OrderRefused, call="c1", order=order)


def test_who_could_not_be_connected_is_connected_a_moment_later() -> None:
    book = Playbook()
    book.arrive()
    book.log_in()
    book.agent_answers()
    refused(book, "ConnectCall")
    book.pass_time(0.3)
    assert book.last == [OpenBridge(call="c1"), ConnectCall(call="c1", leg=LEG)]  # also the caller
    assert book.pass_time(60) == []
    book.caller_leaves()
    book.wind_up()


def test_while_it_takes_longer_the_caller_hears_music() -> None:
    book = Playbook()
    book.arrive()
    book.log_in()
    book.agent_answers()
    for wait_s in (0.3, 1.0, 2.0, 5.0, 5.0, 5.0):
        refused(book, "ConnectCall")
        assert not [o for o in book.pass_time(wait_s - 0.1) if isinstance(o, ConnectCall)]
        assert [o for o in book.pass_time(0.1) if isinstance(o, ConnectCall)]
    refused(book, "ConnectCall")
    assert book.last == [StartMusic(call="c1")]
    assert order_kinds(book.pass_time(5)) == ["OpenBridge", "StopMusic", "ConnectCall"]
    book.caller_leaves()
    book.wind_up()


@pytest.mark.parametrize("order", ["OpenBridge", "JoinBridge"])
def test_a_caller_who_could_not_wait_in_the_bridge_is_connected_at_the_answer(order: str) -> None:
    book = Playbook(plan(queues=QUIET))
    book.log_in()
    call = book.arrive()
    assert call.joined
    refused(book, order)
    assert not call.joined
    assert order_kinds(book.pass_time(0.3)) == ["OpenBridge", "JoinBridge"]
    refused(book, order)
    book.agent_answers(after_s=0.1)
    assert book.asked(ConnectCall) == ConnectCall(call="c1", leg=LEG, joined=False)
    assert order_kinds(book.pass_time(1)) == ["OpenBridge", "StopMusic", "ConnectCall"]
    book.caller_leaves()
    book.wind_up()


def test_an_answer_that_was_refused_is_given_again_until_it_took_effect() -> None:
    book = Playbook()
    book.arrive()
    refused(book, "AnswerCall")
    assert book.pass_time(0.3) == [AnswerCall(call="c1")]
    refused(book, "AnswerCall")
    book.tell(CallerAnswered, call="c1")
    assert not [o for o in book.pass_time(5) if isinstance(o, AnswerCall)]
    book.caller_leaves()
    book.wind_up()


def test_music_that_was_refused_is_begun_again_while_it_is_wanted() -> None:
    book = Playbook(plan(queues=QUIET))
    call = book.arrive()
    book.tell(PromptFinished, call="c1", prompt=call.prompt)
    assert book.asked(StartMusic)
    refused(book, "StartMusic")
    assert book.pass_time(0.3) == [StartMusic(call="c1")]
    refused(book, "StartMusic")
    book.log_in()
    book.agent_answers(after_s=0.1)
    assert book.pass_time(5) == []  # they talk
    refused(book, "StopMusic")
    assert book.pass_time(0.3) == [StopMusic(call="c1")]
    book.caller_leaves()
    book.wind_up()


def test_an_outage_looks_at_everything_anew_and_old_refusals_are_forgotten() -> None:
    book = Playbook()
    call = book.arrive()
    book.log_in()
    book.agent_answers()
    refused(book, "ConnectCall")
    book.tell(SwitchLost)
    refused(book, "ConnectCall")
    assert book.pass_time(1) == []
    back(book, "c1", LEG)
    assert book.asked(ConnectCall)
    assert (call.refused, "again:c1" in book.exchange.state.timers.due) == ({}, False)
    book.caller_leaves()
    book.wind_up()


def test_an_asterisk_that_does_not_answer_is_no_agents_fault() -> None:
    """A phone that could not be dialled would be taken for unplugged, and its agent not asked for half a minute."""
    book = Playbook(plan(agents=TWO, rules=AcdRules(pause_after_misses=1)))
    book.log_in("101", "102")
    book.arrive()
    (first,) = book.offers()
    book.tell(OfferRefused, call="c1", leg=LEG, reason="within 5 s", asked=False)
    (second,) = book.offers()  # at once, the other one
    assert {first[1], second[1]} == {"101", "102"}
    assert book.exchange.desk.agent("101").reachable
    assert book.presence("101") == "ready"
    assert HangUp(call="c1", channel=LEG) in book.last  # it may ring all the same
    book.tell(OfferRefused, call="c1", leg="c1.agent-102.2", reason="within 5 s", asked=False)
    book.pass_time(2.1)
    assert book.call().offer is not None
    book.caller_leaves()
    book.wind_up()


def test_music_that_was_refused_is_the_queues_own_the_second_time_too() -> None:
    book = Playbook(plan(queues=(Queue(id="help", title="Help", announce_every_s=0, music="calm"),)))
    book.arrive()
    if book.call().prompt:
        book.heard()
    assert book.asked(StartMusic).music == "calm"
    refused(book, "StartMusic")
    assert book.pass_time(0.3) == [StartMusic(call="c1", music="calm")]
