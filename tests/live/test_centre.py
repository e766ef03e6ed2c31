"""What the centre of these tests takes for left behind. Nothing is real here."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.live import centre as module
from tests.live.centre import MORE_TASKS, Centre

AT_REST = 30.0


class Ivrd:
    """Says so many tasks and calls at each look; the last for ever."""

    def __init__(self) -> None:
        self.running = True
        self.looks = 0
        self.tasks = [AT_REST]
        self.calls = [0.0]

    async def metrics(self) -> dict[str, float]:
        self.looks += 1
        tasks, calls = (of.pop(0) if len(of) > 1 else of[0] for of in (self.tasks, self.calls))
        return {"ivrd_journal_bytes": 1, "ivrd_core_failures_total": 0, "ivrd_tasks": tasks, 'ivrd_calls_in_progress{stage="ivr"}': calls}

    def lines(self) -> list[dict[str, Any]]:
        return []


@pytest.fixture
async def ivrd() -> Ivrd:
    return Ivrd()


@pytest.fixture
async def at_rest(ivrd: Ivrd, monkeypatch: pytest.MonkeyPatch) -> Centre:
    """Before a test. Not named `centre`: of one, the whole evidence would be shown (conftest.py)."""
    async def until(_: object) -> None: ...

    monkeypatch.setattr(module, "_POLL_S", 0)
    monkeypatch.setattr(module, "LEFT_S", 0.2)
    stack = SimpleNamespace(ivrd=ivrd, asterisk=SimpleNamespace(running=False), broker=None)
    centre = Centre(None, stack, SimpleNamespace(until=until), None)  # type: ignore[arg-type]
    ivrd.tasks = [0.0, AT_REST]  # it has just started, and has not counted yet
    await centre.at_rest()
    assert ivrd.looks == 2
    return centre


async def test_at_rest_nothing_is_waited_for(at_rest: Centre, ivrd: Ivrd) -> None:
    ivrd.tasks, ivrd.looks = [AT_REST + MORE_TASKS], 0
    await at_rest.nothing_left()
    assert ivrd.looks == 2, "what is left, and defects"


async def test_tasks_that_end_a_little_later_are_waited_for(at_rest: Centre, ivrd: Ivrd) -> None:
    ivrd.tasks = [AT_REST + 20] * 3 + [AT_REST]
    await at_rest.nothing_left()
    assert ivrd.tasks == [AT_REST]


async def test_tasks_that_stay_fail_the_test(at_rest: Centre, ivrd: Ivrd) -> None:
    ivrd.tasks = [AT_REST + MORE_TASKS + 1]
    with pytest.raises(AssertionError, match="tasks: 33, at rest 30"):
        await at_rest.nothing_left()


async def test_calls_that_stay_fail_it_as_well(at_rest: Centre, ivrd: Ivrd) -> None:
    ivrd.calls = [1.0]
    with pytest.raises(AssertionError, match=r'left behind: .*stage="ivr".*: 1'):
        await at_rest.nothing_left()


async def test_one_that_was_started_within_the_test_comes_to_rest_as_the_first_did(at_rest: Centre, ivrd: Ivrd) -> None:
    ivrd.tasks = [0.0]  # it has not counted yet
    await at_rest.nothing_left()
    await at_rest.at_rest()
    ivrd.tasks = [AT_REST + MORE_TASKS + 1]
    with pytest.raises(AssertionError, match="tasks: "):
        await at_rest.nothing_left()
