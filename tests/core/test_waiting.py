"""Waiting: place and expected wait are told, music between, overflow by size and by time."""

from __future__ import annotations

from playbook import Playbook, order_kinds, plan

from ivrd.core.acd.model import Agent, Queue
from ivrd.core.cdr import Disposition
from ivrd.core.commands import HangUp, OfferCall, PlayPrompt, StartMusic, StopMusic
from ivrd.core.events import ChannelGone
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
    assert book.spoken() == ["queue-wait", "queue-next", "queue-wait-about", "5", "minutes"]
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
    assert book.spoken()[4:] == ["queue-wait-about", "10", "minutes"]


def test_less_than_a_minute_and_one_minute_have_their_own_words() -> None:
    for handling_s, words in ((40, ["queue-wait-less-than-minute"]), (60, ["queue-wait-about", "1", "minute"])):
        book = Playbook(plan(queues=(queue(handling_time_s=handling_s),), agents=(ADI,)))
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


def test_the_wait_that_is_told_never_rises() -> None:
    book = Playbook(plan(queues=(queue(),), agents=(ADI, AYU)))
    busy(book, "101")
    busy(book, "102")
    book.arrive()
    assert book.spoken()[-2:] == ["3", "minutes"]
    book.heard()
    book.exchange.desk.agent("102").presence = book.exchange.desk.agent("x").presence  # gone home
    book.pass_time(45.1)
    assert book.spoken() == ["queue-next", "queue-wait-about", "3", "minutes"]


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
