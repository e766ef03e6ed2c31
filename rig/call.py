"""One call at a SIP phone: what is said (a steady tone), what is heard (kept), and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import baresip
from baresip.call import Call as BaresipCall
from baresip.call import CallState
from baresip.errors import (
    AudioNotActive,
    AudioRestarted,
    BaresipError,
    StaleHandleError,
    split_status,
)

from rig import tones
from rig.tools import RigError

_READ_BYTES = 16000
#: So much is kept in the transmit buffer (400 ms): a test that computes, or starts programs beside others, keeps our own loop from its turn for
#: as long as 300 ms, and the tone must not have a gap that is not the other side's.
_AHEAD_SAMPLES = 3200


class CallRefused(RigError):
    """The call ended before it was answered; ``status`` is SIP's (0: no answer from the network)."""

    def __init__(self, text: str) -> None:
        status, reason = split_status(text)
        self.status, self.reason = status or 0, reason
        super().__init__(f"call refused: {text or 'no reason given'}")


class PhoneCall:
    """A call in progress; owned by ``Phones``, which moves its audio."""

    def __init__(self, call: BaresipCall, tone_hz: float, tick: Callable[[], asyncio.Event]) -> None:
        """``tick``: an event that is set when audio has next been moved."""
        self._call, self.tone_hz, self._tick = call, tone_hz, tick
        self.heard = bytearray()  #: all that came in, as PCM (rig/tones.py)
        self.digits: list[str] = []  #: DTMF that came in
        self.close_reason = ""
        self.speaking = True  #: False: silence is sent
        self._rings = False
        self._sent = 0
        self._changed = asyncio.Event()
        call.on(self._on_event)
        call.on_dtmf(lambda digit: self.digits.append(digit.digit))

    @property
    def peer_number(self) -> str:
        """User part of the other side's address."""
        return (self._call.peer or "").removeprefix("sip:").partition("@")[0]

    @property
    def is_talking(self) -> bool:
        """Answered, and not over."""
        return self._call.state is CallState.ESTABLISHED

    @property
    def is_over(self) -> bool:
        """Hung up by either side, or refused."""
        return self._call.state is CallState.CLOSED

    @property
    def held_by_peer(self) -> bool:
        """The other side put us on hold."""
        return self._call.remote_on_hold

    def _on_event(self, event: baresip.StackEvent) -> None:
        if event.event is baresip.Event.CALL_CLOSED:
            self.close_reason = event.text or ""
        elif event.event in (baresip.Event.CALL_RINGING, baresip.Event.CALL_PROGRESS):
            self._rings = True
        self._changed.set()
        self._changed = asyncio.Event()

    async def rings(self, timeout_s: float = 10) -> None:
        """Wait until the other side says that it rings. Before it has said anything, a caller who hangs up sends no CANCEL: the
        call would live on there. TimeoutError."""
        await self._until(lambda: self._rings, timeout_s)

    async def answer(self) -> None:
        """Answer; harmless when the caller is gone."""
        with suppress(StaleHandleError):
            await self._call.answer()

    async def reject(self) -> None:
        """486 Busy Here; harmless when the caller is gone."""
        with suppress(StaleHandleError):
            await self._call.reject()

    async def hang_up(self) -> None:
        """End the call, and wait until it is over; harmless when it is."""
        with suppress(StaleHandleError):
            await self._call.hangup()
        await self.ended(5)

    async def press(self, digits: str, interdigit_ms: int = 120) -> None:
        """Send DTMF (RFC 4733)."""
        await self._call.send_dtmf(digits, interdigit_ms=interdigit_ms)

    async def hold(self) -> None:
        """Put the other side on hold."""
        await self._call.hold()

    async def resume(self) -> None:
        """Take it back."""
        await self._call.resume()

    async def transfer(self, number: str) -> bool:
        """Give the other side away (REFER, blind); False when the other side of the wire does not do it."""
        try:
            await self._call.transfer(number)
        except BaresipError:
            return False
        return True

    async def give_to(self, other: PhoneCall) -> bool:
        """Give the other side to that of another call of this phone (REFER with Replaces); False when it is declined."""
        try:
            await self._call.attended_transfer(other._call)
        except BaresipError:
            return False
        return True

    async def talking(self, timeout_s: float = 10) -> None:
        """Wait until answered. CallRefused when it ends instead, TimeoutError when neither."""
        async with asyncio.timeout(timeout_s):
            while not self.is_talking:
                if self.is_over:
                    raise CallRefused(self.close_reason)
                await self._changed.wait()

    async def ended(self, timeout_s: float = 10) -> str:
        """Wait until it is over; the reason ("" for an ordinary end)."""
        async with asyncio.timeout(timeout_s):
            while not self.is_over:
                await self._changed.wait()
        return self.close_reason

    async def pressed(self, digits: str, timeout_s: float = 10) -> None:
        """Wait until the other side's DTMF ends in ``digits``. TimeoutError when it does not."""
        async with asyncio.timeout(timeout_s):
            while not "".join(self.digits).endswith(digits):
                await self._changed.wait()

    @property
    def mark(self) -> int:
        """Now, as a place in what was heard: for ``since``."""
        return len(self.heard) // 2

    def heard_samples(self, since: int = 0) -> tones.Samples:
        """What was heard from a mark on."""
        return tones.samples(self.heard[2 * since :])

    def heard_tone(self, hz: float, since: int = 0, for_s: float = 0.3) -> bool:
        """Whether a tone was heard without a break for so long."""
        return tones.is_heard(hz, self.heard_samples(since), for_s)

    async def wait_heard(
        self, hz: float, timeout_s: float = 10, since: int = 0, for_s: float = 0.3
    ) -> None:
        """Wait until a tone is heard. RigError, saying what was heard instead, when it is not."""
        try:
            await self._until(lambda: self.heard_tone(hz, since, for_s), timeout_s)
        except TimeoutError:
            recent = tones.dominant_hz(self.heard_samples(max(since, self.mark - tones.RATE_HZ)))
            raise RigError(
                f"{hz:g} Hz not heard within {timeout_s:g} s; the last second has {recent:.0f} Hz"
            ) from None

    async def wait_length(self, seconds: float, since: int = 0, timeout_s: float = 5) -> None:
        """Wait until so much was heard, whatever it is: a busy machine hears late."""
        await self._until(lambda: self.mark - since >= seconds * tones.RATE_HZ, timeout_s)

    async def wait_loud(self, loud_s: float = 0.5, timeout_s: float = 10, since: int = 0) -> None:
        """Wait until anything at all (speech, music) was heard for so long. TimeoutError if not."""
        await self._until(lambda: tones.loud_s(self.heard_samples(since)) >= loud_s, timeout_s)

    async def _until(self, true: Callable[[], bool], timeout_s: float) -> None:
        async with asyncio.timeout(timeout_s):
            while not true():
                for _ in range(3):  # 60 ms: the look at the audio is not free
                    await self._tick().wait()

    def move_audio(self) -> None:
        """Take what came in, send what is due. Called by ``Phones`` every 20 ms."""
        if not self.is_talking:
            return
        try:
            self.heard += self._call.audio.read(_READ_BYTES)
            short = _AHEAD_SAMPLES - self._call.audio.info().tx_buffered // 2
            if short > 0 and self.speaking:
                accepted = self._call.audio.write(tones.make_tone(self.tone_hz, self._sent, short))
                self._sent += accepted // 2
        except (AudioNotActive, AudioRestarted):
            pass  # not up yet, on hold, or renegotiated: the next tick finds the new streams

    async def close(self) -> None:
        """Make sure it is over: with a call left, the stack beneath does not end well."""
        if not self.is_over:
            with suppress(BaresipError, TimeoutError):
                await self._call.hangup()
                await self.ended(2)
