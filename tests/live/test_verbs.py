"""Verbs that reach outside the IVR, on real parts: a data dip, a survey, recording switched off."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from rig.tools import free_ports
from tests.live.centre import Centre
from tests.live.said import said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

(PORT,) = free_ports(1)
(NOBODY,) = free_ports(1)
END = "  bye: {hangup: {}}\n"
FLOWS = {
    "dip": f"""start: ask
nodes:
  ask: {{http: {{service: oss, get: /licence, send: {{who: call.caller}}, timeout_s: 2, save: {{status: /status}}, then: found, on_failure: sorry}}}}
  found: {{play: {{say: [welcome], then: down}}}}
  down: {{http: {{service: away, post: /, timeout_s: 1, then: bye, on_failure: sorry}}}}
  sorry: {{play: {{say: [technical-apology], then: bye}}}}
{END}""",
    "asked": f"""start: quiet
nodes:
  quiet: {{record: {{on: false, then: q}}}}
  q: {{queue: {{to: umum, overflow: bye, after: csat}}}}
  csat: {{survey: {{ask: csat, say: [survey-csat], then: nps}}}}
  nps: {{survey: {{ask: nps, say: [survey-nps], then: thanks}}}}
  thanks: {{play: {{say: [survey-thanks], then: bye}}}}
{END}""",
    "recorded": f"""start: q
nodes:
  q: {{queue: {{to: umum, overflow: bye, after: csat}}}}
  csat: {{survey: {{ask: csat, say: [survey-csat], then: bye}}}}
{END}""",
}
SITE = {
    "overrides": {
        "ivrd.yaml": {
            "dids": {"171": "dip", "172": "asked", "173": "recorded"},
            "services": {
                "oss": {"url": f"http://127.0.0.1:{PORT}/api"},
                "away": {"url": f"http://127.0.0.1:{NOBODY}"},
            },
        }
    }
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def asked() -> AsyncIterator[list[web.Request]]:
    """The ministry's service; every request that it saw."""
    seen: list[web.Request] = []

    async def licence(request: web.Request) -> web.Response:
        seen.append(request)
        return web.json_response({"status": "issued"})

    app = web.Application()
    app.router.add_get("/api/licence", licence)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", PORT).start()
    yield seen
    await runner.cleanup()


async def test_a_service_is_asked_and_one_that_is_away_is_heard_of(centre: Centre, asked: list[web.Request]) -> None:
    centre.expected.add("data dip failed")
    caller = await centre.caller(number="171")
    await caller.wait_heard(said_hz("welcome"))
    await caller.wait_heard(said_hz("technical-apology"))
    await caller.ended()
    assert asked[-1].query["who"] == centre.numbers[-1]
    assert (await centre.row())["menu_path"] == "ask>found>down>sorry>bye"
    metrics = await centre.ivrd.metrics()
    assert metrics['ivrd_dips_total{outcome="ok",service="oss"}'] == 1
    assert metrics['ivrd_dips_total{outcome="unreachable",service="away"}'] == 1


async def test_who_was_served_is_asked_and_the_answers_are_in_the_row(centre: Centre) -> None:
    adi = await centre.agent("101")
    caller = await centre.caller(number="172")
    at_adi = await adi.next_call()
    await centre.both_hear(caller, at_adi)
    await at_adi.hang_up()
    await caller.wait_heard(said_hz("survey-csat"))
    await caller.press("4")
    await caller.wait_heard(said_hz("survey-nps"))
    await caller.press("10")
    await caller.wait_heard(said_hz("survey-thanks"))
    await caller.ended()
    row = await centre.row()
    assert (row["csat"], row["nps"], row["disposition"], row["agent"]) == (4, 10, "answered", "101")
    assert (row["recording"], row["recording_note"]) == ("", "not recorded: switched off by the flow")
    assert not list(centre.recordings.rglob(f"{row['call']}*"))


async def test_the_recording_ends_with_the_talk_and_a_survey_left_half_way_keeps_its_answers(centre: Centre) -> None:
    adi = await centre.agent("101")
    caller = await centre.caller(number="173")
    at_adi = await adi.next_call()
    await centre.both_hear(caller, at_adi)
    await at_adi.hang_up()
    await caller.wait_heard(said_hz("survey-csat"))
    await caller.hang_up()
    row = await centre.row()
    assert (row["csat"], row["disposition"], row["hung_up_by"]) == (None, "answered", "caller")
    recording = centre.recording(row)
    assert abs(recording.duration_s * 1000 - row["talk_ms"]) < 400
