"""Ids that carry identity: whatever Asterisk holds, its id says which call it belongs to.

A call's id is the id that Asterisk gave the caller's channel. All else that ivrd creates is named
after it, so that creating twice is harmless (409: it is there already), a foreign channel is never
touched, and after a restart a list of channels and bridges can be read back.

    1764.12                 the call, and the caller's channel
    1764.12.agent-101.2     the second offer of the call, at agent 101's phone
    1764.12.dial-1          the first that the flow dialled for the caller
    1764.12.callback-1.customer   the first call that was made to call that caller back: a call of its own,
    1764.12.callback-1.agent-101.1  whose customer's channel comes after its agent's. Asterisk refuses an id that another
                            channel's begins with, so what belongs to such a call is named without the last word
    1764.12.bridge          where caller and agent talk
    1764.12.prompt-7        the seventh thing the caller was told
    1764.12.talk-2          the recording of its second talk; that of the first is named after the call
    1764.12.message-3       what the caller said, asked for by the call's third order to the outside
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_CHILD = re.compile(
    r"^(?P<call>.+)\.(?:agent-(?P<agent>[^.]+)\.(?P<n>\d+)|(?P<bridge>bridge)|dial-(?P<d>\d+)|prompt-(?P<p>\d+)|message-(?P<m>\d+))$"
)

_CALLBACK = re.compile(r"\.callback-\d+$")
_CUSTOMER = ".customer"


@dataclass(frozen=True, kw_only=True)
class Child:
    """What an id of ours says: ``kind`` and the call it belongs to."""

    call: str
    kind: Literal["agent", "dial", "bridge", "prompt", "message"]
    agent: str = ""
    number: int = 0  #: of a message: the question that it answers


def agent_leg(call: str, agent: str, attempt: int) -> str:
    """Channel id of the ``attempt``-th offer of a call."""
    return f"{_stem(call)}.agent-{agent}.{attempt}"


def dial_leg(call: str, attempt: int) -> str:
    """Channel id of the ``attempt``-th that a flow dialled for a call."""
    return f"{_stem(call)}.dial-{attempt}"


def callback(call: str, number: int) -> str:
    """Id of the ``number``-th call that is made to call a caller back, and of the customer's channel."""
    return f"{call}.callback-{number}{_CUSTOMER}"


def is_callback(channel: str) -> bool:
    """The channel of a customer whom we call back."""
    return channel.endswith(_CUSTOMER) and _CALLBACK.search(_stem(channel)) is not None


def bridge(call: str) -> str:
    """Id of the call's own bridge."""
    return f"{_stem(call)}.bridge"


def prompt(call: str, number: int) -> str:
    """Playback id of the ``number``-th prompt of a call."""
    return f"{_stem(call)}.prompt-{number}"


def message(call: str, ask: int) -> str:
    """Name of the message that a call's ``ask``-th order to the outside had recorded."""
    return f"{_stem(call)}.message-{ask}"


def recording(call: str, talk: int) -> str:
    """Name of the recording of a call's ``talk``-th talk: the call's own, unless there was one before."""
    return call if talk == 1 else f"{call}.talk-{talk}"


def parse(some_id: str) -> Child | None:
    """Read an id of ours back; None when it is not one (a caller's channel, a foreign thing)."""
    match = _CHILD.match(some_id)
    if match is None:
        return None
    if match["agent"] is not None:
        return Child(call=_call(match["call"]), kind="agent", agent=match["agent"])
    if match["d"] is not None:
        return Child(call=_call(match["call"]), kind="dial")
    if match["m"] is not None:
        return Child(call=_call(match["call"]), kind="message", number=int(match["m"]))
    return Child(call=_call(match["call"]), kind="bridge" if match["bridge"] else "prompt")


def _stem(call: str) -> str:
    """What the names of all that belongs to the call begin with."""
    return call.removesuffix(_CUSTOMER)


def _call(stem: str) -> str:
    return stem + _CUSTOMER if _CALLBACK.search(stem) else stem


def call_of(channel: str) -> str:
    """The call a channel id belongs to: the call itself for a caller's channel."""
    child = parse(channel)
    return child.call if child else channel
