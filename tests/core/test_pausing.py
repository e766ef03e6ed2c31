"""The agent pauses the recording: for how long is in the row, and a pause that was forgotten ends."""

from __future__ import annotations

import pytest
from outages import LEG, back, talking
from playbook import Playbook

from ivrd.core.commands import Command, FinishRecording, PauseRecording
from ivrd.core.events import DigitPressed, RecordingPauseFailed
from ivrd.core.pausing import AGAIN_S
from ivrd.core.recording_rules import RecordingRules


def press(book: Playbook, keys: str, channel: str = LEG, after_s: float = 0.2) -> list[Command]:
    for key in keys:
        book.tell(DigitPressed, call="c1", channel=channel, digit=key, after_s=after_s)
    return book.last


def note(book: Playbook) -> str:
    book.caller_leaves(after_s=1)
    book.wind_up()
    return book.rows()[-1].recording_note


def test_paused_resumed_and_the_row_says_for_how_long() -> None:
    book = talking()
    assert press(book, "*5") == [PauseRecording(call="c1", on=True)]
    book.pass_time(11.6)
    assert press(book, "*6") == [PauseRecording(call="c1", on=False)]
    assert book.told("recording_paused") == [{"queue": "help"}]
    assert book.told("recording_resumed") == [{"queue": "help", "paused_ms": 12_000}]
    assert note(book) == "paused 12.0 s"


def test_asked_for_twice_it_is_one_pause() -> None:
    book = talking()
    press(book, "*5")
    assert press(book, "*5") == []
    press(book, "*6")
    assert press(book, "*6") == []
    press(book, "*5*6")
    assert note(book) == "paused 2 times, 1.2 s"


def test_a_pause_that_was_forgotten_ends_by_itself() -> None:
    book = talking()
    press(book, "*5")
    book.pass_time(300)
    assert book.asked(PauseRecording).on is False
    assert note(book) == "paused 300.0 s"


def test_a_talk_that_ends_in_a_pause_needs_no_resuming() -> None:
    book = talking()
    press(book, "*5")
    book.caller_leaves(after_s=7)
    assert book.asked(FinishRecording)
    assert book.asked_none(PauseRecording)
    book.wind_up()
    assert book.rows()[-1].recording_note == "paused 7.0 s"


@pytest.mark.parametrize(("keys", "channel", "after_s"), [("*5", "c1", 0.2), ("*5", LEG, 4.0), ("5*", LEG, 0.2)])
def test_a_callers_keys_slow_keys_and_others_pause_nothing(keys: str, channel: str, after_s: float) -> None:
    book = talking()
    assert press(book, keys, channel, after_s) == []
    assert note(book) == ""


def test_without_keys_there_is_no_pausing() -> None:
    book = talking()
    book.exchange.plan.recording = RecordingRules(pause_keys="", resume_keys="")
    assert press(book, "*5") == []


def test_a_pause_that_asterisk_refused_is_in_the_row() -> None:
    book = talking()
    press(book, "*5")
    book.tell(RecordingPauseFailed, call="c1", on=True, reason="away")
    assert book.told("recording_pause_failed") == [{"queue": "help", "paused": 1, "reason": "away"}]
    assert note(book) == "could not be paused: away"


def test_after_an_outage_it_is_paused_still() -> None:
    book = talking()
    press(book, "*5")
    assert PauseRecording(call="c1", on=True, again=True) in back(book, "c1", LEG, bridges={"c1.bridge": ("c1", LEG)})
    press(book, "*6")
    assert PauseRecording(call="c1", on=False, again=True) in back(book, "c1", LEG, bridges={"c1.bridge": ("c1", LEG)})


def test_after_an_outage_ami_may_be_late_and_the_pause_can_be_ended_all_the_same() -> None:
    book = talking()
    press(book, "*5")
    back(book, "c1", LEG, bridges={"c1.bridge": ("c1", LEG)})
    for _ in range(2):
        book.tell(RecordingPauseFailed, call="c1", on=True, reason="not connected", again=True)
        assert PauseRecording(call="c1", on=True, again=True) in book.pass_time(1)
    assert book.told("recording_pause_failed") == []
    assert PauseRecording(call="c1", on=False) in press(book, "*6")
    assert note(book).startswith("paused 5.")


def test_after_an_outage_a_pause_that_asterisk_goes_on_refusing_is_in_the_row() -> None:
    book = talking()
    press(book, "*5")
    back(book, "c1", LEG, bridges={"c1.bridge": ("c1", LEG)})
    for _ in range(len(AGAIN_S) + 1):
        book.tell(RecordingPauseFailed, call="c1", on=True, reason="nothing is recorded", again=True)
        book.pass_time(30)
    assert note(book) == "could not be paused: nothing is recorded"


def test_a_talk_that_ends_before_ami_is_back_is_not_paused_any_more() -> None:
    book = talking()
    press(book, "*5")
    back(book, "c1", LEG, bridges={"c1.bridge": ("c1", LEG)})
    book.tell(RecordingPauseFailed, call="c1", on=True, reason="not connected", again=True)
    book.caller_leaves()
    assert not any(isinstance(order, PauseRecording) for order in book.pass_time(5))
    book.wind_up()


def test_what_the_caller_types_in_a_pause_is_for_nobodys_file() -> None:
    book = talking()
    typed = DigitPressed(at=book.at, call="c1", channel="c1", digit="7")
    assert not book.exchange.secret(typed)
    press(book, "*5")
    assert book.exchange.secret(typed)
