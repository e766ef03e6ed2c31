"""Warm legs: a ready agent's channel is made before anybody calls, so that an offer has only to dial it.

A warm leg is made (``channels/create``) with an id of this module and stands in Stasis without having sent
anything to the phone. An offer *lends* it to a leg of the core: from then on orders and events of that leg
are this channel's, and the channel's variable IVRD_LEG says so to a later process. The leg waits in the call's
bridge, where the caller is too: at the answer Asterisk connects the two without asking us (ADR 51).
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from structlog.typing import FilteringBoundLogger

from ivrd.adapters.ari.bridges import Bridges
from ivrd.adapters.ari.rest import HARMLESS, Order, Rest, quoted
from ivrd.core import ids
from ivrd.errors import SwitchError
from ivrd.settings.site import Ari

Frame = Mapping[str, Any]

PREFIX = "ivrd-warm."
ARGUMENT = "warm"  #: of Stasis, where an agent's leg has "agent"
LEG_VARIABLE = "IVRD_LEG"
_DISPLAY = quote_plus("CONNECTEDLINE(all,i)")  #: what the phone shows; ``i``: nobody is told yet
_DIAL, _BRIDGE = 1, 3  #: which of an offer's orders
MOST_AT_ONCE = 8  #: made or hung up with one write, to be answered within one request's time


class WarmLegs:
    """Which warm legs there are, and which leg of the core each is lent to."""

    def __init__(
        self,
        rest: Rest,
        settings: Ari,
        stamp: Callable[[], float],
        log: FilteringBoundLogger,
        bridges: Bridges,
    ) -> None:
        self._bridges = bridges
        self._rest, self._app, self._stamp, self._log = rest, settings.app, stamp, log
        self._on = settings.warm_legs
        self.usable: Callable[[], bool] = lambda: True  #: whether a phone that moves would be noticed
        self._wanted: frozenset[str] = frozenset()
        self._made: dict[str, str] = {}  #: extension -> channel, not lent
        self._ready: set[str] = set()  #: channels of those that may be dialled
        self._leg: dict[str, str] = {}  #: channel -> the leg it is lent to
        self._channel: dict[str, str] = {}  #: the other way round
        self._bridge: dict[str, str] = {}  #: leg -> the bridge in which it waits
        self._joined: set[str] = set()  #: bridges into which a leg is being brought
        self._unwanted: list[str] = []  #: channels to hang up
        self._changed = asyncio.Event()
        self._numbers = itertools.count(1)

    # --- which there should be

    def keep(self, extensions: frozenset[str]) -> None:
        """Have one for each of these phones, and for no other."""
        wanted = extensions if self._on and self.usable() else frozenset()
        if wanted != self._wanted:
            self._wanted = wanted
            self._changed.set()

    def moved(self, extension: str, there: bool) -> None:
        """The phone is to be found elsewhere now, or nowhere: a leg of before would be sent to where it was."""
        if not there:
            self._wanted -= {extension}
        self._drop(extension)

    def _drop(self, extension: str) -> None:
        channel = self._made.pop(extension, None)
        if channel is not None:
            self._give_up(channel)

    async def run(self) -> None:
        """Make and hang up what is needed, one after the other, until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._settle()

    async def end(self) -> None:
        """Hang up all that are not lent, and make no more."""
        self._on, self._wanted = False, frozenset()
        await self._settle()

    async def _settle(self) -> None:
        for extension in [e for e in self._made if e not in self._wanted]:
            self._drop(extension)
        while self._unwanted:
            some, self._unwanted = self._unwanted[:MOST_AT_ONCE], self._unwanted[MOST_AT_ONCE:]
            await self._try([("DELETE", f"channels/{quoted(channel)}") for channel in some])
        missing = sorted(self._wanted - self._made.keys())
        for first in range(0, len(missing), MOST_AT_ONCE):
            some = missing[first : first + MOST_AT_ONCE]
            await self._make([e for e in some if e in self._wanted and e not in self._made])  # others run while we wait

    async def _make(self, extensions: Sequence[str]) -> None:
        if not extensions:
            return
        stamp = f"{int(self._stamp() * 1000):x}"
        made = {extension: f"{PREFIX}{extension}.{stamp}-{next(self._numbers)}" for extension in extensions}
        self._made |= made
        common = f"app={quote_plus(self._app)}&appArgs={ARGUMENT}"
        orders = [
            ("POST", f"channels/create?endpoint=PJSIP%2F{quote_plus(extension)}&{common}&channelId={quote_plus(channel)}")
            for extension, channel in made.items()
        ]
        statuses = await self._try(orders)
        for channel, status in zip(made.values(), statuses, strict=True):
            if status >= 300:
                self._lost(channel)  # tried again when something changes; until then the phone is dialled cold

    async def _try(self, orders: Sequence[Order]) -> list[int]:
        """What became of each; 503 where that is not known."""
        try:
            return await self._rest.orders(orders)
        except SwitchError as exc:
            self._log.debug("warm leg", error=str(exc))
            return [503] * len(orders)

    # --- lending

    def has(self, extension: str) -> bool:
        """Whether the phone has a leg that may be dialled."""
        return self._made.get(extension, "") in self._ready and self.usable()

    async def ring(self, leg: str, extension: str, caller_id: str) -> bool:
        """Ring the phone on a warm leg, in one write, until it is hung up; False when there is none. SwitchError: not known whether it rings."""
        if not self.has(extension):
            return False
        channel = self._made[extension]
        self._lend(extension, channel, leg)
        bridge = ids.bridge(ids.call_of(leg))
        alone = bridge not in self._joined and bridge not in self._bridge.values()  # two phones that ring must not hear each other
        statuses = await self._offer(channel, leg, bridge if alone else "", caller_id)
        if statuses[_DIAL] >= 300:
            self._lost(channel)
            self._give_up(channel)
            return False
        if alone and statuses[-1] < 300 and leg in self._channel:
            self._bridge[leg] = bridge
        return True

    async def _offer(self, channel: str, leg: str, bridge: str, caller_id: str) -> list[int]:
        orders = _offer(channel, leg, bridge, caller_id)
        if not bridge:
            return await self._rest.orders(orders)
        self._joined.add(bridge)
        try:
            await self._bridges.settled(bridge)
            with self._bridges.making(bridge) as order:
                statuses = await self._rest.orders(orders)
                order.made = statuses[_BRIDGE] < 300 or statuses[_BRIDGE] == 409  # it is there
            return statuses
        finally:
            self._joined.discard(bridge)

    def own(self, channel: str) -> str:
        """The id under which Asterisk knows a channel."""
        return self._channel.get(channel, channel)

    def known_as(self, own: str) -> str:
        """The other way round: the id under which the core knows Asterisk's channel."""
        return self._leg.get(own, own)

    def waits_in(self, bridge: str, channel: str) -> bool:
        """Whether the channel is a leg that is in the bridge already."""
        return self._bridge.get(channel) == bridge

    def heard(self, frame: Frame) -> Frame | None:
        """An event as it would be of a leg that was dialled cold; None: of one that nobody has."""
        if frame.get("type") == "ChannelTransfer":
            return self._transferred(frame)
        channel = frame.get("channel") or {}
        own, kind = channel.get("id", ""), frame.get("type")
        if not own.startswith(PREFIX):
            return frame
        leg = self._leg.get(own)
        if leg is None:
            if kind == "StasisStart" and own in self._made.values():
                self._ready.add(own)
            elif kind == "StasisStart":  # it was made while the connection was lost
                self._give_up(own)
            elif kind == "ChannelDestroyed":
                self._lost(own)
            return None
        if kind == "StasisEnd":
            return None  # ChannelDestroyed follows at once, and knows the cause
        if kind == "ChannelDestroyed":
            self._lost(own)
        known_as = {**channel, "id": leg}
        if kind == "ChannelStateChange" and channel.get("state") == "Up":
            return {"type": "StasisStart", "args": ["agent"], "channel": known_as}
        return {**frame, "channel": known_as}

    def _transferred(self, frame: Frame) -> Frame:
        """Who presses the transfer key is not the frame's ``channel``, but named within."""
        by = frame.get("referred_by") or {}
        source = by.get("source_channel") or {}
        own = source.get("id", "")
        known_as = {**source, "id": self._leg.get(own, own)}
        wanted = frame.get("refer_to") or {}
        if other := wanted.get("destination_channel"):  # the phone's other call
            wanted = {**wanted, "destination_channel": {**other, "id": self._leg.get(other["id"], other["id"])}}
        return {**frame, "refer_to": wanted, "referred_by": {**by, "source_channel": known_as}}

    # --- after a connection or a start

    async def survey(
        self, channels: Sequence[Frame], bridges: Sequence[Frame]
    ) -> tuple[list[Frame], list[Frame]]:
        """What ``GET channels`` and ``GET bridges`` say, in the core's ids. Legs that are not lent are made anew."""
        before, leg_of = dict(self._leg), dict[str, str]()
        self._made, self._ready = {}, set()  # none is lent while we ask
        seen: list[Frame] = []
        unwanted: list[str] = []
        for channel in channels:
            own = channel["id"]
            if own.startswith(PREFIX):
                leg = before.get(own) or await self._whose(own)
                if not leg:
                    unwanted.append(own)
                    continue
                leg_of[own] = leg
                channel = {**channel, "id": leg}
            seen.append(channel)
        # Only now, when all is known: a survey that fails half-way is made again.
        self._leg = leg_of | {own: leg for own, leg in self._leg.items() if own not in before}
        self._channel = {leg: own for own, leg in self._leg.items()}
        for own in unwanted:
            self._give_up(own)
        found: list[Frame] = [{**b, "channels": [self._leg.get(c, c) for c in b.get("channels", ())]} for b in bridges]
        self._bridge = {c: b["id"] for b in found for c in b["channels"] if c in self._channel}
        self._changed.set()
        return seen, found

    async def _whose(self, channel: str) -> str:
        try:
            found = await self._rest.get(f"channels/{quoted(channel)}/variable?variable={LEG_VARIABLE}")
        except SwitchError as exc:
            if exc.status not in HARMLESS:
                raise  # it may be somebody's who talks: the survey is made again
            return ""  # it has none: it was made, and never dialled; or it is gone
        return str(found.get("value", ""))

    # --- book-keeping

    def _lend(self, extension: str, channel: str, leg: str) -> None:
        del self._made[extension]
        self._ready.discard(channel)
        self._leg[channel], self._channel[leg] = leg, channel

    def _lost(self, channel: str) -> None:
        """The channel is no more, or is no longer of use."""
        self._made = {e: c for e, c in self._made.items() if c != channel}
        self._ready.discard(channel)
        leg = self._leg.pop(channel, "")
        self._channel.pop(leg, None)
        self._bridge.pop(leg, None)

    def _give_up(self, channel: str) -> None:
        self._ready.discard(channel)
        self._unwanted.append(channel)
        self._changed.set()


def _offer(channel: str, leg: str, bridge: str, caller_id: str) -> list[Order]:
    """The orders of an offer, the phone's ringing as early as can be. Put together by hand: the caller waits for it.

    No time-out: with one, a phone that declines at once can take Asterisk down (docs/adr/0113).
    """
    path, bridge_path = f"channels/{quoted(channel)}", f"bridges/{quoted(bridge)}"
    orders: list[Order] = [
        ("POST", f"{path}/variable?variable={_DISPLAY}&value={quote_plus(caller_id)}"),
        ("POST", f"{path}/dial"),
        ("POST", f"{path}/variable?variable={LEG_VARIABLE}&value={quoted(leg)}"),
    ]
    if bridge:
        orders += [
            ("POST", f"{bridge_path}?type=mixing%2Cdtmf_events"),
            ("POST", f"{bridge_path}/addChannel?channel={quoted(channel)}"),
        ]
    return orders
