"""Asks ivrd how it is, and Asterisk what it holds; notes who is there and on hold, and moves whoever waits alone to the fallback."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable

from panoramisk.message import Message
from structlog.typing import FilteringBoundLogger

from ivrd.adapters.ami.connection import Connection
from ivrd.adapters.ari.warm import LEG_VARIABLE, PREFIX
from ivrd.adapters.bell import Heard
from ivrd.adapters.rescued import Hold, Ledger, Rescued
from ivrd.adapters.systemd.notify import Notifier
from ivrd.core import ids
from ivrd.errors import SwitchError
from ivrd.ports import FALLBACK_CONTEXT, Clock
from ivrd.rescue.judge import Away, Held, Patience, Present, Verdict, calls, judge, present
from ivrd.settings.site import Site

#: so often we look; an answer must come within it
EVERY_S = 0.5
#: until then new callers go past ivrd; renewed with each look, so that nobody has to take it back
GATE_S = 5
GATE_VARIABLE = "IVRD_AWAY_UNTIL"  #: asterisk_config/dialplan.py reads it
#: events of AMI that say who pressed hold, or took the other side back
HOLDS = frozenset({"Hold", "Unhold"})
_TOLD = {
    Away.FROZEN: "ivrd does not answer: new callers go to the fallback",
    Away.LONG: "ivrd is away: callers who wait are moved to the fallback",
}
_SAID = {
    Away.NOT: "ivrd is in command",
    Away.FROZEN: "ivrd does not answer: new callers go to the fallback",
    Away.LONG: "ivrd is away: callers go to the fallback",
}


class Rescuer:
    """One run of ``ivrd rescue``. ``connect`` makes an AMI connection that tells its events to what it is given; it is opened and closed here.

    ``ring`` asks ivrd how it is, and may block for EVERY_S.
    """

    def __init__(
        self,
        site: Site,
        ring: Callable[[], Heard],
        connect: Callable[[Callable[[Message], None]], Connection],
        ledger: Ledger,
        clock: Clock,
        notifier: Notifier,
        log: FilteringBoundLogger,
    ) -> None:
        self._app = site.asterisk.ari.app
        self._after_s = site.asterisk.fallback.rescue_after_s
        self._ring, self._connect, self._ledger, self._clock = ring, connect, ledger, clock
        self._notifier, self._log = notifier, log
        self._asterisk: Connection | None = None
        self._was = Away.NOT
        self._trouble = ""
        self._unnoted = ""
        self._deaf = False
        self._woken = asyncio.Event()  #: there is something to note down now
        self._pressed: list[Hold] = []  #: not noted down yet
        self._calls: dict[str, str] = {}  #: channel -> call, as long as ivrd is away
        self._legs: dict[str, str] = {}  #: channel that was made ahead -> the leg it is lent to, likewise

    async def run(self) -> None:
        """Look twice a second until cancelled."""
        patience = Patience(self._after_s, time.monotonic())
        self._notifier.ready()
        while True:
            began = time.monotonic()
            heard = await asyncio.to_thread(self._ring)
            away = patience.look(time.monotonic(), heard)
            if heard is not Heard.IN_COMMAND:
                await self._note()
            await self._look(away)
            if heard is Heard.IN_COMMAND:
                self._drop()
                self._calls, self._legs, self._pressed = {}, {}, []
            self._notifier.watchdog()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, EVERY_S - (time.monotonic() - began))):
                    await self._woken.wait()
            self._woken.clear()

    async def once(self) -> Verdict:
        """Move whoever waits alone now, ivrd or not: for an operator who has decided so. SwitchError."""
        try:
            return await self._rescue(Away.LONG)
        finally:
            self._drop()

    async def _note(self) -> None:
        """From the first look on: a call that ends while ivrd is only started anew has its right time, too."""
        try:
            channels = await self._held()
            there = present(channels, self._app)
            await self._name(there.others[call] for call in there.together)
            self._calls |= calls(channels)
            self._save(there)
        except SwitchError:
            self._drop()  # told when there is something to be done
        except OSError as exc:
            if str(exc) != self._unnoted:
                self._log.error("not noted down who is there", error=str(exc))
            self._unnoted = str(exc)

    def _heard(self, event: Message) -> None:
        """Asterisk tells who presses hold, and tells it once: nothing that can be looked at later says so. Noted down at once: ivrd may be back."""
        if event.event in HOLDS:
            self._pressed.append(Hold(at=self._clock.now(), channel=event.uniqueid, held=event.event == "Hold"))
            self._woken.set()

    def _save(self, there: Present) -> None:
        pressed = [(self._calls.get(hold.channel, ""), hold) for hold in self._pressed]
        others = {call: self._known_as(other) if call in there.together else "" for call, other in there.others.items()}
        self._ledger.saw(self._clock.now(), there.callers, others, pressed)
        self._pressed = []

    def _known_as(self, channel: Held) -> str:
        """The id under which ivrd knows a leg; "": Asterisk did not say."""
        return self._legs.get(channel.unique_id, "") if channel.unique_id.startswith(PREFIX) else channel.unique_id

    async def _name(self, channels: Iterable[Held]) -> None:
        """ivrd lends legs that were made ahead, and has Asterisk remember to whom (ADR 51): ask it, once of each."""
        new = [c for c in channels if c.unique_id.startswith(PREFIX) and c.unique_id not in self._legs]
        if not new:
            return
        asked = [("Getvar", {"Channel": channel.name, "Variable": LEG_VARIABLE}) for channel in new]
        for channel, answer in zip(new, await (await self._opened()).actions(asked), strict=True):
            if not isinstance(answer, SwitchError):  # else it has gone meanwhile
                self._legs[channel.unique_id] = str(answer[0].value)

    async def _look(self, away: Away) -> None:
        was, self._was = self._was, away
        if away is not was and away is not Away.NOT:
            self._log.error(_TOLD[away], after_s=self._after_s)
        if away is was is Away.NOT:
            return
        self._notifier.status(_SAID[away])
        try:
            await (self._stand_down() if away is Away.NOT else self._rescue(away))
            self._trouble = ""
        except SwitchError as exc:
            self._drop()
            if str(exc) != self._trouble:  # once for each kind of trouble
                self._log.error("asterisk does not do as it is told", error=str(exc))
            self._trouble = str(exc)

    async def _stand_down(self) -> None:
        """ivrd is back: new callers go to it at once. Should this fail, the gate opens by itself."""
        await self._gate(await self._opened(), 0)
        self._drop()
        self._log.info("ivrd is back")

    @staticmethod
    async def _gate(asterisk: Connection, until: int) -> None:
        await asterisk.action("Setvar", {"Variable": GATE_VARIABLE, "Value": str(until)})

    async def _held(self) -> list[Held]:
        listed = await (await self._opened()).action("CoreShowChannels")
        return [_held(m) for m in listed if m.event == "CoreShowChannel"]

    async def _rescue(self, away: Away) -> Verdict:
        asterisk = await self._opened()
        await self._gate(asterisk, int(self._clock.now()) + GATE_S)
        verdict = judge(await self._held(), self._app, away)
        for channel in verdict.to_fallback:
            await self._move(asterisk, channel)
        for channel in verdict.hang_up:
            if ids.is_callback(channel.unique_id):
                self._note_down(channel, moved=False)
            await self._tell(asterisk, "Hangup", {"Channel": channel.name, "Cause": "31"}, channel)
        return verdict

    def _note_down(self, channel: Held, *, moved: bool) -> None:
        try:
            self._ledger.write(Rescued(call=channel.unique_id, at=self._clock.now(), moved=moved))
        except OSError as exc:  # the row will say that the caller hung up; it is done all the same
            self._log.error("rescue not noted down", call=channel.unique_id, error=str(exc))

    async def _move(self, asterisk: Connection, channel: Held) -> None:
        self._note_down(channel, moved=True)
        where = {"Context": FALLBACK_CONTEXT, "Exten": "s", "Priority": "1"}
        await self._tell(asterisk, "Redirect", {"Channel": channel.name, **where}, channel)

    async def _tell(self, asterisk: Connection, name: str, fields: dict[str, str], channel: Held) -> None:
        """One order; that the channel has gone meanwhile is no trouble."""
        try:
            await asterisk.action(name, fields)
        except SwitchError as exc:
            if exc.status != 400:
                raise
            self._log.info("gone meanwhile", call=channel.unique_id, order=name, reason=exc.reason)
        else:
            self._log.warning("rescued", call=channel.unique_id, order=name)

    async def _opened(self) -> Connection:
        if self._asterisk is None or self._asterisk.lost.is_set():
            self._drop()
            asterisk = self._connect(self._heard)
            try:
                await asterisk.open()
                await self._listen(asterisk)
            except SwitchError:
                asterisk.close()
                raise
            self._asterisk = asterisk
        return self._asterisk

    async def _listen(self, asterisk: Connection) -> None:
        """Hear of holds. A manager's user who may not is no reason to rescue nobody."""
        try:
            await asterisk.listen(HOLDS)
        except SwitchError as exc:
            if exc.status != 400:
                raise
            if not self._deaf:
                self._log.warning("holds while ivrd is away will not be noted: may the manager's user read `call` and write `system`?", error=str(exc))
            self._deaf = True

    def _drop(self) -> None:
        if self._asterisk is not None:
            self._asterisk.close()
            self._asterisk = None


def _held(message: Message) -> Held:
    return Held(
        name=message.channel,
        unique_id=message.uniqueid,
        state=message.channelstatedesc,
        application=message.application,
        data=message.applicationdata,
        bridge=message.bridgeid,
    )
