"""wire.py on frames recorded from Asterisk 22.10.1 (frames/*.jsonl), read as call traces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivrd.adapters.ari import wire
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
    TransferAsked,
    VoiceHeard,
)

FRAMES = Path(__file__).parent / "frames"
AT = 1_764_000_000.5
NUMBER = "081234567890"


def trace(recording: str) -> list[Event]:
    lines = (FRAMES / f"{recording}.jsonl").read_text(encoding="utf-8").splitlines()
    return [event for line in lines for event in wire.translate(json.loads(line), AT)]


def test_a_whole_conversation() -> None:
    call, leg = "1764000000.0", "1764000000.0.agent-101.4"

    def digit(channel: str, key: str) -> DigitPressed:
        return DigitPressed(at=AT, call=call, channel=channel, digit=key)

    def finished(n: int, *, failed: bool = False) -> PromptFinished:
        return PromptFinished(at=AT, call=call, prompt=f"{call}.prompt-{n}", failed=failed)

    assert trace("conversation") == [
        CallArrived(at=AT, call=call, did="169", caller_number=NUMBER),
        CallerAnswered(at=AT, call=call),
        finished(1),
        finished(1),  # ordered twice: Asterisk plays it twice (memory.py keeps us from that)
        digit(call, "1"),
        digit(call, "2"),
        digit(call, "#"),
        finished(2),
        finished(3, failed=True),  # a file that does not exist
        AgentRinging(at=AT, call=call, leg=leg),
        AgentAnswered(at=AT, call=call, leg=leg),
        digit(call, "5"),
        digit(leg, "6"),
        HoldStarted(at=AT, call=call, channel=leg),
        HoldEnded(at=AT, call=call, channel=leg),
        AgentHungUp(at=AT, call=call, leg=leg, cause=16),
        ChannelGone(at=AT, call=call, channel=leg),
        ChannelGone(at=AT, call=call, channel=leg, cause=16),
        ChannelGone(at=AT, call=call, channel=call),  # by our order: nobody hung up
    ]


@pytest.mark.parametrize(
    ("recording", "attempt", "cause"),
    [("offer_rejected", 1, 17), ("offer_not_answered", 2, 19), ("offer_taken_back", 3, 26)],
)
def test_an_offer_that_comes_to_nothing(recording: str, attempt: int, cause: int) -> None:
    call, leg = "1764000000.0", f"1764000000.0.agent-101.{attempt}"
    assert trace(recording) == [
        AgentRinging(at=AT, call=call, leg=leg),
        ChannelGone(at=AT, call=call, channel=leg, cause=cause),
    ]


def test_a_caller_who_cancels_has_hung_up_normally() -> None:
    call = "1764000000.6"
    assert trace("caller_gives_up") == [
        CallArrived(at=AT, call=call, did="169", caller_number=NUMBER),
        CallerHungUp(at=AT, call=call, cause=16),
        ChannelGone(at=AT, call=call, channel=call),
    ]


def test_a_caller_who_hangs_up() -> None:
    call = "1764000000.7"
    assert trace("caller_hangs_up") == [
        CallArrived(at=AT, call=call, did="169", caller_number=NUMBER),
        CallerAnswered(at=AT, call=call),
        CallerHungUp(at=AT, call=call, cause=16),
        ChannelGone(at=AT, call=call, channel=call),
    ]


def test_a_caller_whom_we_refuse_did_not_hang_up() -> None:
    assert [type(e) for e in trace("we_refuse_the_caller")] == [CallArrived, ChannelGone]


def test_a_call_that_the_dialplan_answered_arrives_answered() -> None:
    kinds = [type(e) for e in trace("answered_by_the_dialplan")]
    assert kinds == [CallArrived, CallerAnswered, CallerHungUp, ChannelGone]


def test_a_feature_code() -> None:
    session = "1764000000.10"
    assert trace("feature_code") == [
        FeatureDialled(at=AT, session=session, extension="101", feature="pause"),
        CallerAnswered(at=AT, call=session),
        ChannelGone(at=AT, call=session, channel=session),
    ]


@pytest.mark.parametrize(
    "frame",
    [
        {},
        {"type": "DeviceStateChanged"},
        {"type": "StasisStart", "args": [], "channel": {"id": "1.1"}},
        {"type": "StasisStart", "args": ["call"], "channel": {"id": "1.1"}},
        {"type": "StasisStart", "args": ["agent"], "channel": {"id": "1.1"}},  # not an id of ours
        {"type": "PlaybackFinished", "playback": {"id": "someone-elses", "state": "done"}},
        {"type": "ChannelStateChange", "channel": {"id": "1.1", "state": "Ringing"}},
    ],
)
def test_what_is_not_for_us_says_nothing(frame: dict[str, object]) -> None:
    assert wire.translate(frame, AT) == ()


def test_every_recorded_frame_type_that_speaks_is_asked_for() -> None:
    for file in FRAMES.glob("*.jsonl"):
        for line in file.read_text(encoding="utf-8").splitlines():
            frame = json.loads(line)
            assert not wire.translate(frame, AT) or frame["type"] in wire.WANTED
    assert "ApplicationReplaced" in wire.WANTED


def channel(some_id: str, state: str, app: str, data: str) -> dict[str, object]:
    return {
        "id": some_id,
        "state": state,
        "caller": {"name": "Siti", "number": NUMBER},
        "dialplan": {"context": "c", "exten": "169", "app_name": app, "app_data": data},
    }


def test_the_survey_takes_ours_and_leaves_the_rest() -> None:
    channels = [
        channel("1764.1", "Up", "Stasis", "ivrd,call,169"),
        channel("1764.1.agent-101.1", "Ringing", "AppDial2", "(Outgoing Line)"),
        channel("1764.2", "Ring", "Stasis", "ivrd,feature,pause,101"),
        channel("1764.3", "Up", "Stasis", "other,call,169"),
        channel("1764.4", "Up", "Queue", "ivrd-fallback"),
        channel("1764.5", "Up", "Stasis", "ivrd"),
        channel("1764.6.callback-1.customer", "Ringing", "AppDial2", "(Outgoing Line)"),
        channel("1764.7.callback-1.customer", "Up", "Queue", "ivrd-fallback") | {"dialplan": {"context": "ivrd-fallback"}},
    ]
    bridges = [
        {"id": "1764.1.bridge", "channels": ["1764.1"]},
        {"id": "3f0e-foreign", "channels": ["1764.4"]},
    ]
    seen = wire.survey(channels, bridges, "ivrd", AT)
    who = {"caller_number": NUMBER, "caller_name": "Siti"}
    assert seen.at == AT
    assert seen.channels == (
        ChannelSeen(channel="1764.1", state="Up", role="call", did="169", **who),
        ChannelSeen(channel="1764.1.agent-101.1", state="Ringing", role="agent"),
        ChannelSeen(channel="1764.2", state="Ring", role="feature", **who),
        ChannelSeen(channel="1764.6.callback-1.customer", state="Ringing", role="callback"),
    )
    assert seen.bridges == (BridgeSeen(bridge="1764.1.bridge", channels=("1764.1",)),)


@pytest.mark.parametrize(
    ("number", "name", "shown"),
    [
        (NUMBER, "", f"<{NUMBER}>"),
        (NUMBER, "Siti Aminah", f'"Siti Aminah" <{NUMBER}>'),
        ("", "", "<>"),
        ("1\r\nX: y", 'a"b<c>\x00,d\\', '"abcd" <1X: y>'),
        ("9" * 99, "n" * 99, f'"{"n" * 40}" <{"9" * 40}>'),
    ],
)
def test_what_a_phone_is_shown_is_harmless(number: str, name: str, shown: str) -> None:
    assert wire.caller_id(number, name) == shown


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Siti Aminah", "Siti Aminah"),
        ("O'Brien \"; DROP TABLE cdr; --", "O'Brien \"; DROP TABLE cdr; --"),  # harmless where it goes: no SQL is made of it
        ("a\r\nX: y\x00\x1b[31mred", "aX: y[31mred"),
        ("\u202eevil\u2066\ud800", "evil"),
        ("\x00" * 5000 + "x", ""),
        ("n" * 10_240, "n" * wire.KEPT_LIMIT),
    ],
)
def test_what_is_kept_of_a_name_or_a_number_is_printable_and_short(sent: str, kept: str) -> None:
    channel = {"id": "1764.1", "state": "Ring", "caller": {"number": sent, "name": sent}}
    (arrived,) = wire.translate({"type": "StasisStart", "channel": channel, "args": ["call", "169"]}, 1.0)
    assert (arrived.caller_number, arrived.caller_name) == (kept, kept)
    seen = wire.survey([{**channel, "dialplan": {"app_name": "Stasis", "app_data": "ivrd,call,169"}}], [], "ivrd", 1.0)
    assert (seen.channels[0].caller_number, seen.channels[0].caller_name) == (kept, kept)


@pytest.mark.parametrize(("kind", "outcome", "values"), [("RecordingFinished", "recorded", {"duration_s": 7}), ("RecordingFailed", "failed", {})])
def test_a_message_that_is_over_answers_who_asked_for_it(kind: str, outcome: str, values: dict[str, int]) -> None:
    frame = {"type": kind, "recording": {"name": "1764.1.message-3", "duration": 7}}
    assert wire.translate(frame, 5.0) == (
        AskAnswered(at=5.0, call="1764.1", ask_id=3, outcome=outcome, values=values),
    )
    assert wire.translate({"type": kind, "recording": {"name": "somebody-else"}}, 5.0) == ()


def test_a_voice_is_the_callers_alone() -> None:
    def frame(channel: str) -> dict[str, object]:
        return {"type": "ChannelTalkingStarted", "channel": {"id": channel, "state": "Up"}}

    assert wire.translate(frame("1764.1"), AT) == (VoiceHeard(at=AT, call="1764.1"),)
    assert wire.translate(frame("1764.1.agent-101.1"), AT) == ()


def transfer(leg: str = "1764.1.agent-101.1", **facts: object) -> dict[str, object]:
    return {
        "type": "ChannelTransfer",
        "refer_to": {"requested_destination": {"destination": "102"}},
        "referred_by": {"source_channel": {"id": leg}},
        **facts,
    }


def test_whom_an_agent_asks_about_a_caller() -> None:
    frame = {"type": "StasisStart", "args": ["consult", "102", "101"], "channel": {"id": "a2", "state": "Ring"}}
    assert wire.translate(frame, AT) == (ConsultDialled(at=AT, channel="a2", extension="101", to="102"),)


def test_a_phone_s_transfer_key() -> None:
    leg = "1764.1.agent-101.1"
    assert wire.translate(transfer(), AT) == (TransferAsked(at=AT, call="1764.1", leg=leg, to="102"),)
    attended = transfer(refer_to={"destination_channel": {"id": "x"}, "requested_destination": {"destination": "102"}})
    assert wire.translate(attended, AT) == (TransferAsked(at=AT, call="1764.1", leg=leg, to="", other="x"),)
    other_call = transfer("a2", refer_to={"destination_channel": {"id": leg}})
    assert wire.translate(other_call, AT) == (TransferAsked(at=AT, call="a2", leg="a2", to="", other=leg),)
    assert wire.translate(transfer(state="channel_progress"), AT) == ()
    own = wire.translate(transfer(leg="a2"), AT)
    assert own == (TransferAsked(at=AT, call="a2", leg="a2", to="102"),), "whose channel it is, and what that means, is the core's"
    assert wire.translate({"type": "ChannelTransfer"}, AT) == ()


@pytest.mark.parametrize("channel", ["1764.1", "1764.1.agent-101.1"])
def test_a_hang_up_because_asterisk_ends_is_nobodys(channel: str) -> None:
    frame = {"type": "ChannelHangupRequest", "soft": True, "cause": 4, "channel": {"id": channel, "state": "Up"}}
    assert wire.translate(frame, 1.0) == (CallerHungUp(at=1.0, call="1764.1", cause=41, cut=True),)
    assert wire.translate({**frame, "cause": 32}, 1.0) == ()  # by our own order
