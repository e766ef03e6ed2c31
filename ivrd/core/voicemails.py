"""A message that a caller leaves: recorded by Asterisk, delivered by the shell, also when the caller hangs up.

It is all there is of it: one that cannot be delivered (Asterisk refuses the file, the mailbox's disk is full) is tried
again for a day. Its call's row is written meanwhile, says why, and is written once more at the end of it.
"""

from __future__ import annotations

from ivrd.core import ids, record
from ivrd.core.commands import DeliverMessage, DropMessage
from ivrd.core.desk import Desk
from ivrd.core.events import AskAnswered, MessageDelivered, MessageFailed
from ivrd.core.ivr.orders import RecordMessage
from ivrd.core.state import Call, Message, MessageState, State

#: fetching, writing, and a store that comes back; past this it is ordered once more
DELIVERY_TIMEOUT_S = 60.0
#: a message that could not be delivered is ordered again after so long ...
AGAIN_S = (0.5, 2.0, 10.0, 60.0, 300.0)
#: ... and after so long given up: the row says where it is
GIVE_UP_AFTER_S = 86_400.0
#: so many may wait for that long: past it, a message is given up when it has been tried as often as AGAIN_S says (the state is in memory)
MOST_WAITING = 1000
#: one that waits so long is told to a person
LATE_S = 60.0


def begun(desk: Desk, call: Call, order: RecordMessage) -> None:
    """A recording is asked for; one that was not sent makes room for it."""
    drop(desk, call)
    if call.message is not None:
        call.sent.append(call.message)
    call.unrecorded = ""
    call.message = Message(name=ids.message(call.id, call.asks), box=order.box, at=desk.at, min_s=order.min_s)


def refused(call: Call, event: AskAnswered) -> None:
    """It may not be recorded now: the row says why. Not of what else a flow asks."""
    if call.message is not None and call.message.name == ids.message(call.id, event.ask_id):
        call.unrecorded = str(event.values.get("why", ""))


def drop(desk: Desk, call: Call) -> None:
    """What was recorded and not sent is not wanted."""
    if call.message is not None and call.message.state == MessageState.RECORDED:
        desk.order(DropMessage(call=call.id, message=call.message.name))
        call.message = None


def send(desk: Desk, call: Call) -> None:
    """Deliver what was recorded."""
    message = call.message
    if message is not None and message.state == MessageState.RECORDED:
        _deliver(desk, call, message)


def finish(desk: Desk, call: Call) -> None:
    """The call is over. Most callers end a message by hanging up: it is sent, unless there is hardly any."""
    message = call.message
    if message is None or message.state != MessageState.RECORDED:
        return
    if desk.at - message.at < message.min_s:
        drop(desk, call)
    else:
        send(desk, call)


def again(desk: Desk, call: Call) -> None:
    """After an outage: the order's outcome was not heard of. A message is delivered once."""
    for message in call.messages:
        if message.under_way:
            _deliver(desk, call, message)


def delivered(desk: Desk, call: Call, event: MessageDelivered) -> None:
    """It is in its mailbox."""
    message = _named(call, event.message)
    if message is None or message.state == MessageState.DELIVERED:
        return
    message.state, message.path = MessageState.DELIVERED, event.path
    desk.tell("voicemail_left", call, box=message.box, duration_ms=event.duration_ms)
    _over(desk, call)


def failed(desk: Desk, call: Call, event: MessageFailed) -> None:
    """It could not be delivered: it waits, and is ordered again."""
    message = _named(call, event.message)
    if message is not None and message.state == MessageState.DELIVERING:
        _failed(desk, call, message, event.reason)


def timed_out(desk: Desk, call: Call) -> None:
    """A message's wait is over; or nobody told us what became of it."""
    for message in [one for one in call.messages if one.under_way and one.due_at <= desk.at]:
        if message.state == MessageState.WAITING:
            _deliver(desk, call, message)
        else:
            _failed(desk, call, message, "no answer from the mailbox")
    _arm(desk, call)


def late(state: State, at: float) -> list[Message]:
    """Messages that should have been in their mailboxes long ago, the oldest first."""
    under_way = [one for call in state.calls.values() for one in call.messages if one.under_way]
    return sorted((one for one in under_way if one.undelivered_since and at - one.undelivered_since > LATE_S), key=lambda one: one.at)


def _named(call: Call, name: str) -> Message | None:
    return next((message for message in call.messages if message.name == name), None)


def _failed(desk: Desk, call: Call, message: Message, reason: str) -> None:
    message.tries += 1
    message.problem = reason
    if message.undelivered_since is None:
        message.undelivered_since = desk.at
    if _given_up(desk, message, desk.at - message.undelivered_since):
        message.state = MessageState.FAILED
        desk.tell("voicemail_failed", call, box=message.box, reason=reason)
        _over(desk, call)
        return
    message.state = MessageState.WAITING
    message.due_at = desk.at + AGAIN_S[min(message.tries, len(AGAIN_S)) - 1]
    _arm(desk, call)
    if message.tries == 1:
        record.write(desk, call)  # it is not waited for


def _given_up(desk: Desk, message: Message, waited_s: float) -> bool:
    if waited_s >= GIVE_UP_AFTER_S:
        return True
    if message.tries <= len(AGAIN_S):
        return False
    return sum(one.under_way for call in desk.state.calls.values() for one in call.messages) > MOST_WAITING


def _over(desk: Desk, call: Call) -> None:
    _arm(desk, call)
    record.write(desk, call)


def _deliver(desk: Desk, call: Call, message: Message) -> None:
    message.state, message.due_at = MessageState.DELIVERING, desk.at + DELIVERY_TIMEOUT_S
    _arm(desk, call)
    desk.order(
        DeliverMessage(
            call=call.id,
            message=message.name,
            box=message.box,
            number=call.number,
            language=call.walk.language,
            left_at=message.at,
        )
    )


def _arm(desk: Desk, call: Call) -> None:
    """For the first of the call's messages that is to be looked at."""
    due = [message.due_at for message in call.messages if message.under_way]
    if due:
        desk.state.timers.set(f"message:{call.id}", min(due))
    else:
        desk.clear_timers(call, ("message",))
