"""A model of Asterisk, phones, archive and store: channels, bridges, and events on their way to us.

Orders wait on their lanes until ``carry_out`` picks one; events wait until ``deliver`` picks one. While
the connection is lost, Asterisk's orders are refused and its events lost, as on a real one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ivrd.core import events as e
from ivrd.core import ids
from ivrd.core.cdr import Cdr
from ivrd.core.commands import (
    AnswerCall,
    AnswerTransfer,
    CloseBridge,
    CloseCallback,
    Command,
    ConnectCall,
    FinishRecording,
    HandOver,
    HangUp,
    JoinBridge,
    ListenForVoice,
    OfferCall,
    OpenBridge,
    PauseRecording,
    PlayPrompt,
    StartMusic,
    StartRecording,
    StopMusic,
    StopPrompt,
    StoreCallback,
    TransferCall,
    WriteCdr,
)
from ivrd.daemon.again import ENDINGS

#: our own work, which goes on while Asterisk is away
OURS = (FinishRecording, WriteCdr, StoreCallback, CloseCallback)


@dataclass(kw_only=True)
class Channel:
    """A channel that Asterisk holds."""

    role: str
    state: str = "Ring"
    did: str = ""
    playing: list[str] = field(default_factory=list)
    music: bool = False
    recording: bool = False
    listened_to: bool = False
    recorder: str = ""  #: the recording that runs, or ran last
    paused: bool = False  #: it is


@dataclass(kw_only=True)
class Switch:
    """Everything outside, as far as it is known to nobody but itself."""

    connected: bool = False
    channels: dict[str, Channel] = field(default_factory=dict)
    bridges: dict[str, set[str]] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)  #: what became of promises
    away: set[str] = field(default_factory=set)  #: extensions whose phone is not registered
    rows: dict[str, list[tuple[int, Cdr]]] = field(default_factory=dict)  #: (revision, row) as written
    asked: set[str] = field(default_factory=set)  #: legs of offers made before the present event
    rung: list[str] = field(default_factory=list)  #: and of those made in it, in their order
    declined: dict[tuple[str, str], float] = field(default_factory=dict)  #: (call, agent) -> declined or missed it last
    lanes: dict[str, list[Command]] = field(default_factory=dict)
    events: list[tuple[type[e.Event], dict[str, Any]]] = field(default_factory=list)
    noted: list[tuple[type[e.Event], dict[str, Any]]] = field(default_factory=list)  #: by the rescuer, should it run

    # --- what happens at Asterisk

    def emit(self, kind: type[e.Event], **facts: Any) -> None:
        """Asterisk tells; nobody listens while the connection is lost, but perhaps the rescuer."""
        if self.connected:
            self.events.append((kind, facts))
        elif kind is e.AgentAnswered and facts["leg"] != facts["call"]:
            self.noted.append((e.AnswerSeen, facts))
        elif kind in (e.HoldStarted, e.HoldEnded):
            self.noted.append((kind, facts))

    def gone(self, name: str, cause: int = 16) -> None:
        """A channel ends."""
        if self.channels.pop(name, None) is not None:
            for inside in self.bridges.values():
                inside.discard(name)
            self.emit(e.ChannelGone, call=ids.call_of(name), channel=name, cause=cause)

    def lost(self) -> None:
        """The connection breaks: events on their way are lost, orders on their way refused."""
        self.connected = False
        self.events = [(k, f) for k, f in self.events if k in (e.RecordingPublished, e.CdrWritten, e.CallbackStored, e.CallbackClosed)]
        for lane in list(self.lanes):
            for order in self.lanes.pop(lane):
                self.put(order)

    def killed(self) -> None:
        """Our process dies with everything that it had not done yet."""
        self.connected = False
        self.lanes.clear()
        self.events.clear()

    def survey(self) -> dict[str, Any]:
        """What we are shown when the connection is there again."""
        self.connected = True
        return {
            "channels": tuple(
                e.ChannelSeen(channel=n, state=c.state, role=c.role, did=c.did) for n, c in self.channels.items()
            ),
            "bridges": tuple(
                e.BridgeSeen(bridge=b, channels=tuple(sorted(c))) for b, c in self.bridges.items()
            ),
        }

    # --- what we order

    def put(self, order: Command) -> None:
        """An order is on its way, behind the others of its lane."""
        if self.connected or isinstance(order, OURS):
            self.lanes.setdefault(order.lane, []).append(order)
        else:
            self._refuse(order)

    def carry_out(self, lane: str) -> None:
        """The first order of a lane takes effect."""
        order = self.lanes[lane].pop(0)
        if not self.lanes[lane]:
            del self.lanes[lane]
        self._do(order)

    def _refuse(self, order: Command) -> None:
        facts: dict[str, Any] = {"call": order.call}
        match order:
            case OfferCall():
                self.events.append((e.OfferRefused, {**facts, "leg": order.leg, "reason": "away"}))
            case PlayPrompt():
                self.events.append((e.PromptFinished, {**facts, "prompt": order.prompt, "failed": True}))
            case StartRecording():
                self.events.append((e.RecordingFailed, {**facts, "name": order.name, "reason": "away"}))
            case _:
                pass

    def refuse(self, lane: str) -> None:
        """Asterisk, busy or broken for a moment, refuses a lane's first order. The shell repeats what ends something."""
        order = self.lanes[lane][0]
        if isinstance(order, (*OURS, *ENDINGS, ListenForVoice, PauseRecording)):
            return
        self.lanes[lane].pop(0)
        if not self.lanes[lane]:
            del self.lanes[lane]
        if isinstance(order, OfferCall):
            self.events.append((e.OfferRefused, {"call": order.call, "leg": order.leg, "reason": "busy", "asked": False}))
        elif isinstance(order, PlayPrompt | StartRecording):
            self._refuse(order)
        else:
            self.events.append((e.OrderRefused, {"call": order.call, "order": type(order).__name__}))

    def _do(self, order: Command) -> None:
        channel = self.channels.get(getattr(order, "channel", "") or order.call)
        match order:
            case OfferCall():
                self._dial(order)
            case HangUp():
                self.gone(order.channel, order.cause)
            case AnswerTransfer():
                pass  # the phone is told; what follows is ordered by itself
            case HandOver() | TransferCall():
                self.gone(order.call)
            case OpenBridge():
                self.bridges.setdefault(ids.bridge(order.call), set())
            case CloseBridge():
                self.bridges.pop(ids.bridge(order.call), None)
            case FinishRecording():
                self.events.append(
                    (e.RecordingPublished, {"call": order.call, "name": order.name, "path": order.name, "duration_ms": 1, "sha256": "a"})
                )
            case StoreCallback():
                self.events.append((e.CallbackStored, {"call": order.call, "queue": order.wish.queue, "open": 1}))
            case CloseCallback():
                self.closed.append(order.note)
                self.events.append((e.CallbackClosed, {"promise": order.promise, "queue": order.queue, "open": 0}))
            case WriteCdr():
                self.rows.setdefault(order.call, []).append((order.revision, order.cdr))
                self.events.append((e.CdrWritten, {"call": order.call, "revision": order.revision}))
            case _ if channel is not None:
                self._at_channel(order, channel)
            case StartRecording():
                self.events.append((e.RecordingFailed, {"call": order.call, "name": order.name, "reason": "no such channel"}))
            case _:
                pass  # a channel that is gone makes an order harmless

    def _at_channel(self, order: Command, channel: Channel) -> None:
        match order:
            case AnswerCall():
                channel.state = "Up"
                self.emit(e.CallerAnswered, call=order.call)
            case PlayPrompt():
                channel.playing.append(order.prompt)
            case StopPrompt():
                self.said(order.call, order.prompt)
            case PauseRecording():
                channel.paused = order.on
            case ListenForVoice():
                channel.listened_to = order.on
                if order.on:
                    self.emit(e.VoiceWatched, call=order.call)
            case StartMusic() | StopMusic():
                channel.music = isinstance(order, StartMusic)
            case StartRecording():
                channel.recording = True
                if channel.recorder != order.name:  # that of another talk begins, and nobody has paused it
                    channel.recorder, channel.paused = order.name, False
                self.emit(e.RecordingStarted, call=order.call, name=order.name)
            case ConnectCall() | JoinBridge():
                bridge = self.bridges.get(ids.bridge(order.call))
                if bridge is not None:
                    leg = order.leg if isinstance(order, ConnectCall) else ""
                    caller = "" if isinstance(order, ConnectCall) and order.joined else order.call
                    entering = {c for c in (caller, leg) if c in self.channels}
                    for other in self.bridges.values():
                        other -= entering  # a channel is in one bridge
                    bridge |= entering
            case _:
                raise AssertionError(f"the model does not know {order}")

    def _dial(self, order: OfferCall) -> None:
        if order.leg in self.channels:
            return  # 409: it is there already
        if order.extension in self.away:
            self.emit(e.OfferRefused, call=order.call, leg=order.leg, reason="not registered")
            return
        if order.leg == order.call:
            self.channels[order.leg] = Channel(role="callback", state="Ringing")
            return
        self.channels[order.leg] = Channel(role="agent", state="Ringing")
        self.emit(e.AgentRinging, call=order.call, leg=order.leg)

    def said(self, name: str, prompt: str, told: bool = True) -> None:
        """A prompt ends or is stopped; the word of it may be lost."""
        channel = self.channels.get(name)
        if channel is not None and prompt in channel.playing:
            channel.playing.remove(prompt)
            if told:
                self.emit(e.PromptFinished, call=name, prompt=prompt)
