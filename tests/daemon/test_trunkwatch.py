"""The alert `trunk`: Asterisk is not registered with the carrier."""

from __future__ import annotations

import asyncio

import pytest

from ivrd.daemon import trunkwatch
from ivrd.daemon.trunkwatch import TrunkWatch
from ivrd.errors import SwitchError
from ivrd.settings.site import Trunk

TRUNK = Trunk(kind="register", server="sip.carrier.example", user="ministry")


class Alarms:
    """What was raised and cleared, in order."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def raise_(self, name: str, message: str, hint: str) -> None:
        assert "pjsip show registrations" in hint
        self.told.append(f"{name}: {message}")

    def clear(self, name: str) -> None:
        self.told.append(f"{name} over")


async def never() -> str:
    raise AssertionError("nobody asks")


@pytest.mark.parametrize("status", ["Rejected", "Unregistered"])
def test_raised_at_the_second_look_and_cleared_when_it_is_registered(status: str) -> None:
    alarms = Alarms()
    watch = TrunkWatch(TRUNK, never, alarms)  # type: ignore[arg-type]
    watch.seen(status)
    assert alarms.told == []  # it may be on its way
    watch.seen(status)
    assert alarms.told == [f"trunk: Asterisk is not registered with the carrier at sip.carrier.example: {status}"]
    watch.seen("Registered")
    watch.seen(status)
    assert alarms.told[1:] == ["trunk over"]


def test_files_of_before_are_told_of() -> None:
    alarms = Alarms()
    watch = TrunkWatch(TRUNK, never, alarms)  # type: ignore[arg-type]
    for _ in range(2):
        watch.seen("")
    assert "run `ivrd asterisk-config`" in alarms.told[0]


async def test_who_does_not_register_is_not_asked() -> None:
    await TrunkWatch(Trunk(addresses=("10.0.0.1",)), never, Alarms()).run()  # type: ignore[arg-type]


async def test_it_is_asked_again_and_again_also_after_asterisk_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trunkwatch, "LOOK_EVERY_S", 0.0)
    answers = ["Rejected", SwitchError("AMI", 0, "(connection lost)"), "Rejected", "Registered", "Rejected", "Rejected"]
    alarms, over = Alarms(), asyncio.Event()

    async def registration() -> str:
        if not answers:
            over.set()
            await asyncio.sleep(3600)
        answer = answers.pop(0)
        if isinstance(answer, SwitchError):
            raise answer
        return answer

    async with asyncio.TaskGroup() as group:
        watching = group.create_task(TrunkWatch(TRUNK, registration, alarms).run(), name="watching")  # type: ignore[arg-type]
        await over.wait()
        watching.cancel()
    assert [told.split(":")[0] for told in alarms.told] == ["trunk over", "trunk"]
