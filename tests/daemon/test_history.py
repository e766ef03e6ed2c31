"""The past at a start: snapshot and journal make the state, old calls keep their flow."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from playbook import TUESDAY_10, Playbook, flow, plan

from ivrd.adapters.journal import FileJournal
from ivrd.core.acd.model import Agent
from ivrd.core.events import CallArrived, CallerAnswered, ChannelSeen, DrainAsked, Event, SwitchSeen
from ivrd.core.exchange import Exchange
from ivrd.core.ivr.flow import Flow
from ivrd.core.state import Stage
from ivrd.daemon.history import FlowShelf, begin, encode_state, recall_flows, restore
from ivrd.errors import ConfigError, Fault, OutsideError, StartError


@contextmanager
def journal(directory: Path) -> Iterator[FileJournal]:
    """A journal that is let go of."""
    made = FileJournal(directory)
    try:
        yield made
    finally:
        made.close()


def journaled(directory: Path, *events: Event, snapshot: bytes | None = None) -> None:
    """A process that ended: its snapshot, and what happened after it."""
    with journal(directory) as past:
        past.load()
        past.open()
        if snapshot is not None:
            asyncio.run(past.write_snapshot(snapshot))
        for event in events:
            past.append(event)


def arrived(call: str, after_s: float = 0.0) -> CallArrived:
    """A caller."""
    return CallArrived(at=TUESDAY_10 + after_s, call=call, did="169", caller_number="0812345678")


def restored(directory: Path) -> Exchange:
    """The exchange of a new process."""
    with journal(directory) as present:
        return restore(plan(), present)


def test_a_first_start_has_no_past(tmp_path: Path) -> None:
    assert restored(tmp_path).state.calls == {}


def test_the_journal_alone(tmp_path: Path) -> None:
    journaled(tmp_path, SwitchSeen(at=TUESDAY_10), arrived("c1"), CallerAnswered(at=TUESDAY_10 + 1, call="c1"))
    call = restored(tmp_path).state.calls["c1"]
    assert (call.stage, call.arrived_at, call.answered_at) == (Stage.QUEUED, TUESDAY_10, TUESDAY_10 + 1)


def test_snapshot_and_journal(tmp_path: Path) -> None:
    before = Playbook()
    before.arrive("c1")
    since = before.call("c1").queued_at
    journaled(tmp_path, arrived("c2", after_s=60), snapshot=encode_state(before.exchange.state))
    state = restored(tmp_path).state
    assert list(state.calls) == ["c1", "c2"]
    assert state.calls["c1"].queued_at == since
    assert state.calls["c1"].wait == before.call("c1").wait  # place and clock


def test_a_snapshot_of_a_version_that_rang_one_phone_at_a_time(tmp_path: Path) -> None:
    book = Playbook()
    book.log_in()
    book.arrive()
    state = json.loads(encode_state(book.exchange.state))
    call = state["calls"]["c1"]
    (offer,) = call.pop("ringing")
    del offer["until"]
    for later in ("why", "known", "asked"):
        call.pop(later, None)
        call["wait"].pop(later, None)
    journaled(tmp_path, snapshot=json.dumps({**state, "calls": {"c1": {**call, "offer": offer}}}).encode())
    exchange = restored(tmp_path)
    assert [o.leg for o in exchange.state.calls["c1"].ringing] == [offer["leg"]]
    assert exchange.state.timers.due["ring:c1"] == book.exchange.state.timers.due["ring:c1"]


def test_nothing_is_known_of_the_switch_until_it_was_seen(tmp_path: Path) -> None:
    journaled(tmp_path, SwitchSeen(at=TUESDAY_10))
    assert not restored(tmp_path).state.connected


def test_the_last_process_drained_and_this_one_serves(tmp_path: Path) -> None:
    journaled(tmp_path, DrainAsked(at=TUESDAY_10))
    exchange = restored(tmp_path)
    assert not exchange.state.draining
    exchange.handle(arrived("c1", after_s=1))
    assert "c1" in exchange.state.calls


def test_an_event_that_the_core_cannot_bear_is_passed_over_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journaled(tmp_path, arrived("bad"), arrived("good", after_s=1))
    handle = Exchange.handle

    def fails_once(self: Exchange, event: Event) -> object:
        if getattr(event, "call", "") == "bad":
            raise KeyError("a defect")
        return handle(self, event)

    monkeypatch.setattr(Exchange, "handle", fails_once)
    with structlog.testing.capture_logs() as said:
        assert list(restored(tmp_path).state.calls) == ["good"]
    assert [line["call"] for line in said if line["event"] == "core failed at replay"] == ["bad"]


def test_a_snapshot_of_another_version_is_told_in_words(tmp_path: Path) -> None:
    journaled(tmp_path, snapshot=b'{"calls": 7}')
    with pytest.raises(StartError, match=r"cannot be read by this version.*move the state directory away"):
        restored(tmp_path)


def test_two_processes_cannot_share_a_past(tmp_path: Path) -> None:
    with journal(tmp_path) as first:
        first.load()
        with pytest.raises(StartError, match="another ivrd"):
            restored(tmp_path)


# --- flows

OLD = "start: old\nnodes:\n  old: {hangup: {why: completed}}\n"
NEW = "start: new\nnodes:\n  new: {hangup: {why: completed}}\n"


def read(path: Path) -> Flow:
    """A flow from a file, as the daemon reads it."""
    return flow(path.read_text(), name=path.stem)


def walking(version: str) -> Exchange:
    """An exchange with a call that began on a version of the flow ``test``."""
    exchange = Exchange(plan(text=NEW))
    exchange.handle(arrived("c1"))
    call = Playbook(plan()).arrive("c1")
    call.walk.version = version
    exchange.state.calls["c1"] = call
    return exchange


def test_a_call_ends_on_the_version_it_began_with(tmp_path: Path) -> None:
    source = tmp_path / "test.yaml"
    source.write_text(OLD)
    old = read(source)
    shelf = FlowShelf(tmp_path / "flows")
    shelf.keep(old)
    source.write_text(NEW)
    exchange = walking(old.version)
    recall_flows(exchange.plan, exchange, shelf, read)
    assert exchange.plan.flows[old.version].start == "old"
    current = exchange.plan.flow_for("169")
    assert current is not None
    assert current.start == "new"  # new calls walk the new one


def test_a_flow_that_is_gone_or_no_longer_fits_is_not_brought_back(tmp_path: Path) -> None:
    def refuses(path: Path) -> Flow:
        raise ConfigError([Fault(file=str(path), line=1, column=1, message="there is no queue 'help'")])

    source = tmp_path / "test.yaml"
    source.write_text(OLD)
    old = read(source)
    shelf = FlowShelf(tmp_path / "flows")
    exchange = walking(old.version)
    recall_flows(exchange.plan, exchange, shelf, read)
    assert old.version not in exchange.plan.flows  # never kept
    shelf.keep(old)
    recall_flows(exchange.plan, exchange, shelf, refuses)
    assert old.version not in exchange.plan.flows


def test_keeping_a_version_twice_keeps_the_first_text(tmp_path: Path) -> None:
    source = tmp_path / "test.yaml"
    source.write_text(OLD)
    old = read(source)
    shelf = FlowShelf(tmp_path / "flows")
    shelf.keep(old)
    source.write_text(NEW)
    shelf.keep(old)
    kept = shelf.recall(old.version, read)
    assert kept is not None
    assert kept.start == "old"


def test_killed_twice_the_third_process_knows_what_the_second_did(tmp_path: Path) -> None:
    """Between its start and Asterisk's first word the second process offers nobody anything; a replay that
    did not know that would ring another phone there, and the talk that followed would be lost."""
    the_plan = plan(agents=tuple(Agent(id=e, name=e, extension=e) for e in ("101", "102", "103")))
    first = Playbook(the_plan)
    first.log_in("101", "102", "103")
    first.arrive()
    journaled(tmp_path, *(e for e in first.trace if isinstance(e, Event)))
    with journal(tmp_path) as present:
        second = Playbook(the_plan, restore(the_plan, present).state, connected=False)
        second.at = first.at
        begin(present, second.exchange)
        second.pass_time(20)  # 101's phone has rung long enough; nobody else is rung yet
        caller = ChannelSeen(channel="c1", state="Up", role="call", did="169")
        second.tell(SwitchSeen, channels=(caller,), bridges=())
        second.agent_answers()
        for event in second.trace:
            if isinstance(event, Event):
                present.append(event)
    with journal(tmp_path) as present:
        third = restore(the_plan, present)
    assert third.state.calls["c1"].stage == Stage.TALKING
    third.state.connected = True
    assert encode_state(third.state) == encode_state(second.exchange.state)


def test_without_room_for_a_snapshot_the_journal_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with journal(tmp_path) as present:
        exchange = restore(plan(), present)

        def full(_state: bytes) -> None:
            raise OutsideError("no space")

        monkeypatch.setattr(present, "write_snapshot_now", full)
        begin(present, exchange)
        present.append(arrived("c1"))
    assert list(restored(tmp_path).state.calls) == ["c1"]
