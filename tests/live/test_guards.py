"""Guards on real parts: what a caller hears who is kept out, and what the row shows."""

from __future__ import annotations

import pytest

from tests.live.centre import Centre
from tests.live.said import said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

FLOWS = {"greet": "start: hello\nnodes:\n  hello: {play: {say: [welcome], then: bye}}\n  bye: {hangup: {}}\n"}
SITE = {"overrides": {"ivrd.yaml": {"dids": {"171": "greet"}, "guards": {"block": ["0899X."], "calls": 1}}}}


async def test_a_blocked_number_hears_so_and_is_hung_up(centre: Centre) -> None:
    caller = await centre.dial("171", as_number="08991234")
    await caller.wait_heard(said_hz("guard-blocked"))
    await caller.ended()
    row = await centre.row()
    assert (row["disposition"], row["guard"], row["cause"], row["menu_path"]) == ("refused", "blocked", 21, "")
    assert (await centre.ivrd.metrics())['ivrd_calls_guarded_total{guard="blocked"}'] == 1


async def test_the_second_call_of_a_number_is_one_too_many(centre: Centre) -> None:
    first = await centre.dial("171", as_number="0813555")
    await first.wait_heard(said_hz("welcome"))
    await first.ended()
    assert (await centre.row())["guard"] == "no_response"
    second = await centre.dial("171", as_number="0813555")
    await second.wait_heard(said_hz("guard-too-many"))
    await second.ended()
    await centre.until(lambda: len(centre.rows("0813555")) == 2, 10, lambda: str(centre.rows("0813555")))
    assert {r["guard"] for r in centre.rows("0813555")} == {"no_response", "too_many_calls"}
