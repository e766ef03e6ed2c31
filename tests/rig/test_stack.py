"""All parts of a site together: up, looked at, and down again whatever happens."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from rig.phone import Phones
from rig.site import SitePaths, make_site, merged, open_site, remove, scratch
from rig.stack import Stack
from rig.tools import RigError

pytestmark = pytest.mark.live


@pytest.fixture
def own_site() -> Iterator[SitePaths]:
    root = scratch()
    yield make_site(root, agents={"101": {"name": "Adi"}, "102": {"name": "Ayu"}})
    remove(root)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_everything_is_ready_and_then_gone(own_site: SitePaths) -> None:
    async with Stack(own_site) as stack:
        pids = [stack.broker.pid, stack.asterisk.pid, stack.ivrd.pid]
        assert all(map(alive, pids))
        assert await stack.leaks() == []
        assert "python_info" in " ".join(await stack.ivrd.metrics())
        assert await stack.ivrd.stop() == 0
    assert not any(map(alive, pids))


async def test_a_call_in_progress_shows_as_a_leak(own_site: SitePaths) -> None:
    async with Stack(own_site, with_ivrd=False) as stack, Phones(own_site.registrar) as phones:
        caller = await phones.call("169", "0811222333")
        await caller.talking()
        assert [leak.split("-")[0] for leak in await stack.leaks()] == ["channel PJSIP/trunk"]
        await caller.hang_up()


async def test_a_part_that_does_not_start_ends_the_others(own_site: SitePaths) -> None:
    stack = Stack(own_site)
    (own_site.etc / "asterisk.conf").write_text("[directories\n")
    with pytest.raises(RigError, match="asterisk"):
        await stack.__aenter__()
    with pytest.raises(RigError, match="does not run"):
        assert stack.broker.pid


def test_a_site_can_be_opened_again_with_its_passwords(own_site: SitePaths) -> None:
    again = open_site(own_site.root)
    assert again.secrets == own_site.secrets
    assert again.registrar == own_site.registrar
    assert again.etc.is_dir()


def test_overrides_are_merged_key_by_key() -> None:
    base = {"a": {"x": 1, "y": 2}, "b": 1, "c": 1}
    assert merged(base, {"a": {"y": 3}, "b": None}) == {"a": {"x": 1, "y": 3}, "c": 1}
    assert base["b"] == 1
