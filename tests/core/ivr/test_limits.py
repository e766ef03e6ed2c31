"""Whatever a flow does, a call in it ends; the CDR's path says which limit it came to."""

from __future__ import annotations

import pytest
from playbook import Playbook, flow, plan

from ivrd.core.commands import HangUp
from ivrd.errors import ConfigError

SILENT = "start: m\nnodes:\n  m: {menu: {say: [a], keys: {1: m}, otherwise: m, tries: 1, timeout_s: 5}}\n"


@pytest.mark.parametrize(
    ("limits", "path"),
    [("{loops: 4}", "m>m>m>m>!loop"), ("{steps: 3}", "m>m>m>!steps"), ("{ivr_s: 12}", "m>m>m>!time")],
)
def test_a_caller_who_says_nothing_comes_to_the_limit(limits: str, path: str) -> None:
    book = Playbook(plan(text=SILENT + f"limits: {limits}\n"))
    book.arrive()
    for _ in range(10):
        if "c1" not in book.exchange.state.calls or book.call().stage != "ivr":
            break
        book.heard()
        book.pass_time(5)
    assert book.asked(HangUp).cause == 41
    book.wind_up()
    assert (book.rows()[-1].menu_path, book.rows()[-1].disposition) == (path, "failed")


def test_a_key_shows_that_somebody_is_there() -> None:
    book = Playbook(plan(text=SILENT + "limits: {loops: 3}\n"))
    book.arrive()
    book.press("1" * 20)
    assert book.call().stage == "ivr"


def test_a_menus_words_escalate() -> None:
    text = (
        "start: m\nnodes:\n  m: {menu: {say: [a], keys: {1: m}, otherwise: m, tries: 4, silence: [[s1], [s2, help]],"
        " invalid: [[w1], [w2], [w3]]}}\n"
    )
    book = Playbook(plan(text=text))
    book.arrive()
    book.heard()
    book.pass_time(5)
    assert book.spoken() == ["s1", "a"]
    book.press("7")
    assert book.spoken() == ["w2", "a"]
    book.heard()
    book.pass_time(5)
    assert book.spoken() == ["s2", "help", "a"]


def test_a_node_that_asks_for_ever_comes_to_the_limit_of_time_too() -> None:
    text = "start: m\nlimits: {ivr_s: 30}\nnodes:\n  m: {menu: {say: [a], keys: {1: m}, otherwise: m, tries: 999}}\n"
    book = Playbook(plan(text=text))
    book.arrive()
    while book.call().stage == "ivr":
        book.heard()
        book.pass_time(5)
    assert book.asked(HangUp).cause == 41
    book.wind_up()
    assert book.rows()[-1].menu_path == "m>!time"
    assert 30 < book.rows()[-1].ended_at - book.rows()[-1].arrived_at < 37


@pytest.mark.parametrize("limit", ["steps", "loops", "ivr_s", "variables", "variable_length", "depth"])
def test_a_limit_that_no_call_can_keep_is_a_fault(limit: str) -> None:
    with pytest.raises(ConfigError, match=r"test\.yaml:4:10: .*at least"):
        flow(SILENT + f"limits: {{{limit}: -1}}\n")
