"""With everything running: no secret in an argument list, an environment, a log, or a file that others may read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.centre import Centre

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


def secrets_of(centre: Centre) -> dict[str, bytes]:
    known = centre.site.secrets
    ours = {"ari": known.ari, "ami": known.ami, "mqtt": known.mqtt, "trunk": known.trunk}
    ours |= {f"phones.{name}": value for name, value in known.phones.items()}
    return {name: value.encode() for name, value in ours.items()}


def holding(data: bytes, wanted: dict[str, bytes]) -> list[str]:
    return [name for name, value in wanted.items() if value in data]


async def test_no_secret_is_where_others_may_see_it(centre: Centre) -> None:
    agent = await centre.agent("101")
    await centre.conversation(agent)  # so that all parts have talked to each other
    wanted = secrets_of(centre)
    assert all(len(value) == 48 for value in wanted.values())
    for process in (centre.ivrd, centre.asterisk, centre.broker):
        for name in ("cmdline", "environ"):
            assert holding(Path(f"/proc/{process.pid}/{name}").read_bytes(), wanted) == [], (process, name)
    kept = []
    for file in centre.site.root.rglob("*"):
        if not file.is_file() or file.is_symlink():
            continue
        if found := holding(file.read_bytes(), wanted):
            kept.append(file.name)
            assert file.stat().st_mode & 0o007 == 0, (file, found)
            assert file.suffix != ".log", (file, found)
    assert {"secrets.yaml", "ari.conf", "manager.conf", "pjsip.conf"} <= set(kept)  # it does find them


async def test_the_state_is_for_its_owner_and_group(centre: Centre) -> None:
    state = centre.site.root / "var" / "state"
    assert (state / "secrets.yaml").stat().st_mode & 0o777 == 0o600
    log = (centre.site.logs / "ivrd.log").read_text()
    assert not [number for number in centre.numbers if number in log]
