"""Waiting: place and expected wait are told, music between, overflow by size and by time."""

from __future__ import annotations

import pytest
from playbook import Playbook, order_kinds, plan

from ivrd.core.acd.model import Agent, Queue
from ivrd.core.cdr import Disposition
from ivrd.core.commands import HangUp, OfferCall, PlayPrompt, StartMusic, StopMusic
from ivrd.core.events import ChannelGone, FeatureDialled
from ivrd.core.speech import Number, Prompt
from ivrd.core.state import Stage

ADI = Agent(id="101", name="Adi", extension="101")
AYU = Agent(id="102", name="Ayu", extension="102")


def queue(**facts: int) -> Queue:
    return Queue(id="help", title="Help", **{"handling_time_s": 300, **facts})  # type: ignore[arg-type]


def busy(book: Playbook, agent: str = "101") -> None:
    """The agent talks to somebody, so that others wait."""
    book.log_in(agent)
    book.arrive(f"talk-{agent}")
    book.agent_answers(f"talk-{agent}")


def test_the_next_in_line_is_told_so_and_about_how_long() -> None:
    book = Playbook(plan(queues=(queue(),), agents=(ADI,)))
    busy(book)
    book.arrive()
    assert book.spoken() == ["queue-wait", "queue-next", "queue-wait-between", "2", "queue-wait-and", "6", "minutes"]
    book.heard()
    assert order_kinds(book.last) == ["StartMusic"]


def test_the_place_is_a_number_further_back() -> None:
    book = Playbook(plan(queues=(queue(),), agents=(ADI,)))
    busy(book)
    book.arrive("c1")
    book.arrive("c2")
    assert book.asked(PlayPrompt).speech[1:4] == (
        Prompt(key="queue-position-before"),
        Number(value=2),
        Prompt(key="queue-position-after"),
    )
    assert book.spoken()[4:] == ["queue-wait-between", "4", "queue-wait-and", "9", "minutes"]


def test_less_than_a_minute_has_its_own_words() -> None:
    for handling_s, words in ((40, ["queue-wait-less-than-minute"]), (100, ["queue-wait-between", "1", "queue-wait-and", "3", "minutes"])):
        book = Playbook(plan(queues=(queue(handling_time_s=handling_s, wrap_up_s=0),), agents=(ADI,)))
        busy(book)
        book.arrive()
        assert book.spoken()[2:] == words


def test_nobody_logged_in_is_no_estimate_rather_than_a_wrong_one() -> None:
    book = Playbook(plan(queues=(queue(),), agents=(ADI,)))
    book.arrive()
    assert book.spoken() == ["queue-wait", "queue-next"]


def test_only_agents_who_speak_the_callers_language_shorten_the_wait() -> None:
    text = """start: l
nodes:
  l: {language: {set: en, then: q}}
  q: {queue: {to: help, overflow: bye}}
  bye: {hangup: {}}
"""
    book = Playbook(plan(text=text, queues=(queue(),), agents=(ADI,)))
    book.log_in("101")
    book.arrive()
    assert book.spoken() == ["queue-wait", "queue-next"]


def test_it_is_told_again_and_again_with_music_between() -> None:
    book = Playbook(plan(queues=(queue(announce_every_s=45),)))
    book.arrive()
    for _ in range(3):
        book.heard()
        book.pass_time(44.9)
        assert book.last == []
        book.pass_time(0.2)
        assert order_kinds(book.last) == ["StopMusic", "PlayPrompt"]
        assert book.spoken() == ["queue-next"]


def most(book: Playbook) -> int:
    """The most minutes last told."""
    return int(book.spoken()[-2])


def test_the_wait_that_is_told_never_rises_by_itself() -> None:
    book = Playbook(plan(queues=(queue(announce_every_s=150),), agents=(ADI, AYU)))
    busy(book, "101")
    busy(book, "102")
    book.arrive()
    told = most(book)
    book.heard()
    for _ in range(4):  # nobody is free, and talks that have lasted so long may last much longer
        book.pass_time(150.1)
        assert "queue-wait-longer" not in book.spoken()
        assert most(book) <= told
        book.heard()


def test_when_an_agent_goes_home_callers_are_told_that_it_takes_longer() -> None:
    book = Playbook(plan(queues=(queue(),), agents=(ADI, AYU)))
    busy(book, "101")
    busy(book, "102")
    book.arrive()
    told = most(book)
    book.heard()
    book.tell(FeatureDialled, session="o", extension="102", feature="log_out")
    book.caller_leaves("talk-102")
    book.pass_time(45.1)
    assert book.spoken()[:2] == ["queue-wait-longer", "queue-next"]
    assert most(book) > told
    book.heard()
    book.pass_time(45.1)
    assert "queue-wait-longer" not in book.spoken()


def test_when_somebody_is_put_ahead_callers_are_told_that_it_takes_longer() -> None:
    text = """start: b
nodes:
  b: {branch: {cases: [{when: 'caller.number == "0819"', then: first}], otherwise: q}}
  first: {queue: {to: help, overflow: bye, priority: 9}}
  q: {queue: {to: help, overflow: bye}}
  bye: {hangup: {}}
"""
    book = Playbook(plan(text=text, queues=(queue(),), agents=(ADI,)))
    busy(book)
    book.arrive("c1")
    book.heard("c1")
    book.arrive("c2", number="0819")
    book.pass_time(45.1)
    told = [c for c in book.last if isinstance(c, PlayPrompt) and c.call == "c1"]
    keys = [s.key for s in told[0].speech if isinstance(s, Prompt)]
    assert keys[:2] == ["queue-wait-longer", "queue-position-before"]


def test_estimates_that_were_worse_than_none_are_kept_back() -> None:
    book = Playbook(plan(queues=(queue(),), agents=(ADI,)))
    busy(book)
    counters = book.counters()
    counters.measured, counters.error_s, counters.measured_s = 20, 2000.0, 1000.0
    book.arrive()
    assert book.spoken() == ["queue-wait", "queue-next"]


def test_comfort_messages_take_turns_between_music() -> None:
    book = Playbook(plan(queues=(queue(announce_every_s=0, comfort=("thanks", "website"), comfort_every_s=30),)))  # type: ignore[arg-type]
    book.arrive()
    book.heard()
    said = []
    for _ in range(3):
        book.pass_time(30.1)
        assert order_kinds(book.last) == ["StopMusic", "PlayPrompt"]
        said += book.spoken()
        book.heard()
        assert order_kinds(book.last) == ["StartMusic"]
    assert said == ["thanks", "website", "thanks"]


def test_comfort_waits_while_a_phone_rings_and_while_the_place_is_told() -> None:
    book = Playbook(plan(queues=(queue(announce_every_s=29, comfort=("thanks",), comfort_every_s=30, ring_timeout_s=60),)))  # type: ignore[arg-type]
    book.arrive()
    book.heard()
    book.pass_time(29.1)
    assert book.spoken()[0] == "queue-next"
    book.pass_time(1)
    assert book.asked_none(PlayPrompt)  # being told the place
    book.heard()
    book.log_in()
    book.pass_time(40)
    assert book.asked_none(PlayPrompt)


def test_a_queue_has_its_own_music() -> None:
    book = Playbook(plan(queues=(queue(music="calm"),)))  # type: ignore[arg-type]
    book.arrive()
    book.heard()
    assert book.asked(StartMusic).music == "calm"


def test_what_was_expected_is_held_against_what_came() -> None:
    book = Playbook(plan(queues=(queue(),), agents=(ADI,)))
    busy(book)
    book.arrive()
    expected = book.call().expected_wait_s
    assert expected
    book.caller_leaves("talk-101", after_s=100)
    book.pass_time(30)
    book.agent_answers(after_s=3)
    day = book.counters()
    assert day.measured == 1  # not the first, for whom an agent was free
    assert day.measured_s == pytest.approx(133, abs=1)
    assert day.bias_s == pytest.approx(expected - 133, abs=1)
    book.caller_leaves()
    book.wind_up()
    assert [book.rows(c)[-1].expected_wait_s for c in ("talk-101", "c1")] == [0, expected]

def test_no_announcements_means_one_sentence_and_music() -> None:
    book = Playbook(plan(queues=(queue(announce_every_s=0),)))
    book.arrive()
    assert book.spoken() == ["queue-wait"]
    book.heard()
    assert order_kinds(book.last) == ["StartMusic"]
    assert set(book.exchange.state.timers.due) == {"wait:c1"}


def test_while_a_phone_rings_nothing_is_told() -> None:
    book = Playbook(plan(queues=(queue(announce_every_s=5, ring_timeout_s=15),)))
    book.log_in()
    book.arrive()
    assert order_kinds(book.last) == ["AnswerCall", "OpenBridge", "OfferCall", "JoinBridge", "StartMusic"]
    assert book.pass_time(14) == []
    book.tell(ChannelGone, call="c1", channel="c1.agent-101.1", cause=19)
    book.pass_time(5)
    assert book.asked(PlayPrompt)


def test_a_full_queue_goes_the_way_of_the_overflow_at_once() -> None:
    book = Playbook(plan(queues=(queue(max_waiting=1),)))
    book.arrive("c1")
    call = book.arrive("c2")
    assert (book.spoken(), call.stage) == (["queue-overflow"], Stage.IVR)
    book.heard("c2")
    assert book.asked(HangUp).channel == "c2"
    counters = book.counters()
    assert (counters.offered, counters.diverted) == (2, 1)
    book.tell(ChannelGone, call="c2", channel="c2")
    row = book.rows("c2")[-1]
    assert (row.disposition, row.queue, row.wait_ms) == (Disposition.OVERFLOW, "help", 0)


def test_a_caller_who_waited_too_long_goes_the_way_of_the_overflow() -> None:
    book = Playbook(plan(queues=(queue(max_wait_s=100, announce_every_s=0),)))
    call = book.arrive()
    book.heard()
    book.pass_time(100)
    assert order_kinds(book.last) == ["StopMusic", "PlayPrompt"]
    assert (call.wait, call.stage) == (None, Stage.IVR)
    assert book.counters().diverted == 1
    book.heard()
    book.wind_up()
    row = book.rows()[-1]
    assert (row.disposition, row.wait_ms) == (Disposition.OVERFLOW, 100_000)
    assert book.counters().abandoned == 0


def test_after_an_overflow_a_second_queue_begins_its_own_wait() -> None:
    text = """start: q
nodes:
  q: {queue: {to: help, overflow: o}}
  o: {queue: {to: other, overflow: bye}}
  bye: {hangup: {why: overflow}}
"""
    queues = (queue(max_wait_s=10), Queue(id="other", title="Other"))
    book = Playbook(plan(text=text, queues=queues))
    call = book.arrive()
    book.pass_time(10)
    assert call.wait is not None
    assert (call.wait.queue, call.wait.since, call.queue) == ("other", book.at, "other")
    book.log_in()
    book.agent_answers()
    book.caller_leaves()
    book.wind_up()
    assert book.counters("help").diverted == 1
    assert (book.counters("other").offered, book.counters("other").answered) == (1, 1)


def test_hanging_up_in_the_overflow_is_not_abandoning_the_queue() -> None:
    book = Playbook(plan(queues=(queue(max_wait_s=10),)))
    book.arrive()
    book.pass_time(10)
    book.caller_leaves()
    book.wind_up()
    assert (book.counters().abandoned, book.counters().diverted) == (0, 1)


def test_music_is_not_started_twice() -> None:
    book = Playbook(plan(queues=(queue(),)))
    book.log_in()
    book.arrive()
    starts = [c for c in book.trace if isinstance(c, StartMusic)]
    assert len(starts) == 1
    book.tell(ChannelGone, call="c1", channel="c1.agent-101.1", cause=21)
    assert book.asked_none(StartMusic)
    assert book.asked_none(StopMusic)
    assert book.asked_none(OfferCall)


def test_counters_start_again_at_local_midnight() -> None:
    book = Playbook()
    book.arrive()
    book.caller_leaves()
    book.wind_up()
    assert book.counters().offered == 1
    book.pass_time(14 * 3600)
    book.arrive("c2")
    assert (book.counters().offered, book.counters().abandoned) == (1, 0)
