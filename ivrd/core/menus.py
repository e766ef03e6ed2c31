"""A caller in the IVR: what the interpreter asks for becomes orders."""

from __future__ import annotations

from ivrd.core import callbacks, dialout, ending, guards, queueing, voicemails, voices
from ivrd.core.cdr import Disposition
from ivrd.core.commands import AskOutside, StopMusic
from ivrd.core.desk import Desk
from ivrd.core.events import AskAnswered, DigitPressed, PromptFinished
from ivrd.core.ivr import interpreter
from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.orders import RecordMessage
from ivrd.core.ivr.walk import (
    TIMEOUT,
    Answer,
    Ask,
    DialOut,
    DropMessage,
    EndCall,
    Goto,
    Hush,
    JoinQueue,
    KeepCallback,
    Listen,
    Phase,
    Replay,
    Request,
    Return,
    Run,
    Say,
    SendMessage,
    TransferTo,
)
from ivrd.core.speaking import hush, hush_all, say
from ivrd.core.speech import Message, Prompt
from ivrd.core.state import Call, Stage
from ivrd.core.surroundings import around

#: what a flow's ``hangup: {why: ...}`` makes of the call
_DISPOSITIONS = {
    "completed": Disposition.COMPLETED_IVR,
    "closed": Disposition.CLOSED,
    "overflow": Disposition.OVERFLOW,
    "no_input": Disposition.ABANDONED_IVR,
    "failed": Disposition.FAILED,
}


def begin(desk: Desk, call: Call) -> None:
    """A new call enters its flow."""
    flow = desk.flow(call)
    if flow is None:
        _fail(desk, call)
    else:
        carry_out(desk, call, interpreter.begin(flow, call.walk, around(desk, call)))


def keep_out(desk: Desk, call: Call) -> None:
    """A guard keeps the caller out: told why and then hung up, or not even answered."""
    if (key := guards.says(desk, call.guard)) and call.stage == Stage.IVR:
        call.walk.phase = Phase.AWAY
        say(desk, call, (Prompt(key=key),))
    else:
        _send_away(desk, call)


def _send_away(desk: Desk, call: Call) -> None:
    ending.end(desk, call, "system", guards.cause(desk, call.guard), Disposition.REFUSED)


def digit(desk: Desk, call: Call, event: DigitPressed) -> None:
    """The caller pressed a key."""
    if event.channel != call.id:
        return
    call.pressed = True
    voices.stop(desk, call)
    if flow := _flow(desk, call):
        carry_out(desk, call, interpreter.digit(flow, call.walk, around(desk, call), event.digit))


def said(desk: Desk, call: Call, event: PromptFinished) -> None:
    """A prompt ended; an older one that was stopped is of no interest."""
    if event.prompt != call.prompt or not desk.state.connected:
        return  # while Asterisk is away every prompt fails at once: the node is said again afterwards
    call.prompt = ""
    if call.guard:
        _send_away(desk, call)
    elif flow := _flow(desk, call):
        carry_out(desk, call, interpreter.said(flow, call.walk, around(desk, call)))


def timed_out(desk: Desk, call: Call) -> None:
    """The caller pressed nothing; while Asterisk is away nobody can, so it costs no try."""
    if call.stage == Stage.IVR and desk.state.connected and (flow := _flow(desk, call)):
        carry_out(desk, call, interpreter.timed_out(flow, call.walk, around(desk, call)))


def answered(desk: Desk, call: Call, event: AskAnswered) -> None:
    """What the flow asked of the outside is done; the answer to an older question is of no interest."""
    if event.ask_id == call.asks:
        voicemails.refused(call, event)
        answer(desk, call, Answer(outcome=event.outcome, values=event.values))


def ask_timed_out(desk: Desk, call: Call) -> None:
    """The outside took too long. What it answers later is ignored."""
    if call.stage == Stage.IVR:
        call.asks += 1
        answer(desk, call, Answer(outcome=TIMEOUT))


def answer(desk: Desk, call: Call, answer: Answer) -> None:
    """What the node asked for has come to something: the flow goes on."""
    if flow := _flow(desk, call):
        carry_out(desk, call, interpreter.answered(flow, call.walk, around(desk, call), answer))


def enter(desk: Desk, call: Call, node: str) -> None:
    """The caller comes (back) to a node."""
    if flow := _flow(desk, call):
        carry_out(desk, call, interpreter.enter(flow, call.walk, around(desk, call), node))


def resume(desk: Desk, call: Call) -> None:
    """After an outage: say the present node again. What Asterisk still plays is stopped first."""
    hush_all(desk, call)
    if call.guard:
        _send_away(desk, call)
        return
    if call.queue or call.dials:
        desk.order(StopMusic(call=call.id))  # of the queue that was left, or of who was rung
    if flow := _flow(desk, call):
        carry_out(desk, call, interpreter.resume(flow, call.walk, around(desk, call)))


def carry_out(desk: Desk, call: Call, requests: list[Request]) -> None:
    """Requests of the interpreter, in their order. What one leads to at once is carried out here, too."""
    if not requests:
        return  # what was waited for is waited for still
    desk.state.timers.clear(f"menu:{call.id}")
    if call.walk.phase != Phase.ASKING:
        desk.state.timers.clear(f"ask:{call.id}")
    pending = list(requests)
    while pending:
        # a loop, not a recursion: a flow may go round until its limit of steps
        pending = [*_one(desk, call, pending.pop(0)), *pending]


def _one(desk: Desk, call: Call, request: Request) -> list[Request]:
    """One request; returns those that follow without waiting for anything."""
    match request:
        case Say(speech=()):
            # nothing to say (a caller hears nothing now, so nothing will end): go on at once
            if flow := _flow(desk, call):
                return interpreter.said(flow, call.walk, around(desk, call))
        case Say():
            say(desk, call, request.speech)
        case Hush():
            hush(desk, call)
        case Listen():
            desk.state.timers.set(f"menu:{call.id}", desk.at + request.timeout_s)
        case JoinQueue():
            refused = queueing.join(desk, call, request)
            if refused is not None and (flow := _flow(desk, call)):
                return interpreter.enter(flow, call.walk, around(desk, call), refused)
        case Replay():
            message = (Message(name=call.message.name),) if call.message else ()
            say(desk, call, message + request.then)
        case SendMessage():
            voicemails.send(desk, call)
        case DropMessage():
            voicemails.drop(desk, call)
        case Ask():
            call.asks += 1
            if isinstance(request.order, RecordMessage):
                voicemails.begun(desk, call, request.order)
            desk.state.timers.set(f"ask:{call.id}", desk.at + request.deadline_s)
            desk.order(AskOutside(call=call.id, ask_id=call.asks, order=request.order))
        case EndCall():
            ending.end(desk, call, "system", request.cause, _DISPOSITIONS[request.why])
        case DialOut():
            if (result := dialout.begin(desk, call, request)) and (flow := _flow(desk, call)):
                return interpreter.answered(flow, call.walk, around(desk, call), Answer(outcome=result))
        case TransferTo():
            if (result := dialout.transfer(desk, call, request)) and (flow := _flow(desk, call)):
                return interpreter.answered(flow, call.walk, around(desk, call), Answer(outcome=result))
            if not result:
                ending.end(desk, call, "transfer", 16, Disposition.TRANSFERRED)
        case KeepCallback():
            callbacks.keep(desk, call, request)
        case Goto() | Run() | Return():
            raise AssertionError("the interpreter follows Gotos itself")
    return []


def _flow(desk: Desk, call: Call) -> Flow | None:
    flow = desk.flow(call)
    if flow is None:
        _fail(desk, call)
    return flow


def _fail(desk: Desk, call: Call) -> None:
    """The flow is gone (its version was removed by hand): never leave a caller in silence."""
    ending.end(desk, call, "system", 41, Disposition.FAILED)
