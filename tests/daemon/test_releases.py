"""Today's daemon reads what an earlier release left: tests/adapters/journal/release/, written by that release itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playbook import Playbook, plan

from ivrd.adapters.journal import FileJournal
from ivrd.core.acd.model import Agent
from ivrd.core.events import BridgeSeen, ChannelSeen, SwitchSeen
from ivrd.core.state import Rec, Stage
from ivrd.daemon.history import begin, encode_state, restore
from ivrd.errors import OutsideError
from tests.daemon import busy_day

RELEASES = Path(__file__).resolve().parents[1] / "adapters" / "journal" / "release"
NEWEST = "busy-day-2"
PLAN = plan(
    text=(RELEASES / "format-1" / "test.yaml").read_text(),
    agents=tuple(Agent(id=e, name=e, extension=e) for e in ("101", "102")),
)


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A copy of the state directory of commit 7f7d2be: two calls and two agents in the snapshot, two calls in the journal."""
    state = tmp_path / "state"
    shutil.copytree(RELEASES / "format-1", state)
    return state


def test_everybody_is_where_they_were_and_it_goes_on(left: Path) -> None:
    journal = FileJournal(left)
    try:
        exchange = restore(PLAN, journal)
        assert journal.notes == []
        begin(journal, exchange)
    finally:
        journal.close()
    calls = exchange.state.calls
    stages = {c.id: (c.stage, c.walk.node) for c in calls.values()}
    assert stages == {
        "talking": (Stage.TALKING, "q"),
        "menu-before": (Stage.IVR, "m"),
        "menu-after": (Stage.IVR, "m"),
        "waiting": (Stage.QUEUED, "q"),
    }
    since, talks_with = calls["waiting"].queued_at, calls["talking"].legs
    book = Playbook(PLAN, exchange.state, connected=False)
    book.at = max(c.arrived_at for c in calls.values()) + 5
    leg = next(iter(talks_with))
    seen = [ChannelSeen(channel=c, state="Up", role="call", did="169") for c in calls]
    seen.append(ChannelSeen(channel=leg, state="Up", role="agent"))
    bridge = BridgeSeen(bridge="talking.bridge", channels=("talking", leg))
    book.tell(SwitchSeen, channels=tuple(seen), bridges=(bridge,))
    assert {c.id: (c.stage, c.walk.node) for c in calls.values()} == stages
    assert (book.presence("101"), book.presence("102")) == ("talking", "paused")
    assert calls["waiting"].queued_at == since
    book.press("1", "menu-before")
    assert calls["menu-before"].stage == Stage.QUEUED
    book.caller_leaves("talking")
    assert [c.id for c in calls.values() if c.stage == Stage.QUEUED] == ["menu-before", "waiting"]  # 101 wraps up


@pytest.mark.parametrize("left", ["busy-day", NEWEST])
def test_a_busy_moment_of_the_version_before_is_taken_over_whole(tmp_path: Path, left: str) -> None:
    """busy_day.py, left behind by commit cb165f9, and by this version: holds, wrap-ups, pauses, promises and phones that ring are what they were."""
    state = tmp_path / "state"
    shutil.copytree(RELEASES / left, state)
    journal = FileJournal(state)
    try:
        exchange = restore(busy_day.centre(), journal)
        assert journal.notes == []
    finally:
        journal.close()
    calls, agents, promises = exchange.state.calls, exchange.state.agents, exchange.state.promises
    assert {c.id: c.stage for c in calls.values()} == {
        "held": Stage.TALKING,
        "over": Stage.CLOSING,
        "promised": Stage.CLOSED,
        "promised.callback-1.customer": Stage.QUEUED,
        "first": Stage.QUEUED,
        "second": Stage.QUEUED,
        "menu": Stage.IVR,
    }
    held, rung = calls["held"], calls["promised.callback-1.customer"]
    assert held.talk is not None
    assert (held.talk.hold_since, held.recording.state) == (pytest.approx(held.arrived_at + 1.1), Rec.RUNNING)
    assert {a.agent: a.presence for a in agents.values()} == {"101": "talking", "102": "wrap_up", "103": "paused", "104": "offered"}
    (offer,) = rung.ringing
    assert (offer.agent, rung.callback_of) == ("104", "promised")
    assert agents["102"].wrap_up_until == pytest.approx(calls["over"].ended_at + 20 + 30)
    promise = promises["promised/help"]
    assert (promise.number, promise.attempt, promise.since) == ("0215550101", rung.id, pytest.approx(calls["promised"].arrived_at + 0.02))
    assert 0 < calls["first"].queued_at < calls["second"].queued_at


def test_this_version_leaves_what_it_reads(tmp_path: Path) -> None:
    """So that the next release has something to be tried with: `python -m tests.daemon.busy_day DIRECTORY`."""
    busy_day.leave(tmp_path / "state")
    journal = FileJournal(tmp_path / "state")
    try:
        ours = encode_state(restore(busy_day.centre(), journal).state)
    finally:
        journal.close()
    shutil.copytree(RELEASES / NEWEST, tmp_path / "before")
    journal = FileJournal(tmp_path / "before")
    try:
        assert encode_state(restore(busy_day.centre(), journal).state) == ours, "what is remembered has changed: leave a new busy-day beside this one"
    finally:
        journal.close()


def test_an_event_of_a_newer_release_is_told_in_words(left: Path) -> None:
    path = left / "journal-000002.jsonl"
    line = len(path.read_bytes().splitlines()) + 1
    with path.open("ab") as file:
        file.write(b'{"e":"CallTeleported","at":1.0,"call":"waiting"}\n')
    journal = FileJournal(left)
    try:
        with pytest.raises(OutsideError, match=rf"{path}:{line}: unknown event 'CallTeleported': written by another version"):
            restore(PLAN, journal)
    finally:
        journal.close()


@pytest.mark.parametrize("name", ["journal-000002.jsonl", "snapshot-000002.json"])
def test_a_newer_format_is_told_in_words(left: Path, name: str) -> None:
    path = left / name
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 2', 1))
    journal = FileJournal(left)
    try:
        with pytest.raises(OutsideError, match=f"{path}: format 2, but this ivrd reads format 1: run the version"):
            restore(PLAN, journal)
    finally:
        journal.close()
