"""With everything running: no secret in an argument list, an environment, a log, or a file that others may read."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp
import pytest
import yaml

from ivrd.cli import main
from rig.rescuer import rescuing
from tests.live.centre import Centre
from tests.live.said import said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
SITE = {
    "agents": {
        "101": {"name": "Adi", "languages": ["id", "en"]},
        "102": {"name": "Ayu", "pin": True},
        "103": {"name": "Bagus"},
    },
    "overrides": {"ivrd.yaml": {"http": {"tokens": ["crm"]}, "mqtt": {"walls": ["lobby"]}}},
}
KINDS = ("phones", "api", "walls", "pins")
LENGTHS = {"pins": 6}


def secrets_of(centre: Centre) -> dict[str, bytes]:
    """All there are, from where they are kept: a wall's was made when the broker's files were."""
    tree = yaml.safe_load((centre.site.root / "var" / "state" / "secrets.yaml").read_text())
    known = {name: tree[name] for name in ("ari", "ami", "mqtt", "trunk")}
    known |= {f"{kind}.{name}": value for kind in KINDS for name, value in tree[kind].items()}
    return {name: str(value).encode() for name, value in known.items()}


def holding(data: bytes, wanted: dict[str, bytes]) -> list[str]:
    """A PIN's digits may stand in a longer number by chance."""
    return [name for name, value in wanted.items() if value in data and re.search(rb"(?<![0-9a-fA-F.])%b(?![0-9a-fA-F])" % value, data)]


async def all_are_used(centre: Centre, wanted: dict[str, bytes]) -> None:
    """So that all parts have talked to each other."""
    agent = await centre.agent("101")
    await centre.conversation(agent)
    ayu = await centre.phone("102")
    session = await ayu.dial("*11")
    await session.talking()
    await session.wait_heard(said_hz("feature-enter-pin"))
    await session.press(wanted["pins.102"].decode() + "#")
    await session.ended()
    await centre.wall.agent_is("102", presence="ready")
    headers = {"Authorization": f"Bearer {wanted['api.crm'].decode()}"}
    async with aiohttp.ClientSession() as http, http.get(f"{centre.ivrd.url}/agents/102", headers=headers) as answer:
        assert answer.status == 200


async def test_no_secret_is_where_others_may_see_it(centre: Centre) -> None:
    assert main(["--config", str(centre.site.config), "broker-config", "--out", str(centre.site.root / "var" / "mosquitto")]) == 0
    wanted = secrets_of(centre)
    assert {name.partition(".")[0] for name in wanted} == {"ari", "ami", "mqtt", "trunk", *KINDS}
    assert all(len(value) == LENGTHS.get(name.partition(".")[0], 48) for name, value in wanted.items())
    await all_are_used(centre, wanted)
    async with rescuing(centre.site.config, centre.site.logs / "rescue.log") as rescuer:
        for process in (centre.ivrd, centre.asterisk, centre.broker, rescuer):
            for name in ("cmdline", "environ"):
                data = Path(f"/proc/{process.pid}/{name}").read_bytes()
                assert data
                assert holding(data, wanted) == [], (process, name)
    kept = dict[str, set[str]]()
    for file in centre.site.root.rglob("*"):
        if not file.is_file() or file.is_symlink():
            continue
        if found := holding(file.read_bytes(), wanted):
            kept.setdefault(file.name, set()).update(found)
            assert file.stat().st_mode & 0o007 == 0, (file, found)
            assert file.suffix != ".log", (file, found)
    assert {"secrets.yaml", "ari.conf", "manager.conf", "pjsip.conf"} <= set(kept)  # it does find them
    assert kept["secrets.yaml"] == set(wanted)
    elsewhere = {name for file, names in kept.items() if file != "secrets.yaml" for name in names}
    assert {name for name in elsewhere if name.startswith(("api.", "walls.", "pins."))} == set()  # nobody but ivrd and the broker needs them


async def test_the_state_is_for_its_owner_and_group(centre: Centre) -> None:
    state = centre.site.root / "var" / "state"
    assert (state / "secrets.yaml").stat().st_mode & 0o777 == 0o600
    log = (centre.site.logs / "ivrd.log").read_text()
    assert not [number for number in centre.numbers if number in log]
