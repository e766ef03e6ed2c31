"""A message that a caller leaves: recorded by Asterisk, delivered by the shell, also when the caller hangs up."""

from __future__ import annotations

from ivrd.core import ids, record
from ivrd.core.commands import DeliverMessage, DropMessage
from ivrd.core.desk import Desk
from ivrd.core.events import MessageDelivered, MessageFailed
from ivrd.core.ivr.orders import RecordMessage
from ivrd.core.state import Call, Message, MessageState

#: fetching, writing, and a store that comes back; past this the CDR says that there is no message
DELIVERY_TIMEOUT_S = 60.0


def begun(desk: Desk, call: Call, order: RecordMessage) -> None:
    """A recording is asked for; one that was not sent makes room for it."""
    drop(desk, call)
    call.message = Message(
        name=ids.message(call.id, call.asks), box=order.box, at=desk.at, min_s=order.min_s
    )


def drop(desk: Desk, call: Call) -> None:
    """What was recorded and not sent is not wanted."""
    if call.message is not None and call.message.state == MessageState.RECORDED:
        desk.order(DropMessage(call=call.id, message=call.message.name))
        call.message = None


def send(desk: Desk, call: Call) -> None:
    """Deliver what was recorded."""
    message = call.message
    if message is None or message.state != MessageState.RECORDED:
        return
    message.state = MessageState.DELIVERING
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
    if call.message is not None and call.message.state == MessageState.DELIVERING:
        _deliver(desk, call, call.message)


def delivered(desk: Desk, call: Call, event: MessageDelivered) -> None:
    """It is in its mailbox."""
    message = call.message
    if message is None or message.name != event.message or message.state == MessageState.DELIVERED:
        return
    message.state, message.path = MessageState.DELIVERED, event.path
    desk.tell("voicemail_left", call, box=message.box, duration_ms=event.duration_ms)
    _over(desk, call)


def failed(desk: Desk, call: Call, event: MessageFailed) -> None:
    """It could not be delivered; the row says so."""
    if call.message is not None and call.message.name == event.message:
        _failed(desk, call, event.reason)


def timed_out(desk: Desk, call: Call) -> None:
    """Nobody told us what became of it."""
    _failed(desk, call, "no answer from the mailbox")


def _failed(desk: Desk, call: Call, reason: str) -> None:
    message = call.message
    if message is None or message.state != MessageState.DELIVERING:
        return
    message.state = MessageState.FAILED
    desk.tell("voicemail_failed", call, box=message.box, reason=reason)
    _over(desk, call)


def _over(desk: Desk, call: Call) -> None:
    desk.clear_timers(call, ("message",))
    record.write(desk, call)


def _deliver(desk: Desk, call: Call, message: Message) -> None:
    desk.state.timers.set(f"message:{call.id}", desk.at + DELIVERY_TIMEOUT_S)
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
