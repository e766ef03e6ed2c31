"""A dialplan is saved while people call: who is in a menu stays in it, who calls next hears the new one."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from rig.tools import REPOSITORY
from tests.live.centre import Centre
from tests.live.said import said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
SITE = {"overrides": {"ivrd.yaml": {"watch_every_s": 0.1}}}


def flow(centre: Centre) -> Path:
    return centre.site.root / "dialplans" / "169.yaml"


def save(centre: Centre, before: str, after: str) -> None:
    text = flow(centre).read_text()
    assert text.count(before) == 1
    flow(centre).write_text(text.replace(before, after))


async def command(centre: Centre, *words: str) -> subprocess.CompletedProcess[str]:
    """``ivrd WORDS``, as an admin types it."""
    argv = [sys.executable, "-m", "ivrd", "--config", str(centre.site.config), *words]
    return await asyncio.to_thread(
        subprocess.run, argv, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
    )


async def alert_is(centre: Centre, raised: bool, since: int) -> dict[str, object]:
    wall = centre.wall
    await wall.until(lambda: wall.state("alert/config", since).get("raised") is raised)
    return wall.state("alert/config", since)


async def test_saved_while_a_caller_is_in_the_old_menu(centre: Centre) -> None:
    old = await centre.caller("1")
    old_number = centre.numbers[-1]
    await old.wait_heard(said_hz("menu-main"))

    since = centre.wall.mark
    save(centre, "- menu-main\n", "- menu-data\n")  # the main menu says something else from now on
    await alert_is(centre, raised=False, since=since)

    new = await centre.caller("1")
    new_number = centre.numbers[-1]
    await new.wait_heard(said_hz("menu-data"))
    mark = old.mark
    await old.press("9")  # the old menu is said again as it was
    await old.wait_heard(said_hz("menu-main"), since=mark)

    # a faulty file changes nothing, and is told with its place
    since = centre.wall.mark
    centre.expected |= {"configuration faulty", "configuration not reloaded: nothing has changed"}
    save(centre, "to: kbli\n", "to: kbly\n")
    alert = await alert_is(centre, raised=True, since=since)
    line = flow(centre).read_text().partition("to: kbly")[0].count("\n") + 1
    (fault,) = alert["faults"]  # type: ignore[misc]
    assert (fault["file"], fault["line"], fault["hint"]) == (str(flow(centre)), line, "did you mean 'kbli'?")
    assert (await centre.ivrd.metrics())["ivrd_config_faulty"] == 1
    third = await centre.caller("1")
    await third.wait_heard(said_hz("menu-data"))
    await third.hang_up()

    # mended: cleared
    since = centre.wall.mark
    save(centre, "to: kbly\n", "to: kbli\n")
    await alert_is(centre, raised=False, since=since)
    metrics = await centre.ivrd.metrics()
    assert metrics["ivrd_config_faulty"] == 0
    assert metrics['ivrd_reloads_total{outcome="applied"}'] == 2
    assert metrics['ivrd_reloads_total{outcome="faulty"}'] == 1

    for call in (old, new):
        await call.hang_up()
    rows = [await centre.row(n) for n in (old_number, new_number, centre.numbers[-1])]
    assert rows[0]["flow_version"] != rows[1]["flow_version"]
    assert rows[1]["flow_version"] == rows[2]["flow_version"]


async def test_the_command_tells_what_is_in_use(centre: Centre) -> None:
    done = await command(centre, "reload")
    assert done.returncode == 0, done
    assert "in use for new calls: " in done.stdout
    assert "169@" in done.stdout
    save(centre, "to: kbli\n", "to: kbly\n")
    centre.expected |= {"configuration faulty", "configuration not reloaded: nothing has changed"}
    done = await command(centre, "reload")
    assert done.returncode == 1
    assert "there is no queue 'kbly'" in done.stderr
    since = centre.wall.mark
    save(centre, "to: kbly\n", "to: kbli\n")
    done = await command(centre, "reload")
    assert done.returncode == 0, done
    await alert_is(centre, raised=False, since=since)
