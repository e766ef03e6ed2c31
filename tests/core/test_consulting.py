"""An agent asks a colleague about the caller on hold, and gives the caller to them: attended transfers (ADR 87)."""

from __future__ import annotations

import pytest
from playbook import STRAIGHT, Playbook, order_kinds, plan
from pydantic import TypeAdapter

from ivrd.core.acd.model import Agent, Queue
from ivrd.core.commands import (
    AnswerCall,
    AnswerTransfer,
    CloseBridge,
    Command,
    ConnectCall,
    FinishRecording,
    HangUp,
    OfferCall,
    StartRecording,
)
from ivrd.core.events import (
    AgentAnswered,
    AgentAsked,
    AgentHungUp,
    BridgeSeen,
    CallerAnswered,
    CallerHungUp,
    ChannelGone,
    ChannelSeen,
    ConsultDialled,
    HoldStarted,
    OfferRefused,
    OrderRefused,
    RecordingPublished,
    SwitchLost,
    SwitchSeen,
    TransferAsked,
)
from ivrd.core.exchange import Exchange
from ivrd.core.state import Stage, State

STATE = TypeAdapter(State)
AGENTS = (
    Agent(id="101", name="Adi", extension="101", skills=("h",)),
    Agent(id="102", name="Ayu", extension="102", skills=("k",)),
    Agent(id="103", name="Bagus", extension="103", skills=("k",)),
)
QUEUES = (
    Queue(id="help", title="Help", skills=("h",), wrap_up_s=30, ring_timeout_s=15),
    Queue(id="kbli", title="KBLI", skills=("k",), extension="801"),
)
OWN, LEG = "a2", "a2.dial-1"  #: Adi's second channel, and the leg to the colleague


def talking(text: str = STRAIGHT) -> tuple[Playbook, str]:
    """Caller c1 talks to Adi (101); Ayu (102) is ready, and so is Bagus (103) who has been for longer."""
    book = Playbook(plan(text=text, queues=QUEUES, agents=AGENTS))
    book.log_in("103", "102", "101")
    book.arrive()
    return book, book.agent_answers()


def asking(to: str = "102", text: str = STRAIGHT) -> tuple[Playbook, str]:
    """Adi puts the caller on hold and dials: a phone rings."""
    book, leg = talking(text)
    book.tell(HoldStarted, call="c1", channel=leg, after_s=30)
    book.tell(ConsultDialled, channel=OWN, extension="101", to=to)
    return book, leg


def consulting(text: str = STRAIGHT) -> tuple[Playbook, str]:
    """Ayu has answered, and the two talk about the caller."""
    book, leg = asking(text=text)
    book.tell(AgentAnswered, call=OWN, leg=LEG, after_s=2)
    book.tell(CallerAnswered, call=OWN)
    return book, leg


def press_transfer(book: Playbook, leg: str, other: str = OWN) -> None:
    book.tell(TransferAsked, call="c1" if leg.startswith("c1") else OWN, leg=leg, to="", other=other, after_s=20)


def hung_up(orders: list[Command]) -> set[str]:
    return {o.channel for o in orders if isinstance(o, HangUp)}


def all_gone(book: Playbook, *channels: str) -> None:
    for channel in channels:
        book.tell(ChannelGone, call=OWN if channel.startswith(OWN) else "c1", channel=channel)


def nothing_left(book: Playbook) -> None:
    book.wind_up()
    assert book.exchange.state.consults == {}
    assert all(not a.session for a in book.exchange.state.agents.values())


# --- asking


def test_a_colleague_is_rung_in_a_bridge_of_their_own() -> None:
    book, _ = asking()
    assert book.asked(OfferCall) == OfferCall(call=OWN, leg=LEG, extension="102", caller_number="101", caller_name="Adi", ring_timeout_s=15)
    assert book.asked_none(AnswerCall), "Adi hears it ring until it is answered"
    book.tell(AgentAnswered, call=OWN, leg=LEG)
    assert order_kinds(book.last) == ["OpenBridge", "AnswerCall", "ConnectCall"]
    assert book.asked(ConnectCall) == ConnectCall(call=OWN, leg=LEG), "the caller's bridge is another one"
    assert book.tell(AgentAnswered, call=OWN, leg=LEG) == [], "told twice"
    assert (book.presence("101"), book.presence("102"), book.call().stage) == ("talking", "ready", Stage.TALKING)


def test_who_is_asked_is_not_offered_a_queues_call() -> None:
    book, _ = asking("102")
    assert not book.exchange.desk.agent("102").available
    assert book.exchange.desk.agent("103").available


def test_of_a_queue_the_one_is_asked_who_has_been_free_for_the_longest() -> None:
    book, _ = asking("801")
    assert book.asked(OfferCall).extension == "103"
    assert book.told("consult_began") == [{"queue": "help", "agent": "101", "to": "103"}]


@pytest.mark.parametrize(("extension", "to"), [("101", "101"), ("101", "104"), ("101", "999"), ("103", "102"), ("666", "102")])
def test_who_cannot_be_asked_is_busy(extension: str, to: str) -> None:
    """Oneself, nobody, a stranger; and who talks to no caller asks nobody."""
    book, _ = talking()
    book.tell(ConsultDialled, channel=OWN, extension=extension, to=to)
    assert book.last == [HangUp(call=OWN, channel=OWN, cause=17)]
    assert book.exchange.state.consults == {}


def test_a_second_colleague_is_asked_after_the_first_one() -> None:
    book, _ = asking()
    assert book.tell(ConsultDialled, channel=OWN, extension="101", to="102") == [], "told twice"
    book.tell(ConsultDialled, channel="a3", extension="101", to="103")
    assert hung_up(book.last) == {"a3"}
    book.tell(CallerHungUp, call=OWN)
    all_gone(book, OWN, LEG)
    book.tell(ConsultDialled, channel="a3", extension="101", to="103")
    assert book.asked(OfferCall).leg == "a3.dial-1"


# --- the caller is given to the colleague


@pytest.mark.parametrize("by", ["first", "second"])
def test_caller_and_colleague_are_joined(by: str) -> None:
    """Phones send REFER on either of their two calls."""
    book, leg = consulting()
    press_transfer(book, leg, OWN) if by == "first" else press_transfer(book, OWN, leg)
    assert book.asked(AnswerTransfer) == AnswerTransfer(call="c1", leg=leg if by == "first" else OWN, taken=True)
    assert book.asked(ConnectCall) == ConnectCall(call="c1", leg=LEG, joined=True)
    assert hung_up(book.last) == {leg, OWN}
    assert book.asked(FinishRecording).name == "2026/11/24/c1"
    assert book.asked(StartRecording).name == "2026/11/24/c1.talk-2"
    assert (book.presence("101"), book.presence("102")) == ("wrap_up", "talking")
    assert book.told("call_passed_on") == [{"queue": "help", "agent": "101", "to": "102"}]
    book.tell(ChannelGone, call=OWN, channel=OWN)
    assert book.asked(CloseBridge).call == OWN
    assert book.call().stage == Stage.TALKING


def test_one_row_with_both_talks() -> None:
    book, leg = consulting()
    press_transfer(book, leg)
    all_gone(book, OWN, leg)
    book.tell(RecordingPublished, call="c1", name="2026/11/24/c1", path="2026/11/24/c1.wav", duration_ms=52_000, sha256="aa")
    book.pass_time(40)
    assert book.presence("101") == "ready"
    book.tell(AgentHungUp, call=OWN, leg=LEG)
    assert hung_up(book.last) == {"c1", LEG}
    assert book.presence("102") == "wrap_up"
    all_gone(book, LEG, "c1")
    book.tell(RecordingPublished, call="c1", name="2026/11/24/c1.talk-2", path="2026/11/24/c1.talk-2.wav", duration_ms=1, sha256="bb")
    nothing_left(book)
    row = book.rows()[-1]
    assert (row.queue, row.agent, row.disposition, row.hung_up_by) == ("help", "102", "answered", "agent")
    assert (row.passed_on, row.dial_result) == ("help:101", "")
    assert (row.recording, row.earlier_recordings) == ("2026/11/24/c1.talk-2.wav", "2026/11/24/c1.wav")
    assert 40_000 <= row.talk_ms < 40_100
    assert 82_000 <= row.earlier_ms < 82_100, "52 s of talk, hold included, and 30 s of wrap-up"


def test_the_colleague_may_go_on_as_an_agent_of_the_call() -> None:
    """Ayu gives the caller to a queue; hold is hers, too."""
    book, leg = consulting()
    press_transfer(book, leg)
    all_gone(book, OWN, leg)
    book.tell(HoldStarted, call=OWN, channel=LEG)
    assert book.call().talk is not None
    assert book.call().talk.hold_since == book.at
    book.tell(TransferAsked, call=OWN, leg=LEG, to="801")
    assert book.asked(AnswerTransfer) == AnswerTransfer(call="c1", leg=LEG, taken=True)
    assert book.call().passed_on == ["help:101", "help:102"]
    assert book.offers() == [("c1", "103")]


def test_the_flow_goes_on_after_the_second_talk_only() -> None:
    book, leg = consulting(STRAIGHT.replace("overflow: sorry}", "overflow: sorry, after: sorry}"))
    press_transfer(book, leg)
    assert book.call().stage == Stage.TALKING
    all_gone(book, OWN, leg)
    book.tell(AgentHungUp, call=OWN, leg=LEG)
    assert book.call().stage == Stage.IVR


def test_a_colleague_who_has_not_answered_gets_nobody() -> None:
    book, leg = asking()
    press_transfer(book, leg)
    assert book.last == [AnswerTransfer(call="c1", leg=leg, taken=False)]
    assert book.told("transfer_refused") == [{"queue": "help", "agent": "101", "why": "not_answered"}]
    book.tell(AgentAnswered, call=OWN, leg=LEG)
    press_transfer(book, leg)
    assert book.asked(AnswerTransfer).taken is True, "both calls were kept"


def test_a_colleague_who_was_paused_meanwhile_gets_nobody() -> None:
    book, leg = consulting()
    book.tell(AgentAsked, agent="102", wish="pause", by="lead")
    assert book.presence("102") == "paused"
    press_transfer(book, leg)
    assert book.last == [AnswerTransfer(call="c1", leg=leg, taken=False)]


@pytest.mark.parametrize("to", ["", "103"])
def test_who_is_asked_gives_nobody_away(to: str) -> None:
    book, _ = consulting()
    book.tell(TransferAsked, call=OWN, leg=LEG, to=to)
    assert book.last == [AnswerTransfer(call="c1", leg=LEG, taken=False)]


@pytest.mark.parametrize("to", ["102", "103", "801", "0811222333"])
@pytest.mark.parametrize("answered", [True, False])
def test_the_question_itself_cannot_be_given_away(to: str, answered: bool) -> None:
    """Adi presses the transfer key (blind) on the call to Ayu: the phone is told no, and all three go on."""
    book, leg = consulting() if answered else asking()
    assert book.tell(TransferAsked, call=OWN, leg=OWN, to=to) == [AnswerTransfer(call="c1", leg=OWN, taken=False)]
    press_transfer(book, leg)
    assert book.asked(AnswerTransfer).taken is answered


def test_a_question_that_is_over_cannot_be_given_away_either() -> None:
    book, _ = consulting()
    book.tell(AgentHungUp, call=OWN, leg=LEG)
    assert book.tell(TransferAsked, call=OWN, leg=OWN, to="103") == [AnswerTransfer(call="c1", leg=OWN, taken=False)]


def test_a_transfer_to_another_call_than_the_consultation_is_declined() -> None:
    book, leg = consulting()
    press_transfer(book, leg, "somebody-else")
    assert book.asked(AnswerTransfer).taken is False
    assert book.asked_none(ConnectCall)


# --- it comes to nothing: the agent keeps the caller


def ends(book: Playbook, how: str) -> set[str]:
    """How a consultation ends; the channels that we have to hang up."""
    match how:
        case "the colleague hangs up":
            book.tell(AgentHungUp, call=OWN, leg=LEG)
        case "the colleague rejects":
            book.tell(ChannelGone, call=OWN, channel=LEG, cause=21)
            return {OWN}
        case "it cannot be rung":
            book.tell(OfferRefused, call=OWN, leg=LEG, reason="no contact")
            return {OWN}
        case "the agent cancels":
            book.tell(CallerHungUp, call=OWN)
        case "Asterisk does not connect the two":
            book.tell(OrderRefused, call=OWN, order="ConnectCall")
        case "nobody says how the ringing ended":
            book.pass_time(30)
    return {OWN, LEG}


@pytest.mark.parametrize(
    ("answered", "how"),
    [
        (True, "the colleague hangs up"),
        (True, "the agent cancels"),
        (True, "Asterisk does not connect the two"),
        (False, "the colleague rejects"),
        (False, "it cannot be rung"),
        (False, "the agent cancels"),
        (False, "nobody says how the ringing ended"),
    ],
)
def test_the_agent_keeps_the_caller(answered: bool, how: str) -> None:
    book, leg = consulting() if answered else asking()
    assert ends(book, how) == hung_up(book.last)
    assert book.call().stage == Stage.TALKING
    all_gone(book, LEG, OWN)
    assert (book.presence("101"), book.exchange.desk.agent("102").available) == ("talking", True)
    assert book.told("consult_ended") == [{"queue": "help", "to": "102", "answered": int(answered)}]
    assert book.tell(AgentAnswered, call=OWN, leg=LEG) == [HangUp(call="c1", channel=LEG)], "too late"
    press_transfer(book, leg)
    assert book.asked(AnswerTransfer).taken is False
    book.caller_leaves()
    nothing_left(book)
    assert book.rows()[-1].agent == "101"


@pytest.mark.parametrize("who", ["caller", "agent"])
@pytest.mark.parametrize("answered", [True, False])
def test_with_the_call_the_consultation_ends(who: str, answered: bool) -> None:
    book, leg = consulting() if answered else asking()
    if who == "caller":
        book.caller_leaves()
        assert hung_up(book.last) == {leg, OWN, LEG}
    else:
        book.tell(AgentHungUp, call="c1", leg=leg)
        assert hung_up(book.last) == {"c1", leg, OWN, LEG}
    assert len([o for o in book.last if isinstance(o, HangUp)]) == len(hung_up(book.last)), "each once"
    all_gone(book, LEG, OWN)
    assert book.exchange.desk.agent("102").available
    nothing_left(book)
    assert book.rows()[-1].agent == "101"


# --- outages


def after_an_outage(book: Playbook, *channels: str) -> None:
    """The process was begun anew from a snapshot; these channels are there."""
    snapshot = STATE.dump_json(book.exchange.state)
    book.exchange = Exchange(book.exchange.plan, STATE.validate_json(snapshot))
    book.tell(SwitchLost)
    roles = {"c1": "call", OWN: "consult"}
    seen = tuple(ChannelSeen(channel=c, state="Up", role=roles.get(c, "agent")) for c in channels)
    book.tell(SwitchSeen, channels=seen, bridges=(BridgeSeen(bridge=f"{OWN}.bridge"), BridgeSeen(bridge="c1.bridge", channels=("c1",))))


def test_a_consultation_outlives_an_outage() -> None:
    book, leg = asking()
    after_an_outage(book, "c1", leg, OWN, LEG)
    assert ConnectCall(call=OWN, leg=LEG) in book.last, "the colleague answered meanwhile"
    assert hung_up(book.last) == set()
    assert CloseBridge(call=OWN) not in book.last
    press_transfer(book, leg)
    assert book.asked(ConnectCall).leg == LEG
    after_an_outage(book, "c1", LEG)
    assert hung_up(book.last) == set()
    assert book.call().stage == Stage.TALKING


@pytest.mark.parametrize(("there", "hang_up"), [((OWN,), {OWN}), ((LEG,), {LEG}), ((), {LEG})])
def test_what_is_left_of_one_after_an_outage_is_ended(there: tuple[str, ...], hang_up: set[str]) -> None:
    book, leg = consulting()
    after_an_outage(book, "c1", leg, *there)
    assert hung_up(book.last) == hang_up
    assert book.exchange.desk.agent("102").available
    assert book.call().stage == Stage.TALKING
    after_an_outage(book, "c1", leg)
    assert CloseBridge(call=OWN) in book.last, "ordered once, and lost when the process was killed"


def test_a_consultation_that_nobody_knows_is_ended() -> None:
    book = Playbook(plan(queues=QUEUES, agents=AGENTS))
    after_an_outage(book, OWN, LEG)
    assert hung_up(book.last) == {OWN, LEG}
    assert CloseBridge(call=OWN) in book.last
