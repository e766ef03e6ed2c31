"""``python -m bench.bare CONFIG APP EXTENSION...``: a bare ARI controller, the yardstick of what a call costs ivrd.

The least that gives callers to agents, in the order in which one writes it first: answer, let wait, originate, and when the phone is picked up a bridge, the agent,
the caller, each awaited. No menus, skills, records, recordings, journal, walls or time-outs, and nobody may vanish. CPU per call differs from machine to machine; beside
this one it can be compared.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import sys
from collections import deque
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import aiohttp

from ivrd.settings.load import load
from ivrd.settings.secrets import path, read

READY = "ready"
_ids = itertools.count(1)


class Bare:
    """Calls in progress, agents who are free, callers who wait."""

    def __init__(self, session: aiohttp.ClientSession, app: str, extensions: list[str], group: asyncio.TaskGroup) -> None:
        self._session, self._app, self._group = session, app, group
        self._free = deque(extensions)
        self._waiting: deque[tuple[str, str]] = deque()  #: channel, caller's number
        self._other: dict[str, str] = {}  #: each channel of a call -> the other one
        self._bridge: dict[str, str] = {}  #: leg -> bridge
        self._extension: dict[str, str] = {}  #: leg -> whose phone

    async def open(self) -> None:
        """A bridge in which callers wait."""
        await self._order("POST", f"bridges/{self._app}-hold", type="holding")

    async def close(self) -> None:
        """Nothing is left at Asterisk."""
        await self._order("DELETE", f"bridges/{self._app}-hold")

    def heard(self, frame: dict[str, Any]) -> None:
        """An event of Asterisk's."""
        channel = frame.get("channel", {}).get("id", "")
        match frame["type"]:
            case "StasisStart" if frame["args"] == ["caller"]:
                self._run(self._arrives(channel, frame["channel"]["caller"]["number"]))
            case "StasisStart":
                self._run(self._connects(channel))
            case "ChannelDestroyed":
                self._run(self._ends(channel))

    async def _arrives(self, caller: str, number: str) -> None:
        await self._order("POST", f"channels/{caller}/answer")
        await self._order("POST", f"bridges/{self._app}-hold/addChannel", channel=caller)
        self._waiting.append((caller, number))
        await self._next()

    async def _next(self) -> None:
        while self._free and self._waiting:
            (caller, number), extension, leg = self._waiting.popleft(), self._free.popleft(), f"bare-{next(_ids)}"
            self._other[caller], self._other[leg], self._extension[leg] = leg, caller, extension
            order = {"endpoint": f"PJSIP/{extension}", "app": self._app, "appArgs": "agent", "channelId": leg, "callerId": number}
            await self._order("POST", "channels", **order)

    async def _connects(self, leg: str) -> None:
        caller = self._other.get(leg)
        if caller is None:
            return
        bridge = self._bridge[leg] = f"bridge-{leg}"
        await self._order("POST", f"bridges/{bridge}", type="mixing")
        await self._order("POST", f"bridges/{bridge}/addChannel", channel=leg)
        await self._order("POST", f"bridges/{bridge}/addChannel", channel=caller)

    async def _ends(self, channel: str) -> None:
        other = self._other.pop(channel, None)
        if other is not None and other in self._other:
            await self._order("DELETE", f"channels/{other}")
        if (extension := self._extension.pop(channel, None)) is None:
            return
        if bridge := self._bridge.pop(channel, ""):
            await self._order("DELETE", f"bridges/{bridge}")
        self._free.append(extension)
        await self._next()

    async def _order(self, method: str, path: str, **query: str) -> None:
        async with self._session.request(method, path, params=query) as answer:
            await answer.read()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._group.create_task(work, name="call")


async def serve(config: Path, app: str, extensions: list[str]) -> None:
    """Until cancelled (SIGINT)."""
    loaded = load(config)
    ari = loaded.ari
    password = read(path(loaded.path(loaded.site.paths.state)))["ari"]
    base, who = f"http://{ari.host}:{ari.port}/ari/", aiohttp.BasicAuth(ari.user, str(password))
    async with (
        aiohttp.ClientSession(base, auth=who) as session,
        session.ws_connect("events", params={"app": app}) as events,
        asyncio.TaskGroup() as group,
    ):
        bare = Bare(session, app, extensions, group)
        await bare.open()
        print(READY, flush=True)
        try:
            async for message in events:
                bare.heard(json.loads(message.data))
        finally:
            await asyncio.shield(bare.close())


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
