"""Verbs that reach outside the IVR, on real parts: a data dip, a survey, recording switched off."""

from __future__ import annotations

import asyncio
import io
import sys
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from aiohttp import web

from ivrd.adapters.prompts import spoken
from ivrd.adapters.recordings import KeyRing, LetterSeal
from ivrd.core.speech import Date, Money, Number
from rig import tones
from rig.aftermath import as_long
from rig.phone import REJECT
from rig.tools import free_ports
from tests.live.centre import Centre
from tests.live.said import ENGLISH_WORD_HZ, WORD_HZ, WORD_S, said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

(PORT,) = free_ports(1)
(NOBODY,) = free_ports(1)
(SIP,) = free_ports(1)
FAR = "0215559876"
BEEP_HZ = 1000.0
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
    "back": f"""start: c
nodes:
  c: {{callback: {{queue: kbli, then: bye, otherwise: bye}}}}
{END}""",
    "message": f"""start: v
nodes:
  v: {{voicemail: {{box: umum, silence_s: 2, min_s: 1, then: bye, otherwise: bye}}}}
{END}""",
    "phone": f"""start: d
nodes:
  d: {{dial: {{extension: "101", timeout_s: 5, then: after, busy: busy, no_answer: bye, failed: bye}}}}
  after: {{play: {{say: [survey-thanks], then: bye}}}}
  busy: {{play: {{say: [technical-apology], then: bye}}}}
{END}""",
    "far": f"""start: d
nodes:
  d: {{dial: {{number: "{FAR}", then: after, busy: bye, no_answer: bye, failed: bye}}}}
  after: {{play: {{say: [survey-thanks], then: bye}}}}
{END}""",
    "there": f"""start: hello
nodes:
  hello: {{play: {{say: [closed-hours, closed-hours, closed-hours], then: bye}}}}
{END}""",
    "give": f"""start: t
nodes:
  t: {{transfer: {{extension: "102", failed: bye}}}}
{END}""",
    "give-far": f"""start: t
nodes:
  t: {{transfer: {{number: "{FAR}", failed: bye}}}}
{END}""",
    "english": f"""start: en
nodes:
  en: {{language: {{set: en, then: tell}}}}
  tell: {{say: {{parts: [{{number: "21"}}, {{money: "1500000"}}, {{date: "'2026-12-25'"}}], then: bye}}}}
{END}""",
    "again": f"""start: first
nodes:
  first: {{set: {{to: {{times: "0"}}, then: read}}}}
  read: {{confirm: {{parts: [{{number: vars.times}}], right: yes, wrong: more, otherwise: bye}}}}
  more: {{set: {{to: {{times: vars.times + 1}}, then: on}}}}
  on: {{goto: {{node: read}}}}
  yes: {{tag: {{add: agreed, then: thanks}}}}
  thanks: {{play: {{say: [survey-thanks], then: bye}}}}
{END}""",
    "slow": f"""start: ask
nodes:
  ask: {{http: {{service: oss, get: /slow, timeout_s: 20, then: found, on_failure: sorry}}}}
  found: {{play: {{say: [welcome], then: bye}}}}
  sorry: {{play: {{say: [technical-apology], then: bye}}}}
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
            "dids": {"171": "dip", "172": "asked", "173": "recorded", "174": "back", "175": "message", "176": "phone", "177": "far", "178": "give", "179": "give-far", "180": "english", "181": "slow", "182": "again", FAR: "there"},
            "asterisk": {
                "sip": {"port": SIP},
                # the carrier is this Asterisk itself: the number outside is another one of ours
                "trunk": {"outbound": {"allow": [FAR], "server": f"127.0.0.1:{SIP}"}},
            },
            "voicemail": {"boxes": {"umum": {"directory": "var/voicemail"}}, "encrypt": True},
            "callbacks": {"allow": ["021XXXXXXX", "08XXXXXXX."]},
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

    async def slow(request: web.Request) -> web.Response:
        """The first request is never answered: its asker dies."""
        seen.append(request)
        if sum(r.path == request.path for r in seen) == 1:
            await asyncio.sleep(60)
        return web.json_response({})

    app.router.add_get("/api/slow", slow)
    runner = web.AppRunner(app, shutdown_timeout=1)
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
    row = await centre.row()
    assert row["menu_path"] == "ask>found>down>sorry>bye"
    told = {line["call"] for line in centre.lines_of_this_test() if line["event"] == "data dip failed"}
    assert told == {row["call"]}
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
    assert as_long(recording.duration_s, row["talk_ms"] / 1000)


async def test_a_number_is_taken_once_shown_to_people_and_marked_done(centre: Centre) -> None:
    for _ in range(2):
        caller = await centre.caller(number="174")
        await caller.wait_heard(said_hz("callback-offer"))
        await caller.press("2")
        await caller.wait_heard(said_hz("callback-enter"))
        await caller.press("0215551234#")
        await caller.wait_heard(said_hz("callback-confirm-keys"))
        await caller.press("1")
        await caller.wait_heard(said_hz("callback-noted"))
        await caller.ended()
        assert (await centre.row())["disposition"] == "callback"
        centre.numbers.append("0215551234")  # no wall may ever name it
    await centre.wall.queue_is("kbli", callbacks=1)
    shown = await ivrd(centre, "callbacks", "--callers")
    assert "0215551234" in shown
    assert "0215551234" not in await ivrd(centre, "callbacks")
    [ident] = [word for word in shown.split() if word.endswith("/kbli")]
    await ivrd(centre, "callbacks", "--done", ident, "--note", "reached")
    await centre.wall.queue_is("kbli", callbacks=0)


async def ivrd(centre: Centre, *words: str) -> str:
    """What the command prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ivrd", "--config", str(centre.site.config), *words,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


async def test_a_message_is_left_listened_to_and_sent(centre: Centre) -> None:
    caller = await centre.caller(number="175")
    await caller.wait_heard(said_hz("voicemail-greeting"))
    await caller.wait_heard(BEEP_HZ, for_s=0.15)
    await asyncio.sleep(1.5)  # the message: the caller's tone
    await caller.press("#")
    await caller.wait_heard(said_hz("voicemail-review"))
    since = caller.mark
    await caller.press("2")
    await caller.wait_heard(caller.tone_hz, since=since)
    await caller.wait_heard(said_hz("voicemail-review"), since=since)
    await caller.press("1")
    await caller.wait_heard(said_hz("voicemail-sent"))
    await caller.ended()
    await delivered(centre, caller.tone_hz)


async def test_most_callers_just_hang_up_and_the_message_is_there(centre: Centre) -> None:
    caller = await centre.caller(number="175")
    await caller.wait_heard(BEEP_HZ, for_s=0.15)
    await asyncio.sleep(1.5)
    await caller.hang_up()
    await delivered(centre, caller.tone_hz)


async def delivered(centre: Centre, tone_hz: float, at_least_s: float = 0.8) -> None:
    """The row names a sealed message in which, opened, the caller's tone is heard; Asterisk keeps nothing."""
    row = await centre.row()
    assert row["disposition"] == "voicemail"
    sealed = Path(row["voicemail"])
    assert sealed.suffix == ".sealed"
    assert not sealed.read_bytes().startswith(b"RIFF")
    keys = KeyRing(centre.site.loaded.path(centre.site.loaded.site.recordings.keys))
    with wave.open(io.BytesIO(LetterSeal(keys).read(sealed))) as file:
        assert (file.getframerate(), file.getnchannels()) == (8000, 1)
        track = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert tones.seconds_of(tone_hz, track) > at_least_s
    told = await centre.wall.event("voicemail_left", call=row["call"], box="umum")
    assert told["facts"]["duration_ms"] == len(track) // 8
    spool = centre.site.private.directories["astspooldir"] / "recording"
    await centre.until(lambda: not list(spool.iterdir()))


async def test_a_phone_is_dialled_the_two_are_recorded_and_the_caller_goes_on(centre: Centre) -> None:
    phone = await centre.phone("101")
    caller = await centre.caller(number="176")
    at_phone = await phone.next_call()
    await at_phone.talking()
    await centre.both_hear(caller, at_phone)
    await at_phone.hang_up()
    await caller.wait_heard(said_hz("survey-thanks"))
    await caller.ended()
    row = await centre.row()
    assert (row["disposition"], row["dialled"], row["dial_result"]) == ("connected", "101", "answered")
    recording = centre.recording(row)
    assert tones.seconds_of(caller.tone_hz, recording.left) > 0.2
    assert tones.seconds_of(at_phone.tone_hz, recording.right) > 0.2


async def test_a_phone_that_declines_is_busy(centre: Centre) -> None:
    await centre.phone("101", REJECT)
    caller = await centre.caller(number="176")
    await caller.wait_heard(said_hz("technical-apology"))
    await caller.ended()
    row = await centre.row()
    assert (row["dial_result"], row["disposition"], row["dialled_ms"]) == ("busy", "completed_ivr", 0)


async def test_the_caller_leaves_and_the_dialled_phone_is_hung_up(centre: Centre) -> None:
    phone = await centre.phone("101")
    caller = await centre.caller(number="176")
    at_phone = await phone.next_call()
    await centre.both_hear(caller, at_phone)
    await caller.hang_up()
    await at_phone.ended()
    assert (await centre.row())["hung_up_by"] == "caller"


async def test_killed_while_they_talk_the_two_go_on_and_are_taken_back(centre: Centre) -> None:
    phone = await centre.phone("101")
    caller = await centre.caller(number="176")
    at_phone = await phone.next_call()
    await centre.both_hear(caller, at_phone)
    await centre.ivrd.kill()
    await centre.both_hear(caller, at_phone)
    await centre.ivrd.start()
    await centre.both_hear(caller, at_phone)
    await at_phone.hang_up()
    await caller.wait_heard(said_hz("survey-thanks"))
    await caller.ended()
    row = await centre.row()
    assert (row["disposition"], row["dial_result"]) == ("connected", "answered")
    centre.recording(row)


async def test_a_number_outside_is_dialled_through_the_trunk(centre: Centre) -> None:
    caller = await centre.caller(number="177")
    await caller.wait_heard(said_hz("closed-hours"))
    await caller.wait_heard(said_hz("survey-thanks"))
    await caller.ended()
    row = await centre.row()
    assert (row["disposition"], row["dialled"]) == ("connected", FAR)
    assert row["dialled_ms"] > 500


async def test_a_caller_is_given_away_and_the_two_talk_without_us(centre: Centre) -> None:
    phone = await centre.phone("102")
    caller = await centre.caller(number="178")
    at_phone = await phone.next_call()
    row = await centre.row()
    assert (row["disposition"], row["dialled"], row["hung_up_by"]) == ("transferred", "102", "transfer")
    await centre.both_hear(caller, at_phone)
    await caller.hang_up()
    await at_phone.ended()


async def test_a_caller_is_given_away_to_a_number_outside(centre: Centre) -> None:
    caller = await centre.caller(number="179")
    await caller.wait_heard(said_hz("closed-hours"))
    row = await centre.row()
    assert (row["disposition"], row["dialled"], row["dial_result"]) == ("transferred", FAR, "transferred")
    await caller.ended()


async def test_numbers_money_and_dates_are_said_in_english(centre: Centre) -> None:
    caller = await centre.caller(number="180")
    await caller.ended()
    heard = caller.heard_samples()
    said = (Number(value=21), Money(rupiah=1_500_000), Date(year=2026, month=12, day=25))
    words = [word for part in said for word in spoken.words(part, "en")]
    # in windows of a frame: a word is no longer than two of the usual ones, and each falls on the cut to the next word
    said_s = tones.seconds_of(ENGLISH_WORD_HZ, heard, window_s=0.02)
    assert abs(said_s - len(words) * WORD_S) <= 0.25 * len(words) * WORD_S
    assert tones.seconds_of(WORD_HZ, heard) == 0
    assert (await centre.row())["language"] == "en"


async def test_killed_while_a_message_is_left_and_the_caller_hangs_up_it_is_whole(centre: Centre) -> None:
    caller = await centre.caller(number="175")
    await caller.wait_heard(BEEP_HZ, for_s=0.15)
    await asyncio.sleep(1.2)  # the message: the caller's tone
    await centre.ivrd.kill()
    await asyncio.sleep(1.2)  # nobody is there, and it is recorded all the same
    await caller.hang_up()
    await centre.ivrd.start()
    await delivered(centre, caller.tone_hz, at_least_s=2.0)


async def test_killed_while_a_message_is_left_the_caller_is_asked_again(centre: Centre) -> None:
    caller = await centre.caller(number="175")
    await caller.wait_heard(BEEP_HZ, for_s=0.15)
    await asyncio.sleep(0.5)
    await centre.ivrd.kill()
    again = caller.mark
    await centre.ivrd.start()
    await caller.wait_heard(said_hz("voicemail-greeting"), since=again)
    await caller.wait_heard(BEEP_HZ, since=again, for_s=0.15)
    await asyncio.sleep(1.5)
    await caller.hang_up()
    await delivered(centre, caller.tone_hz)


async def test_killed_while_a_service_is_asked_it_is_asked_again(centre: Centre, asked: list[web.Request]) -> None:
    caller = await centre.caller(number="181")
    await centre.until(lambda: any(r.path == "/api/slow" for r in asked))
    await centre.ivrd.kill()
    await centre.ivrd.start()
    await caller.wait_heard(said_hz("welcome"))
    await caller.ended()
    row = await centre.row()
    assert (row["disposition"], row["menu_path"]) == ("completed_ivr", "ask>found>bye")
    assert sum(r.path == "/api/slow" for r in asked) == 2


async def test_what_is_read_back_is_wrong_once_and_then_right(centre: Centre) -> None:
    caller = await centre.caller(number="182")
    await caller.wait_heard(WORD_HZ, for_s=0.1)
    await caller.press("2")
    await caller.wait_heard(WORD_HZ, since=caller.mark, for_s=0.1)  # the number, one higher
    await caller.press("1")
    await caller.wait_heard(said_hz("survey-thanks"))
    await caller.ended()
    row = await centre.row()
    assert row["menu_path"] == "first>read>more>on>read>yes>thanks>bye"
    assert row["tags"] == "agreed"
