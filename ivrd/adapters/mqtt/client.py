"""Publishes to the broker over one connection that one task owns and always brings back.

Callers never wait: they leave states and events in the outbox. After each (re)connect the
daemon's status and every state are announced again, because a broker may lose what it retained.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import ssl
from itertools import islice
from typing import Literal

import aiomqtt
import structlog

from ivrd.adapters.mqtt import payloads, topics
from ivrd.adapters.mqtt.outbox import Message, Outbox
from ivrd.adapters.mqtt.trouble import explain, first, honour_cancellation
from ivrd.errors import BrokerError
from ivrd.jsons import dumps
from ivrd.ports import Clock
from ivrd.settings.site import Mqtt

Status = Literal["online", "draining", "offline"]

EVENTS_MAX = 10_000  #: a whole day of 169; some 6 MB
#: events that somebody may count or bill by: when there are too many, others are given up first
MATTER = ("call_ended", "agent_presence", "call_answered", "callback_requested", "voicemail_left", "recording_failed")
_MATTER = frozenset(map(topics.event, MATTER))
REQUEST_TIMEOUT_S = 5.0  #: for CONNACK and PUBACK; a local broker answers in a millisecond
BACKOFF_FIRST_S, BACKOFF_MAX_S = 0.25, 10.0
#: what is told within so long goes out together, at most so many at once (aiomqtt warns of more than 10): one by one each costs five
#: turns of the loop
GATHER_S, BATCH = 0.1, 10
FLUSH_S = 2.0  #: at the end, for what still waits and for saying "offline"

_log = structlog.get_logger(__name__)


class MqttPublisher:
    """ports.Publisher on a broker. ``run`` is the one task; it ends after ``stop``."""

    def __init__(
        self,
        settings: Mqtt,
        site: str,
        password: str,
        boot: str,
        clock: Clock,
        *,
        events_max: int = EVENTS_MAX,
    ) -> None:
        self.connected = False
        self._settings = settings
        self._site = site
        self._password = password
        self._boot = boot
        self._clock = clock
        self._prefix = topics.prefix(settings.base_topic, site)
        self._outbox = Outbox(events_max)
        self._seq: dict[str, int] = {}
        self._status: Status = "online"
        self._foreign: set[str] = set()  # retained states of topics that are not ours
        self._settled = False
        self._sweep: Literal["running", "over", "ended"] = "ended"
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._up = asyncio.Event()
        self._problem = f"not connected to the MQTT broker {self._address} yet"

    # --- ports.Publisher: never waits

    def state(self, topic: str, payload: payloads.Payload) -> None:
        """Set the retained state of ``topic`` (below the site's prefix)."""
        self._outbox.put_state(topic, self._line(topic, payload))
        self._wake.set()

    def event(self, topic: str, payload: payloads.Payload) -> None:
        """Send an event, not retained; when the broker is away too long the oldest go, those that matter last."""
        self._outbox.put_event(topic, self._line(topic, payload), matters=topic in _MATTER)
        self._wake.set()

    # --- for the daemon

    @property
    def dropped(self) -> int:
        """Events that no wall will ever see."""
        return self._outbox.dropped

    def problem(self) -> str | None:
        """Why there is no connection, in words for a person; None when there is one."""
        return None if self.connected else self._problem

    async def wait_connected(self, timeout_s: float) -> None:
        """Return when connected. BrokerError with the last problem when it takes too long."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._up.wait()
        except TimeoutError as exc:
            raise BrokerError(self._problem) from exc

    def set_status(self, status: Status) -> None:
        """Tell walls that we are ``draining`` (or online again); ``stop`` says offline."""
        self._status = status
        self._announce(status)

    def settled(self) -> None:
        """Every topic of ours has been set: retained states of queues and agents that are no
        longer in the configuration are cleared, now and after each reconnect."""
        self._settled = True
        self._wake.set()

    def forget(self, topic: str) -> None:
        """``topic`` is no longer ours (a queue left the configuration): clear what is retained."""
        self._outbox.forget(topic)
        self._foreign.add(topic)
        self._wake.set()

    def stop(self) -> None:
        """Send what waits, say offline, disconnect: ``run`` returns within about five seconds."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Own the connection until ``stop`` (or cancellation, which also says offline if it can)."""
        backoff_s = BACKOFF_FIRST_S
        while not self._stopping.is_set():
            try:
                await self._connection()
            except* aiomqtt.MqttError as group:
                if self.connected:
                    backoff_s = BACKOFF_FIRST_S
                self._lost(group)
            if await self._stopped_within(backoff_s):
                break
            backoff_s = min(backoff_s * 2, BACKOFF_MAX_S)
        self.connected = False

    # --- one connection

    async def _connection(self) -> None:
        async with self._client() as client, asyncio.TaskGroup() as tasks:
            self._announce(self._status)
            self._outbox.again()
            await self._begin_sweep(client)
            reader = tasks.create_task(self._read(client), name="mqtt-read")
            try:
                await self._write(client)
            except asyncio.CancelledError:
                if not reader.done():  # it is we who are cancelled: the link is there
                    await self._say_offline(client)
                raise
            finally:
                reader.cancel()

    async def _write(self, client: aiomqtt.Client) -> None:
        """Send all that waits, again and again; returns after ``stop``."""
        while True:
            self._wake.clear()
            await self._tidy(client)
            await self._send_all(client)
            honour_cancellation()
            self._came_up()
            if self._stopping.is_set():
                await self._say_offline(client)
                return
            await self._wake.wait()
            if not self._stopping.is_set():
                await asyncio.sleep(GATHER_S)

    async def _send_all(self, client: aiomqtt.Client) -> None:
        while some := list(islice(iter(self._outbox.take, None), BATCH)):
            await self._send(client, some)

    async def _send(self, client: aiomqtt.Client, messages: list[Message]) -> None:
        """Side by side, in their order: the socket wakes us once for all. What may not have arrived is next again.

        The tasks do not fail: before Python 3.13 a task that does leaves this one "cancelled" for good (gh-117407), and
        honour_cancellation would end the publisher at its next connection.
        """
        arrived: set[int] = set()
        failures: list[aiomqtt.MqttError] = []

        async def publish(number: int, m: Message) -> None:
            try:
                await client.publish(self._full(m.topic), m.payload, qos=1, retain=m.retain, timeout=math.inf)
            except aiomqtt.MqttError as exc:
                failures.append(exc)
            else:
                arrived.add(number)

        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S), asyncio.TaskGroup() as together:  # one clock for all, not one each
                for number, message in enumerate(messages):
                    together.create_task(publish(number, message), name="mqtt-publish")
        except TimeoutError as exc:
            raise aiomqtt.MqttError(f"no confirmation within {REQUEST_TIMEOUT_S:g} s") from exc
        finally:
            for number, message in reversed(list(enumerate(messages))):
                if number not in arrived:
                    self._outbox.put_back(message)
        if failures:
            raise failures[0]

    async def _say_offline(self, client: aiomqtt.Client) -> None:
        """A clean disconnect sends no will, so say it."""
        self._announce("offline")
        with contextlib.suppress(TimeoutError, aiomqtt.MqttError):
            async with asyncio.timeout(FLUSH_S):
                await self._send_all(client)

    async def _read(self, client: aiomqtt.Client) -> None:
        """Collect retained topics that are not ours; ends with MqttError when the link is lost."""
        async for message in client.messages:
            topic = message.topic.value.removeprefix(f"{self._prefix}/")
            if topic == topics.status():
                self._sweep = "over"
            elif message.retain and message.payload and not self._outbox.knows(topic):
                self._foreign.add(topic)
            self._wake.set()

    async def _begin_sweep(self, client: aiomqtt.Client) -> None:
        """Ask for all retained states. Our own status comes after them: the end of the sweep."""
        self._sweep = "running"
        await client.subscribe(self._full(topics.all_states()), qos=1)
        await client.subscribe(self._full(topics.status()), qos=1)

    async def _tidy(self, client: aiomqtt.Client) -> None:
        """Stop listening when the sweep is over; clear what it found, once we know what is ours."""
        if self._sweep == "over":
            self._sweep = "ended"
            await client.unsubscribe(self._full(topics.all_states()))
            await client.unsubscribe(self._full(topics.status()))
        while self._settled and self._foreign:
            topic = self._foreign.pop()
            if not self._outbox.knows(topic):
                await client.publish(self._full(topic), b"", qos=1, retain=True)

    def _client(self) -> aiomqtt.Client:
        # A fixed client id: when an older connection of ours still hangs, the broker ends it
        # (and sends its will) before we say "online", never after.
        s = self._settings
        return aiomqtt.Client(
            s.host,
            s.port,
            identifier=f"ivrd-{self._site}",
            username=s.user or None,
            password=self._password if s.user else None,
            keepalive=s.keepalive_s,
            timeout=REQUEST_TIMEOUT_S,
            tls_context=ssl.create_default_context(cafile=s.ca_file) if s.tls else None,
            will=aiomqtt.Will(self._full(topics.status()), self._will(), qos=1, retain=True),
        )

    # --- small things

    def _announce(self, status: Status) -> None:
        self.state(topics.status(), payloads.status(status, self._clock.now()))

    def _will(self) -> bytes:
        """Said by the broker when we vanish: ``at`` and ``seq`` are those of the connect."""
        return self._line(topics.status(), payloads.status("offline", self._clock.now()))

    def _line(self, topic: str, payload: payloads.Payload) -> bytes:
        seq = self._seq[topic] = self._seq.get(topic, 0) + 1
        return dumps(payloads.stamped(payload, self._boot, seq))

    def _full(self, topic: str) -> str:
        return f"{self._prefix}/{topic}"

    @property
    def _address(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    def _came_up(self) -> None:
        if not self.connected:
            self.connected = True
            self._up.set()
            _log.info("broker connected", broker=self._address)

    def _lost(self, group: BaseExceptionGroup[aiomqtt.MqttError]) -> None:
        problem = explain(first(group), self._address, self._settings.user)
        if self.connected or problem != self._problem:  # one line a change, not one a try
            _log.warning("broker away", broker=self._address, problem=problem)
        self._problem = problem
        self.connected = False
        self._up.clear()

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return False
        return True
