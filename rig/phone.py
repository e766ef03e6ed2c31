"""Real SIP phones, many in one process: agents that register, and callers that come by the trunk."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from baresip.call import Call as BaresipCall
from baresip.config import Account, Config
from baresip.errors import BaresipError
from baresip.events import StackEvent
from baresip.runtime import Runtime
from baresip.ua import UserAgent

from rig.call import CallRefused, PhoneCall
from rig.tools import RigError

__all__ = ["CallRefused", "Phone", "PhoneCall", "Phones", "Policy"]

_TICK_S = 0.02
#: Tones of different phones are this far apart, and no multiple of each other below the ninth.
_FIRST_HZ, _STEP_HZ = 420.0, 20.0


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What a phone does when it rings."""

    answer_after_s: float | None = None  #: None: never answers
    rejects: bool = False  #: 486 at once


RING = Policy()
ANSWER = Policy(answer_after_s=0.0)
REJECT = Policy(rejects=True)


class Phones:
    """All phones of a test. ``async with Phones("127.0.0.1:5060") as phones``: one at a time."""

    def __init__(self, registrar: str) -> None:
        """``registrar``: host:port of Asterisk."""
        self.registrar = registrar
        self.calls: list[PhoneCall] = []
        self._runtime = Runtime()
        self._tick = asyncio.Event()
        self._registered: list[Phone] = []
        self._errands: set[asyncio.Task[None]] = set()
        self._pump: asyncio.Task[None] | None = None
        self._known: dict[str, Phone] = {}  # a SIP identity cannot be unmade, only used again
        self._strangers_hz: set[float] = set()

    async def __aenter__(self) -> Phones:
        host = self.registrar.partition(":")[0]
        config = Config(net_interface=host, max_concurrent_calls=None, native_log_level="error")
        await self._runtime.start(config)
        # Not a TaskGroup: fixtures enter and leave in different tasks. __aexit__ owns it.
        self._pump = asyncio.get_running_loop().create_task(self._move_audio(), name="phones: audio")
        return self

    async def __aexit__(
        self, _t: type[BaseException] | None, _v: BaseException | None, _b: TracebackType | None
    ) -> None:
        await self.clear()
        if self._pump is not None:
            self._pump.cancel()
            with suppress(asyncio.CancelledError):
                await self._pump  # a pump that died of an error says so here
        await self._runtime.close()

    async def clear(self) -> None:
        """Hang everything up and unregister all phones, as if all were new."""
        for task in list(self._errands):
            task.cancel()
        await asyncio.gather(*(call.close() for call in self.calls))
        # A registration left behind would have Asterisk ring a phone that is no more.
        await asyncio.gather(*(phone.leave() for phone in self._registered))
        self.calls.clear()
        self._registered.clear()
        self._strangers_hz.clear()

    async def phone(self, extension: str, password: str, policy: Policy = ANSWER) -> Phone:
        """A registered phone. RigError when the registrar does not want it."""
        phone = self._known.get(extension)
        if phone is None:
            phone = await self._make(extension, password, policy, register=True)
            self._known[extension] = phone
        phone.renew(policy)
        await phone.register()
        self._registered.append(phone)
        return phone

    async def elsewhere(self, extension: str, password: str) -> Phone:
        """Another phone that registers as ``extension``: who registers last has it."""
        phone = await self._make(extension, password, ANSWER, register=True)
        self._strangers_hz.add(phone.tone_hz)
        await phone.register()
        self._registered.append(phone)
        return phone

    async def stranger(self, user: str, password: str = "") -> Phone:
        """A phone that is not registered: a caller by the trunk, or somebody who should not be."""
        return await self._make(user, password, REJECT, register=False)

    async def call(self, number: str, caller: str) -> PhoneCall:
        """A call by the trunk to ``number``, from the number ``caller``."""
        return await (await self.stranger(caller)).dial(number)

    async def _make(self, user: str, password: str, policy: Policy, *, register: bool) -> Phone:
        taken = self._strangers_hz | {phone.tone_hz for phone in self._known.values()}
        tones = (_FIRST_HZ + _STEP_HZ * n for n in itertools.count())
        tone_hz = next(hz for hz in tones if hz not in taken)
        if not register:
            self._strangers_hz.add(tone_hz)
        account = Account(
            user=user,
            domain=self.registrar,
            password=password,
            reg_interval=300 if register else 0,
            audio_codecs=("pcma",),
        )
        agent = await UserAgent.create(self._runtime, account)
        return Phone(self, agent, user, tone_hz, policy)

    def tick(self) -> asyncio.Event:
        """Set when audio has next been moved (every 20 ms)."""
        if self._pump is not None and self._pump.done():
            self._pump.result()  # raises what ended it
        return self._tick

    async def dial(self, agent: UserAgent, number: str, tone_hz: float) -> PhoneCall:
        """Start a call of one of the phones."""
        early: list[StackEvent] = []
        self._runtime.subscribe(early.append)
        try:
            raw = await agent.dial(f"sip:{number}@{self.registrar}")
        finally:
            self._runtime.unsubscribe(early.append)
        call = self.adopt(raw, tone_hz)
        # On loopback the answer (404, or 200) can be here before baresip's own object is there to
        # hear it: a busy event loop takes both in one turn. Those events are told again.
        for event in early:
            raw._on_stack_event(event)
        return call

    def adopt(self, call: BaresipCall, tone_hz: float) -> PhoneCall:
        """Take a call's audio in hand."""
        made = PhoneCall(call, tone_hz, self.tick)
        self.calls.append(made)
        return made

    def errand(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Do something beside the test; its errors (the call is gone) are of no interest."""

        async def quietly() -> None:
            with suppress(BaresipError):
                await work

        task = asyncio.get_running_loop().create_task(quietly(), name=name)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _move_audio(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            for call in self.calls:
                call.move_audio()
            self._tick.set()
            self._tick = asyncio.Event()
            due = max(due + _TICK_S, loop.time())
            await asyncio.sleep(due - loop.time())


class Phone:
    """One SIP identity. Every call of it plays the same tone, ``tone_hz``."""

    def __init__(
        self, phones: Phones, agent: UserAgent, user: str, tone_hz: float, policy: Policy
    ) -> None:
        self.user, self.tone_hz, self.policy = user, tone_hz, policy
        self.incoming: list[PhoneCall] = []  #: every call that ever rang here
        self._phones, self._agent = phones, agent
        self._rang: asyncio.Queue[PhoneCall] = asyncio.Queue()
        agent.on_incoming(self._on_incoming)

    def renew(self, policy: Policy) -> None:
        """Behave so from now on; forget the calls there were."""
        self.policy, self._rang = policy, asyncio.Queue()
        self.incoming.clear()

    async def register(self) -> None:
        """Register (again). RigError when refused; its text has the SIP status."""
        try:
            await self._agent.register(timeout=10)
        except BaresipError as error:
            raise RigError(f"phone {self.user}: {error}") from None

    async def unregister(self) -> None:
        """Say goodbye to the registrar."""
        await self._agent.unregister(timeout=10)

    async def leave(self) -> None:
        """Unregister if anybody is there to be told."""
        with suppress(BaresipError):
            await self._agent.unregister(timeout=2)

    async def dial(self, number: str) -> PhoneCall:
        """Start a call: wait for ``talking()`` or catch its CallRefused."""
        return await self._phones.dial(self._agent, _escaped(number), self.tone_hz)

    async def next_call(self, timeout_s: float = 10) -> PhoneCall:
        """The next call that rings (or rang, and was not asked for yet)."""
        async with asyncio.timeout(timeout_s):
            return await self._rang.get()

    def _on_incoming(self, raw: BaresipCall) -> None:
        call = self._phones.adopt(raw, self.tone_hz)
        self.incoming.append(call)
        self._rang.put_nowait(call)
        if self.policy.rejects:
            self._phones.errand(call.reject(), f"phone {self.user}: reject")
        elif self.policy.answer_after_s is not None:
            self._phones.errand(
                self._answer(call, self.policy.answer_after_s), f"phone {self.user}: answer"
            )

    async def _answer(self, call: PhoneCall, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await call.answer()


def _escaped(number: str) -> str:
    """``#`` cannot stand in a URI as it is."""
    return number.replace("#", "%23")
