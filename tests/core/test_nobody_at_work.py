"""Nobody at work for a caller: logged out, paused, without the language, or merely away for a moment. What that means for each way out."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from playbook import WIB, Playbook, plan

from ivrd.core.acd.model import AcdRules, Agent, Queue, Relax
from ivrd.core.acd.rules import PauseReason
from ivrd.core.commands import HangUp
from ivrd.core.events import ChannelGone, FeatureDialled, PhoneReachable, PhoneUnreachable
from ivrd.core.state import Stage

ADI = Agent(id="101", name="Adi", extension="101")
AYU = Agent(id="102", name="Ayu", extension="102", languages=("id", "en"))
NOBODY = ", nobody: nobody"
WAYS = """start: l
nodes:
  l: {branch: {cases: [{when: 'caller.number == "0819"', then: english}], otherwise: q}}
  english: {language: {set: en, then: q}}
  q: {queue: {to: help, overflow: other-way, expected: expected, closing: closing, waited: waited WAY}}
  nobody: {hangup: {why: overflow, cause: 18}}
  waited: {hangup: {why: overflow, cause: 19}}
  expected: {hangup: {why: overflow, cause: 20}}
  closing: {hangup: {why: overflow, cause: 21}}
  other-way: {hangup: {why: overflow, cause: 42}}
"""
CAUSES = {"nobody": 18, "waited": 19, "expected": 20, "closing": 21}
REASONS = {"lunch": PauseReason(code="1", max_s=600), "meeting": PauseReason(code="2")}


def centre(way: str = "", agents: tuple[Agent, ...] = (ADI, AYU), hour: float = 10, **facts: Any) -> Playbook:
    """A queue and two agents; ``way`` is NOBODY where the flow has a way for that."""
    help_ = Queue(id="help", title="Help", **{"announce_every_s": 0, "handling_time_s": 300, **facts})
    rules = AcdRules(pause_reasons=REASONS, pause_after_misses=0)
    book = Playbook(plan(text=WAYS.replace("WAY", way), queues=(help_,), agents=agents, rules=rules))
    book.at = dt.datetime(2026, 11, 24, 0, 0, tzinfo=WIB).timestamp() + hour * 3600
    return book


def dials(book: Playbook, feature: str, agent: str, detail: str = "") -> None:
    """The agent dials a feature code and hangs up."""
    session = f"{feature}-{agent}-{book.at}"
    book.tell(FeatureDialled, session=session, extension=agent, feature=feature, detail=detail)
    found = book.last
    book.tell(ChannelGone, call=session, channel=session)
    book.last = [*found, *book.last]


def english(book: Playbook) -> None:
    """A caller who chose English."""
    book.arrive(number="0819")


def went(book: Playbook, call: str = "c1") -> list[str]:
    """The ways that the last event (or stretch of time) sent the caller."""
    causes = [c.cause for c in book.last if isinstance(c, HangUp) and c.channel == call]
    return [why for why, cause in CAUSES.items() if cause in causes]


def test_a_caller_is_not_kept_for_agents_who_do_not_speak_the_language() -> None:
    book = centre(NOBODY)
    book.log_in("101")
    english(book)
    assert went(book) == ["nobody"]
    assert book.arrive("c2").offer is not None  # others are


def test_the_last_one_who_speaks_it_logs_out_while_callers_wait() -> None:
    book = centre(NOBODY)
    book.log_in("101", "102")
    dials(book, "pause", "102")
    english(book)
    assert book.call().stage == Stage.QUEUED
    dials(book, "log_out", "102")
    assert went(book) == ["nobody"]


@pytest.mark.parametrize(("relax", "stays"), [((Relax(after_s=60, drop=("language",)),), True), ((Relax(after_s=60, lower={"a": 1}),), False)])
def test_who_could_serve_once_less_is_asked_for_counts(relax: tuple[Relax, ...], stays: bool) -> None:
    """A step that nobody needs to be waited for is taken at once: the caller is Adi's already."""
    book = centre(NOBODY, max_expected_wait_s=60, relax=relax)
    book.log_in("101")
    english(book)
    assert went(book) == ([] if stays else ["nobody"])
    assert (book.call().offer is not None) == stays


def test_who_pauses_is_logged_in() -> None:
    book = centre(NOBODY)
    book.log_in("102")
    dials(book, "pause", "102")
    english(book)
    assert book.call().stage == Stage.QUEUED


def test_when_all_pause_and_nobody_knows_for_how_long_it_is_longer_than_any_limit() -> None:
    book = centre(max_expected_wait_s=800)
    book.log_in("101")
    dials(book, "pause", "101", "meeting")
    book.arrive()
    assert went(book) == ["expected"]
    assert book.call().expected_wait_s is None


def test_nor_is_anybody_foreseen_who_is_logged_out_or_does_not_speak_the_language() -> None:
    book = centre(max_expected_wait_s=800)
    book.log_in("101")
    english(book)
    assert went(book) == ["expected"]
    dials(book, "log_out", "101")
    book.arrive("c2")
    assert went(book, "c2") == ["expected"]


def test_when_all_pause_who_waits_is_told_so_within_seconds() -> None:
    book = centre(agents=(ADI,), max_expected_wait_s=800)
    book.log_in("101")
    book.arrive("talk")
    book.agent_answers("talk")
    book.arrive()
    assert book.call().stage == Stage.QUEUED
    dials(book, "pause", "101", "meeting")  # when the talk is over
    book.caller_leaves("talk")
    book.pass_time(41)  # the wrap-up, and the next look
    assert went(book) == ["expected"]


@pytest.mark.parametrize(("limit_s", "kept"), [(601, True), (500, False)])
def test_a_pause_is_expected_to_last_as_long_as_its_reason_allows(limit_s: int, kept: bool) -> None:
    book = centre(max_expected_wait_s=limit_s)
    book.log_in("102")
    dials(book, "pause", "102", "lunch")
    book.arrive()
    assert (went(book) == []) == kept
    if kept:
        book.pass_time(590)
        assert went(book) == []
        book.pass_time(25)  # past the limit nobody knows
        assert went(book) == ["expected"]


def test_who_is_ready_but_cannot_be_rung_for_a_moment_is_worth_waiting_for() -> None:
    """The model counts nobody, and yet somebody is there: no reason to send anybody away."""
    book = centre(agents=(ADI,), max_expected_wait_s=100)
    book.log_in("101")
    book.tell(FeatureDialled, session="p", extension="101", feature="end_wrap_up")  # the phone is at our voice
    book.arrive()
    assert book.call().stage == Stage.QUEUED
    book.pass_time(11)
    assert went(book) == []


def test_a_phone_that_is_gone_is_waited_for_until_it_counts_as_gone() -> None:
    book = centre(agents=(ADI,), max_expected_wait_s=100)
    book.log_in("101")
    book.tell(PhoneUnreachable, extension="101")
    book.arrive()
    book.pass_time(25)
    assert went(book) == []
    book.pass_time(20)
    assert went(book) == ["expected"]
    book.tell(PhoneReachable, extension="101")
    assert book.arrive("c2").offer is not None


def test_a_step_to_come_that_lets_somebody_at_work_serve_is_foreseen() -> None:
    """The one who speaks English pauses; in a minute the language is not asked for any more."""
    relax = (Relax(after_s=60, drop=("language",)),)
    book = centre(max_expected_wait_s=250, handling_time_s=100, relax=relax)
    book.log_in("101", "102")
    dials(book, "pause", "102", "meeting")
    book.arrive("talk")
    book.agent_answers("talk")
    english(book)
    assert book.call().stage == Stage.QUEUED
    late = dataclasses.replace(relax[0], after_s=300)
    book = centre(max_expected_wait_s=250, handling_time_s=100, relax=(late,))
    book.log_in("101", "102")
    dials(book, "pause", "102", "meeting")
    english(book)
    assert went(book) == ["expected"]


@pytest.mark.parametrize(("hour", "kept"), [(10, True), (16.7, True), (16.8, False)])
def test_before_closing_time_nobody_waits_for_nobody(hour: float, kept: bool) -> None:
    """max_wait_s bounds a wait that nobody ends: 15 minutes after 16:42 is in time, after 16:48 it is not."""
    book = centre(max_wait_s=900, closing_grace_s=60, hour=hour)
    book.log_in("101")
    english(book)
    assert went(book) == ([] if kept else ["closing"])
    if kept and hour > 16:
        book.pass_time(901)
        assert went(book) == ["waited"]
