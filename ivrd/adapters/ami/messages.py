# mypy: disable-error-code=no-untyped-call
"""panoramisk's actions and messages, made without what they cost: a call takes several of each.

What the two mean is still panoramisk's to say; only how they are written and read is ours. A block that is not the usual
kind (a header twice, a body) is left to panoramisk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import count

from panoramisk.actions import Action
from panoramisk.message import Message

_EOL = "\r\n"
_USUAL = ("Event: ", "Response: Success", "Response: Error")
_numbers = count(1)


class Order(Action):
    """An action that is written once. ``id`` is never used twice in a process."""

    id = ""
    action_id = ""  #: panoramisk's second name for the same

    def __init__(self, name: str, fields: Mapping[str, str]) -> None:
        self._store = {"action": ("Action", name)}
        self.as_list = None
        self.responses: list[Message] = []
        self.future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self.id = str(next(_numbers))
        lines = [f"Action: {name}", f"ActionID: {self.id}", *[f"{key}: {value}" for key, value in sorted(fields.items())], _EOL]
        self.text = _EOL.join(lines).encode()

    def add_message(self, message: Message) -> bool | None:
        """Take an answer; True: it was the last. One of two lines or so (what Setvar gets) is looked at no closer."""
        if not self.responses and not self.future.done() and _is_all(message):
            self.responses.append(message)
            self.future.set_result(message)
            return True
        done: bool | None = super().add_message(message)
        return done


def _is_all(message: Message) -> bool:
    """Nothing follows, by what panoramisk goes by."""
    store = message._store
    if "response" not in store or "eventlist" in store or "subevent" in store:
        return False
    said = store["message"][1] if "message" in store else ""
    return said in ("", "Variable Set")


def read(block: str) -> Message | None:
    """A message; None: it is none."""
    if not block.startswith(_USUAL):
        return _panoramisk_s(block)
    store: dict[str, tuple[str, str]] = {}
    lines = block.split(_EOL)
    for line in lines:
        key, colon, value = line.partition(": ")
        if colon:
            store[key.lower()] = (key, value)
    if len(store) != len(lines) or "result" in store:
        return _panoramisk_s(block)
    store["content"] = ("content", "")
    message: Message = Message.__new__(Message)
    message._store, message.manager = store, None
    return message


def _panoramisk_s(block: str) -> Message | None:
    message: Message | None = Message.from_line(block)
    return message
