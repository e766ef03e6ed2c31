"""PURE: which orders Asterisk has had already, of those it would not take twice without harm.

Most orders may be repeated as they are. Seen on Asterisk 22.10: a repeated playback is said again;
a repeated answer waits until the channel's playback is over; a repeated offer is refused (409), and
leaks the half-made SIP session, which later keeps Asterisk from shutting down.
"""

from __future__ import annotations

from ivrd.core.events import CallArrived, CallerAnswered, ChannelGone, Event, SwitchSeen


class Memory:
    """What is known of the channels that exist; it is kept right by the events that pass."""

    GONE_KEPT = 500

    def __init__(self) -> None:
        self._gone: dict[str, None] = {}  #: the last channels that ended
        self._answered: set[str] = set()
        self._legs: set[str] = set()
        self._prompts: dict[str, set[str]] = {}
        self._quiet: set[str] = set()  #: channels on which no music has begun since they came to us

    def ended(self, channel: str) -> None:
        """Asterisk has destroyed it. (Who only leaves the application may come back under the same id.)"""
        self._gone[channel] = None
        if len(self._gone) > self.GONE_KEPT:
            del self._gone[next(iter(self._gone))]

    def is_gone(self, channel: str) -> bool:
        """Whether it is known to have ended."""
        return channel in self._gone

    def needs_answer(self, channel: str) -> bool:
        """Whether the channel is not known to be answered."""
        return channel not in self._answered

    def begin_offer(self, leg: str) -> bool:
        """Note an offer; False when it is under way already."""
        if leg in self._legs:
            return False
        self._legs.add(leg)
        return True

    def begin_prompt(self, channel: str, prompt: str) -> bool:
        """Note a prompt; False when it was ordered on this channel before."""
        known = self._prompts.setdefault(channel, set())
        if prompt in known:
            return False
        known.add(prompt)
        return True

    def music_begins(self, channel: str) -> None:
        """Music is ordered; whether it plays is for Asterisk to say."""
        self._quiet.discard(channel)

    def may_hear_music(self, channel: str) -> bool:
        """False when none was ordered since the channel came."""
        return channel not in self._quiet

    def undo_prompt(self, channel: str, prompt: str) -> None:
        """The order failed: it may be given again."""
        self._prompts.get(channel, set()).discard(prompt)

    def forget(self, channel: str) -> None:
        """The channel is no more (or was never made)."""
        self._answered.discard(channel)
        self._legs.discard(channel)
        self._quiet.discard(channel)
        self._prompts.pop(channel, None)

    def learn(self, event: Event) -> None:
        """Take in an event before it goes to the core."""
        match event:
            case ChannelGone(channel=channel):
                self.forget(channel)
            case CallArrived(call=channel):
                self._quiet.add(channel)
            case CallerAnswered(call=channel):
                self._answered.add(channel)
            case SwitchSeen(channels=channels):
                alive = {c.channel for c in channels}
                self._answered = {c.channel for c in channels if c.state == "Up"}
                self._legs = {c.channel for c in channels if c.role == "agent"}
                self._quiet &= alive
                self._prompts = {c: p for c, p in self._prompts.items() if c in alive}
