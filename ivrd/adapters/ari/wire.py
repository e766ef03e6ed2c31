"""PURE: what ARI says, in the core's words.

The dialplan hands channels over with ``Stasis(<app>,call,<did>)`` for callers and
``Stasis(<app>,feature,<feature>,<extension>[,<detail>])`` for feature codes, and with
``Stasis(<app>,consult,<to>,<extension>)`` for whom an agent asks about a caller; agents' legs are dialled by us
with the argument ``agent`` and a channel id of ours (core/ids.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ivrd.core import ids
from ivrd.core.events import (
    AgentAnswered,
    AgentHungUp,
    AgentRinging,
    AskAnswered,
    BridgeSeen,
    CallArrived,
    CallerAnswered,
    CallerHungUp,
    ChannelGone,
    ChannelSeen,
    ConsultDialled,
    DigitPressed,
    Event,
    FeatureDialled,
    HoldEnded,
    HoldStarted,
    PromptFinished,
    SwitchSeen,
    TransferAsked,
    VoiceHeard,
)
from ivrd.ports import FALLBACK_CONTEXT

Frame = Mapping[str, Any]
Events = tuple[Event, ...]

NORMAL_CLEARING = 16  #: Q.850
_INTERWORKING = 127  #: Q.850
_TEMPORARY_FAILURE = 41  #: Q.850
_SHUTDOWN = 4  #: what Asterisk gives for a soft hang-up's cause is why it was ordered: it ends
_REQUEST_TERMINATED = 487  #: SIP: the caller cancelled

_LEGS = frozenset({"agent", "dial"})  #: kinds of channels that we dial
DISPLAY_LIMIT = 40  #: characters of a name or number that a phone is shown
KEPT_LIMIT = 80  #: characters of a caller's name or number; a number has 15 (E.164)
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f"<>\\,]')


def translate(frame: Frame, at: float) -> Events:
    """The core events in one ARI frame: none, one, or two (a call that arrives answered)."""
    handler = _HANDLERS.get(frame.get("type", ""))
    return handler(frame, at) if handler else ()


def survey(
    channels: Sequence[Frame], bridges: Sequence[Frame], app: str, at: float, began: str = ""
) -> SwitchSeen:
    """What of ``GET channels`` and ``GET bridges`` is ours. Foreign things are left out."""
    seen = (_channel_seen(c, app) for c in channels)
    return SwitchSeen(
        at=at,
        began=began,
        channels=tuple(s for s in seen if s is not None),
        bridges=tuple(
            BridgeSeen(bridge=b["id"], channels=tuple(b.get("channels", ())))
            for b in bridges
            if _kind(b["id"]) == "bridge"
        ),
    )


def caller_id(number: str, name: str) -> str:
    """``"name" <number>`` for a phone's display; both come from outside and are made harmless."""
    clean_number, clean_name = _displayable(number), _displayable(name)
    return f'"{clean_name}" <{clean_number}>' if clean_name else f"<{clean_number}>"


def _displayable(text: str) -> str:
    return _UNSAFE.sub("", text).strip()[:DISPLAY_LIMIT]


def _kind(some_id: str) -> str:
    child = ids.parse(some_id)
    return child.kind if child else "call"


def _channel_seen(channel: Frame, app: str) -> ChannelSeen | None:
    channel_id, state = channel["id"], channel.get("state", "")
    if _kind(channel_id) in _LEGS:
        # A phone that still rings is not in Stasis yet: only its id says that it is ours.
        return ChannelSeen(channel=channel_id, state=state, role="agent")
    dialplan = channel.get("dialplan", {})
    if ids.is_callback(channel_id):
        # what we dialled stays subscribed to when it has left us, and a customer whom the fallback has is not to be hung up
        moved = dialplan.get("context") == FALLBACK_CONTEXT
        return None if moved else ChannelSeen(channel=channel_id, state=state, role="callback")
    words = dialplan.get("app_data", "").split(",")
    if dialplan.get("app_name") != "Stasis" or words[0] != app or len(words) < 2:
        return None
    number, name = _caller(channel)
    return ChannelSeen(
        channel=channel_id,
        state=state,
        role=words[1],
        did=words[2] if words[1] == "call" and len(words) > 2 else "",
        caller_number=number,
        caller_name=name,
    )


def _caller(channel: Frame) -> tuple[str, str]:
    """Number and name, as they are kept: in state, journal, row and searches."""
    caller = channel.get("caller", {})
    return printable(caller.get("number", "")), printable(caller.get("name", ""))


def printable(text: str) -> str:
    """Without what no store, log or terminal takes: control characters, NUL, surrogates, marks that turn the line around."""
    if len(text) <= KEPT_LIMIT and text.isprintable():
        return text.strip()
    return "".join(c for c in text[: KEPT_LIMIT * 8] if c.isprintable()).strip()[:KEPT_LIMIT]


def _stasis_start(frame: Frame, at: float) -> Events:
    channel, args = frame["channel"], frame.get("args", [])
    channel_id = channel["id"]
    match args:
        case ["call", did, *_]:
            number, name = _caller(channel)
            arrived = CallArrived(
                at=at, call=channel_id, did=did, caller_number=number, caller_name=name
            )
            # A dialplan that answered before it handed over leaves no state change to wait for.
            answered = channel.get("state") == "Up"
            return (arrived, CallerAnswered(at=at, call=channel_id)) if answered else (arrived,)
        case ["feature", feature, extension, *detail]:
            return (
                FeatureDialled(
                    at=at,
                    session=channel_id,
                    extension=extension,
                    feature=feature,
                    detail=detail[0] if detail else "",
                ),
            )
        case ["consult", to, extension]:
            return (ConsultDialled(at=at, channel=channel_id, extension=extension, to=to),)
        case ["agent", *_] if _kind(channel_id) in _LEGS or ids.is_callback(channel_id):
            return (AgentAnswered(at=at, call=ids.call_of(channel_id), leg=channel_id),)
    return ()


def _state_change(frame: Frame, at: float) -> Events:
    channel_id, state = frame["channel"]["id"], frame["channel"].get("state")
    agent = _kind(channel_id) in _LEGS
    if state == "Up" and not agent:
        return (CallerAnswered(at=at, call=channel_id),)
    if state == "Ringing" and agent:
        return (AgentRinging(at=at, call=ids.call_of(channel_id), leg=channel_id),)
    return ()  # an agent's leg that is Up cannot be bridged before its StasisStart


def _digit(frame: Frame, at: float) -> Events:
    channel_id = frame["channel"]["id"]
    return (
        DigitPressed(at=at, call=ids.call_of(channel_id), channel=channel_id, digit=frame["digit"]),
    )


def _playback_finished(frame: Frame, at: float) -> Events:
    playback = frame["playback"]
    if _kind(playback["id"]) != "prompt":
        return ()
    return (
        PromptFinished(
            at=at,
            call=ids.call_of(playback["id"]),
            prompt=playback["id"],
            failed=playback.get("state") == "failed",
        ),
    )


def _hangup_request(frame: Frame, at: float) -> Events:
    if frame.get("soft") and frame.get("cause") == _SHUTDOWN:
        return (CallerHungUp(at=at, call=ids.call_of(frame["channel"]["id"]), cause=_TEMPORARY_FAILURE, cut=True),)
    if frame.get("soft"):
        return ()  # our own order (or an operator's): nobody hung a phone up
    channel_id, cause = frame["channel"]["id"], frame.get("cause") or NORMAL_CLEARING
    if cause == _INTERWORKING and frame.get("tech_cause") == _REQUEST_TERMINATED:
        cause = NORMAL_CLEARING  # Asterisk has no better word for a cancelled INVITE
    if _kind(channel_id) not in _LEGS:
        return (CallerHungUp(at=at, call=channel_id, cause=cause),)
    if frame["channel"].get("state") != "Up":
        return ()  # a rejected offer: ChannelGone tells it, with the same cause
    return (AgentHungUp(at=at, call=ids.call_of(channel_id), leg=channel_id, cause=cause),)


def _gone(frame: Frame, at: float) -> Events:
    channel_id = frame["channel"]["id"]
    return (
        ChannelGone(
            at=at,
            call=ids.call_of(channel_id),
            channel=channel_id,
            cause=frame.get("cause") or 0,
        ),
    )


def _hold(frame: Frame, at: float) -> Events:
    channel_id = frame["channel"]["id"]
    return (HoldStarted(at=at, call=ids.call_of(channel_id), channel=channel_id),)


def _unhold(frame: Frame, at: float) -> Events:
    channel_id = frame["channel"]["id"]
    return (HoldEnded(at=at, call=ids.call_of(channel_id), channel=channel_id),)


def _voice(frame: Frame, at: float) -> Events:
    """Only a caller's is of interest: they alone may be silent without our knowing."""
    channel_id = frame["channel"]["id"]
    return (VoiceHeard(at=at, call=channel_id),) if _kind(channel_id) == "call" else ()


def _transfer(frame: Frame, at: float) -> Events:
    """A phone's REFER, which Asterisk leaves to us (pjsip.conf: PJSIP_TRANSFER_HANDLING)."""
    wanted = frame.get("refer_to", {})
    leg = frame.get("referred_by", {}).get("source_channel", {}).get("id", "")
    other = wanted.get("destination_channel", {}).get("id", "")
    if frame.get("state") or not leg:
        return ()  # how one goes on that we have answered
    to = "" if "destination_channel" in wanted else wanted.get("requested_destination", {}).get("destination", "")
    return (TransferAsked(at=at, call=ids.call_of(leg), leg=leg, to=to, other=other),)


def _message_finished(frame: Frame, at: float) -> Events:
    recording = frame["recording"]
    child = ids.parse(recording["name"])
    if child is None or child.kind != "message":
        return ()
    failed = frame["type"] == "RecordingFailed"
    return (
        AskAnswered(
            at=at,
            call=child.call,
            ask_id=child.number,
            outcome="failed" if failed else "recorded",
            values={} if failed else {"duration_s": int(recording.get("duration", 0))},
        ),
    )


_HANDLERS: dict[str, Callable[[Frame, float], Events]] = {
    "StasisStart": _stasis_start,
    "ChannelStateChange": _state_change,
    "ChannelDtmfReceived": _digit,
    "PlaybackFinished": _playback_finished,
    "ChannelHangupRequest": _hangup_request,
    "StasisEnd": _gone,  # of a caller's channel nothing more comes: it is no longer subscribed to
    "ChannelDestroyed": _gone,  # of a leg that never answered nothing else comes
    "RecordingFinished": _message_finished,
    "RecordingFailed": _message_finished,
    "ChannelTalkingStarted": _voice,
    "ChannelHold": _hold,
    "ChannelUnhold": _unhold,
    "ChannelTransfer": _transfer,
}

WANTED: tuple[str, ...] = (*_HANDLERS, "ApplicationReplaced")
"""Frame types to ask Asterisk for: most of what it would send by itself means nothing to us."""
