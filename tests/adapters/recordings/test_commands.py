"""``ivrd recordings``, ``ivrd caller`` and ``ivrd audit`` on a real store and real files."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
import json
import os
import re
import shutil
import sqlite3
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ivrd.adapters.recordings import FileArchive, KeyRing, LetterSeal
from ivrd.adapters.store import CdrStore
from ivrd.cli import main
from ivrd.cli.caller import spellings
from ivrd.core.cdr import Cdr, Disposition
from ivrd.core.state import Callback
from ivrd.daemon.clock import SystemClock
from ivrd.errors import IvrdError
from ivrd.ports import Letter

SHIPPED = Path(__file__).parents[3]
WIB = ZoneInfo("Asia/Jakarta")
OLD, ADI = 1764032523.456, "081234567890"
MESSAGE = "20251125-080203_1.2.message-1.wav"


def cdr(call: str, number: str, at: float, recording: str = "") -> Cdr:
    return Cdr(
        call=call, did="169", caller_number=number, caller_name="Budi Santoso", language="id", flow="169", flow_version="1",
        menu_path="", tags="", arrived_at=at, answered_at=at, queued_at=at, agent_answered_at=at, ended_at=at + 60, queue="kbli",
        skills="", agent="101", offers=1, wait_ms=1, talk_ms=1, hold_ms=0, wrap_up_ms=0, hung_up_by="caller",
        disposition=Disposition.ANSWERED, cause=16, recording=recording, recording_ms=1, recording_sha256="ab", recording_note="",
    )  # fmt: skip


class Site:
    """A site with three calls, one of them somebody else's, a callback and a message."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self._capsys = root, capsys
        for name in ("config", "dialplans"):
            shutil.copytree(SHIPPED / name, root / name)
        file = root / "config" / "ivrd.yaml"
        text = file.read_text().replace("  encrypt: false  ", "  encrypt: true  ")
        file.write_text(text.replace("  retention_days: 0  ", "  retention_days: 90  "))
        (root / "var" / "state").mkdir(parents=True)
        self.recordings, self.keys = root / "var" / "recordings", KeyRing(root / "var" / "keys")
        self.message = root / "umum" / MESSAGE
        self.message.parent.mkdir()
        self.message.write_bytes(b"RIFF")
        asyncio.run(self._fill())

    async def _fill(self) -> None:
        archive = FileArchive(self.root / "spool", self.recordings, keys=self.keys, look_every_s=0.001, patience_s=0)
        store = CdrStore(f"sqlite:///{self.root}/var/state/cdr.db", WIB)
        await store.open()
        for call, number in (("1.1", f"+62{ADI[1:]}"), ("1.2", ADI), ("1.3", "0811")):
            archive.raw_path(f"2025/11/25/{call}").write_bytes(bytes(4000))
            done = await archive.publish(f"2025/11/25/{call}", expected_ms=0)
            await store.write(cdr(call, number, OLD, done.path))
        await store.keep_callback(Callback(call="1.1", queue="kbli", number=ADI, language="id", at=OLD))
        letter = Letter(message="1.2.message-1", call="1.2", box="umum", number=ADI, language="id", left_at=OLD, duration_ms=1)
        await store.keep_letter(letter, str(self.message))
        await store.close()

    def add_recent(self) -> None:
        async def add() -> None:
            store = CdrStore(f"sqlite:///{self.root}/var/state/cdr.db", WIB)
            await store.open()
            await store.write(cdr("1.4", ADI, SystemClock().now() - 600))
            await store.close()

        asyncio.run(add())

    def add_undelivered(self, note: str = "message not delivered yet: disk full") -> None:
        """A call whose message waits for its mailbox."""

        async def add() -> None:
            store = CdrStore(f"sqlite:///{self.root}/var/state/cdr.db", WIB)
            await store.open()
            await store.write(dataclasses.replace(cdr("1.5", ADI, OLD), recording_note=note))
            await store.close()

        asyncio.run(add())

    def add_dialled(self, **dialled: str) -> None:
        """Calls of 0811, call by call: whom a flow dialled for them."""

        async def add() -> None:
            store = CdrStore(f"sqlite:///{self.root}/var/state/cdr.db", WIB)
            await store.open()
            for call, number in dialled.items():
                row = cdr(f"1.{call}", "0811", OLD, f"2025/11/25/1.{call}.wav")
                await store.write(dataclasses.replace(row, dialled=number, dial_result="answered", dialled_ms=60_000))
            await store.close()

        asyncio.run(add())

    def add_to_spool(self, name: str, age_s: float) -> Path:
        """A file that Asterisk, or a speaker, left."""
        file = self.root / "var" / "spool" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes(4000))
        then = SystemClock().now() - age_s
        os.utime(file, (then, then))
        return file

    def add_second_talk(self) -> None:
        """The caller of 1.2 was given to another queue: an earlier talk, the row's being the second."""

        async def add() -> None:
            archive = FileArchive(self.root / "spool", self.recordings, keys=self.keys, look_every_s=0.001, patience_s=0)
            store = CdrStore(f"sqlite:///{self.root}/var/state/cdr.db", WIB)
            await store.open()
            archive.raw_path("2025/11/25/1.2.talk-2").write_bytes(bytes(4000))
            done = await archive.publish("2025/11/25/1.2.talk-2", expected_ms=0)
            row = cdr("1.2", ADI, OLD, done.path)
            await store.write(dataclasses.replace(row, passed_on="kbli:101", earlier_recordings="2025/11/25/1.2.wav.sealed"))
            await store.close()

        asyncio.run(add())

    def add_mailbox(self) -> None:
        """The settings name the mailbox, too, not the store's rows only."""
        with (self.root / "config" / "ivrd.yaml").open("a") as file:
            file.write("\nvoicemail: {boxes: {umum: {directory: umum}}}\n")

    def seal_message(self) -> None:
        """As if it had been left with voicemail.encrypt."""

        async def keep(letter: Letter) -> None:
            store = CdrStore(f"sqlite:///{self.root}/var/state/cdr.db", WIB)
            await store.open()
            await store.keep_letter(letter, str(self.message))
            await store.close()

        self.message = self.message.with_name("20251125-080203_1.3.message-1.wav.sealed")
        self.message.write_bytes(LetterSeal(self.keys).seal("2025-11-25", b"RIFF"))
        letter = Letter(message="1.3.message-1", call="1.3", box="umum", number="0811", language="id", left_at=OLD, duration_ms=1)
        asyncio.run(keep(letter))

    def ivrd(self, *argv: str, status: int = 0) -> str:
        assert main(["--config", str(self.root / "config"), *argv]) == status
        said = self._capsys.readouterr()
        return said.out + said.err

    def rows(self, table: str = "cdr") -> list[dict[str, Any]]:
        with contextlib.closing(sqlite3.connect(self.root / "var" / "state" / "cdr.db")) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]

    def files(self) -> list[str]:
        return sorted(p.name for p in self.recordings.rglob("*") if p.is_file())


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Site:
    return Site(tmp_path, capsys)


def test_a_recording_is_exported_decrypted_and_that_is_noted(site: Site) -> None:
    site.ivrd("recordings", "export", "1.1", "--out", str(site.root / "out"))
    assert (site.root / "out" / "1.1.wav").read_bytes()[:4] == b"RIFF"
    assert "recording exported" in site.ivrd("audit")
    assert "no such call" in site.ivrd("recordings", "export", "9.9", "--out", str(site.root / "out"), status=1)


def test_the_purge_deletes_keys_and_files_but_not_what_is_held(site: Site) -> None:
    site.ivrd("recordings", "hold", "1.3", "--reason", "polisi 24/2026")
    assert "would delete 2 recordings and 1 keys" in site.ivrd("recordings", "purge", "--dry-run")
    assert len(site.files()) == 3
    assert "deleted 2 recordings and 1 keys" in site.ivrd("recordings", "purge")
    assert site.files() == ["1.3.wav.sealed"]
    assert site.keys.days() == []
    notes = {row["call"]: (row["recording"], row["recording_note"], row["recording_sha256"]) for row in site.rows()}
    assert notes["1.1"] == ("", "deleted at the end of retention", "ab")
    assert notes["1.3"][0]
    site.ivrd("recordings", "export", "1.3", "--out", str(site.root / "out"))
    assert "1.3" in site.ivrd("recordings", "holds")
    site.ivrd("recordings", "release", "1.3")
    assert "deleted 1 recordings" in site.ivrd("recordings", "purge")


def test_the_purge_takes_audio_in_clear_that_was_left_in_the_spool(site: Site) -> None:
    past = [site.add_to_spool(f"2025/11/25/{name}.raw", 7200) for name in ("1.7", "1.7.talk-2")]
    spoken = site.add_to_spool("texts/0a.wav", 8 * 86_400)
    kept = [
        site.add_to_spool("2025/11/25/1.8.raw", 60),  # written to just now: a talk whose day is wrong because the clock was set
        site.add_to_spool("9999/11/25/1.9.raw", 7200),
        site.add_to_spool("2025/11/25/1.3.talk-2.raw", 7200),  # on hold, as the first talk
        site.add_to_spool("beep.wav", 8 * 86_400),
        site.add_to_spool("texts/0b.wav", 6 * 86_400),
    ]
    site.ivrd("recordings", "hold", "1.3", "--reason", "x")
    said = site.ivrd("recordings", "purge", "--dry-run")
    assert "would delete 2 raw recordings that were never published, and 1 spoken texts" in said
    assert all(file.exists() for file in (*past, spoken))
    said = site.ivrd("recordings", "purge")
    assert "deleted 2 raw recordings that were never published, and 1 spoken texts" in said
    assert "2 on hold are kept" in said
    assert not any(file.exists() for file in (*past, spoken))
    assert all(file.exists() for file in kept)
    line = json.loads((site.root / "var" / "state" / "audit.jsonl").read_text().splitlines()[-1])
    assert (line["facts"]["raw"], line["facts"]["texts"]) == (2, 1)
    assert "raw recordings" not in site.ivrd("recordings", "purge")


def test_a_raw_recording_that_the_disk_keeps_is_said(site: Site) -> None:
    raw = site.add_to_spool("2025/11/25/1.7.raw", 7200)
    raw.unlink()
    raw.mkdir()  # whoever may not write there meets the same refusal
    os.utime(raw, (OLD, OLD))
    assert f"{raw}: " in site.ivrd("recordings", "purge", status=1)


def test_deleting_a_caller_deletes_what_was_recorded_and_never_published(site: Site) -> None:
    own = [site.add_to_spool(f"2025/11/25/{name}.raw", 7200) for name in ("1.1", "1.2.talk-2")]
    others = [site.add_to_spool(f"2025/11/25/{name}.raw", 7200) for name in ("1.3", "1.22")]
    assert "2 raw recordings that were never published" in site.ivrd("caller", "delete", ADI)
    assert all(file.exists() for file in own)
    site.ivrd("caller", "delete", ADI, "--yes")
    assert not any(file.exists() for file in own)
    assert all(file.exists() for file in others)


def test_a_raw_recording_on_hold_is_kept_and_said_when_its_caller_is_deleted(site: Site) -> None:
    raw = site.add_to_spool("2025/11/25/1.2.talk-2.raw", 7200)
    site.ivrd("recordings", "hold", "1.2", "--reason", "x")
    assert f"kept, on legal hold: {raw}" in site.ivrd("caller", "delete", ADI, "--yes", status=1)
    assert raw.exists()


def test_without_a_retention_nothing_is_ever_purged(site: Site) -> None:
    file = site.root / "config" / "ivrd.yaml"
    file.write_text(file.read_text().replace("retention_days: 90", "retention_days: 0"))
    assert re.search(r"ivrd.yaml:\d+:\d+: retention_days is 0", site.ivrd("recordings", "purge", status=1))


def test_a_caller_gets_all_that_is_known(site: Site) -> None:
    out = site.root / "copy"
    site.ivrd("caller", "export", f"0{ADI[1:]}", "--out", str(out))
    assert [c["call"] for c in json.loads((out / "calls.json").read_text())] == ["1.1", "1.2"]
    assert len(json.loads((out / "callbacks.json").read_text())) == 1
    assert sorted(p.name for p in out.glob("*.wav")) == [f"message-{MESSAGE}", "recording-1.1.wav", "recording-1.2.wav"]
    assert {p.stat().st_mode & 0o077 for p in out.iterdir()} == {0}
    assert ADI[:-3] not in site.ivrd("audit")


def test_a_caller_is_deleted_with_proof(site: Site) -> None:
    assert "nothing has been deleted" in site.ivrd("caller", "delete", ADI)
    assert len(site.files()) == 3
    said = site.ivrd("caller", "delete", ADI, "--yes")
    assert site.files() == ["1.3.wav.sealed"]
    assert not site.message.exists()
    calls = {row["call"]: row for row in site.rows()}
    alias = calls["1.1"]["caller_number"]
    assert re.fullmatch(r"deleted-[0-9a-f]{12}", alias)
    assert calls["1.2"]["caller_number"] == alias
    assert (calls["1.1"]["caller_name"], calls["1.1"]["recording_note"]) == ("", "deleted at the caller's request")
    assert (calls["1.3"]["caller_number"], calls["1.3"]["caller_name"]) == ("0811", "Budi Santoso")
    [wish] = site.rows("callbacks")
    assert wish["number"] == alias
    assert wish["done_utc"] is not None
    everything = json.dumps([site.rows(t) for t in ("cdr", "callbacks", "voicemails")], default=str)
    assert ADI[1:] not in everything
    line = json.loads((site.root / "var" / "state" / "audit.jsonl").read_text().splitlines()[-1])
    salt = re.search(r"salt +([0-9a-f]+)", said)
    assert salt is not None
    assert line["hash"] in said
    assert line["facts"]["about"] == hashlib.sha256(f"{salt[1]}+62{ADI[1:]}".encode()).hexdigest()
    assert ADI[1:] not in json.dumps(line)
    assert "nothing is known" in site.ivrd("caller", "delete", ADI, "--yes")


def test_who_was_only_dialled_for_another_caller_gets_what_is_about_that_and_nothing_of_the_caller(site: Site) -> None:
    site.add_dialled(five="0899", six="62899", seven="101")
    out = site.root / "copy"
    assert "2 calls of others that led to the number" in site.ivrd("caller", "export", "0899", "--out", str(out))
    led = json.loads((out / "dialled.json").read_text())
    assert [(row["call"], row["dialled"], row["dial_result"], row["dialled_ms"]) for row in led] == [
        ("1.five", "0899", "answered", 60_000),
        ("1.six", "62899", "answered", 60_000),
    ]
    assert json.loads((out / "calls.json").read_text()) == []
    assert not {"0811", "Budi Santoso"} & {value for row in led for value in row.values()}
    assert list(out.glob("*.wav")) == []


def test_a_number_that_was_dialled_is_deleted_and_the_caller_whose_call_it_was_stays(site: Site) -> None:
    site.add_dialled(five="0899", six="101")
    before = {row["call"]: row for row in site.rows()}
    assert "the number in 1 calls of others that led to it" in site.ivrd("caller", "delete", "0899")
    assert {row["call"]: row for row in site.rows()} == before
    said = site.ivrd("caller", "delete", "0899", "--yes", status=1)
    assert "kept: 2025/11/25/1.five.wav: of another caller" in said
    after = {row["call"]: row for row in site.rows()}
    assert re.fullmatch(r"deleted-[0-9a-f]{12}", alias := after["1.five"]["dialled"])
    assert after == before | {"1.five": before["1.five"] | {"dialled": alias}}
    assert "0899" not in json.dumps(site.rows(), default=str)
    assert '"dialled": 1' in (site.root / "var" / "state" / "audit.jsonl").read_text()
    assert "nothing is known" in site.ivrd("caller", "delete", "0899", "--yes")


def test_an_extension_that_was_dialled_is_nobody_s_number(site: Site) -> None:
    site.add_dialled(five="101")
    (site.root / "var" / "state" / "rows.spool").write_text(json.dumps({"cdr": {"caller_number": "0811", "dialled": "101"}, "why": []}) + "\n")
    assert "nothing is known" in site.ivrd("caller", "delete", "101", "--yes")
    assert [row["dialled"] for row in site.rows() if row["call"] == "1.five"] == ["101"]


def test_a_number_dialled_in_a_row_that_the_store_has_not_taken_is_named(site: Site) -> None:
    row = dataclasses.asdict(dataclasses.replace(cdr("1.9", "0811", OLD), dialled="0899"))
    spool = site.root / "var" / "state" / "rows.spool"
    spool.write_text(json.dumps({"cdr": row, "why": []}) + "\n")
    assert f"kept: 1 rows in {spool}" in site.ivrd("caller", "delete", "0899", "--yes", status=1)


def test_what_is_held_or_not_settled_is_left_and_said(site: Site) -> None:
    site.ivrd("recordings", "hold", "1.1", "--reason", "x")
    site.add_recent()
    said = site.ivrd("caller", "delete", ADI, "--yes", status=1)
    assert "kept, on legal hold: 2025/11/25/1.1" in said
    assert "kept: 1 entries of the last hour" in said
    assert site.files() == ["1.1.wav.sealed", "1.3.wav.sealed"]
    assert {r["call"]: r["caller_number"] for r in site.rows()}["1.4"] == ADI


def test_a_row_that_will_be_written_again_with_its_message_is_named(site: Site) -> None:
    site.add_undelivered()
    said = site.ivrd("caller", "delete", ADI, "--yes", status=1)
    assert "call 1.5: its message is not in its mailbox yet" in said
    assert "call 1.2" not in said
    site.add_undelivered()  # as ivrd does at the end of it: the number is back
    assert "deleting: 1 calls" in site.ivrd("caller", "delete", ADI, "--yes", status=1)


def test_a_message_that_never_reached_its_mailbox_is_named(site: Site) -> None:
    site.add_undelivered("message 1.5.message-1 not delivered, perhaps still at Asterisk: disk full")
    said = site.ivrd("caller", "delete", ADI, "--yes", status=1)
    assert "delete it at Asterisk, if it is there: recording/1.5.message-*.wav" in said


def test_what_deleting_does_not_reach_is_named(site: Site) -> None:
    state = site.root / "var" / "state"
    row = dataclasses.asdict(cdr("1.9", ADI, OLD))
    other = dataclasses.asdict(cdr("1.8", ADI + "9", OLD))
    (state / "rows.spool").write_text("".join(json.dumps({"cdr": r, "why": []}) + "\n" for r in (row, other)))
    (state / "rows.spool.damaged").write_text(json.dumps({"cdr": row})[:-9] + "\n")
    damaged = state / "cdr.db.damaged-2025-11-25-08-02-03"
    damaged.write_bytes(b"\xff")
    for name, number in (("journal-000003.jsonl", ADI), ("journal-000004.jsonl", ADI + "9"), ("snapshot-000003.json", ADI), ("snapshot-000004.json", "")):
        (state / name).write_text(f'{{"number":"{number}"}}')
    said = site.ivrd("caller", "delete", ADI, "--yes", status=1)
    assert f"kept: 1 rows in {state}/rows.spool, which" in said
    assert f"kept: 1 rows in {state}/rows.spool.damaged, set aside" in said
    assert f"not looked into: {damaged}:" in said
    assert "journal-000003.jsonl, snapshot-000003.json; gone when ivrd has run for another 11 hours" in said
    assert "still remembered" not in said
    # the store has taken the row since, and the files were looked after
    (state / "rows.spool").unlink()
    (state / "rows.spool.damaged").unlink()
    damaged.unlink()
    (state / "snapshot-000004.json").write_text(f'{{"number":"{ADI}"}}')
    said = site.ivrd("caller", "delete", ADI, "--yes")
    assert "nothing is known" in said
    assert "still remembered by ivrd" in said


@pytest.mark.parametrize("number", ["+62812345678", "62812345678", "0812345678"])
def test_one_number_has_several_spellings(number: str) -> None:
    assert {"+62812345678", "62812345678", "0812345678"} <= set(spellings(number, "62"))


@pytest.mark.parametrize("number", ["", "12", "%", "0812' OR 1=1", "x" * 100, "٠٨١٢"])
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(IvrdError, match="is not a telephone number"):
        spellings(number, "62")


def test_the_log_says_when_it_was_changed(site: Site) -> None:
    site.ivrd("recordings", "hold", "1.1", "--reason", "x")
    log = site.root / "var" / "state" / "audit.jsonl"
    log.write_text(log.read_text().replace('"reason": "x"', '"reason": "y"'))
    assert "it was changed" in site.ivrd("audit", status=1)




def test_recordings_of_all_talks_of_a_call_are_exported_and_held(site: Site) -> None:
    site.add_second_talk()
    site.ivrd("recordings", "export", "1.2", "--out", str(site.root / "out"))
    assert sorted(p.name for p in (site.root / "out").iterdir()) == ["1.2.talk-2.wav", "1.2.wav"]
    site.ivrd("recordings", "hold", "1.2", "--reason", "polisi 24/2026")
    assert "deleted 2 recordings and 1 keys" in site.ivrd("recordings", "purge")
    assert site.files() == ["1.2.talk-2.wav.sealed", "1.2.wav.sealed"]
    site.ivrd("recordings", "release", "1.2")
    assert "deleted 2 recordings" in site.ivrd("recordings", "purge")
    row = next(row for row in site.rows() if row["call"] == "1.2")
    assert (row["recording"], row["earlier_recordings"], row["passed_on"]) == ("", "", "kbli:101")
    assert row["recording_note"] == "deleted at the end of retention"


def test_deleting_a_caller_deletes_every_talk(site: Site) -> None:
    site.add_second_talk()
    site.ivrd("caller", "export", ADI, "--out", str(site.root / "copy"))
    assert (site.root / "copy" / "recording-1.2.talk-2.wav").exists()
    site.ivrd("caller", "delete", ADI, "--yes")
    assert site.files() == ["1.3.wav.sealed"]
    assert all(row["earlier_recordings"] == "" for row in site.rows())


def test_the_purge_takes_plain_messages_and_their_rows_say_so(site: Site) -> None:
    assert "and 1 messages, from before" in site.ivrd("recordings", "purge", "--dry-run")
    assert site.message.exists()
    assert "and 1 messages, from before" in site.ivrd("recordings", "purge")
    assert not site.message.exists()
    [row] = site.rows("voicemails")
    assert (row["path"], row["note"], row["caller_number"]) == ("", "deleted at the end of retention", ADI)
    assert "and 0 messages, from before" in site.ivrd("recordings", "purge")


def test_messages_without_a_row_are_taken_and_what_is_none_is_left(site: Site) -> None:
    site.add_mailbox()
    box = site.message.parent
    for name in ("20251125-080203_1.9.message-1.wav", "99991125-080203_1.8.message-1.wav", "20251125-080203_notes.wav", "20251125.wav"):
        (box / name).write_bytes(b"RIFF")
    assert "and 2 messages, from before" in site.ivrd("recordings", "purge")
    assert sorted(p.name for p in box.iterdir()) == ["20251125-080203_notes.wav", "20251125.wav", "99991125-080203_1.8.message-1.wav"]


def test_a_hold_on_a_call_keeps_its_messages_with_its_recordings(site: Site) -> None:
    site.add_mailbox()
    assert "on hold (1 recordings, 1 messages)" in site.ivrd("recordings", "hold", "1.2", "--reason", "polisi 24/2026")
    held = site.ivrd("recordings", "holds")
    assert "1.2.message-1  since " in held
    assert str(site.message) in held
    assert "message held" in site.ivrd("audit")
    said = site.ivrd("recordings", "purge")
    assert "and 0 messages, from before" in said
    assert "; 2 on hold are kept" in said
    assert f"kept, on legal hold: {site.message}" in site.ivrd("caller", "delete", ADI, "--yes", status=1)
    assert site.message.read_bytes() == b"RIFF"
    assert site.rows("voicemails")[0]["path"] == str(site.message)
    site.ivrd("recordings", "release", "1.2")
    assert "and 1 messages, from before" in site.ivrd("recordings", "purge")
    assert not site.message.exists()


def test_a_held_sealed_message_is_read_after_its_days_key_is_destroyed(site: Site) -> None:
    site.seal_message()
    site.ivrd("recordings", "hold", "1.3", "--reason", "x")
    site.ivrd("recordings", "purge")
    assert site.keys.days() == []
    site.ivrd("recordings", "message", str(site.message), "--out", str(site.root / "out"))
    assert (site.root / "out" / "20251125-080203_1.3.message-1.wav").read_bytes() == b"RIFF"
    site.ivrd("caller", "export", "0811", "--out", str(site.root / "copy"))
    assert (site.root / "copy" / "message-20251125-080203_1.3.message-1.wav").read_bytes() == b"RIFF"


def test_what_is_not_there_cannot_be_held(site: Site) -> None:
    site.message.unlink()
    assert "is not there (any more)" in site.ivrd("recordings", "hold", "1.2", "--reason", "x", status=1)
    assert "no such call" in site.ivrd("recordings", "hold", "9.9", "--reason", "x", status=1)
    site.add_recent()
    said = site.ivrd("recordings", "hold", "1.4", "--reason", "x", status=1)
    assert "has no recording and no message" in said


def test_a_message_that_the_disk_keeps_is_said_and_its_row_stays(site: Site) -> None:
    site.message.unlink()
    site.message.mkdir()  # whoever may not write there meets the same refusal
    said = site.ivrd("recordings", "purge", status=1)
    assert str(site.message) in said
    assert "deleted 3 recordings and 1 keys, and 0 messages" in said
    assert site.rows("voicemails")[0]["path"] == str(site.message)


def test_deleting_a_caller_says_in_the_row_why_the_message_is_gone(site: Site) -> None:
    site.ivrd("caller", "delete", ADI, "--yes")
    [row] = site.rows("voicemails")
    assert (row["path"], row["note"]) == ("", "deleted at the caller's request")
