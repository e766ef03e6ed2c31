"""``harness``: the same suite on FakeSwitch and (marker ``live``) on a real Asterisk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.contract.fake import FakeHarness
from tests.contract.harness import Harness
from tests.contract.real import Bench, RealHarness, running_bench


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    """The Asterisk and the phone that all live tests here share."""
    sounds: Path = tmp_path_factory.mktemp("sounds")
    async with running_bench(sounds) as shared:
        yield shared


@pytest_asyncio.fixture(loop_scope="module")
async def fake_harness() -> AsyncIterator[Harness]:
    """FakeSwitch. Whatever a test leaves behind fails the test."""
    fake = FakeHarness()
    yield fake
    assert await fake.leaks() == []


@pytest_asyncio.fixture(loop_scope="module")
async def real_harness(bench: Bench) -> AsyncIterator[Harness]:
    """The real Asterisk. Whatever a test leaves behind fails the test."""
    real = RealHarness(bench)
    await real.open()
    try:
        yield real
        leaks = await real.leaks()
    finally:
        await real.close()
    assert leaks == []


@pytest.fixture(
    params=["fake_harness", pytest.param("real_harness", marks=pytest.mark.live)],
    ids=["fake", "real"],
)
def harness(request: pytest.FixtureRequest) -> Harness:
    """A switch with nothing on it."""
    chosen: Harness = request.getfixturevalue(request.param)
    return chosen
