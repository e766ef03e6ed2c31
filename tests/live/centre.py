"""A whole contact centre for tests: Asterisk, broker, ivrd, a wall, phones; and its rows and recordings."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp

from rig import tones
from rig.phone import ANSWER, Phone, PhoneCall, Phones, Policy
from rig.site import SitePaths
from rig.stack import Stack
from rig.trouble import BadLine
from tests.live.wall import Contract, Wall

_POLL_S = 0.05
_NUMBERS = itertools.count(1)
_CONTRACT = Contract()
#: that ivrd may have more than at first: an order that is just being carried out. Seen: one more at the end of some tests
MORE_TASKS = 2
#: what is on its way to its end has so long
LEFT_S = 8.0
_SERVES = ("ready", "offered", "talking")

#: a busy machine is late with the phones' audio, and what never came cannot be recorded
EXPECTED = frozenset({"recording short"})
#: what Asterisk may warn of while ivrd is away, or when a test plays the stranger
ASTERISK_MAY_SAY = (
    "Could not create dialog to invalid URI",  # a phone that has vanished was to be rung
    "Failed to create outgoing session to endpoint",  # the same
    "Failed to find outbound websocket per-call config",
    "Stasis app 'ivrd' doesn't exist",
    "Unable to join queue 'ivrd-fallback'",
    "res_http_websocket.c",  # ivrd was killed
    "ari_websockets.c",  # the same
    "'ivrd' not active",  # the same
    "Asterisk is shutting down.",  # a test restarts it
    "active shutdown",  # the same
    "Not creating context 'stasis-ivrd'",  # ivrd is back before Asterisk has done with the one before
    "format_sln.c: Bad write",  # a test fills the disk that it records to
    "file.c: Natural write failed",  # the same
    "Session already DISCONNECTED",  # an offer ends that a phone has forwarded (302)
    "has invalid UTF-8 characters",  # a stranger's name
    "PJSIP syntax error exception when parsing 'From' header",  # the same, refused
    "Playback failed for sound:",  # the caller hung up while something was said
    "http.c: Unable to resolve host '(null)'",  # no port in clear: HTTP goes by TLS alone
    "Problem setting up ssl connection",  # who is there does not trust it, or speaks in clear
    "Unable to set up ssl connection",  # the same
    "fatal response received from",  # a carrier that knows another password
    "SSL_shutdown() failed",  # ivrd has gone: stopped, killed, or not trusting
)


class Centre:
    """What the live tests see of the parts. One for a module; phones are cleared after each test."""

    def __init__(self, site: SitePaths, stack: Stack, wall: Wall, phones: Phones) -> None:
        self.site, self.stack, self.wall, self.phones = site, stack, wall, phones
        self.ivrd, self.asterisk, self.broker = stack.ivrd, stack.asterisk, stack.broker
        self.ari: BadLine  #: between ivrd and Asterisk, where the module asked for it
        self.ami: BadLine
        self.numbers: list[str] = []  #: of all callers there ever were
        self.expected: set[str] = set()  #: log lines (their "event") that this test may cause
        self.since = 0  #: what walls heard before this test began
        self._lines_seen = 0
        self._tasks_at_rest = 0.0  # of an ivrd that serves nobody; 0: not looked at yet

    # --- people

    async def agent(self, extension: str, policy: Policy = ANSWER) -> Phone:
        """An agent at the phone, logged in: ready, or already offered a call that waits."""
        phone = await self.phone(extension, policy)
        if self.wall.agent(extension)["presence"] in ("logged_out", "paused"):
            await self.feature(phone, "*11")
        await self.wall.until(lambda: self.wall.agent(extension)["presence"] in _SERVES)
        return phone

    async def warm(self, *extensions: str) -> None:
        """These agents' legs are made, one each, and no others."""
        while True:
            legs = sorted(name.split("-")[0] for name in await self.asterisk.warm_legs())
            if legs == sorted(f"PJSIP/{e}" for e in extensions):
                return
            await asyncio.sleep(_POLL_S)

    async def phone(self, extension: str, policy: Policy = ANSWER) -> Phone:
        """A registered phone whose agent is in whatever state the last test left."""
        phone = await self.phones.phone(extension, self.site.secrets.phones[extension], policy)
        await self.wall.agent_is(extension, reachable=True)
        return phone

    async def feature(self, phone: Phone, code: str) -> PhoneCall:
        """Dial a feature code and listen to the end; the session, for what was heard."""
        session = await phone.dial(code)
        await session.talking()
        await session.ended()
        return session

    async def dial(self, number: str = "169", as_number: str = "") -> PhoneCall:
        """A caller whose number nobody else has (``centre.numbers[-1]``), or ``as_number``, still ringing."""
        self.numbers.append(as_number or f"08123{next(_NUMBERS):06d}")
        return await self.phones.call(number, self.numbers[-1])

    async def caller(self, keys: str = "", number: str = "169") -> PhoneCall:
        """A caller who was answered, and pressed ``keys``."""
        call = await self.dial(number)
        await call.talking()
        if keys:
            await call.press(keys)
        return call

    async def conversation(self, agent: Phone, keys: str = "10") -> tuple[PhoneCall, PhoneCall]:
        """A caller and an agent who hear each other: the two ends."""
        caller = await self.caller(keys)
        at_agent = await agent.next_call()
        await at_agent.talking()
        await self.both_hear(caller, at_agent)
        return caller, at_agent

    async def both_hear(self, one: PhoneCall, other: PhoneCall) -> None:
        """Each hears the other's tone from now on."""
        marks = one.mark, other.mark
        await one.wait_heard(other.tone_hz, since=marks[0])
        await other.wait_heard(one.tone_hz, since=marks[1])

    # --- what is written

    @property
    def store(self) -> Path:
        """SQLite's file."""
        return Path(self.site.loaded.store_url().partition(":///")[2])

    def rows(self, number: str) -> list[dict[str, Any]]:
        """The CDRs of a caller."""
        with closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            found = connection.execute("SELECT * FROM cdr WHERE caller_number = ?", (number,))
            return [dict(row) for row in found]

    async def row(self, number: str = "", timeout_s: float = 10, **values: object) -> dict[str, Any]:
        """The one CDR of a caller (the last one), once it is there and ``values`` are in it."""
        wanted = number or self.numbers[-1]

        def complete() -> bool:
            rows = self.rows(wanted)
            assert len(rows) <= 1, rows
            return bool(rows) and all(rows[0][k] == v for k, v in values.items())

        await self.until(complete, timeout_s, lambda: f"row of {wanted}: {self.rows(wanted)}")
        return self.rows(wanted)[0]

    async def final_row(self, number: str = "") -> dict[str, Any]:
        """The CDR of a talk after wrap-up: complete."""
        wanted = number or self.numbers[-1]
        queues = self.site.loaded.queues

        def complete() -> bool:
            return any(r["wrap_up_ms"] or not queues[r["queue"]].wrap_up_s for r in self.rows(wanted))

        await self.until(complete, 10, lambda: f"{self.rows(wanted)}")
        return await self.row(wanted)

    def recording(self, row: dict[str, Any]) -> tones.Recording:
        """The recording of a row; its checksum is what the row says."""
        path = self.recordings / row["recording"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == row["recording_sha256"]
        recording = tones.read_stereo(path)
        assert abs(recording.duration_s * 1000 - row["recording_ms"]) <= 1
        return recording

    @property
    def recordings(self) -> Path:
        """Where recordings are."""
        return self.site.root / "var" / "recordings"

    # --- waiting, and the end of each test

    async def until(
        self, true: Callable[[], bool], timeout_s: float = 10, why: Callable[[], object] = str
    ) -> None:
        """For what tells nobody when it happens: files, rows."""
        deadline = time.monotonic() + timeout_s
        while not true():
            assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {why()}"
            await asyncio.sleep(_POLL_S)

    async def until_ready(self, timeout_s: float) -> None:
        """All that ivrd needs is there."""
        timeout = aiohttp.ClientTimeout(total=2)
        deadline = time.monotonic() + timeout_s
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                async with session.get(f"{self.ivrd.url}/ready") as answer:
                    if answer.status == 200:
                        return
                    assert time.monotonic() < deadline, f"not ready within {timeout_s:g} s: {await answer.text()}"
                await asyncio.sleep(_POLL_S)

    async def at_rest(self) -> None:
        """Before the first test: how many tasks ivrd has when it serves nobody. It counts twice a second; 0: not yet."""
        while not self._tasks_at_rest:
            self._tasks_at_rest = (await self.ivrd.metrics())["ivrd_tasks"]
            await asyncio.sleep(_POLL_S)

    def _left_in(self, found: dict[str, float]) -> list[str]:
        """Calls that ivrd still knows, by stage; and tasks that it did without before."""
        assert "ivrd_journal_bytes" in found
        left = [f"{k}: {v:g}" for k, v in found.items() if k.startswith("ivrd_calls_in_progress") and v]
        if found["ivrd_tasks"] > self._tasks_at_rest + MORE_TASKS:
            left.append(f"tasks: {found['ivrd_tasks']:g}, at rest {self._tasks_at_rest:g}")
        return left

    async def nothing_left(self) -> None:
        """No channel, no bridge, no call, no task; no defect, no complaint that the test did not expect."""
        deadline = time.monotonic() + LEFT_S
        while True:
            left = await self.stack.leaks() if self.asterisk.running else []
            if self.ivrd.running:
                left += self._left_in(await self.ivrd.metrics())
            if not left:
                break
            assert time.monotonic() < deadline, f"left behind: {left}"
            await asyncio.sleep(_POLL_S)
        if self.ivrd.running:
            # so that the next test does not take this one's phones for its own
            await self.wall.until(lambda: not any(a["reachable"] for a in self.wall.agents()))
            metrics = await self.ivrd.metrics()
            assert metrics["ivrd_core_failures_total"] == 0
        assert not (complaints := self.complaints()), complaints

    def lines_of_this_test(self) -> list[dict[str, Any]]:
        """ivrd's log since the last look for complaints, at the end of the test before."""
        return self.ivrd.lines()[self._lines_seen :]

    def complaints(self) -> list[dict[str, Any]]:
        """Lines of ivrd's log since the last look that say that something is wrong."""
        lines = self.lines_of_this_test()
        self._lines_seen += len(lines)
        return [
            line
            for line in lines
            if line.get("level") not in ("debug", "info")
            and line.get("event") not in self.expected | EXPECTED
        ]

    def asterisk_complaints(self) -> list[str]:
        """Warnings and errors of Asterisk that no test expects."""
        lines = self.site.asterisk_log.read_text(errors="replace").splitlines()
        serious = [line for line in lines if " WARNING[" in line or " ERROR[" in line]
        return [line for line in serious if not any(text in line for text in ASTERISK_MAY_SAY)]

    def wall_faults(self) -> list[str]:
        """Messages that break the contract, or name a caller."""
        faults = [fault for heard in self.wall.heard for fault in _CONTRACT.faults(heard)]
        for heard in self.wall.heard:
            text = heard.topic + heard.payload.decode()
            # without the leading 0, as a carrier might write it
            faults += [f"{heard.topic} names {n}" for n in self.numbers if n[1:] in text]
        return faults
