"""Transfers that phones ask for (REFER), from the question to the moment when the phone has been told.

In between Asterisk looks at the phone's other call without holding on to its channel (res_pjsip_refer, of an attended
transfer): a channel that is hung up in that moment is read after its end (ADR 95). So a hang-up of a channel that takes
part waits until Asterisk says that it is through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

#: Asterisk is through some milliseconds after our answer; a phone that wants no word of it (Refer-Sub: false) is never told
TOLD_WITHIN_S = 0.5

_OVER = frozenset({"channel_answered", "channel_declined", "channel_unavailable"})


class Transfers:
    """Channels that take part in a transfer of which the phone has not been told yet, under Asterisk's ids."""

    def __init__(self, told_within_s: float = TOLD_WITHIN_S) -> None:
        self._told_within_s = told_within_s
        self._open: dict[str, asyncio.Event] = {}  #: channel -> set when the phone has been told

    def heard(self, frame: Mapping[str, Any]) -> None:
        """Take note of a ``ChannelTransfer`` (a question, or how it went) and of channels that are gone."""
        match frame.get("type"):
            case "ChannelTransfer":
                if frame.get("state") in _OVER:
                    self._through(*_of(frame))
                elif not frame.get("state"):
                    told = asyncio.Event()
                    for channel in _of(frame):
                        self._open.setdefault(channel, told)
            case "ChannelDestroyed":
                self._through(frame.get("channel", {}).get("id", ""))

    def lost(self) -> None:
        """The connection is gone, and with it what would have been said of them."""
        self._through(*list(self._open))

    async def through(self, channel: str) -> None:
        """Return when the channel takes part in no transfer, at the latest after a moment."""
        told = self._open.get(channel)
        if told is None:
            return
        try:
            async with asyncio.timeout(self._told_within_s):
                await told.wait()
        except TimeoutError:
            self._through(channel)

    def _through(self, *channels: str) -> None:
        for channel in channels:
            if (told := self._open.pop(channel, None)) is not None:
                told.set()


def _of(frame: Mapping[str, Any]) -> tuple[str, ...]:
    """The channel on which the phone asks, and that of its other call."""
    source = frame.get("referred_by", {}).get("source_channel", {}).get("id", "")
    other = frame.get("refer_to", {}).get("destination_channel", {}).get("id", "")
    return tuple(channel for channel in (source, other) if channel)
