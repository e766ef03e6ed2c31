"""http: a service is asked while the caller waits; what it says becomes variables."""

from __future__ import annotations

import pytest
from playbook import Playbook, plan

from ivrd.core.commands import AskOutside, PlayPrompt
from ivrd.core.events import AskAnswered
from ivrd.core.ivr.orders import FetchHttp
from ivrd.core.state import Stage

FLOW = """start: ask
nodes:
  ask: {http: {service: oss, get: /licences, send: {who: call.caller, did: call.did, in: call.language, nib: nib},
    timeout_s: 3, tries: 2, spacing_s: 0.5, save: {status: /data/status}, then: found, on_failure: sorry}}
  found: {play: {say: [welcome], then: bye}}
  sorry: {play: {say: [technical-apology], then: bye}}
  bye: {hangup: {}}
"""


def asking() -> tuple[Playbook, AskOutside]:
    book = Playbook(plan(text=FLOW))
    book.arrive()
    return book, book.asked(AskOutside)


def answer(book: Playbook, ask: AskOutside, outcome: str, **values: object) -> None:
    book.tell(AskAnswered, call="c1", ask_id=ask.ask_id, outcome=outcome, values=values)


def test_what_is_sent_what_is_wanted_and_how_long() -> None:
    book, ask = asking()
    assert ask.order == FetchHttp(
        service="oss",
        method="GET",
        path="/licences",
        send={"who": "0812345678", "did": "169", "in": "id", "nib": ""},
        save={"status": "/data/status"},
        timeout_s=3,
        tries=2,
        spacing_s=0.5,
    )
    assert ask.lane != "c1", "no order of the call waits for it"
    assert book.exchange.state.timers.due["ask:c1"] == pytest.approx(book.at + 2 * 3 + 0.5 + 1)


def test_the_answer_is_kept_and_the_call_goes_on() -> None:
    book, ask = asking()
    answer(book, ask, "ok", status="issued", more="not asked for")
    assert book.spoken() == ["welcome"]
    assert book.call().walk.vars == {"status": "issued"}
    assert "ask:c1" not in book.exchange.state.timers.due


@pytest.mark.parametrize("outcome", ["unreachable", "slow", "broken", "refused", "unusable", "held_back", "unknown"])
def test_every_failure_leads_to_on_failure(outcome: str) -> None:
    book, ask = asking()
    answer(book, ask, outcome)
    assert book.spoken() == ["technical-apology"]
    assert book.call().walk.vars == {}


def test_no_answer_at_all_is_a_failure_and_a_late_one_changes_nothing() -> None:
    book, ask = asking()
    book.pass_time(8)
    assert book.spoken() == ["technical-apology"]
    answer(book, ask, "ok", status="issued")
    assert book.asked_none(PlayPrompt)
    assert book.call().walk.vars == {}


def test_who_hangs_up_while_a_service_is_asked_is_gone() -> None:
    book, ask = asking()
    book.caller_leaves()
    answer(book, ask, "ok", status="issued")
    assert book.asked_none(PlayPrompt)
    assert book.call().stage == Stage.CLOSED
    book.wind_up()


def test_keys_pressed_meanwhile_are_kept() -> None:
    book, _ = asking()
    book.press("7")
    assert book.call().walk.typed == "7"
