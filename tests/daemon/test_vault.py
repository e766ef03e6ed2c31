"""Masked digits are in no event that is journaled, and come out for http alone."""

from __future__ import annotations

from playbook import Playbook, plan

from ivrd.core.acd.model import Agent
from ivrd.core.events import ChannelGone, DigitPressed, FeatureDialled
from ivrd.core.ivr.orders import CheckSecret, FetchHttp
from ivrd.vault import Vault

TEXT = """start: ask
nodes:
  ask: {collect: {say: [ask], into: pin, masked: true, then: bye, otherwise: bye}}
  bye: {hangup: {}}
"""


def fetch(pin: str = "<masked pin>") -> FetchHttp:
    return FetchHttp(service="s", method="POST", path="/", send={"pin": pin, "n": 1}, save={}, timeout_s=1, tries=1, spacing_s=0)


def typed(digits: str) -> tuple[Vault, str]:
    book, vault = Playbook(plan(text=TEXT)), Vault()
    book.arrive()
    seen = ""
    for digit in digits:
        event = vault.veil(DigitPressed(at=book.at, call="c1", channel="c1", digit=digit), book.exchange)
        assert isinstance(event, DigitPressed)
        seen += event.digit
        book.exchange.handle(event)
    return vault, seen


def test_what_is_typed_is_seen_as_question_marks_and_kept_when_it_is_right() -> None:
    vault, seen = typed("79927398713#")
    assert seen == "???????????#"
    assert vault.check("c1", CheckSecret(variable="pin", digits=11, check="luhn")).outcome == "ok"
    revealed = vault.reveal("c1", fetch())
    assert revealed is not None
    assert revealed.send == {"pin": "79927398713", "n": 1}


def test_what_is_wrong_is_not_kept() -> None:
    vault, _ = typed("12345#")
    assert vault.check("c1", CheckSecret(variable="pin", digits=5, check="luhn")).outcome == "wrong"
    assert vault.reveal("c1", fetch()) is None


def test_after_a_restart_it_is_lost_and_said_so() -> None:
    assert Vault().check("c1", CheckSecret(variable="pin", digits=4, check="")).outcome == "lost"


def test_a_call_that_is_over_is_forgotten() -> None:
    vault, _ = typed("1234#")
    vault.check("c1", CheckSecret(variable="pin", digits=4, check=""))
    vault.forget("c1")
    assert vault.reveal("c1", fetch()) is None
    assert vault.reveal("c1", fetch("x")) == fetch("x")


def test_a_pin_is_held_against_what_was_typed_and_is_seen_by_nobody_else() -> None:
    book = Playbook(plan(agents=(Agent(id="101", name="Adi", extension="101", pin=True),)))
    vault = Vault({"101": "4821"})
    for keys, right in (("4820#", False), ("4821#", True)):
        book.tell(FeatureDialled, session="s1", extension="101", feature="log_in")
        for key in keys:
            event = vault.veil(DigitPressed(at=book.at, call="s1", channel="s1", digit=key), book.exchange)
            assert isinstance(event, DigitPressed)
            assert event.digit in "?#"
            book.exchange.handle(event)
        assert vault.is_pin("s1", "101") is right
        book.tell(ChannelGone, call="s1", channel="s1")
    assert not vault.is_pin("s1", "101"), "it is forgotten"
    assert not vault.is_pin("s1", "999"), "who has none cannot be right"


def test_who_hangs_up_in_the_middle_leaves_nothing_behind() -> None:
    book = Playbook(plan(agents=(Agent(id="101", name="Adi", extension="101", pin=True),)))
    vault = Vault({"101": "4821"})
    book.tell(FeatureDialled, session="s1", extension="101", feature="log_in")
    for key in "4821":
        vault.veil(DigitPressed(at=book.at, call="s1", channel="s1", digit=key), book.exchange)
    vault.veil(ChannelGone(at=book.at, call="s1", channel="s1"), book.exchange)
    assert not vault.is_pin("s1", "101")
