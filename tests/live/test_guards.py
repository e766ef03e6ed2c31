"""Guards on real parts: what a caller hears who is kept out, and what the row shows."""

from __future__ import annotations

import pytest

from tests.live.centre import Centre
from tests.live.said import said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

FLOWS = {"greet": "start: hello\nnodes:\n  hello: {play: {say: [welcome], then: bye}}\n  bye: {hangup: {}}\n"}
SITE = {"overrides": {"ivrd.yaml": {"dids": {"171": "greet"}, "guards": {"block": ["0899X."], "calls": 4, "silent": 2}}}}


async def test_a_blocked_number_hears_so_and_is_hung_up(centre: Centre) -> None:
    caller = await centre.dial("171", as_number="08991234")
    await caller.wait_heard(said_hz("guard-blocked"))
    await caller.ended()
    row = await centre.row()
    assert (row["disposition"], row["guard"], row["cause"], row["menu_path"]) == ("refused", "blocked", 21, "")
    assert (await centre.ivrd.metrics())['ivrd_calls_guarded_total{guard="blocked"}'] == 1


async def greeted(centre: Centre, number: str, speaks: bool, heard: str = "welcome") -> list[str]:
    """A caller who listens to the end, speaking (a tone) or in silence; the guards in the rows of that number."""
    before = len(centre.rows(number))
    caller = await centre.dial("171", as_number=number)
    caller.speaking = speaks
    await caller.wait_heard(said_hz(heard))
    await caller.ended()
    await centre.until(lambda: len(centre.rows(number)) == before + 1, 10, lambda: str(centre.rows(number)))
    return [r["guard"] for r in centre.rows(number)]


async def test_one_call_more_than_allowed_is_one_too_many(centre: Centre) -> None:
    for _ in range(4):
        await greeted(centre, "0813555", speaks=True)
    guards = await greeted(centre, "0813555", speaks=True, heard="guard-too-many")
    assert sorted(guards) == ["no_key"] * 4 + ["too_many_calls"]


async def test_who_neither_speaks_nor_presses_a_key_is_told_from_who_only_speaks(centre: Centre) -> None:
    """Twice silent is enough: the third call is not let in. Who speaks comes as often as others."""
    for _ in range(2):
        await greeted(centre, "0814111", speaks=False)
    assert await greeted(centre, "0814111", speaks=False, heard="guard-too-many") == [
        "no_response", "no_response", "too_many_silent",
    ]  # fmt: skip
    for _ in range(3):
        guards = await greeted(centre, "0814222", speaks=True)
    assert guards == ["no_key"] * 3
    metrics = await centre.ivrd.metrics()
    assert metrics['ivrd_calls_guarded_total{guard="no_response"}'] == 2
    assert metrics['ivrd_calls_guarded_total{guard="no_key"}'] == 7
    assert metrics['ivrd_calls_guarded_total{guard="too_many_silent"}'] == 1
