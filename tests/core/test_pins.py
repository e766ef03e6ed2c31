"""A PIN at log-in: its digits are nobody's business, three wrong ones lock, and a team leader hears of it."""

from __future__ import annotations

from playbook import Playbook, plan

from ivrd.core.acd.model import Agent
from ivrd.core.commands import CheckPin, HangUp, StopPrompt
from ivrd.core.events import ChannelGone, DigitPressed, FeatureDialled, PinChecked, PromptFinished

ADI = Agent(id="101", name="Adi", extension="101", pin=True)


def asked() -> Playbook:
    """The agent has dialled the code and is asked for the PIN."""
    book = Playbook(plan(agents=(ADI,)))
    book.tell(FeatureDialled, session="s1", extension="101", feature="log_in")
    assert book.spoken() == ["feature-enter-pin"]
    return book


def typed(book: Playbook, keys: str = "????#") -> None:
    for key in keys:
        book.tell(DigitPressed, call="s1", channel="s1", digit=key)


def test_the_right_one_logs_in() -> None:
    book = asked()
    assert book.presence() == "logged_out"
    book.tell(DigitPressed, call="s1", channel="s1", digit="?")
    assert book.asked(StopPrompt).prompt == "s1.prompt-1"
    typed(book, "???#")
    assert book.asked(CheckPin).agent == "101"
    book.tell(PinChecked, call="s1", right=True)
    assert (book.spoken(), book.presence()) == (["feature-logged-in"], "ready")
    book.tell(PromptFinished, call="s1", prompt="s1.prompt-2")
    assert book.asked(HangUp).channel == "s1"


def test_its_digits_are_secret_and_keys_of_other_sessions_are_not() -> None:
    book = asked()
    assert book.exchange.secret(DigitPressed(at=book.at, call="s1", channel="s1", digit="4"))
    assert not book.exchange.secret(DigitPressed(at=book.at, call="s1", channel="s1", digit="#"))
    typed(book)
    book.tell(PinChecked, call="s1", right=True)
    assert not book.exchange.secret(DigitPressed(at=book.at, call="s1", channel="s1", digit="4"))


def test_the_question_ends_and_is_still_waited_for_and_silence_is_an_answer() -> None:
    book = asked()
    assert book.tell(PromptFinished, call="s1", prompt="s1.prompt-1") == []
    typed(book, "????")
    book.pass_time(3.9)
    assert book.asked_none(CheckPin)
    book.pass_time(0.2)
    assert book.asked(CheckPin)


def test_who_types_nothing_is_hung_up() -> None:
    book = asked()
    book.pass_time(31)
    assert book.asked(HangUp).channel == "s1"
    assert book.exchange.state.sessions == {}


def test_the_longest_pin_needs_no_hash() -> None:
    book = asked()
    typed(book, "????????")
    assert book.asked(CheckPin)
    assert book.tell(DigitPressed, call="s1", channel="s1", digit="#") == [], "it is being checked"


def test_three_wrong_ones_lock_for_a_while_and_alert() -> None:
    book = asked()
    for said in (["feature-pin-wrong", "feature-enter-pin"], ["feature-pin-wrong", "feature-enter-pin"], ["feature-pin-locked"]):
        typed(book)
        book.tell(PinChecked, call="s1", right=False)
        assert book.spoken() == said
    book.tell(PromptFinished, call="s1", prompt="s1.prompt-4")
    assert book.asked(HangUp)
    book.tell(ChannelGone, call="s1", channel="s1")
    assert list(book.exchange.desk.agent("101").alerts) == ["pin"]
    book.tell(FeatureDialled, session="s1", extension="101", feature="log_in")
    assert book.spoken() == ["feature-pin-locked"], "not even asked for"
    book.tell(ChannelGone, call="s1", channel="s1")
    book.pass_time(301)
    assert book.exchange.desk.agent("101").alerts == {}
    book.tell(FeatureDialled, session="s1", extension="101", feature="log_in")
    assert book.spoken() == ["feature-enter-pin"]


def test_the_right_one_forgives_and_hanging_up_does_not() -> None:
    book = asked()
    typed(book)
    book.tell(PinChecked, call="s1", right=False)
    book.tell(ChannelGone, call="s1", channel="s1")
    assert book.exchange.desk.agent("101").wrong_pins == 1
    book.tell(FeatureDialled, session="s1", extension="101", feature="log_in")
    typed(book)
    book.tell(PinChecked, call="s1", right=True)
    assert book.exchange.desk.agent("101").wrong_pins == 0


def test_only_log_in_needs_one() -> None:
    book = asked()
    typed(book)
    book.tell(PinChecked, call="s1", right=True)
    book.tell(ChannelGone, call="s1", channel="s1")
    book.tell(FeatureDialled, session="s1", extension="101", feature="pause")
    assert book.spoken() == ["feature-paused"]


def test_the_question_s_end_that_comes_late_does_not_cut_the_outcome() -> None:
    book = asked()
    typed(book)
    book.tell(PinChecked, call="s1", right=True)
    assert book.tell(PromptFinished, call="s1", prompt="s1.prompt-1") == []
    book.tell(PromptFinished, call="s1", prompt="s1.prompt-2")
    assert book.asked(HangUp)
