"""survey: asked after the agent has hung up; the answers stand in the call's row."""

from __future__ import annotations

import pytest
from playbook import Playbook, plan

from ivrd.core.cdr import Disposition
from ivrd.core.commands import FinishRecording, HangUp, PlayPrompt
from ivrd.core.events import AgentHungUp, ChannelGone, RecordingPublished
from ivrd.core.exchange import Exchange
from ivrd.core.state import Stage

FLOW = """start: q
nodes:
  q: {queue: {to: help, overflow: bye, after: csat}}
  csat: {survey: {ask: csat, say: [survey-csat], then: nps}}
  nps: {survey: {ask: nps, say: [survey-nps], then: thanks}}
  thanks: {play: {say: [survey-thanks], then: again}}
  again: {queue: {to: help, overflow: bye}}
  bye: {hangup: {}}
"""


def surveyed() -> tuple[Playbook, str]:
    """The agent has hung up; the caller hears the first question."""
    book = Playbook(plan(text=FLOW))
    book.log_in()
    book.arrive()
    leg = book.agent_answers()
    book.tell(AgentHungUp, call="c1", leg=leg, after_s=60)
    return book, leg


def gone(book: Playbook, leg: str) -> None:
    book.tell(ChannelGone, call="c1", channel=leg)


def test_the_agent_hangs_up_and_the_caller_is_asked() -> None:
    book, leg = surveyed()
    assert book.spoken() == ["survey-csat"]
    assert not [c for c in book.last if isinstance(c, HangUp) and c.channel == "c1"]
    assert book.asked(FinishRecording).expected_ms == 60_000
    assert book.presence() == "wrap_up", "the agent need not wait for the answers"
    gone(book, leg)
    assert book.call().stage == Stage.IVR


def test_both_answers_are_in_the_row_and_the_talk_is_as_long_as_it_was() -> None:
    book, leg = surveyed()
    gone(book, leg)
    book.press("4")
    assert book.spoken() == ["survey-nps"]
    book.tell(RecordingPublished, call="c1", path="x.wav", duration_ms=60_000, sha256="ab")
    book.press("10")
    assert book.spoken() == ["survey-thanks"]
    book.heard()  # who has talked to an agent is not queued again: overflow, and the end
    book.wind_up()
    row = book.rows()[-1]
    assert (row.csat, row.nps, row.disposition) == (4, 10, Disposition.ANSWERED)
    assert (row.talk_ms, row.recording, row.agent, row.hung_up_by) == (60_000, "x.wav", "101", "system")
    assert row.ended_at > (row.agent_answered_at or 0) + 60
    assert book.counters().offered == 1


def test_who_hangs_up_half_way_has_given_the_answers_so_far() -> None:
    book, leg = surveyed()
    gone(book, leg)
    book.press("5")
    book.caller_leaves()
    book.wind_up()
    row = book.rows()[-1]
    assert (row.csat, row.nps, row.disposition, row.hung_up_by) == (5, None, Disposition.ANSWERED, "caller")


def test_the_caller_hangs_up_first_and_nothing_is_asked() -> None:
    book = Playbook(plan(text=FLOW))
    book.log_in()
    book.arrive()
    book.agent_answers()
    book.caller_leaves()
    assert book.asked_none(PlayPrompt)
    book.wind_up()
    assert book.rows()[-1].csat is None


def test_a_phone_that_is_gone_without_a_word_is_an_agent_who_hung_up() -> None:
    book = Playbook(plan(text=FLOW))
    book.log_in()
    book.arrive()
    gone(book, book.agent_answers())
    assert book.spoken() == ["survey-csat"]


@pytest.mark.parametrize("wrong", ["0", "6", "9", "*", "#"])
def test_a_wrong_key_and_silence_cost_a_try_each(wrong: str) -> None:
    book, leg = surveyed()
    gone(book, leg)
    book.press(wrong)
    assert book.spoken() == ["invalid-key", "survey-csat"]
    book.heard()
    book.pass_time(5)
    assert book.spoken() == ["survey-nps"]
    assert book.call().walk.answers == {}


@pytest.mark.parametrize(("keys", "wait_s", "nps"), [("0", 0, 0), ("9", 0, 9), ("10", 0, 10), ("1#", 0, 1), ("1", 2, 1)])
def test_nought_to_ten(keys: str, wait_s: float, nps: int) -> None:
    book, leg = surveyed()
    gone(book, leg)
    book.press("5" + keys)
    book.pass_time(wait_s)
    assert book.call().walk.answers["nps"] == nps


def test_eleven_is_not_on_the_scale() -> None:
    book, leg = surveyed()
    gone(book, leg)
    book.press("511")
    assert book.spoken() == ["invalid-key", "survey-nps"]


def test_the_survey_goes_on_after_a_restart() -> None:
    book, leg = surveyed()
    gone(book, leg)
    book.press("5")
    before = book.call().walk.node
    revived = Exchange(book.exchange.plan, book.exchange.state)
    book.exchange = revived
    from ivrd.core.events import ChannelSeen, SwitchSeen

    book.tell(SwitchSeen, channels=(ChannelSeen(channel="c1", state="Up", role="call", did="169"),))
    assert (book.call().walk.node, book.spoken()) == (before, ["survey-nps"])
    book.caller_leaves()
    book.wind_up()
    assert book.rows()[-1].talk_ms == 60_000
