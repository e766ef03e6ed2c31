"""A wall: reads all topics with the wallboard's password, keeps what it is sent, and can wait for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import aiomqtt

from rig.broker import WALLBOARD_USER

PREFIX = "ivrd/169/v1/"
_RETRY_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One message as it came."""

    topic: str  #: without the prefix
    payload: bytes
    retained: bool

    @property
    def facts(self) -> dict[str, Any]:
        """The payload, decoded; {} for an empty one."""
        return json.loads(self.payload) if self.payload else {}


class Wall:
    """``async with Wall(port, password) as wall``; comes back by itself when the broker was away."""

    def __init__(self, port: int, password: str) -> None:
        self._port, self._password = port, password
        self.heard: list[Heard] = []
        self._changed = asyncio.Event()
        self._subscribed = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Wall:
        # Not a TaskGroup: fixtures enter and leave in different tasks. __aexit__ owns it.
        self._reader = asyncio.get_running_loop().create_task(self._read(), name="wall")
        async with asyncio.timeout(5):
            await self._subscribed.wait()
        return self

    async def __aexit__(
        self, _t: type[BaseException] | None, _v: BaseException | None, _b: TracebackType | None
    ) -> None:
        assert self._reader is not None
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader

    async def _read(self) -> None:
        while True:
            with suppress(aiomqtt.MqttError):
                async with aiomqtt.Client(
                    "127.0.0.1", self._port, username=WALLBOARD_USER, password=self._password
                ) as client:
                    await client.subscribe("#", qos=1)
                    self._subscribed.set()
                    async for message in client.messages:
                        self._keep(message)
            await asyncio.sleep(_RETRY_S)

    def _keep(self, message: aiomqtt.Message) -> None:
        topic = message.topic.value
        assert topic.startswith(PREFIX), topic
        assert isinstance(message.payload, bytes)
        self.heard.append(
            Heard(topic=topic[len(PREFIX) :], payload=message.payload, retained=bool(message.retain))
        )
        self._changed.set()
        self._changed = asyncio.Event()

    # --- what a wall shows

    @property
    def mark(self) -> int:
        """Now, as a place in what was heard: for ``since``."""
        return len(self.heard)

    def state(self, topic: str, since: int = 0) -> dict[str, Any]:
        """The newest payload of a topic; {} when there was none."""
        return next((h.facts for h in reversed(self.heard[since:]) if h.topic == topic), {})

    def agent(self, agent: str) -> dict[str, Any]:
        """What is shown of an agent."""
        return self.state(f"agent/{agent}/state")

    def agents(self) -> list[dict[str, Any]]:
        """What is shown of each agent."""
        topics = {h.topic for h in self.heard if h.topic.startswith("agent/")}
        return [self.state(topic) for topic in sorted(topics)]

    def queue(self, queue: str) -> dict[str, Any]:
        """What is shown of a queue."""
        return self.state(f"queue/{queue}/state")

    def events(self, kind: str, since: int = 0, **facts: object) -> list[dict[str, Any]]:
        """Events of a kind whose facts (or call) are these, oldest first."""
        all_of_kind = [h.facts for h in self.heard[since:] if h.topic == f"event/{kind}"]
        return [
            e for e in all_of_kind if all({**e["facts"], "call": e["call"]}.get(k) == v for k, v in facts.items())
        ]

    # --- waiting for it

    async def until(self, true: Callable[[], bool], timeout_s: float = 10) -> None:
        """Wait until ``true()``; looked at after each message. TimeoutError when it never is."""
        async with asyncio.timeout(timeout_s):
            while not true():
                await self._changed.wait()

    async def event(self, kind: str, since: int = 0, timeout_s: float = 10, **facts: object) -> dict[str, Any]:
        """Wait for an event."""
        await self.until(lambda: bool(self.events(kind, since, **facts)), timeout_s)
        return self.events(kind, since, **facts)[0]

    async def agent_is(self, agent: str, timeout_s: float = 10, **shown: object) -> dict[str, Any]:
        """Wait until an agent is shown so."""
        await self.until(lambda: _shows(self.agent(agent), shown), timeout_s)
        return self.agent(agent)

    async def queue_is(self, queue: str, timeout_s: float = 10, **shown: object) -> dict[str, Any]:
        """Wait until a queue is shown so."""
        await self.until(lambda: _shows(self.queue(queue), shown), timeout_s)
        return self.queue(queue)

    async def status_is(self, state: str, since: int = 0, timeout_s: float = 10) -> None:
        """Wait until the daemon's status is this."""
        await self.until(lambda: self.state("status", since).get("state") == state, timeout_s)


def _shows(state: dict[str, Any], shown: dict[str, object]) -> bool:
    return bool(state) and all(state[key] == value for key, value in shown.items())
