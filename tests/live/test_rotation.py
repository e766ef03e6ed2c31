"""Passwords are changed while one talks, by the steps that `ivrd secrets rotate` prints: the talk does not notice, the old ones are of no use."""

from __future__ import annotations

import re
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import aiomqtt
import pytest
import pytest_asyncio

from ivrd.daemon.stopping import HANDED_OVER
from ivrd.settings import rotation, secrets
from rig.aftermath import as_long
from rig.daemon import IvrdProcess
from rig.tools import RigError, find_asterisk
from tests.live.centre import Centre
from tests.live.said import said_hz
from tests.live.test_killed import Listening
from tests.live.test_reload import command

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


def modules() -> str | None:
    """Where this Asterisk's are. None: where it looks by itself, or there is none at all."""
    with suppress(RigError):
        found = find_asterisk().modules_dir
        return str(found) if found else None
    return None


#: with the modules, so that the command writes the files that this Asterisk began with
SITE = {
    "overrides": {
        "ivrd.yaml": {
            "mqtt": {"walls": ["wallboard"]},
            "asterisk": {"modules_dir": modules()},
        }
    }
}
#: what ivrd says while Asterisk and the broker know the new passwords, and it does not
TROUBLE = {"secrets rotated", "no connection to asterisk", "part not ready", "order refused", "broker away", "access refused by asterisk"}
Restart = Callable[[Centre], Awaitable[None]]


def known(centre: Centre) -> Mapping[str, Any]:
    """The passwords in the file."""
    return secrets.read(state_of(centre) / secrets.FILE_NAME)


def state_of(centre: Centre) -> Path:
    """The state directory."""
    return centre.site.loaded.path(centre.site.loaded.site.paths.state)


def wall_is_known(centre: Centre) -> None:
    """The wall that listens is one of mqtt.walls, and its password is not changed here."""
    walls = {"wallboard": centre.stack.wallboard_password}
    secrets.write(state_of(centre) / secrets.FILE_NAME, {**known(centre), "walls": walls})


async def ari_says(centre: Centre, password: str) -> int:
    """The status of a request with that password."""
    ari = centre.site.loaded.site.asterisk.ari
    headers = {"Authorization": aiohttp.encode_basic_auth(ari.user, password)}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(f"http://{ari.host}:{ari.port}/ari/asterisk/ping") as answer:
        return answer.status


async def broker_lets_in(centre: Centre, password: str) -> bool:
    """Whether it does with that password."""
    mqtt = centre.site.loaded.site.mqtt
    try:
        async with aiomqtt.Client("127.0.0.1", mqtt.port, username=mqtt.user, password=password, timeout=5):
            return True
    except aiomqtt.MqttError:
        return False


# --- the steps, as they are printed


async def done(centre: Centre, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, which says that all is well."""
    said = await command(centre, *words)
    assert said.returncode == 0, said
    return said


async def asterisk(centre: Centre) -> None:
    await done(centre, "asterisk-config", "--private", "--out", str(centre.site.etc))
    await centre.asterisk.console("core reload")


async def broker(centre: Centre) -> None:
    conf_d = centre.site.root / "var" / "broker" / "conf.d"
    await done(centre, "broker-config", "--out", str(conf_d))
    centre.broker.take(conf_d)
    await centre.broker.restart()


async def killed(centre: Centre) -> None:
    """And started again, as systemd does."""
    await centre.ivrd.kill()
    await centre.ivrd.start()


async def handed_over(centre: Centre) -> None:
    await done(centre, "drain", "--handover")
    assert await centre.ivrd.wait(5) == HANDED_OVER


async def nothing(centre: Centre) -> None:
    """No rescuer runs here; of phones: later, when the talk is over."""


@pytest_asyncio.fixture(loop_scope="module")
async def standby(centre: Centre) -> AsyncIterator[IvrdProcess]:
    """A process that waits, since before anything is changed. In the end the usual one leads again."""
    process = IvrdProcess(centre.site.config, centre.site.logs / "ivrd.log", centre.site.loaded.site.http.port, standby=True)
    await process.start_beside(centre.ivrd)
    yield process
    await process.stop()
    if not centre.ivrd.running:
        await centre.ivrd.start()


async def test_passwords_are_changed_while_one_talks(centre: Centre) -> None:
    await all_are_changed(centre, "101", killed)


async def test_passwords_are_changed_while_one_talks_and_a_standby_waits(centre: Centre, standby: IvrdProcess) -> None:
    await all_are_changed(centre, "102", handed_over)
    assert standby.running


async def all_are_changed(centre: Centre, agent: str, restart: Restart) -> None:
    """Those of ARI, AMI, broker and the agent's phone."""
    centre.expected |= TROUBLE
    wall_is_known(centre)
    steps = {"asterisk": asterisk, "broker": broker, "ivrd": restart, "rescue": nothing, "phones": nothing}
    old, wall = known(centre), centre.wall
    phone = await centre.agent(agent)
    caller, at_agent = await centre.conversation(phone)
    talked = centre.numbers[-1]
    ends = Listening(caller, at_agent.tone_hz), Listening(at_agent, caller.tone_hz)

    since = wall.mark
    said = await done(centre, "secrets", "rotate", "ari", "ami", "mqtt", f"phones.{agent}")
    new = known(centre)
    assert not {old["ari"], old["ami"], old["mqtt"], old["phones"][agent]} & set(re.findall(r"[0-9a-f]{48}", f"{new}"))
    await wall.until(lambda: wall.state("alert/secrets", since).get("raised") is True, 10)
    (fault,) = wall.state("alert/secrets", since)["faults"]
    assert fault["message"].startswith("ari, ami, mqtt: rotated")

    printed = re.findall(r"^  \d\. (.+)$", said.stdout, re.MULTILINE)
    assert [rotation.WORDS[step] for step in steps] == printed
    for name, step in steps.items():
        await step(centre)
        if name == "asterisk":  # it knows the new ones, and ivrd does not
            assert (await ari_says(centre, old["ari"]), await ari_says(centre, new["ari"])) == (401, 200)
            meanwhile = await centre.dial()
    assert (await broker_lets_in(centre, old["mqtt"]), await broker_lets_in(centre, new["mqtt"])) == (False, True)
    await centre.until_ready(15)
    await wall.until(lambda: wall.state("alert/secrets", since).get("raised") is False, 15)

    await meanwhile.talking(20)  # who came in between has only heard it ring
    await meanwhile.press("1")
    await meanwhile.wait_heard(said_hz("menu-main"))
    await meanwhile.hang_up()
    await centre.row(disposition="abandoned_ivr", hung_up_by="caller")
    for end in ends:
        await end.went_on()
    await centre.both_hear(caller, at_agent)
    await caller.hang_up()
    await at_agent.ended()
    row = await centre.final_row(talked)
    assert (row["disposition"], row["agent"], row["hung_up_by"]) == ("answered", agent, "caller")
    assert as_long(centre.recording(row).duration_s, row["talk_ms"] / 1000)

    with pytest.raises(RigError, match=r"40[13]"):
        await phone.register()
    renewed = await centre.phones.elsewhere(agent, new["phones"][agent])
    await wall.agent_is(agent, presence="ready", reachable=True)
    caller, at_agent = await centre.conversation(renewed)
    await caller.hang_up()
    assert (await centre.final_row())["agent"] == agent
