"""Masked digits are in no event that is journaled, and come out for http alone."""

from __future__ import annotations

from playbook import Playbook, plan

from ivrd.core.events import DigitPressed
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
