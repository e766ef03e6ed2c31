"""A call's way through the core, as a trace."""

from __future__ import annotations

from playbook import Playbook

from ivrd.core.cdr import Disposition
from ivrd.core.commands import (
    AnswerCall,
    CloseBridge,
    ConnectCall,
    FinishRecording,
    HangUp,
    JoinBridge,
    OfferCall,
    OpenBridge,
    StartMusic,
    StartRecording,
    StopMusic,
    WriteCdr,
)
from ivrd.core.events import (
    AgentAnswered,
    AgentHungUp,
    CallerAnswered,
    CdrWritten,
    ChannelGone,
    RecordingPublished,
    RecordingStarted,
)
from ivrd.core.state import Stage


def test_a_call_is_answered_offered_talked_recorded_and_written() -> None:
    book = Playbook()
    book.log_in()
    call = book.arrive()
    assert [type(c) for c in book.last] == [AnswerCall, OpenBridge, OfferCall, JoinBridge, StartMusic]
    leg = book.asked(OfferCall).leg
    assert leg == "c1.agent-101.1"
    book.tell(CallerAnswered, call="c1")

    book.tell(AgentAnswered, call="c1", leg=leg, after_s=4.0)
    assert [type(c) for c in book.last] == [StopMusic, ConnectCall, StartRecording]
    assert book.asked(ConnectCall).joined, "waited in the bridge while the phone rang"
    assert book.asked(StartRecording).name == "2026/11/24/c1"
    assert call.stage == Stage.TALKING
    book.tell(RecordingStarted, call="c1")

    book.tell(AgentHungUp, call="c1", leg=leg, after_s=60.0)
    assert {c.channel for c in book.last if isinstance(c, HangUp)} == {"c1", leg}
    book.tell(ChannelGone, call="c1", channel=leg)
    book.tell(ChannelGone, call="c1", channel="c1")
    assert book.asked(FinishRecording).expected_ms == 60_010
    assert book.asked(CloseBridge)
    assert book.asked_none(WriteCdr), "the row waits for the recording"

    book.tell(RecordingPublished, call="c1", path="2026/11/24/c1.wav", duration_ms=60_000, sha256="ab")
    first = book.asked(WriteCdr)
    assert first.cdr.disposition == Disposition.ANSWERED
    assert first.cdr.hung_up_by == "agent"
    assert (first.cdr.agent, first.cdr.wait_ms, first.cdr.talk_ms) == ("101", 4010, 60_010)
    book.tell(CdrWritten, call="c1", revision=first.revision)

    book.pass_time(30)
    last = book.asked(WriteCdr)
    assert 29_000 < last.cdr.wrap_up_ms <= 30_000
    book.tell(CdrWritten, call="c1", revision=last.revision)
    assert book.exchange.state.calls == {}
    assert book.exchange.state.timers.due == {}
