"""Publishes to the broker over one connection that one task owns and always brings back.

Callers never wait: they leave states and events in the outbox. After each (re)connect the
daemon's status and every state are announced again, because a broker may lose what it retained.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from itertools import islice
from typing import Literal

import structlog

from ivrd.adapters.mqtt import packets, patience, payloads, topics
from ivrd.adapters.mqtt.outbox import Message, Outbox
from ivrd.adapters.mqtt.packets import MqttError, Publication
from ivrd.adapters.mqtt.session import Session
from ivrd.adapters.mqtt.sweep import Sweep
from ivrd.adapters.mqtt.trouble import CaFileError, explain
from ivrd.errors import BrokerError
from ivrd.jsons import dumps
from ivrd.ports import Clock
from ivrd.settings.site import Mqtt
from ivrd.settings.trust import trusting

Status = Literal["online", "draining", "offline"]

EVENTS_MAX = 10_000  #: a whole day of 169; some 6 MB
#: events that somebody may count or bill by: when there are too many, others are given up first
MATTER = ("call_ended", "agent_presence", "call_answered", "callback_requested", "voicemail_left", "recording_failed")
_MATTER = frozenset(map(topics.event, MATTER))
BACKOFF_FIRST_S, BACKOFF_MAX_S = 0.25, 10.0
#: what is told within so long goes out together, at most so many at once: one by one each costs several turns of the loop
GATHER_S, BATCH = 0.1, 100
FLUSH_S = 2.0  #: at the end, for what still waits and for saying "offline"
_SWEPT = (topics.all_states(), topics.status())

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
        self._sweep = Sweep(self._outbox.knows)
        self._settled = False
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
        self._sweep.add(topic)
        self._wake.set()

    def stop(self) -> None:
        """Send what waits, say offline, disconnect: ``run`` returns within about five seconds. When the broker does not
        confirm that we are offline, it is left to say so itself."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Own the connection until ``stop`` (or cancellation, which also says offline if it can)."""
        backoff_s = BACKOFF_FIRST_S
        while not self._stopping.is_set():
            try:
                await self._connection()
            except MqttError as exc:
                if self.connected:
                    backoff_s = BACKOFF_FIRST_S
                self._lost(exc)
            if await self._stopped_within(backoff_s):
                break
            backoff_s = min(backoff_s * 2, BACKOFF_MAX_S)
        self.connected = False

    # --- one connection

    async def _connection(self) -> None:
        session = await self._open()
        known = False
        try:
            self._announce(self._status)
            self._outbox.again()
            await self._begin_sweep(session)
            await self._write(session)
            known = await self._say_offline(session)
        except asyncio.CancelledError:
            known = await self._say_offline(session)
            raise
        finally:
            if known:
                await session.close()
            else:
                session.abort()  # a good-bye would take back our will, and leave us "online" for ever

    async def _open(self) -> Session:
        # A fixed client id: when an older connection of ours still hangs, the broker ends it
        # (and sends its will) before we say "online", never after.
        s = self._settings
        will = Publication(topic=self._full(topics.status()), payload=self._will(), retain=True)
        hello = packets.connect(f"ivrd-{self._site}", (s.user, self._password) if s.user else None, s.keepalive_s, will)
        tls = self._tls_context() if s.tls else None
        async with patience.answered():
            return await Session.open(s.host, s.port, tls, hello, s.keepalive_s, self._told, self._wake.set)

    def _tls_context(self) -> ssl.SSLContext:
        """Made anew for each connection: the file may have been renewed. MqttError: or spoilt."""
        try:
            return trusting(self._settings.ca_file)
        except (OSError, ValueError) as exc:
            raise CaFileError(f"{self._settings.ca_file} ({exc})") from exc

    async def _write(self, session: Session) -> None:
        """Send all that waits, again and again; returns after ``stop``. MqttError when the connection ends."""
        while True:
            self._wake.clear()
            session.check()
            await self._tidy(session)
            await self._send_all(session)
            self._came_up()
            if self._stopping.is_set():
                return
            await self._wake.wait()
            if not self._stopping.is_set():
                await asyncio.sleep(GATHER_S)

    async def _send_all(self, session: Session) -> None:
        while some := list(islice(iter(self._outbox.take, None), BATCH)):
            await self._send(session, some)

    async def _send(self, session: Session, messages: list[Message]) -> None:
        """In one write, in their order. What may not have arrived is next again."""
        try:
            await patience.publish(session, [self._publication(message) for message in messages], self._stopping)
        finally:
            for place in reversed(session.unconfirmed):
                self._outbox.put_back(messages[place])

    async def _say_offline(self, session: Session) -> bool:
        """A clean disconnect sends no will, so say it. Whether walls know it now."""
        self._announce("offline")
        with contextlib.suppress(TimeoutError, MqttError):
            async with asyncio.timeout(FLUSH_S):
                await self._send_all(session)
                return True
        return False

    def _told(self, publication: Publication) -> None:
        """Retained topics that are not ours are collected; our own status comes after them."""
        topic = publication.topic.removeprefix(f"{self._prefix}/")
        if topic == topics.status():
            self._sweep.over()
        elif publication.retain and publication.payload and not self._outbox.knows(topic):
            self._sweep.add(topic)
        self._wake.set()

    async def _begin_sweep(self, session: Session) -> None:
        """Ask for all retained states."""
        self._sweep.begin(asyncio.get_running_loop().time())
        async with patience.answered():
            for topic in _SWEPT:
                if not await session.subscribe(self._full(topic)):
                    self._unreadable(topic)

    def _unreadable(self, topic: str) -> None:
        """The end of the sweep: its own end would never come, or there is nothing to wait for."""
        _log.warning("the broker does not let us read what we publish: states of queues and agents that are gone stay", topic=topic)
        self._sweep.over()

    async def _tidy(self, session: Session) -> None:
        """Stop listening when the sweep is over; clear what it found, once we know what is ours."""
        if self._sweep.in_vain(asyncio.get_running_loop().time()):
            self._unreadable(topics.status())
        if self._sweep.is_over:
            async with patience.answered():
                for topic in _SWEPT:
                    await session.unsubscribe(self._full(topic))
            self._sweep.ended()
        while self._settled and (gone := self._sweep.some(BATCH)):
            empty = [Publication(topic=self._full(topic), payload=b"", retain=True) for topic in gone]
            await patience.publish(session, empty, self._stopping)
            self._sweep.cleared(gone)

    def _publication(self, message: Message) -> Publication:
        return Publication(topic=self._full(message.topic), payload=message.payload, retain=message.retain)

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

    def _lost(self, error: MqttError) -> None:
        problem = explain(error, self._address, self._settings.user)
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
