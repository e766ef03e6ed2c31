"""The harness on FakeSwitch."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tests.contract.harness import EventLog, PhonePolicy
from tests.fakes.switch import FakeSwitch


class SetClock:
    """ports.Clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = 1_764_000_000.0

    def now(self) -> float:
        return self.at


class FakeHarness:
    """See Harness."""

    did, phone, unregistered_phone = "169", "101", "124"

    def __init__(self) -> None:
        self.inbox, self._clock = EventLog(), SetClock()
        self.switch = self.telephony = self.recorder = FakeSwitch(self.inbox, self._clock)
        self.switch.phones[self.phone] = "answer"

    async def dial_in(self, number: str) -> str:
        return self.switch.dial_in(self.did, number)

    async def dial_feature_pause(self) -> str:
        return self.switch.dial_feature(self.phone, "pause")

    async def phone_will(self, policy: PhonePolicy) -> None:
        self.switch.phones[self.phone] = policy

    async def press(self, channel: str, digits: str) -> None:
        for digit in digits:
            self.switch.press(channel, digit)

    async def hang_up(self, channel: str) -> None:
        self.switch.hang_up_from_outside(channel)

    async def hold(self, channel: str) -> None:
        self.switch.hold(channel)

    async def resume(self, channel: str) -> None:
        self.switch.resume(channel)

    def sound(self, length: Literal["short", "long"]) -> Path:
        return Path(f"/sounds/{length}")

    async def let_prompt_end(self, prompt: str) -> None:
        self.switch.finish_prompt(prompt)

    async def let_ring_out(self, timeout_s: int) -> None:
        self._clock.at += timeout_s
        self.switch.ring_out()

    async def channels(self) -> list[str]:
        return [*self.switch.channels, *self.switch.handed_over]

    async def leaks(self) -> list[str]:
        return self.switch.leaks()
