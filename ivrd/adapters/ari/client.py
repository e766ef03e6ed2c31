"""AriClient: the daemon's hands on Asterisk's calls (ports.Telephony)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from structlog.typing import FilteringBoundLogger

from ivrd.adapters.ari import wire
from ivrd.adapters.ari.bridges import Bridges
from ivrd.adapters.ari.link import Link
from ivrd.adapters.ari.memory import Memory
from ivrd.adapters.ari.messages import Messages
from ivrd.adapters.ari.rest import HARMLESS, Rest, quoted
from ivrd.adapters.ari.transfers import Transfers
from ivrd.adapters.ari.warm import WarmLegs
from ivrd.core.events import Event, SwitchLost, SwitchSeen
from ivrd.core.speech import Message
from ivrd.errors import SwitchError
from ivrd.ports import FALLBACK_CONTEXT, Clock, Inbox
from ivrd.settings.site import Ari

_THERE_ALREADY = frozenset({409})


class AriClient:
    """ports.Telephony on ARI. Events come to ``inbox`` while ``run`` runs.

    Orders may be given as soon as ``run`` has started, also while the event websocket is away; they
    raise SwitchError when Asterisk does not take them.
    """

    def __init__(
        self, settings: Ari, password: str, inbox: Inbox, clock: Clock, log: FilteringBoundLogger
    ) -> None:
        self._settings, self._inbox, self._clock = settings, inbox, clock
        self._rest = Rest(settings, password, log)
        self._link = Link(settings, self._rest, log)
        self._memory = Memory()
        self.messages = Messages(self._rest)
        self._bridges = Bridges()
        self._transfers = Transfers()
        self.warm = WarmLegs(self._rest, settings, clock.now, log, self._bridges)

    @property
    def connected(self) -> asyncio.Event:
        """Set while events flow and the last survey is in the inbox. Wait on it, never set it."""
        return self._link.connected

    @property
    def last_error(self) -> str:
        """Why there is no connection, for the readiness report; "" while there is one."""
        return self._link.last_error

    @property
    def late_orders(self) -> Counter[int]:
        """Orders that met a thing already gone or already there, by HTTP status."""
        return self._rest.harmless

    async def run(self) -> None:
        """Hold the connection until cancelled.

        Each connection puts SwitchSeen before any later event into the inbox, each loss SwitchLost.
        StartError: the password, or the certificate, is wrong at the first try, or another controller took our place.
        """
        await self._link.run(self._tell_survey, self._on_frame, self._on_loss)

    async def answer(self, channel: str) -> None:
        """Answer a caller's or a feature session's channel."""
        if self._memory.needs_answer(channel):
            await self._rest.order("POST", f"channels/{quoted(channel)}/answer")

    async def play(self, channel: str, prompt: str, media: Sequence[Path | Message]) -> None:
        """Play ``media`` (absolute, without suffix) in order as one prompt.

        A prompt already ordered on this channel is not played again.
        """
        sounds = ",".join(_media(item) for item in media)
        if not self._memory.begin_prompt(channel, prompt):
            return
        path = f"channels/{quoted(channel)}/play/{quoted(prompt)}"
        try:
            status = await self._rest.order("POST", path, {"media": sounds})
        except SwitchError:
            self._memory.undo_prompt(channel, prompt)
            raise
        if status == 404:
            self._memory.forget(channel)

    async def stop_prompt(self, prompt: str) -> None:
        """Stop a prompt; harmless when it is over."""
        await self._rest.order("DELETE", f"playbacks/{quoted(prompt)}")

    async def start_music(self, channel: str, music: str = "") -> None:
        """Music on hold on a channel, of the class ``music`` (musiconhold.conf) or the usual one."""
        self._memory.music_begins(channel)
        await self._rest.order("POST", f"channels/{quoted(channel)}/moh", {"mohClass": music} if music else None)

    async def stop_music(self, channel: str) -> None:
        """End music on hold."""
        if self._memory.may_hear_music(channel):
            await self._rest.order("DELETE", f"channels/{quoted(channel)}/moh")

    async def open_bridge(self, bridge: str) -> None:
        """Create a bridge; harmless when it exists.

        Without ``dtmf_events`` Asterisk lets two phones exchange RTP directly and digits vanish.
        """
        await self._bridges.settled(bridge)
        if self._bridges.claim(bridge):  # the offer has made it
            return
        with self._bridges.making(bridge):
            await self._rest.order("POST", f"bridges/{quoted(bridge)}", {"type": "mixing,dtmf_events"})

    async def close_bridge(self, bridge: str) -> None:
        """Destroy a bridge; harmless when it is gone."""
        self._bridges.forget(bridge)
        await self._rest.order("DELETE", f"bridges/{quoted(bridge)}")

    async def offer(
        self, leg: str, extension: str, caller_number: str, caller_name: str, timeout_s: int
    ) -> None:
        """Ring a phone on the channel ``leg``; harmless when it rings already. ``timeout_s``: when Asterisk gives up by itself, unless
        the leg is a warm one.

        SwitchError: Asterisk cannot dial it (not registered, unknown, or out of resources).
        """
        if not self._memory.begin_offer(leg):
            return
        caller_id = wire.caller_id(caller_number, caller_name)
        order = {
            "channelId": leg,
            "endpoint": f"PJSIP/{extension}",
            "app": self._settings.app,
            "appArgs": "agent",
            "callerId": caller_id,
            "timeout": str(timeout_s),
        }
        try:
            if await self.warm.ring(leg, extension, caller_id):
                return
            status = await self._rest.order("POST", "channels", order, harmless=_THERE_ALREADY)
            # 409 is also what a phone that cannot be dialled gets after a real 409 (a stale errno
            # in Asterisk): only the channel itself tells which of the two it was.
            if status == 409 and not await self._exists(leg):
                raise SwitchError(f"offer to {extension}", 409, "cannot be dialled")
        except SwitchError:
            self._memory.forget(leg)
            raise

    async def connect(self, bridge: str, channels: Sequence[str]) -> None:
        """Put channels into a bridge together, with one order; those who wait there already stay."""
        missing = [self.warm.own(c) for c in channels if not self.warm.waits_in(bridge, c)]
        if not missing:
            return
        try:
            await self._rest.order(
                "POST",
                f"bridges/{quoted(bridge)}/addChannel",
                {"channel": ",".join(missing)},
                harmless=HARMLESS - {404, 409},  # no bridge: the order that opens it was lost, or it is being taken away
            )
        except SwitchError:
            self._bridges.forget(bridge)
            raise

    async def hang_up(self, channel: str, cause: int) -> None:
        """Hang a channel up with a Q.850 cause; harmless when it is gone. Not while a phone is told of its transfer."""
        if self._memory.is_gone(channel):  # who hangs up first is told to hang up, too
            return
        own = self.warm.own(channel)
        await self._transfers.through(own)
        await self._rest.order("DELETE", f"channels/{quoted(own)}", {"reason_code": str(cause)}, together=True)  # both ends of a talk

    async def hand_over(self, channel: str) -> None:
        """Give a caller to the dialplan's fallback (asterisk_config/dialplan.py)."""
        await self._rest.order(
            "POST",
            f"channels/{quoted(channel)}/continue",
            {"context": FALLBACK_CONTEXT, "extension": "s", "priority": "1"},
        )

    async def transfer(self, channel: str, to: str) -> None:
        """Give a caller to the dialplan, to dial ``to`` (asterisk_config/dialplan.py)."""
        await self._rest.order(
            "POST",
            f"channels/{quoted(channel)}/continue",
            {"context": "ivrd-transfer", "extension": to, "priority": "1"},
        )

    async def answer_transfer(self, leg: str, taken: bool) -> None:
        """Tell a phone whether its transfer is taken; harmless when the channel is gone."""
        state = "channel_answered" if taken else "channel_declined"
        own = self.warm.own(leg)
        await self._rest.order("POST", f"channels/{quoted(own)}/transfer_progress", {"states": state})

    async def survey(self, at: float) -> SwitchSeen:
        """Everything of ours that Asterisk holds now."""
        app = self._settings.app
        channels = await self._channels()
        bridges = await self._rest.get("bridges")
        began = (await self._rest.get("asterisk/info?only=status")).get("status", {}).get("startup_time", "")
        seen = await self.warm.survey(channels, bridges)
        return wire.survey(*seen, app, at, began)

    async def look(self) -> SwitchSeen:
        """The channels of a survey, without its consequences. SwitchError."""
        named = [{**c, "id": self.warm.known_as(c["id"])} for c in await self._channels()]
        return wire.survey(named, (), self._settings.app, self._clock.now())

    async def tell_anew(self) -> None:
        """Survey, and put it into the inbox as after an outage. SwitchError."""
        await self._tell_survey()

    async def _channels(self) -> list[dict[str, Any]]:
        app = quoted(self._settings.app)
        channels = await self._rest.get("channels")
        # After the channels: whoever has left us since then is not told of again.
        ours = set((await self._rest.get(f"applications/{app}"))["channel_ids"])
        return [c for c in channels if c["id"] in ours]

    async def _exists(self, channel: str) -> bool:
        return await self._rest.order("GET", f"channels/{quoted(channel)}") == 200

    async def _tell_survey(self) -> None:
        self._tell(await self.survey(self._clock.now()))

    def _on_frame(self, frame: dict[str, Any]) -> None:
        self._transfers.heard(frame)
        known = self.warm.heard(frame)
        if known is not None:
            if known.get("type") == "ChannelDestroyed":
                self._memory.ended(known["channel"]["id"])
            for event in wire.translate(known, self._clock.now()):
                self._tell(event)

    def _tell(self, event: Event) -> None:
        self._memory.learn(event)
        self._inbox(event)

    def _on_loss(self) -> None:
        self._transfers.lost()
        self._inbox(SwitchLost(at=self._clock.now()))


def _media(item: Path | Message) -> str:
    return f"recording:{item.name}" if isinstance(item, Message) else f"sound:{_playable(item)}"


def _playable(file: Path) -> str:
    """A file as ARI takes it; a comma would start the next one."""
    text = str(file)
    if "," in text or not file.is_absolute():
        raise SwitchError(f"play {text}", 0, "must be an absolute path without a comma")
    return text
