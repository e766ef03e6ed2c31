"""The demo's story: four agents, six callers. Every step waits for what it needs, and checks it.

    Dimas (105, KBLI) and Nanda (115, LKPM), Sinta (119, data) and Adi (101, speaks English) log in.
    A  Indonesian, KBLI       -> Dimas; held and taken back; the agent hangs up
    B  English, LKPM          -> Adi, who alone speaks English
    C  Indonesian, LKPM       -> Nanda; the caller hangs up
    D  Indonesian, own data   -> Sinta
    E  Indonesian, KBLI       -> all busy: hears the place in line and music, then gets Dimas
    F  Indonesian, LKPM       -> all busy: gives up
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rig.phone import Phone, PhoneCall, Phones, Policy
from rig.promises import Promises
from rig.site import SitePaths
from rig.wall import Wall

AGENTS = ("105", "115", "119", "101")
#: speech and music heard for so long counts as "hears something"
HEARS_S = 1.0
_PICKS_UP = Policy(answer_after_s=1.0)

#: name, number, keys for language, main menu and sub-menu
CALLERS = {
    "A": ("081210000001", "111"),
    "B": ("0219000002", "22"),
    "C": ("081210000003", "12"),
    "D": ("081210000004", "131"),
    "E": ("081210000005", "111"),
    "F": ("081210000006", "12"),
}


class Story:
    """Plays the story; ``said`` is told what happens in words."""

    def __init__(
        self, site: SitePaths, phones: Phones, wall: Wall, promises: Promises, said: Callable[[str], None]
    ) -> None:
        self._site, self._phones, self._wall = site, phones, wall
        self._promises, self._say = promises, said
        self.agents: dict[str, Phone] = {}
        #: caller -> (caller's tone, agent's extension, agent's tone)
        self.talks: dict[str, tuple[float, str, float]] = {}

    async def play(self) -> None:
        """All of it."""
        await self._log_in()
        first = {}
        for name, agent in (("A", "105"), ("B", "101"), ("C", "115"), ("D", "119")):
            first[name] = await self._served(name, agent)
        waiting, leaving = await self._kept_waiting("E"), await self._kept_waiting("F")
        await self._hold(*first["A"])
        await self._give_up("F", leaving)
        await self._ends(first)
        agent_side = await self._take("E", waiting, "105")
        await waiting.wait_heard(agent_side.tone_hz, since=waiting.mark, for_s=2.0)
        await agent_side.hang_up()
        await waiting.ended()
        await self._wall.agent_is("105", timeout_s=15, presence="ready")

    async def _log_in(self) -> None:
        for extension in AGENTS:
            password = self._site.secrets.phones[extension]
            phone = self.agents[extension] = await self._phones.phone(extension, password, _PICKS_UP)
            session = await phone.dial("*11")
            await session.wait_loud(0.5)
            await session.ended()
            await self._wall.agent_is(extension, presence="ready")
        self._promises.check("four agents log in from their phones and hear it confirmed", True)

    async def _dial(self, name: str) -> PhoneCall:
        number, keys = CALLERS[name]
        call = await self._phones.call("169", number)
        await call.talking()
        await call.wait_loud(HEARS_S)
        self._say(f"{name} dialled 169, hears the greeting and presses {' '.join(keys)}")
        await call.press(keys, interdigit_ms=300)
        return call

    async def _served(self, name: str, extension: str) -> tuple[PhoneCall, PhoneCall]:
        call = await self._dial(name)
        return call, await self._take(name, call, extension)

    async def _take(self, name: str, call: PhoneCall, extension: str) -> PhoneCall:
        phone = self.agents[extension]
        at_agent = await phone.next_call(20)
        await at_agent.talking()
        await asyncio.gather(call.wait_heard(phone.tone_hz), at_agent.wait_heard(call.tone_hz))
        self.talks[name] = (call.tone_hz, extension, phone.tone_hz)
        self._say(f"{name} talks to {extension}: each hears the other's tone")
        self._promises.check("caller and agent hear each other, both ways, in every talk", True)
        return at_agent

    async def _kept_waiting(self, name: str) -> PhoneCall:
        mark = self._wall.mark
        call = await self._dial(name)
        await self._wall.event("call_queued", since=mark)
        heard = call.mark
        await call.wait_loud(HEARS_S, since=heard)
        self._say(f"{name} finds all busy, hears the place in line and music")
        self._promises.check("who finds all agents busy hears an announcement and waits", not call.is_over)
        return call

    async def _hold(self, caller: PhoneCall, agent: PhoneCall) -> None:
        await agent.hold()
        mark = caller.mark
        await self._wall.event("hold_started")
        await caller.wait_loud(HEARS_S, since=mark)
        await agent.resume()
        await self._wall.event("hold_ended")
        marks = caller.mark, agent.mark
        await asyncio.gather(
            caller.wait_heard(agent.tone_hz, since=marks[0]), agent.wait_heard(caller.tone_hz, since=marks[1])
        )
        self._say("A is held, hears music, and is taken back")
        self._promises.check("hold and resume work from the agent's phone", True)

    async def _give_up(self, name: str, call: PhoneCall) -> None:
        await call.hang_up()
        self._say(f"{name} gives up waiting")

    async def _ends(self, talks: dict[str, tuple[PhoneCall, PhoneCall]]) -> None:
        """C, the caller, hangs up; the others' agents do."""
        for name, (caller, agent) in talks.items():
            first, then = (caller, agent) if name == "C" else (agent, caller)
            await first.hang_up()
            await then.ended()
        self._promises.check("either side hanging up ends the call for both", True)
