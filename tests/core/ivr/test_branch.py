"""branch: the first condition that holds."""

from __future__ import annotations

import pytest
from playbook import Playbook, flow, plan

from ivrd.errors import ConfigError

ENDS = "  yes: {hangup: {}}\n  no: {hangup: {}}\n"


def way(when: str, log_in: bool = False) -> list[str]:
    text = f"start: a\nnodes:\n  a: {{branch: {{cases: [{{when: '{when}', then: yes}}], otherwise: no}}}}\n{ENDS}"
    book = Playbook(plan(text=text.replace("yes", "good").replace("no:", "bad:").replace("otherwise: no", "otherwise: bad")))
    if log_in:
        book.log_in()
    return book.arrive().walk.path[1:]


@pytest.mark.parametrize(
    "when",
    [
        'caller.number.startsWith("08")',
        "!caller.vip",
        'did == "169"',
        'language == "id"',
        "hours.open",
        "now.hour == 10 && now.minute == 0",
        "now.weekday == 2",
        'now.date == "2026-11-24" && now.time == "10:00"',
        'queues["help"].waiting == 0 && queues["help"].ready == 0',
        'queues["help"].expected_wait_s == 86400',
    ],
)
def test_what_a_condition_may_look_at(when: str) -> None:
    assert way(when) == ["good"]


def test_agents_who_are_ready_are_seen() -> None:
    assert way('queues["help"].ready == 1 && queues["help"].expected_wait_s == 0', log_in=True) == ["good"]


def test_the_first_that_holds_is_taken() -> None:
    text = (
        "start: a\nnodes:\n  a: {branch: {cases: [{when: 'now.hour > 20', then: x}, {when: hours.open, then: y},"
        " {when: 'now.hour > 1', then: x}], otherwise: x}}\n  x: {hangup: {}}\n  y: {hangup: {}}\n"
    )
    assert Playbook(plan(text=text)).arrive().walk.path == ["a", "y"]


def test_a_condition_without_a_value_does_not_hold() -> None:
    assert way("1 / (now.hour - 10) == 1") == ["!no-value", "bad"]


def test_a_condition_is_yes_or_no() -> None:
    with pytest.raises(ConfigError) as caught:
        flow("start: a\nnodes:\n  a: {branch: {cases: [{when: now.hour, then: a}], otherwise: a}}\n")
    assert "`now.hour` is int, but bool is needed here" in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        flow("start: a\nnodes:\n  a: {branch: {cases: [], otherwise: a}}\n")
    assert "at least one case is needed" in str(caught.value)
