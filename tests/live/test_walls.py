"""What walls are told, over a real broker, with the wallboard's password."""

from __future__ import annotations

import signal

import pytest

from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ
from tests.live.wall import Wall

SITE = {"overrides": {"queues.yaml": {"queues": {"umum": {"wrap_up_s": 1}}}}}
pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

#: of an answered call, in their order
LIFE = ["call_arrived", "call_queued", "call_offered", "call_answered", "call_ended"]
ALERTS = {f"alert/{name}" for name in ("asterisk", "clock", "config", "disk", "journal", "messages", "store", "trunk")}


async def test_who_comes_late_sees_the_present_state_at_once(centre: Centre) -> None:
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    await centre.wall.queue_is("umum", talking=1)
    async with Wall(centre.broker.port, centre.stack.wallboard_password) as late:
        await late.status_is("online")
        queue = await late.queue_is("umum", talking=1, waiting=0)
        agent = await late.agent_is("101", presence="talking", queue="umum", name="Adi")
        await late.agent_is("103")  # who did nothing yet is shown, too
        people = len(centre.site.loaded.queues) + len(centre.site.loaded.agents) + 2  # and the status, and the trunk
        await late.until(lambda: len(states(late) - alerts(late)) == people and alerts(late) >= ALERTS)
        first = {heard.topic: heard for heard in reversed(late.heard)}  # what has changed since comes as it happens
        assert all(first[topic].retained for topic in states(late))
    assert queue["agents"] == {"talking": 1} | others(queue["agents"])
    assert agent["call"] == centre.wall.events("call_answered")[-1]["call"]
    assert agent["since"] > centre.wall.events("call_queued")[-1]["at"]
    await at_adi.hang_up()
    await caller.ended()
    await centre.final_row()


async def test_a_call_s_life_as_events(centre: Centre) -> None:
    adi = await centre.agent("101")
    since = centre.wall.mark
    before = centre.wall.queue("umum")
    caller, _ = await centre.conversation(adi)
    await caller.hang_up()
    row = await centre.final_row()
    of_call = [
        h.facts for h in centre.wall.heard[since:] if h.facts.get("call") == row["call"] and "kind" in h.facts
    ]
    assert [e["kind"] for e in of_call if e["kind"] in LIFE] == LIFE
    answered, ended = (next(e for e in of_call if e["kind"] == k) for k in LIFE[-2:])
    assert answered["facts"] == {"queue": "umum", "agent": "101", "wait_ms": row["wait_ms"]}
    assert ended["facts"]["disposition"] == "answered"
    assert ended["facts"]["by"] == "caller"
    await centre.wall.queue_is(
        "umum",
        offered_today=before["offered_today"] + 1,
        answered_today=before["answered_today"] + 1,
        answered_in_level_today=before["answered_in_level_today"] + 1,
    )
    await centre.wall.agent_is("101", presence="ready")
    presences = [h.facts["presence"] for h in centre.wall.heard[since:] if h.topic == "agent/101/state"]
    assert presences[-1] == "ready"
    assert "talking" in presences
    assert "wrap_up" in presences


async def test_sequence_numbers_grow_within_a_boot(centre: Centre) -> None:
    seen: dict[tuple[str, str], int] = {}
    for heard in centre.wall.heard:
        key = (heard.topic, heard.facts["boot"])
        assert heard.facts["seq"] > seen.get(key, 0) or heard.retained
        seen[key] = heard.facts["seq"]
    assert len(seen) > 10


async def test_a_crash_is_seen_as_offline_and_a_new_start_as_online(centre: Centre) -> None:
    boot = centre.wall.state("status")["boot"]
    since = centre.wall.mark
    await centre.ivrd.kill()
    await centre.wall.status_is("offline", since)  # the last will
    async with Wall(centre.broker.port, centre.stack.wallboard_password) as late:
        await late.status_is("offline")  # it is retained
    since = centre.wall.mark
    await centre.ivrd.start()
    await centre.wall.status_is("online", since)
    assert centre.wall.state("status")["boot"] != boot
    await centre.wall.until(lambda: "presence" in centre.wall.state("agent/101/state", since))


async def test_a_broker_that_forgot_everything_is_told_again(centre: Centre) -> None:
    centre.expected |= {"broker away", "part not ready"}
    adi = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    await centre.wall.agent_is("101", presence="talking")
    await centre.broker.stop()
    await at_adi.hold()  # nobody is told now
    await centre.broker.start()
    async with Wall(centre.broker.port, centre.stack.wallboard_password) as late:
        shown = await late.agent_is("101", presence="talking", timeout_s=10)
        await late.status_is("online")
        await late.queue_is("umum", talking=1)
        assert shown["on_hold_since"] is not None
    await at_adi.resume()
    await centre.both_hear(caller, at_adi)
    await caller.hang_up()
    await centre.final_row()


async def test_calls_while_the_broker_is_down_are_served_and_told_when_it_is_back(centre: Centre) -> None:
    centre.expected |= {"broker away", "part not ready"}
    adi = await centre.agent("101")
    before = centre.wall.queue("umum")
    talking, at_adi = await centre.conversation(adi)
    await centre.wall.queue_is("umum", talking=1)
    boot = centre.wall.state("status")["boot"]
    told = {kind: max((e["seq"] for e in centre.wall.events(kind) if e["boot"] == boot), default=0) for kind in LIFE}
    await centre.broker.stop()
    waiting = await centre.caller("10")
    await waiting.wait_heard(MUSIC_HZ)
    await centre.both_hear(talking, at_adi)
    assert (await centre.ivrd.metrics())["ivrd_mqtt_connected"] == 0
    await talking.hang_up()
    at_adi = await adi.next_call()
    await centre.both_hear(waiting, at_adi)
    await waiting.hang_up()
    rows = [await centre.final_row(number) for number in centre.numbers[-2:]]
    assert {(row["disposition"], row["agent"], row["hung_up_by"]) for row in rows} == {("answered", "101", "caller")}
    for row in rows:
        centre.recording(row)

    centre.ivrd.signal(signal.SIGSTOP)  # who listens later than it is back hears no events
    await centre.broker.start()
    async with Wall(centre.broker.port, centre.stack.wallboard_password) as late:
        centre.ivrd.signal(signal.SIGCONT)
        await late.event("call_ended", call=rows[1]["call"])
        await late.queue_is("umum", talking=0, waiting=0, answered_today=before["answered_today"] + 2)
        await late.agent_is("101", presence="ready")
        async with Wall(centre.broker.port, centre.stack.wallboard_password) as later:
            shown = "status", "queue/umum/state", "agent/101/state"
            await centre.until(lambda: all(later.state(topic) == late.state(topic) for topic in shown))
    await centre.until_ready(10)
    assert {h.topic for h in later.heard if h.retained} >= {*shown}
    events = [h.facts for h in late.heard if h.topic.startswith("event/")]
    assert [e["kind"] for e in events if e["call"] == rows[0]["call"] and e["kind"] in LIFE] == ["call_ended"]
    assert [e["kind"] for e in events if e["call"] == rows[1]["call"] and e["kind"] in LIFE] == LIFE
    assert [e["at"] for e in events] == sorted(e["at"] for e in events)
    for kind in LIFE:  # none is missing, none came twice
        seqs = [e["seq"] for e in events if e["kind"] == kind]
        assert seqs == list(range(told[kind] + 1, told[kind] + 1 + len(seqs)))
    assert (await centre.ivrd.metrics())["ivrd_mqtt_events_dropped"] == 0


def states(wall: Wall) -> set[str]:
    """Topics of states that were heard."""
    return {h.topic for h in wall.heard if not h.topic.startswith("event/")}


def alerts(wall: Wall) -> set[str]:
    """Those of them that are alerts."""
    return {topic for topic in states(wall) if topic.startswith("alert/")}


def others(agents: dict[str, int]) -> dict[str, int]:
    """How many agents there are who do not talk, by presence."""
    return {presence: n for presence, n in agents.items() if presence != "talking"}
