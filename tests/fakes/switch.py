"""FakeSwitch: Asterisk in memory. No sockets, no time of its own: what the outside does, a test says.

It puts the same events into the inbox as the real client does, in the same order; the contract
suite (tests/contract/) runs on both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ivrd.core import ids
from ivrd.core.events import (
    AgentAnswered,
    AgentHungUp,
    AgentRinging,
    BridgeSeen,
    CallArrived,
    CallerAnswered,
    CallerHungUp,
    ChannelGone,
    ChannelSeen,
    DigitPressed,
    FeatureDialled,
    HoldEnded,
    HoldStarted,
    PromptFinished,
    SwitchSeen,
    VoiceHeard,
)
from ivrd.core.speech import Message
from ivrd.errors import SwitchError
from ivrd.ports import Clock, Inbox

PhonePolicy = Literal["ring", "answer", "reject"]

NORMAL_CLEARING, USER_BUSY, NO_ANSWER = 16, 17, 19  #: Q.850


@dataclass
class FakeChannel:
    """A channel that exists."""

    channel: str
    role: Literal["call", "agent", "feature"]
    state: str  #: Ring, Ringing or Up
    did: str = ""
    caller_number: str = ""
    extension: str = ""  #: of an agent's phone
    rings_until: float = 0.0
    prompts: list[str] = field(default_factory=list)  #: the first one plays, the others wait
    known_prompts: set[str] = field(default_factory=set)
    music: bool = False
    held: bool = False
    listened_to: bool = False
    recording: Path | None = None


class FakeSwitch:
    """ports.Telephony, ports.Recorder and ports.Ear. ``phones``: what each registered phone does when rung."""

    def __init__(self, inbox: Inbox, clock: Clock) -> None:
        self._inbox, self._clock = inbox, clock
        self.channels: dict[str, FakeChannel] = {}
        self.bridges: dict[str, list[str]] = {}
        self.phones: dict[str, PhonePolicy] = {}
        self.orders: list[tuple[str, ...]] = []  #: every order given, with its arguments
        self.media: dict[str, tuple[Path | Message, ...]] = {}  #: what each prompt was to play
        self.handed_over: set[str] = set()  #: callers whom the dialplan serves now
        self.recordings: dict[str, Path] = {}  #: all ever begun, by channel: the latest
        self._made = 0

    # --- what the outside does

    def dial_in(self, did: str, number: str, *, answered: bool = False) -> str:
        """A caller dials; the new channel's id. ``answered``: by the dialplan already."""
        channel = self._add("call", "Up" if answered else "Ring", did=did, caller_number=number)
        now = self._clock.now()
        self._inbox(CallArrived(at=now, call=channel, did=did, caller_number=number))
        if answered:
            self._inbox(CallerAnswered(at=now, call=channel))
        return channel

    def dial_feature(self, extension: str, feature: str) -> str:
        """A phone dials a feature code; the new channel's id."""
        channel = self._add("feature", "Ring", caller_number=extension)
        self._inbox(
            FeatureDialled(
                at=self._clock.now(), session=channel, extension=extension, feature=feature
            )
        )
        return channel

    def press(self, channel: str, digit: str) -> None:
        """A key is pressed on a channel."""
        self._inbox(
            DigitPressed(
                at=self._clock.now(), call=ids.call_of(channel), channel=channel, digit=digit
            )
        )

    def speak(self, channel: str) -> None:
        """The person at the other end says something."""
        if self.channels[channel].listened_to:
            self._inbox(VoiceHeard(at=self._clock.now(), call=channel))

    def hang_up_from_outside(self, channel: str, cause: int = NORMAL_CLEARING) -> None:
        """The person at the other end hangs up (or cancels)."""
        if channel in self.handed_over:
            self.handed_over.discard(channel)
            return
        held, now = self.channels[channel], self._clock.now()
        call = ids.call_of(channel)
        if held.role != "agent":
            self._inbox(CallerHungUp(at=now, call=call, cause=cause))
        elif held.state == "Up":
            self._inbox(AgentHungUp(at=now, call=call, leg=channel, cause=cause))
        self._remove(channel, cause)

    def phone_answers(self, leg: str) -> None:
        """The agent picks the ringing phone up."""
        self.channels[leg].state = "Up"
        self._inbox(AgentAnswered(at=self._clock.now(), call=ids.call_of(leg), leg=leg))

    def phone_rejects(self, leg: str, cause: int = USER_BUSY) -> None:
        """The phone declines the offer."""
        self._remove(leg, cause)

    def ring_out(self) -> None:
        """End all offers whose time is up by the clock."""
        now = self._clock.now()
        for channel in list(self.channels.values()):
            if channel.state == "Ringing" and channel.rings_until <= now:
                self._remove(channel.channel, NO_ANSWER)

    def finish_prompt(self, prompt: str, *, failed: bool = False) -> None:
        """A prompt has been played to its end (or could not be played)."""
        channel = next(c for c in self.channels.values() if prompt in c.prompts)
        channel.prompts.remove(prompt)
        self._prompt_finished(prompt, failed=failed)

    def hold(self, channel: str) -> None:
        """A phone puts the other side on hold."""
        self.channels[channel].held = True
        self._inbox(HoldStarted(at=self._clock.now(), call=ids.call_of(channel), channel=channel))

    def resume(self, channel: str) -> None:
        """A phone takes the other side back."""
        self.channels[channel].held = False
        self._inbox(HoldEnded(at=self._clock.now(), call=ids.call_of(channel), channel=channel))

    def leaks(self) -> list[str]:
        """Channels and bridges that exist now."""
        channels = [*self.channels, *self.handed_over]
        return [f"channel {c}" for c in channels] + [f"bridge {b}" for b in self.bridges]

    # --- ports.Telephony

    async def answer(self, channel: str) -> None:
        self.orders.append(("answer", channel))
        found = self.channels.get(channel)
        if found is not None and found.state == "Ring":
            found.state = "Up"
            self._inbox(CallerAnswered(at=self._clock.now(), call=channel))

    async def play(self, channel: str, prompt: str, media: Sequence[Path | Message]) -> None:
        self.orders.append(("play", channel, prompt))
        found = self.channels.get(channel)
        if found is None or prompt in found.known_prompts:
            return
        found.known_prompts.add(prompt)
        found.prompts.append(prompt)
        self.media[prompt] = tuple(media)

    async def stop_prompt(self, prompt: str) -> None:
        self.orders.append(("stop_prompt", prompt))
        for channel in self.channels.values():
            if prompt in channel.prompts:
                channel.prompts.remove(prompt)
                self._prompt_finished(prompt)

    async def start_music(self, channel: str, music: str = "") -> None:
        self.orders.append(("start_music", channel))
        self._set_music(channel, True)

    async def stop_music(self, channel: str) -> None:
        self.orders.append(("stop_music", channel))
        self._set_music(channel, False)

    async def open_bridge(self, bridge: str) -> None:
        self.orders.append(("open_bridge", bridge))
        self.bridges.setdefault(bridge, [])

    async def close_bridge(self, bridge: str) -> None:
        self.orders.append(("close_bridge", bridge))
        self.bridges.pop(bridge, None)

    async def offer(
        self, leg: str, extension: str, caller_number: str, caller_name: str, timeout_s: int
    ) -> None:
        self.orders.append(("offer", leg, extension))
        if leg in self.channels:
            return
        policy = self.phones.get(extension)
        if policy is None:
            raise SwitchError(f"offer to {extension}", 500, "Allocation failed")
        now = self._clock.now()
        self.channels[leg] = FakeChannel(
            leg,
            "agent",
            "Ringing",
            caller_number=caller_number,
            extension=extension,
            rings_until=now + timeout_s,
        )
        self._inbox(AgentRinging(at=now, call=ids.call_of(leg), leg=leg))
        if policy == "answer":
            self.phone_answers(leg)
        elif policy == "reject":
            self.phone_rejects(leg)

    async def connect(self, bridge: str, channels: Sequence[str]) -> None:
        self.orders.append(("connect", bridge, *channels))
        if bridge not in self.bridges:
            raise SwitchError(f"connect {bridge}", 404, "(no such bridge)")
        if any(c not in self.channels for c in channels):
            return
        for channel in channels:
            self._leave_bridges(channel)
            self.bridges[bridge].append(channel)

    async def hang_up(self, channel: str, cause: int) -> None:
        self.orders.append(("hang_up", channel, str(cause)))
        if channel in self.channels:
            self._remove(channel, cause)

    async def hand_over(self, channel: str) -> None:
        self.orders.append(("hand_over", channel))
        if channel in self.channels:
            self._remove(channel, 0)
            self.handed_over.add(channel)

    async def transfer(self, channel: str, to: str) -> None:
        self.orders.append(("transfer", channel, to))
        if channel in self.channels:
            self._remove(channel, 0)
            self.handed_over.add(channel)

    async def answer_transfer(self, leg: str, taken: bool) -> None:
        self.orders.append(("answer_transfer", leg, str(taken)))

    async def survey(self, at: float) -> SwitchSeen:
        return SwitchSeen(
            at=at,
            channels=tuple(
                ChannelSeen(channel=c.channel, state=c.state, role="agent")
                if c.role == "agent"
                else ChannelSeen(
                    channel=c.channel,
                    state=c.state,
                    role=c.role,
                    did=c.did,
                    caller_number=c.caller_number,
                )
                for c in self.channels.values()
            ),
            bridges=tuple(
                BridgeSeen(bridge=b, channels=tuple(members)) for b, members in self.bridges.items()
            ),
        )

    # --- ports.Recorder

    async def start_recording(self, channel: str, raw: Path, *, first: bool = False) -> None:
        self.orders.append(("start_recording", channel, str(raw)))
        if channel not in self.channels:
            raise SwitchError("MixMonitor", 400, "No such channel")
        if self.channels[channel].recording is None:
            self.channels[channel].recording = self.recordings[channel] = raw

    async def pause_recording(self, channel: str, on: bool) -> None:
        self.orders.append(("pause_recording", channel, str(on)))
        if channel not in self.channels or self.channels[channel].recording is None:
            raise SwitchError("MixMonitorMute", 0, "(nothing is recorded)")

    async def stop_recording(self, channel: str) -> None:
        self.orders.append(("stop_recording", channel))
        if channel in self.channels:
            self.channels[channel].recording = None

    # --- ports.Ear

    async def listen(self, channel: str, on: bool) -> None:
        self.orders.append(("listen", channel, str(on)))
        if channel not in self.channels:
            raise SwitchError("Setvar", 400, "No such channel")
        self.channels[channel].listened_to = on

    # --- inside

    def _add(
        self, role: Literal["call", "feature"], state: str, did: str = "", caller_number: str = ""
    ) -> str:
        channel = f"1764000000.{self._made}"
        self._made += 1
        self.channels[channel] = FakeChannel(
            channel, role, state, did=did, caller_number=caller_number
        )
        return channel

    def _set_music(self, channel: str, on: bool) -> None:
        if channel in self.channels:
            self.channels[channel].music = on

    def _prompt_finished(self, prompt: str, *, failed: bool = False) -> None:
        self._inbox(
            PromptFinished(
                at=self._clock.now(), call=ids.call_of(prompt), prompt=prompt, failed=failed
            )
        )

    def _leave_bridges(self, channel: str) -> None:
        for members in self.bridges.values():
            if channel in members:
                members.remove(channel)

    def _remove(self, channel: str, cause: int) -> None:
        """Tear a channel down, with the events that Asterisk sends then."""
        gone = self.channels.pop(channel)
        self._leave_bridges(channel)
        for prompt in gone.prompts:
            self._prompt_finished(prompt, failed=True)
        now, call = self._clock.now(), ids.call_of(channel)
        if gone.role != "agent" or gone.state == "Up":  # it leaves Stasis: no cause is told
            self._inbox(ChannelGone(at=now, call=call, channel=channel))
        if gone.role == "agent":  # the end of a channel that we made is told, too
            self._inbox(ChannelGone(at=now, call=call, channel=channel, cause=cause))
