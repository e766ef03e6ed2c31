"""A task that is begun at once: its first step, its time limits, and every way in which it can end."""

from __future__ import annotations

import asyncio

import pytest

from ivrd.daemon.eager import begin


async def test_the_first_step_is_done_when_it_returns_and_the_rest_later() -> None:
    done: list[str] = []
    maker = asyncio.current_task()

    async def work() -> None:
        done.append("first step")
        assert asyncio.current_task() is not maker
        await go_on.wait()
        assert asyncio.current_task() is not maker
        done.append("the rest")

    go_on = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        begin(group, work(), name="work")
        assert done == ["first step"]
        assert asyncio.current_task() is maker
        go_on.set()
    assert done == ["first step", "the rest"]


async def test_what_needs_no_wait_is_done_and_what_it_waited_for_may_be_there_already() -> None:
    done: list[object] = []

    async def short() -> None:
        done.append("short")

    async def waits(answer: asyncio.Future[int]) -> None:
        done.append(await answer)
        await asyncio.sleep(0)
        done.append("gone on")

    async with asyncio.TaskGroup() as group:
        begin(group, short(), name="short")
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        begin(group, waits(answer), name="waits")
        answer.set_result(7)  # before the task has had a turn
        assert done == ["short"]
    assert done == ["short", 7, "gone on"]


@pytest.mark.parametrize("waits", [False, True])
async def test_what_it_raises_is_the_tasks_outcome_and_not_its_makers(waits: bool) -> None:
    async def work() -> None:
        if waits:
            await asyncio.sleep(0)
        raise ValueError("a defect")

    async def make() -> None:
        async with asyncio.TaskGroup() as group:
            begin(group, work(), name="work")
            made.append("goes on")

    made: list[str] = []
    with pytest.raises(ExceptionGroup) as caught:
        await make()
    assert made == ["goes on"]
    assert [str(e) for e in caught.value.exceptions] == ["a defect"]


async def test_a_time_limit_meets_the_task_and_not_its_maker() -> None:
    outcome: list[str] = []

    async def work() -> None:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            outcome.append("over")

    async with asyncio.TaskGroup() as group:
        begin(group, work(), name="work")
        await asyncio.sleep(0)  # would be cancelled, were the limit the maker's
    assert outcome == ["over"]


async def test_cancelled_before_its_turn_the_work_is_told_so_where_it_waits() -> None:
    told: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    async with asyncio.TaskGroup() as group:
        before = asyncio.all_tasks()
        begin(group, work(), name="work")
        (task,) = asyncio.all_tasks() - before
        task.cancel()
    assert told == ["cancelled"]
    assert task.cancelled()


async def test_cancelled_before_its_turn_what_it_waits_for_is_cancelled_too_and_waited_for() -> None:
    """As of any task: work that is done for it must not go on without it, nor end after it."""
    told: list[str] = []

    async def inner() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            told.append("inner")

    async def work() -> None:
        try:
            await done_for_it
        finally:
            told.append("work")

    async with asyncio.TaskGroup() as group:
        done_for_it = group.create_task(inner(), name="inner")
        await asyncio.sleep(0)
        before = asyncio.all_tasks()
        begin(group, work(), name="work")
        (task,) = asyncio.all_tasks() - before
        task.cancel()
    assert told == ["inner", "work"]
    assert (done_for_it.cancelled(), task.cancelled()) == (True, True)


async def test_cancelled_before_its_turn_it_may_go_on_all_the_same() -> None:
    told: list[str] = []

    async def work() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            told.append("gone on")

    async with asyncio.TaskGroup() as group:
        before = asyncio.all_tasks()
        begin(group, work(), name="work")
        (task,) = asyncio.all_tasks() - before
        task.cancel()
    assert told == ["gone on"]
    assert not task.cancelled()
