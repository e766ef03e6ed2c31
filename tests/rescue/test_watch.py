"""The rescuer's rounds: what it asks of Asterisk for what it hears of ivrd."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog
from panoramisk.message import Message

from ivrd.adapters.bell import Heard
from ivrd.adapters.rescued import Hold, Ledger
from ivrd.adapters.systemd.notify import Notifier
from ivrd.errors import SwitchError
from ivrd.rescue import watch
from ivrd.rescue.watch import Rescuer
from ivrd.settings.site import Asterisk, Fallback, Site

WARM, BACK = "ivrd-warm.101.1-1", "1.4.callback-1.customer"
CHANNELS = [
    ("PJSIP/trunk-1", "1.1", "Up", "ivrd,call,169"),
    ("PJSIP/trunk-2", "1.2", "Ring", "ivrd,call,169"),
    ("PJSIP/trunk-3", "1.3", "Up", "ivrd,call,169"),
    ("PJSIP/101-1", WARM, "Up", "ivrd,warm"),
    ("PJSIP/trunk-4", BACK, "Ringing", "(Outgoing Line)"),
]
TOGETHER = ("1.3", WARM)


class Over(Exception):
    """The test's looks are."""


class Switch:
    """The AMI as far as the rescuer uses it. Two callers: one who was answered, one who was not."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.lost = asyncio.Event()
        self.heard: Callable[[Message], None]
        self.deaf = False  #: it tells us of no holds
        self.nameless = False  #: nor whose a leg is

    async def open(self) -> None:
        self.lost.clear()

    async def listen(self, events: frozenset[str]) -> None:
        assert events == {"Hold", "Unhold"}
        if self.deaf:
            raise SwitchError("Filter", 400, "Permission denied")
        for event in ("Hold", "Newstate", "Unhold"):
            self.heard(Message({"Event": event, "Uniqueid": WARM}))

    def close(self) -> None:
        self.lost.set()

    async def action(self, name: str, fields: dict[str, str] | None = None) -> list[Message]:
        if name == "Setvar":
            self.asked.append("open" if fields and fields["Value"] == "0" else "gate")
        elif name == "Redirect":
            assert fields
            self.asked.append(f"move {fields['Channel']}")
        elif name == "Hangup":
            assert fields
            self.asked.append(f"hang up {fields['Channel']}")
        return [
            Message({"Event": "CoreShowChannel", "Channel": channel, "Uniqueid": call, "ChannelStateDesc": state,
                     "Application": "Stasis" if data.startswith("ivrd") else "AppDial2", "ApplicationData": data, "BridgeId": "1.3.bridge" if call in TOGETHER else ""})
            for channel, call, state, data in CHANNELS if name == "CoreShowChannels"
        ]  # fmt: skip

    async def actions(self, wanted: list[tuple[str, dict[str, str]]]) -> list[list[Message] | SwitchError]:
        assert wanted == [("Getvar", {"Channel": "PJSIP/101-1", "Variable": "IVRD_LEG"})]
        if self.nameless:
            return [SwitchError("Getvar", 400, "No such channel")]
        return [[Message({"Response": "Success", "Value": "1.3.agent-101.1"})]]

    def now(self) -> float:
        return 1000.0


async def rounds(monkeypatch: pytest.MonkeyPatch, state: Path, *heard: Heard, switch: Switch | None = None) -> list[list[str]]:
    """What is asked of Asterisk in each look, one a second by the rescuer's clock; it waits for ten."""
    switch, asked, at = switch or Switch(), list[list[str]](), 100.0
    answers: Iterator[Heard] = iter(heard)

    def ring() -> Heard:
        nonlocal at
        asked.append(switch.asked)
        switch.asked = []
        at += 1.0
        try:
            return next(answers)
        except StopIteration:
            raise Over from None

    monkeypatch.setattr(watch, "EVERY_S", 0.0)
    monkeypatch.setattr(watch, "time", SimpleNamespace(monotonic=lambda: at))
    site = Site(site="169", dids={"169": "169"}, asterisk=Asterisk(fallback=Fallback(rescue_after_s=3)))

    def connect(heard: Callable[[Message], None]) -> Switch:
        switch.heard = heard
        return switch

    rescuer = Rescuer(site, ring, connect, Ledger(state), switch, Notifier(), structlog.get_logger())  # type: ignore[arg-type]
    with pytest.raises(Over):
        await rescuer.run()
    return asked[1:]


async def test_away_for_long(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    away = Heard.NOBODY
    both = ["gate", "move PJSIP/trunk-1", "move PJSIP/trunk-2", "hang up PJSIP/trunk-4"]
    assert await rounds(monkeypatch, tmp_path, away, away, away, Heard.IN_COMMAND, Heard.IN_COMMAND) == [[], [], both, ["open"], []]
    noted = Ledger(tmp_path).read(now=1000)
    assert {note.call: note.moved for note in noted} == {"1.1": True, "1.2": True, BACK: False}


async def test_frozen_lets_new_callers_past_and_moves_who_was_not_answered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    silence = Heard.SILENCE
    asked = await rounds(monkeypatch, tmp_path, silence, silence, Heard.IN_COMMAND, silence)
    assert asked == [[], ["gate", "move PJSIP/trunk-2"], ["open"], []]


async def test_an_ivrd_that_starts_anew_is_given_its_new_callers_by_asterisk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = await rounds(monkeypatch, tmp_path, Heard.NOBODY, Heard.NOT_IN_COMMAND, Heard.IN_COMMAND, Heard.SILENCE)
    assert asked == [[], [], [], []]


async def test_it_hears_who_presses_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    await rounds(monkeypatch, tmp_path, Heard.NOBODY)
    seen = Ledger(tmp_path).sightings()["1.3"]
    assert seen.holds == (Hold(at=1000, channel=WARM, held=True), Hold(at=1000, channel=WARM, held=False))


async def test_a_leg_that_was_made_ahead_is_noted_under_the_name_that_ivrd_knows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    await rounds(monkeypatch, tmp_path, Heard.NOBODY, Heard.NOBODY)
    assert Ledger(tmp_path).sightings()["1.3"].other == "1.3.agent-101.1"


async def test_a_leg_that_has_gone_before_it_could_be_named_costs_nobody_else_the_note(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    switch = Switch()
    switch.nameless = True
    await rounds(monkeypatch, tmp_path, Heard.NOBODY, switch=switch)
    seen = Ledger(tmp_path).sightings()
    assert set(seen) == {"1.1", "1.2", "1.3"}
    assert (seen["1.3"].other, seen["1.3"].other_at) == ("", 1000)


async def test_who_may_not_hear_of_holds_rescues_all_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    switch = Switch()
    switch.deaf = True
    away = Heard.NOBODY
    asked = await rounds(monkeypatch, tmp_path, away, away, away, switch=switch)
    assert [order for look in asked for order in look if order.startswith("move")] == ["move PJSIP/trunk-1", "move PJSIP/trunk-2"]
    assert Ledger(tmp_path).sightings()["1.3"].holds == ()


async def test_what_is_pressed_is_noted_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """ivrd may be back before the next look."""
    switch, looks = Switch(), 0

    def ring() -> Heard:
        nonlocal looks
        looks += 1
        if looks in (2, 3):
            loop.call_soon_threadsafe(lambda: loop.call_later(0.05, switch.heard, Message({"Event": "Hold", "Uniqueid": WARM})))
        if looks > 3:
            raise Over
        return Heard.NOBODY

    def connect(heard: Callable[[Message], None]) -> Switch:
        switch.heard = heard
        return switch

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(watch, "EVERY_S", 3600.0)
    site = Site(site="169", dids={"169": "169"}, asterisk=Asterisk(fallback=Fallback(rescue_after_s=3)))
    with pytest.raises(Over):
        async with asyncio.timeout(10):
            await Rescuer(site, ring, connect, Ledger(tmp_path), switch, Notifier(), structlog.get_logger()).run()  # type: ignore[arg-type]
    assert [hold.held for hold in Ledger(tmp_path).sightings()["1.3"].holds] == [True, False, True]
