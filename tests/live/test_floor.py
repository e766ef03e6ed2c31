"""Rules about agents that touch a phone: missed offers by cause, private calls, PIN, the API, wrap-up, unplugged phones."""

from __future__ import annotations

import datetime as dt

import aiohttp
import pytest

from ivrd.daemon.clock import SystemClock
from rig.phone import REJECT, RING
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ, said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
SITE = {
    "agents": {
        "101": {"name": "Adi", "languages": ["id", "en"]},
        "102": {"name": "Ayu", "pin": True},
        "103": {"name": "Bagus", "languages": ["en"]},
    },
    "overrides": {
        "ivrd.yaml": {
            "http": {"tokens": ["crm"]},
            "acd": {
                "reoffer_after_s": 1,
                "unreachable_retry_s": 3,
                "misses": {
                    "busy": {"pause_after": 2, "reason": "sibuk", "return_after_s": 3},
                    "no_answer": {"pause_after": 1},
                },
            },
        },
        "queues.yaml": {
            "queues": {
                "umum": {"ring_timeout_s": 2, "max_paused": 1},
                "kbli": {"wrap_up_s": 2, "wrap_up_extend_s": 30, "wrap_up_max_s": 40},
            }
        },
    },
}


async def api(centre: Centre, method: str, path: str, json: object = None, token: str = "") -> tuple[int, dict[str, object]]:
    """A program asks."""
    port = centre.site.loaded.site.http.port
    headers = {"Authorization": f"Bearer {token or centre.site.secrets.api['crm']}"}
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}{path}"
        async with session.request(method, url, json=json, headers=headers) as answer:
            return answer.status, await answer.json()


async def private_call(centre: Centre, extension: str, colleague: str) -> None:
    """Asterisk connects two phones, and ivrd has nothing to do with it."""
    ari, password = centre.site.loaded.site.asterisk.ari, centre.site.secrets.ari
    url = f"http://{ari.host}:{ari.port}/ari/channels"
    wanted = {"endpoint": f"PJSIP/{extension}", "context": "ivrd-transfer", "extension": colleague, "priority": "1"}
    headers = {"Authorization": aiohttp.encode_basic_auth(ari.user, password)}
    async with aiohttp.ClientSession(headers=headers) as session, session.post(url, params=wanted) as answer:
        assert answer.status == 200, await answer.text()


async def alerted(centre: Centre, agent: str, *alerts: str) -> None:
    """The retained alert lists the agent for these reasons, and no others."""

    def listed() -> set[str]:
        return {a["alert"] for a in centre.wall.state("alert/agents")["agents"] if a["agent"] == agent}

    await centre.wall.until(lambda: bool(centre.wall.state("alert/agents")) and listed() == set(alerts))


async def test_a_phone_that_rejects_pauses_with_the_cause_and_comes_back_by_itself(centre: Centre) -> None:
    adi = await centre.agent("101", REJECT)
    caller = await centre.caller("10")
    await centre.wall.agent_is("101", presence="paused", reason="sibuk")
    await alerted(centre, "101", "missed")
    assert len(adi.incoming) == 2
    adi.policy = RING
    at_adi = await adi.next_call()
    while at_adi.is_over:
        at_adi = await adi.next_call()
    await alerted(centre, "101")
    await at_adi.answer()
    await centre.both_hear(caller, at_adi)
    await caller.hang_up()
    await centre.final_row()


async def test_a_phone_that_nobody_picks_up_pauses_at_once_where_the_rule_says_so(centre: Centre) -> None:
    adi = await centre.agent("101", RING)
    caller = await centre.caller("10")
    await centre.wall.agent_is("101", presence="paused", reason="missed_no_answer")
    await caller.hang_up()
    await centre.row()
    await centre.feature(adi, "*14")
    await alerted(centre, "101")


async def test_an_unregistered_phone_is_not_rung_and_alerts_until_it_is_back(centre: Centre) -> None:
    adi = await centre.agent("101")
    await adi.unregister()
    await centre.wall.agent_is("101", reachable=False, presence="ready")
    caller = await centre.caller("10")
    await caller.wait_heard(MUSIC_HZ)
    await alerted(centre, "101", "unreachable")
    assert adi.incoming == []
    await adi.register()
    await centre.both_hear(caller, await adi.next_call())
    await alerted(centre, "101")
    await caller.hang_up()
    await centre.final_row()


async def test_a_phone_on_a_call_of_its_own_is_not_rung(centre: Centre) -> None:
    adi = await centre.agent("101", RING)
    await centre.phone("103")
    await private_call(centre, "101", "103")
    private = await adi.next_call()
    await private.answer()
    await centre.wall.agent_is("101", presence="ready", private_call=True)
    caller = await centre.caller("10")
    await caller.wait_heard(MUSIC_HZ)
    assert len(adi.incoming) == 1
    await private.hang_up()
    await centre.wall.agent_is("101", private_call=False)
    at_adi = await adi.next_call()
    await at_adi.answer()
    await centre.both_hear(caller, at_adi)
    await caller.hang_up()
    await centre.final_row()
    await centre.wall.agent_is("101", presence="ready", private_call=False)


async def test_a_private_call_is_known_after_a_restart(centre: Centre) -> None:
    adi = await centre.agent("101", RING)
    await centre.phone("103")
    await private_call(centre, "101", "103")
    private = await adi.next_call()
    await private.answer()
    await centre.wall.agent_is("101", private_call=True)
    await centre.ivrd.kill()
    await centre.ivrd.start()
    await centre.wall.agent_is("101", presence="ready", private_call=True)
    await centre.ivrd.kill()
    await private.hang_up()
    await centre.ivrd.start()
    await centre.wall.agent_is("101", presence="ready", private_call=False)


async def test_a_pin_logs_in_and_is_in_no_file(centre: Centre) -> None:
    ayu = await centre.phone("102")
    pin = centre.site.secrets.pins["102"]
    wrong = str((int(pin[0]) + 1) % 10) + pin[1:]
    session = await ayu.dial("*11")
    await session.talking()
    await session.wait_heard(said_hz("feature-enter-pin"))
    await session.press(wrong + "#")
    await session.wait_heard(said_hz("feature-pin-wrong"))
    await session.wait_heard(said_hz("feature-enter-pin"))
    assert centre.wall.agent("102")["presence"] == "logged_out"
    await session.press(pin + "#")
    await session.ended()
    assert session.heard_tone(said_hz("feature-logged-in"))
    await centre.wall.agent_is("102", presence="ready")
    state = centre.site.root / "var" / "state"
    kept = [p for p in state.rglob("*") if p.is_file() and p.name != "secrets.yaml"]
    for file in [*kept, *centre.site.logs.rglob("*.log")]:
        text = file.read_bytes()
        assert pin.encode() not in text, file
        assert b"".join(b'"digit":"%c"' % c for c in pin.encode()) not in text, file


async def test_three_wrong_pins_lock_and_alert(centre: Centre) -> None:
    ayu = await centre.phone("102")
    await api(centre, "POST", "/agents/102/logout")
    session = await ayu.dial("*11")
    await session.talking()
    for _ in range(3):
        since = session.mark
        await session.wait_heard(said_hz("feature-enter-pin"), since=since)
        await session.press("0000#")
    await session.ended()
    assert session.heard_tone(said_hz("feature-pin-locked"))
    await alerted(centre, "102", "pin")
    assert centre.wall.agent("102")["presence"] == "logged_out"


async def test_a_program_logs_in_pauses_and_resumes_and_the_log_says_who(centre: Centre) -> None:
    await centre.phone("101")
    for path, body, presence in (
        ("logout", None, "logged_out"),
        ("login", None, "ready"),
        ("pause", {"reason": "rapat"}, "paused"),
        ("resume", None, "ready"),
    ):
        status, answer = await api(centre, "POST", f"/agents/101/{path}", body)
        assert (status, answer.get("presence")) == (200, presence), answer
        await centre.wall.agent_is("101", presence=presence)
    assert (await api(centre, "POST", "/agents/101/wrap-up"))[0] == 409
    centre.expected.add("wrong token")
    assert (await api(centre, "POST", "/agents/101/logout", token="guess"))[0] == 401
    lines = [line for line in centre.ivrd.lines() if line.get("event") == "agent asked for"]
    assert (lines[-2]["agent"], lines[-2]["wish"], lines[-2]["by"]) == ("101", "resume", "crm")
    assert centre.site.secrets.api["crm"] not in centre.site.logs.joinpath("ivrd.log").read_text()


async def test_only_one_of_a_queue_pauses_and_the_reason_is_said_in_the_agent_s_language(centre: Centre) -> None:
    adi, bagus = await centre.agent("101"), await centre.agent("103")
    session = await centre.feature(bagus, "*131")
    assert session.heard_tone(said_hz("feature-paused", "en"))
    assert session.heard_tone(said_hz("pause-break", "en"))
    session = await centre.feature(adi, "*133")
    assert session.heard_tone(said_hz("feature-pause-full"))
    await centre.feature(bagus, "*14")
    session = await centre.feature(adi, "*133")
    assert session.heard_tone(said_hz("pause-meeting"))
    await centre.wall.agent_is("101", presence="paused", reason="rapat")
    await centre.feature(adi, "*14")
    await centre.feature(bagus, "*12")


async def test_wrap_up_is_extended_shown_kept_over_a_restart_and_ended_by_the_agent(centre: Centre) -> None:
    adi = await centre.agent("101")
    caller, _ = await centre.conversation(adi, "111")
    await caller.hang_up()
    before = await centre.wall.agent_is("101", presence="wrap_up")
    session = await centre.feature(adi, "*16")
    assert session.heard_tone(said_hz("feature-wrap-up-extended"))
    await centre.wall.until(lambda: centre.wall.agent("101")["wrap_up_until"] > before["wrap_up_until"])
    until = centre.wall.agent("101")["wrap_up_until"]
    await centre.ivrd.kill()
    await centre.ivrd.start()
    await centre.wall.agent_is("101", presence="wrap_up", wrap_up_until=until)
    queues_own = dt.datetime.fromisoformat(before["wrap_up_until"]).timestamp()
    clock = SystemClock()
    await centre.until(lambda: clock.now() > queues_own)
    assert centre.wall.agent("101")["presence"] == "wrap_up"
    await centre.feature(adi, "*15")
    await centre.wall.agent_is("101", presence="ready", wrap_up_until=None)
    row = await centre.final_row()
    assert row["wrap_up_ms"] > 1000 * centre.site.loaded.queues["kbli"].wrap_up_s
