"""AmiClient: recordings (ports.Recorder), lamps (ports.Lamps), the phone watch, and a log of break-in attempts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from panoramisk.message import Message
from structlog.typing import FilteringBoundLogger

from ivrd.adapters.ami import unseen, wire
from ivrd.adapters.ami.connection import Connection
from ivrd.adapters.ami.phones import PhoneWatch, UseWatch
from ivrd.core.events import PhoneReachable, PhoneUnreachable
from ivrd.errors import StartError, SwitchError, TrustError
from ivrd.ports import TRUNK_REGISTRATION, UNSEEN_FAMILY, Clock, Inbox, Unseen
from ivrd.settings.site import Ami

FIRST_RETRY_S = 0.1
LAST_RETRY_S = 2.0

#: Channel variable in which Asterisk keeps the running MixMonitor's id: set = it records.
_MONITOR = "IVRD_MONITOR"
#: Refusals that mean "it has stopped already": with its channel, or by an order before this one.
_STOPPED = ("no such channel", "could not stop monitoring")
#: An Error to Asterisk: no phone has registered.
_NO_PHONE = "no contacts found"


class AmiClient:
    """ports.Recorder and ports.Lamps on AMI; how phones are (reachable, in use) comes to ``inbox``.

    ``extensions``: the phones to watch. The first connect tells of all, each later one of what changed meanwhile; every
    ``survey_s`` Asterisk is asked for what it did not tell.
    ``moved`` is told of a phone that is now found elsewhere, or (False) nowhere, before the inbox is.
    """

    def __init__(
        self,
        settings: Ami,
        secret: str,
        inbox: Inbox,
        clock: Clock,
        log: FilteringBoundLogger,
        extensions: Collection[str],
        moved: Callable[[str, bool], None] = lambda extension, there: None,
    ) -> None:
        self._moved = moved
        self._settings, self._secret, self._inbox = settings, secret, inbox
        self._clock, self._log = clock, log
        self._phones = PhoneWatch(extensions)
        self._use = UseWatch(extensions)
        self.connections = 0  #: so many there were: what Asterisk was told before may be forgotten
        self._connection: Connection | None = None
        self._was_connected = False
        self._blind = False  #: Asterisk refused to say which phones are in use
        self._listening = False  #: Asterisk was told which events we want
        self.connected = asyncio.Event()  #: set while logged in; wait on it, never set it
        self.last_error = "not tried yet"  #: for the readiness report; "" while connected

    async def run(self) -> None:
        """Hold the connection until cancelled. StartError: the secret, or the certificate, is wrong at the first try."""
        retry_s = FIRST_RETRY_S
        while True:
            try:
                await self._serve()
            except SwitchError as exc:
                if (exc.status == 401 or isinstance(exc, TrustError)) and not self._was_connected:
                    raise StartError(exc.reason) from exc
                self._note(str(exc))
            if self.connected.is_set():
                self.connected.clear()
                retry_s = FIRST_RETRY_S
            await asyncio.sleep(retry_s)
            retry_s = min(retry_s * 2, LAST_RETRY_S)

    async def start_recording(self, channel: str, raw: Path, *, first: bool = False) -> None:
        """Record both directions of ``channel`` into ``raw``; harmless when it is recorded already (but for ``first``).

        SwitchError: the channel is gone, or Asterisk did not take the order.
        """
        file = wire.recording_file(raw)
        # Asterisk would start a second recorder into the same file. Its own variable is asked and
        # not our memory: the recording outlives a restart of ours.
        if not first and await self._variable(channel):
            self._log.debug("recorded already", channel=channel)
            return
        fields = {"Channel": channel, "File": file, "Options": f"Di({_MONITOR})"}
        await self._action("MixMonitor", fields)

    async def pause_recording(self, channel: str, on: bool) -> None:
        """Record silence on both sides, or what is said again. SwitchError: the channel is gone, or nothing is recorded."""
        if not await self._variable(channel):
            raise SwitchError("MixMonitorMute", 0, "(nothing is recorded)")
        fields = {"Channel": channel, "Direction": "both", "State": str(int(on))}
        await self._action("MixMonitorMute", fields)

    async def stop_recording(self, channel: str) -> None:
        """Stop; harmless when it has stopped with its channel."""
        try:
            await self._action("StopMixMonitor", {"Channel": channel})
            await self._action("Setvar", {"Channel": channel, "Variable": _MONITOR, "Value": ""})
        except SwitchError as exc:
            if not exc.reason.lower().startswith(_STOPPED):
                raise

    async def set_lamps(self, lamps: Mapping[str, str]) -> dict[str, SwitchError]:
        """Show states (Asterisk's words) on every key that watches a name, in one write; those that are not shown, and why."""
        orders: dict[str, tuple[str, dict[str, str]]] = {}
        failed: dict[str, SwitchError] = {}
        for name, state in lamps.items():
            try:
                orders[name] = "Setvar", {"Variable": wire.lamp(name), "Value": state}
            except SwitchError as exc:
                failed[name] = exc
        if not orders:
            return failed
        try:
            if self._connection is None:
                raise _not_connected("Setvar")
            told = await self._connection.actions(list(orders.values()))
        except SwitchError as exc:
            return failed | dict.fromkeys(orders, exc)
        return failed | {name: why for name, why in zip(orders, told, strict=True) if isinstance(why, SwitchError)}

    async def listen(self, channel: str, on: bool) -> None:
        """Have Asterisk tell when the channel's voice is heard (ARI: ChannelTalkingStarted), or no longer.

        By AMI: the same order by ARI waits until the channel's playback is over. SwitchError.
        """
        variable = f"TALK_DETECT({'set' if on else 'remove'})"
        await self._action("Setvar", {"Channel": channel, "Variable": variable, "Value": ""})

    async def unseen(self) -> list[Unseen]:
        """Calls that ended while ivrd was away (ports.UnseenCalls)."""
        try:
            told = await self._action("DBGetTree", {"Family": UNSEEN_FAMILY})
        except SwitchError as exc:
            if exc.status != 400:
                raise
            return []  # "not found" is an Error to Asterisk
        notes = (unseen.parse(m.key, m.val) for m in told if m.event == "DBGetTreeResponse")
        return [note for note in notes if note is not None]

    async def registration(self) -> str:
        """How Asterisk's registration with the carrier is, in its words (Registered, Unregistered, Rejected; or why it does not say); "": it has none. SwitchError."""
        try:
            told = await self._action("PJSIPShowRegistrationsOutbound", {})
        except SwitchError as exc:
            if exc.status != 400:
                raise
            return exc.reason
        found = (m for m in told if m.event == "OutboundRegistrationDetail" and m.objectname == TRUNK_REGISTRATION)
        return next((str(m.status) for m in found), "")

    async def forget_unseen(self, call: str) -> None:
        """Its row is safe."""
        with suppress(SwitchError):  # it comes again at the next look, and is found to have its row
            await self._action("DBDel", {"Family": UNSEEN_FAMILY, "Key": call})

    async def _variable(self, channel: str) -> str:
        fields = {"Channel": channel, "Variable": _MONITOR}
        return str((await self._action("Getvar", fields))[0].value)

    async def _action(self, name: str, fields: dict[str, str]) -> list[Message]:
        if self._connection is None:
            raise _not_connected(name)
        return await self._connection.action(name, fields)

    async def _serve(self) -> None:
        self._phones.ask()
        self._blind = self._listening = False
        connection = Connection(self._settings, self._secret, self._on_event)
        try:
            await connection.open()
            await connection.wait_booted()
            self._tell_phones(await self._contacts(connection))
            await self._survey_use(connection)
            self.connections += 1
            self._connection, self.last_error, self._was_connected = connection, "", True
            self.connected.set()
            self._log.info("connected to asterisk", interface="ami")
            await self._watch(connection)
        finally:
            self._connection = None
            connection.close()
        raise SwitchError("AMI", 0, "(connection lost)")

    async def _watch(self, connection: Connection) -> None:
        """Until the connection is lost. SwitchError when it is dead and does not say so."""
        now = asyncio.get_running_loop().time
        surveyed = now()
        while not connection.lost.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(min(self._settings.heartbeat_s, self._settings.survey_s)):
                    await connection.lost.wait()
                    break
            await self._ping(connection)
            if now() - surveyed >= self._settings.survey_s:
                surveyed = now()
                await self._survey(connection)
            elif self._blind:
                await self._survey_use(connection)

    async def _ping(self, connection: Connection) -> None:
        await connection.action("Ping", timeout_s=self._settings.heartbeat_s)

    async def _survey(self, connection: Connection) -> None:
        """Find what no event has told. Without an answer all stays as it was, and a ping says at once whether the connection is dead."""
        self._phones.ask()
        try:
            contacts = await self._contacts(connection)
        except SwitchError as exc:
            self._tell_phones(None)
            self._log.debug("phones not looked at", error=str(exc))
            await self._ping(connection)
        else:
            self._tell_phones(contacts)
        try:
            await self._survey_use(connection)
        except SwitchError as exc:
            self._log.debug("phones in use not looked at", error=str(exc))
            await self._ping(connection)

    async def _contacts(self, connection: Connection) -> list[Message]:
        try:
            return await self._listed(connection, "PJSIPShowContacts")
        except SwitchError as exc:
            if exc.status != 400 or (self.connected.is_set() and not exc.reason.lower().startswith(_NO_PHONE)):
                raise
            return []

    async def _listed(self, connection: Connection, action: str) -> list[Message]:
        """A dead connection is noticed as soon as by pings, whatever is asked (at a start there is nothing to notice)."""
        timeout_s = self._settings.heartbeat_s if self.connected.is_set() else None
        return (await connection.action(action, timeout_s=timeout_s))[1:]

    def _tell_phones(self, contacts: Iterable[Message] | None) -> None:
        """Those of a survey; None: there was no answer."""
        before, at = self._phones.contacts(), self._clock.now()
        if contacts is None:
            changes = self._phones.unanswered(at)
        else:
            found = [(c.endpoint, c.uri) for c in contacts if c.event == "ContactList" and wire.is_reachable(c.status)]
            changes = self._phones.snapshot(found, at)
        self._tell(before, changes)

    async def _survey_use(self, connection: Connection) -> None:
        """From now on we hear of each change. An Asterisk that refuses costs us the private calls, no more, and is asked
        again with each heartbeat: one that is starting has its manager before the modules that know the phones."""
        self._use.ask()
        try:
            if not self._listening:
                await connection.listen(wire.EVENTS)
                self._listening = True
            devices = await self._listed(connection, "DeviceStateList")
        except SwitchError as exc:
            self._tell_use(None)
            if exc.status != 400:
                raise
            if not self._blind:
                self._log.warning("private calls of agents will not be seen", error=str(exc))
            self._blind = True
            return
        self._tell_use(devices)
        if self._blind:
            self._log.info("private calls of agents are seen again")
        self._blind = False

    def _tell_use(self, devices: Iterable[Message] | None) -> None:
        """The same of phones in use."""
        at = self._clock.now()
        if devices is None:
            changes = self._use.unanswered(at)
        else:
            in_use = {wire.phone_of(d.device or "") for d in devices if wire.is_in_use(d.state or "")}
            changes = self._use.survey(in_use, at)
        for change in changes:
            self._inbox(change)

    def _on_event(self, event: Message) -> None:
        if event.event == "DeviceStateChange":
            self._on_device(event)
            return
        if event.event == "ContactStatus":
            self._on_contact(event)
        elif event.event in wire.ATTACKS:
            self._log.warning(
                "access refused by asterisk",
                kind=event.event,
                service=event.service,
                account=event.accountid,
                address=wire.attacker(event.remoteaddress),
            )

    def _on_contact(self, event: Message) -> None:
        extension, reachable = (
            event.endpointname or event.aor,
            wire.is_reachable(event.contactstatus),
        )
        before = self._phones.contacts()
        self._tell(before, self._phones.contact(extension, event.uri, reachable, self._clock.now()))

    def _tell(
        self,
        before: dict[str, frozenset[str]],
        changes: Iterable[PhoneReachable | PhoneUnreachable],
    ) -> None:
        for extension, contacts in self._phones.contacts().items():
            if contacts != before.get(extension, contacts):
                self._moved(extension, bool(contacts))
        for change in changes:
            self._inbox(change)

    def _on_device(self, event: Message) -> None:
        in_use = wire.is_in_use(event.state or "")
        for change in self._use.used(wire.phone_of(event.device or ""), in_use, self._clock.now()):
            self._inbox(change)

    def _note(self, error: str) -> None:
        if error != self.last_error:  # once for each kind of trouble, not once for each retry
            self._log.warning("no connection to asterisk", interface="ami", error=error)
        self.last_error = error


def _not_connected(action: str) -> SwitchError:
    return SwitchError(action, 0, "(not connected to the manager interface, not sent)")
