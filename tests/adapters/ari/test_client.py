"""AriClient against a scripted server: connecting, losing, refusals, time-outs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog
from aiohttp import web

from ivrd.adapters.ari import AriClient
from ivrd.core.events import CallArrived, DigitPressed, SwitchLost, SwitchSeen
from ivrd.errors import StartError, SwitchError
from ivrd.settings.site import Ari
from tests.adapters.ari.conftest import PASSWORD, ScriptedAri, says
from tests.contract.harness import EventLog, WallClock

ARRIVAL = {
    "type": "StasisStart",
    "args": ["call", "169"],
    "channel": {"id": "1764.1", "state": "Ring", "caller": {"number": "0812", "name": ""}},
}


def make_client(settings: Ari, inbox: EventLog, password: str = PASSWORD) -> AriClient:
    return AriClient(settings, password, inbox, WallClock(), structlog.get_logger())


@asynccontextmanager
async def connected(
    server: ScriptedAri, request_timeout_s: float = 5.0
) -> AsyncIterator[tuple[AriClient, EventLog]]:
    inbox = EventLog()
    client = make_client(server.settings(request_timeout_s), inbox)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(client.run(), name="ari")
        async with asyncio.timeout(5):
            await client.connected.wait()
        yield client, inbox
        task.cancel()


async def test_a_frame_of_the_time_of_the_survey_comes_after_the_survey(
    asterisk: ScriptedAri,
) -> None:
    async def send_then_answer(_request: web.Request) -> web.StreamResponse:
        socket = await asterisk.sockets.get()
        await socket.send_json(ARRIVAL)
        return web.json_response([])

    asterisk.answers["GET bridges"] = send_then_answer
    async with connected(asterisk) as (_, inbox):
        await inbox.wait(CallArrived)
        assert [type(e) for e in inbox.events] == [SwitchSeen, CallArrived]


async def test_only_the_events_we_understand_are_asked_for(asterisk: ScriptedAri) -> None:
    async with connected(asterisk) as (_, inbox):
        await inbox.wait(SwitchSeen)
    asked = asterisk.bodies[asterisk.requests.index("PUT applications/ivrd/eventFilter")]
    kinds = {entry["type"] for entry in asked["allowed"]}
    assert {"StasisStart", "ChannelDestroyed", "ApplicationReplaced"} <= kinds
    assert "ChannelVarset" not in kinds


async def test_a_lost_connection_is_told_and_comes_back_with_a_new_survey(
    asterisk: ScriptedAri,
) -> None:
    async with connected(asterisk) as (client, inbox):
        await (await asterisk.sockets.get()).close()
        await inbox.wait(SwitchLost)
        await inbox.wait(SwitchSeen, count=2)
        assert [type(e) for e in inbox.events] == [SwitchSeen, SwitchLost, SwitchSeen]
        async with asyncio.timeout(1):
            await client.connected.wait()
        assert client.last_error == ""


async def test_a_switch_that_comes_later_is_found(asterisk: ScriptedAri) -> None:
    await asterisk.stop()
    inbox = EventLog()
    client = make_client(asterisk.settings(), inbox)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(client.run(), name="ari")
        async with asyncio.timeout(5):
            while client.last_error == "not tried yet":  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(0.01)
        assert not client.connected.is_set()
        assert "event websocket: no answer" in client.last_error
        await asterisk.start()
        await inbox.wait(SwitchSeen)
        task.cancel()


async def test_a_wrong_password_is_one_clear_message(asterisk: ScriptedAri) -> None:
    client = make_client(asterisk.settings(), EventLog(), "wrong")
    with pytest.raises(StartError) as caught:
        await client.run()
    text = str(caught.value)
    assert "'ivrd'" in text
    assert "asterisk.ari.user" in text
    assert "ari.conf" in text
    assert "wrong" not in text


async def test_another_controller_in_our_place_ends_us(asterisk: ScriptedAri) -> None:
    client = make_client(asterisk.settings(), EventLog())

    async def replace() -> None:
        socket = await asterisk.sockets.get()
        await client.connected.wait()
        await socket.send_json({"type": "ApplicationReplaced", "application": "ivrd"})

    async def both() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(client.run(), name="ari")
            tasks.create_task(replace(), name="other controller")

    with pytest.raises(ExceptionGroup) as caught:
        await both()
    assert caught.group_contains(StartError, match=r"another controller.*asterisk\.ari\.app")


async def test_an_event_that_is_told_twice_is_one_and_the_same_key_again_is_another(asterisk: ScriptedAri) -> None:
    def key(at: str) -> dict[str, object]:
        return {"type": "ChannelDtmfReceived", "timestamp": at, "digit": "2", "duration_ms": 100, "channel": {"id": "c1"}}

    async with connected(asterisk) as (_, inbox):
        socket = await asterisk.sockets.get()
        first, second = key("2026-11-24T10:00:00.100+0700"), key("2026-11-24T10:00:00.250+0700")
        for frame in (first, first, second, first, second):
            await socket.send_json(frame)
        await socket.send_json({**ARRIVAL, "timestamp": "2026-11-24T10:00:01.000+0700"})
        await inbox.wait(CallArrived)
        assert [type(e) for e in inbox.events] == [SwitchSeen, DigitPressed, DigitPressed, CallArrived]


async def test_a_strange_frame_costs_nothing(asterisk: ScriptedAri) -> None:
    async with connected(asterisk) as (_, inbox):
        socket = await asterisk.sockets.get()
        await socket.send_str("not json")
        await socket.send_json(["a list"])
        await socket.send_json({"type": "ChannelDtmfReceived", "channel": {}})
        await socket.send_json(ARRIVAL)
        await inbox.wait(CallArrived)
        assert inbox.of(SwitchLost) == []


async def test_music_is_ended_only_where_it_may_play(asterisk: ScriptedAri) -> None:
    async with connected(asterisk) as (client, inbox):
        await (await asterisk.sockets.get()).send_json(ARRIVAL)
        arrived = await inbox.wait(CallArrived)
        order = f"DELETE channels/{arrived.call}/moh"
        await client.stop_music(arrived.call)
        assert order not in asterisk.requests
        await client.start_music(arrived.call)
        await client.stop_music(arrived.call)
        assert asterisk.requests[-1] == order
        await client.stop_music("1764.9")  # it came before us: who knows
        assert asterisk.requests[-1] == "DELETE channels/1764.9/moh"


@pytest.mark.parametrize("status", [404, 409, 412, 422])
async def test_a_late_order_is_harmless_and_counted(asterisk: ScriptedAri, status: int) -> None:
    asterisk.answers["POST channels/1764.1/moh"] = says(status, message="Channel not found")
    async with connected(asterisk) as (client, _):
        await client.start_music("1764.1")
        assert client.late_orders == {status: 1}


async def test_a_member_that_is_gone_is_harmless_for_a_bridge(asterisk: ScriptedAri) -> None:
    order = "POST bridges/1764.1.bridge/addChannel"
    async with connected(asterisk) as (client, _):
        asterisk.answers[order] = says(400, message="Channel not found")
        await client.connect("1764.1.bridge", ["1764.1", "1764.1.agent-101.1"])
        assert asterisk.queries[-1] == {"channel": "1764.1,1764.1.agent-101.1"}
        asterisk.answers[order] = says(400, message="Something else")
        with pytest.raises(SwitchError, match="Something else"):
            await client.connect("1764.1.bridge", ["1764.1"])


@pytest.mark.parametrize("status", [404, 409], ids=["not there", "being taken away"])
async def test_a_bridge_that_is_gone_is_told_else_two_would_talk_in_silence(asterisk: ScriptedAri, status: int) -> None:
    asterisk.answers["POST bridges/1764.1.bridge/addChannel"] = says(status, message="Bridge not in Stasis application")
    async with connected(asterisk) as (client, _):
        with pytest.raises(SwitchError, match="Bridge not in"):
            await client.connect("1764.1.bridge", ["1764.1"])


async def test_a_failure_of_the_switch_is_an_error_with_its_words(asterisk: ScriptedAri) -> None:
    asterisk.answers["POST channels"] = says(500, error="Allocation failed")
    async with connected(asterisk) as (client, _):
        for _ in range(2):  # the failed offer is not remembered as made
            with pytest.raises(SwitchError, match="Allocation failed") as caught:
                await client.offer("1764.1.agent-101.1", "101", "0812", "", 15)
            assert caught.value.status == 500


async def test_a_409_for_a_channel_that_does_not_exist_means_cannot_dial(
    asterisk: ScriptedAri,
) -> None:
    leg = "1764.1.agent-101.1"
    asterisk.answers["POST channels"] = says(409, message="exists")
    async with connected(asterisk) as (client, _):
        asterisk.answers[f"GET channels/{leg}"] = says(404, message="Channel not found")
        with pytest.raises(SwitchError, match="cannot be dialled"):
            await client.offer(leg, "101", "0812", "", 15)
        asterisk.answers[f"GET channels/{leg}"] = says(200, id=leg)
        await client.offer(leg, "101", "0812", "", 15)


async def test_an_offer_says_who_calls_and_how_long_to_ring(asterisk: ScriptedAri) -> None:
    async with connected(asterisk) as (client, _):
        await client.offer("1764.1.agent-101.1", "101", "0812", 'Si"ti', 15)
        assert asterisk.queries[-1] == {
            "channelId": "1764.1.agent-101.1",
            "endpoint": "PJSIP/101",
            "app": "ivrd",
            "appArgs": "agent",
            "callerId": '"Siti" <0812>',
            "timeout": "15",
        }


async def test_an_offer_is_made_once_also_across_a_reconnect(asterisk: ScriptedAri) -> None:
    leg = "1764.1.agent-101.1"
    async with connected(asterisk) as (client, inbox):
        await client.offer(leg, "101", "0812", "", 15)
        await client.offer(leg, "101", "0812", "", 15)
        assert asterisk.requests.count("POST channels") == 1
        asterisk.channels = [{"id": leg, "state": "Ringing"}]
        await (await asterisk.sockets.get()).close()
        await inbox.wait(SwitchSeen, count=2)
        await client.offer(leg, "101", "0812", "", 15)
        assert asterisk.requests.count("POST channels") == 1


async def test_an_order_that_is_not_answered_fails_in_time(asterisk: ScriptedAri) -> None:
    asked = asyncio.Event()

    async def never(_request: web.Request) -> web.StreamResponse:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    asterisk.answers["POST channels/1764.1/answer"] = never
    async with connected(asterisk, request_timeout_s=0.2) as (client, _):
        with pytest.raises(SwitchError, match=r"answer: no answer within 0\.2 s"):
            await client.answer("1764.1")
        assert asked.is_set()


async def test_orders_before_and_after_the_run_fail_at_once(asterisk: ScriptedAri) -> None:
    async with connected(asterisk) as (client, _):
        pass
    with pytest.raises(SwitchError, match="not connected"):
        await client.answer("1764.1")


async def test_a_prompt_is_one_order_and_its_files_are_paths(asterisk: ScriptedAri) -> None:
    async with connected(asterisk) as (client, _):
        await client.play("1764.1", "1764.1.prompt-1", [Path("/p/a b"), Path("/p/c")])
        assert asterisk.requests[-1] == "POST channels/1764.1/play/1764.1.prompt-1"
        assert asterisk.queries[-1] == {"media": "sound:/p/a b,sound:/p/c"}
        for wrong in (Path("/p/a,sound:b"), Path("relative")):
            with pytest.raises(SwitchError, match="without a comma"):
                await client.play("1764.1", "1764.1.prompt-2", [wrong])


async def test_no_password_in_any_address(asterisk: ScriptedAri) -> None:
    async with connected(asterisk) as (client, _):
        await client.hang_up("1764.1", 17)
    assert asterisk.queries[-1] == {"reason_code": "17"}
    assert any("/ari/events" in url for url in asterisk.urls)
    assert not any(PASSWORD in url or "api_key" in url for url in asterisk.urls)
