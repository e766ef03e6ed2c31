"""Callers who want to be called back: kept in the state until the store has them.

Who dials: a person, from ``ivrd callbacks``, unless ``callbacks.dial`` says that we do (promises.py).
"""

from __future__ import annotations

from ivrd.core import promises
from ivrd.core.commands import StoreCallback
from ivrd.core.desk import Desk
from ivrd.core.events import CallbacksCounted, CallbackStored
from ivrd.core.ivr.walk import KeepCallback
from ivrd.core.state import Call, Callback


def keep(desk: Desk, call: Call, request: KeepCallback) -> None:
    """Note the request. The caller may hang up from now on."""
    promised = promises.of(desk, request.queue, request.number)  # however the number was written then
    wish = Callback(
        call=call.id,
        queue=request.queue,
        number=promised.number if promised else request.number,
        language=call.walk.language,
        at=desk.at,
    )
    call.callback = True
    desk.state.callbacks[_key(wish)] = wish
    desk.order(StoreCallback(call=call.id, wish=wish))
    promises.make(desk, call, request)
    desk.touch(request.queue)
    desk.tell("callback_requested", call, queue=request.queue)


def stored(desk: Desk, event: CallbackStored) -> None:
    """The store has it; one number that asks twice for a queue is one request."""
    wish = desk.state.callbacks.pop(f"{event.queue}:{event.call}", None)
    promise = promises.of(desk, wish.queue, wish.number) if wish else None
    if promise is not None and promise.stored_at is None:
        promise.stored_at = desk.at
    _set(desk, event.queue, event.open)


def counted(desk: Desk, event: CallbacksCounted) -> None:
    """What the store holds, as looked up now and then: a person may have marked some done."""
    for queue in set(desk.state.callbacks_open) | set(event.open):
        _set(desk, queue, event.open.get(queue, 0))


def again(desk: Desk) -> None:
    """After an outage: orders whose outcome was not heard of. The store takes each once."""
    for wish in desk.state.callbacks.values():
        desk.order(StoreCallback(call=wish.call, wish=wish))


def waiting(desk: Desk, queue: str) -> int:
    """Requests of the queue that nobody has seen to yet."""
    unsaved = sum(wish.queue == queue for wish in desk.state.callbacks.values())
    return desk.state.callbacks_open.get(queue, 0) + unsaved


def _key(wish: Callback) -> str:
    return f"{wish.queue}:{wish.call}"


def _set(desk: Desk, queue: str, count: int) -> None:
    desk.state.callbacks_open[queue] = count
    desk.touch(queue)
