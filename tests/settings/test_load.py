"""config/: the shipped one loads, and whatever is wrong is told with file, line, column and what to do."""

from __future__ import annotations

import datetime as dt

import pytest

from ivrd.errors import ConfigError
from ivrd.settings.load import load
from ivrd.settings.words import suggest

from .sites import ROOT, Site


def test_the_shipped_configuration_is_the_centre_of_the_brief() -> None:
    loaded = load(ROOT / "config")
    voice = [a for a in loaded.agents.values() if not a.leads]
    leaders = [a for a in loaded.agents.values() if a.leads]
    assert (len(voice), len(leaders)) == (24, 7)
    assert sum("en" in a.languages for a in voice) == 4
    assert all(a.extension == a.id for a in loaded.agents.values())
    assert set(loaded.queues) == {
        "kbli", "regulasi", "tambah-bidang-usaha", "progres", "persyaratan", "lkpm", "isi-data", "ubah-data",
        "sinkronisasi", "umum",
    }  # fmt: skip
    assert all(q.id == name and q.service_level_s == 20 for name, q in loaded.queues.items())
    assert loaded.site.dids == {"169": "169"}
    assert loaded.hours.week["fri"] == ("08:00-17:00",)
    assert "sat" not in loaded.hours.week
    assert loaded.root == ROOT
    assert loaded.path(loaded.site.paths.prompts) == ROOT / "prompts"


def test_each_queue_has_an_agent_for_each_language() -> None:
    loaded = load(ROOT / "config")
    for queue in loaded.queues.values():
        able = [a for a in loaded.agents.values() if set(queue.skills) <= set(a.skills)]
        assert {lang for a in able for lang in a.languages} == {"id", "en"}, queue.id


def test_defaults_are_what_the_shipped_file_shows(site: Site) -> None:
    """What ivrd.yaml says equals what holds when it says nothing."""
    full = load(site.root / "config").site
    (site.root / "config" / "ivrd.yaml").write_text('dids: {"169": "169"}\nasterisk: {trunk: {addresses: [127.0.0.1]}}\n')
    assert load(site.root / "config").site == full


WRONG = [
    # file, what stands there, what is written instead, where the fault points, message, hint
    ("ivrd.yaml", "http:", "htp:", "htp:", "unknown key 'htp'", "did you mean 'http'?"),
    ("ivrd.yaml", "{host: 127.0.0.1, port: 9169,", "{host: 127.0.0.1, prot: 9169,", "prot", "unknown key 'prot'", "did you mean 'port'?"),
    ("ivrd.yaml", "    kind: ip ", "    kind: fax ", "kind", "asterisk.trunk.kind must be 'ip' or 'register', not 'fax'", ""),
    ("ivrd.yaml", "    kind: ip ", "    kind: register ", "trunk:", "a trunk that registers needs `server` and `user`", ""),
    ("ivrd.yaml", "port: 1883", "port: many", "port: many", "mqtt.port must be a whole number, not 'many'", ""),
    ("ivrd.yaml", "port: 1883", "port: 70000", "port: 70000", "mqtt.port", ""),
    ("ivrd.yaml", "keepalive_s: 10}", "keepalive_s: 65536}", "keepalive_s", "mqtt.keepalive_s must be between 1 and 65535", ""),
    ("ivrd.yaml", "rtp_last: 10999", "rtp_last: 9999", "rtp_last", "rtp_last is below rtp_first", ""),
    ("ivrd.yaml", "log_level: info", "log_level: loud", "log_level", "log_level must be", ""),
    ("ivrd.yaml", '  "169": "169"', '  "169": "196"', '"169": "196"', "DID 169: there is no dialplan", ""),
    ("ivrd.yaml", '  "169": "169"', "  {}", "dids", "no number is served", ""),
    ("ivrd.yaml", 'log_out: "*12"', 'log_out: "*11"', "feature_codes", "two features share one code", ""),
    ("ivrd.yaml", "reoffer_after_s: 10", "reoffer_after_s: -1", "reoffer_after_s", "acd.reoffer_after_s", ""),
    ("queues.yaml", "skills: [lkpm]", "skills: [lkmp]", "skills: [lkmp]", "queue 'lkpm' asks for skill 'lkmp', which no agent has", "did you mean 'lkpm'?"),
    ("queues.yaml", "skills: [lkpm]", "skils: [lkpm]", "skils", "unknown key 'skils'", "did you mean 'skills'?"),
    ("queues.yaml", "title: LKPM", "wrap_up_s: 5", "lkpm:", "lkpm.title is missing", ""),
    ("queues.yaml", "wrap_up_s: 20", "wrap_up_s: -20", "wrap_up_s", "wrap_up_s must be at least 0", ""),
    ("queues.yaml", "wrap_up_s: 20", "ring_timeout_s: 0", "ring_timeout_s", "ring_timeout_s must be at least 1", ""),
    ("queues.yaml", "queues:", "lines:", "", "must hold one key at the top: 'queues'", ""),
    ("agents.yaml", '"102": {name', '"102": {extension: "101", name', 'extension: "101"', "extension 101 belongs to agent '101' already", ""),
    ("agents.yaml", '"102": {name', '"102": {extension: "10 2", name', '"102"', "extension '10 2' must be letters and digits", ""),
    ("agents.yaml", '"102": {name', '"101": {name', '"101": {name: Ayu', "'101' is listed twice", ""),
    ("agents.yaml", "Yuni Astuti, skills: [data], languages: [id]", "Yuni Astuti, skills: [data], languages: [fr]", "languages: [fr]", "language 'fr' is not one of the site's: id, en", ""),
    ("agents.yaml", "name: Yuni Astuti", "name: [Yuni]", "name: [Yuni]", "124.name must be text, not ['Yuni']", ""),
    ("calendar.yaml", 'fri: ["08:00-17:00"]', 'fri: ["8:00-17:00"]', "fri", "'8:00-17:00' is not a range of hours", 'write it as "08:00-17:00"'),
    ("calendar.yaml", 'fri: ["08:00-17:00"]', 'fri: ["17:00-08:00"]', "fri", "'17:00-08:00' is not a range of hours", ""),
    ("calendar.yaml", 'fri: ["08:00-17:00"]', 'fry: ["08:00-17:00"]', "fry", "week.fry must be", ""),
    ("calendar.yaml", "timezone: Asia/Jakarta", "timezone: Asia/Jakrata", "timezone", "no such time zone: 'Asia/Jakrata'", "for example"),
    ("calendar.yaml", "closed: {} ", "closed: {soon: holiday} ", "soon", "closed.soon", ""),
    ("calendar.yaml", "open: {} ", 'open: {2026-12-26: ["nine"]} ', "2026-12-26: [", "'nine' is not a range of hours", ""),
    ("calendar.yaml", "public_holidays: ID", "public_holidays: XX", "public_holidays", "no public holidays are known for 'XX'", ""),
]  # fmt: skip


@pytest.mark.parametrize(("file", "before", "after", "at", "message", "hint"), WRONG, ids=[f"{w[0]}:{w[2].strip()[:30]}" for w in WRONG])
def test_each_fault_is_told_where_it_is(site: Site, file: str, before: str, after: str, at: str, message: str, hint: str) -> None:
    site.edit(file, before, after)
    (fault,) = site.faults()
    assert fault.file.endswith(file)
    assert message in fault.message
    assert hint in fault.hint
    if at:
        assert (fault.line, fault.column) == site.place(file, at)


def test_all_faults_of_all_files_are_told_at_once(site: Site) -> None:
    site.edit("ivrd.yaml", "http:", "htp:")
    site.edit("queues.yaml", "title: LKPM", "titel: LKPM")
    site.edit("agents.yaml", "name: Yuni Astuti", "name: [Yuni]")
    site.edit("calendar.yaml", 'fri: ["08:00-17:00"]', "fri: 8")
    names = [f.file.rpartition("/")[2] for f in site.faults()]
    assert sorted(set(names)) == ["agents.yaml", "calendar.yaml", "ivrd.yaml", "queues.yaml"]
    assert names == sorted(names), "in file order"


def test_faults_of_meaning_are_told_at_once_too(site: Site) -> None:
    site.edit("queues.yaml", "skills: [lkpm]", "skills: [lkmp]")
    site.edit("agents.yaml", "skills: [data], languages: [id]}\n  \"201\"", "skills: [data], languages: [fr]}\n  \"201\"")
    site.edit("calendar.yaml", "timezone: Asia/Jakarta", "timezone: Mars")
    assert len(site.faults()) == 3


def test_a_file_that_is_missing_or_empty_is_a_fault(site: Site) -> None:
    (site.root / "config" / "queues.yaml").unlink()
    (site.root / "config" / "agents.yaml").write_text("")
    (fault,) = site.faults()
    assert (fault.message, fault.line) == ("the file does not exist", 0)
    (site.root / "config" / "queues.yaml").write_text("queues: {}\n")
    assert [f.message for f in site.faults()] == ["must hold one key at the top: 'agents'"]


def test_a_week_without_an_hour_never_opens(site: Site) -> None:
    (site.root / "config" / "calendar.yaml").write_text("week: {mon: []}\n")
    (fault,) = site.faults()
    assert fault.message == "the lines never open: every day is empty"


def test_own_days_are_dates(site: Site) -> None:
    site.edit("calendar.yaml", "closed: {} ", "closed: {2026-12-31: Tutup} ")
    site.edit("calendar.yaml", "open: {} ", 'open: {2026-12-26: ["08:00-12:00", "13:00-24:00"]} ')
    hours = load(site.root / "config").hours
    assert hours.closed == {dt.date(2026, 12, 31): "Tutup"}
    assert hours.open == {dt.date(2026, 12, 26): ("08:00-12:00", "13:00-24:00")}


def test_ids_may_be_written_without_quotes(site: Site) -> None:
    path = site.root / "config" / "agents.yaml"
    path.write_text(path.read_text().replace('"1', "1").replace('":', ":").replace('"2', "2"))
    assert load(site.root / "config").agents["124"].extension == "124"
    site.edit("agents.yaml", "Yuni Astuti, skills: [data], languages: [id]", "Yuni Astuti, skills: [data], languages: [fr]")
    (fault,) = site.faults()
    assert (fault.line, fault.column) == site.place("agents.yaml", "languages: [fr]")


def test_an_error_reads_as_one_line_a_fault(site: Site) -> None:
    site.edit("ivrd.yaml", "http:", "htp:")
    with pytest.raises(ConfigError) as caught:
        load(site.root / "config")
    line, column = site.place("ivrd.yaml", "htp:")
    assert str(caught.value) == f"{site.root}/config/ivrd.yaml:{line}:{column}: unknown key 'htp'\n    did you mean 'http'?"


def test_a_suggestion_needs_to_be_close() -> None:
    assert suggest("kbil", ["kbli", "lkpm"]) == "did you mean 'kbli'?"
    assert suggest("zzz", ["kbli", "lkpm"]) == ""


OUTSIDE = [
    ('services: {oss: {url: "ftp://x"}}', "is not a URL"),
    ('services: {oss: {url: "http://u:p@x"}}', "is not a URL"),
    ('services: {"o s": {url: "http://x"}}', "letters, digits and _"),
    ('services: {oss: {url: "http://x", at_once: 0}}', "at_once must be at least 1"),
    ('services: {oss: {url: "http://x", headers: {"A b": c}}}', "cannot be sent as a header"),
    ('callbacks: {allow: ["_08X."]}', "is not a pattern"),
    ('voicemail: {boxes: {umum: {}}}', "directory is missing"),
    ('voicemail: {boxes: {umum: {directory: d, mail: [a@b]}}}', "voicemail.smtp.host is not set"),
]


@pytest.mark.parametrize(("text", "message"), OUTSIDE, ids=[m for _, m in OUTSIDE])
def test_what_reaches_outside_is_checked(site: Site, text: str, message: str) -> None:
    site.edit("ivrd.yaml", "log_level: info", f"log_level: info\n{text}")
    [fault] = site.faults()
    assert message in fault.message
    assert fault.line


OUTBOUND = [
    ('allow: ["0,Hangup()"], server: x', "is not a pattern"),
    ('allow: ["021X."]', "no `server`"),
    ('allow: ["021X."], server: "x;y"', "is not host[:port]"),
    ('allow: ["021X."], server: x, caller_id: "1,2"', "is not a number"),
    ("per_day: -1", "at least 0"),
    ("per_agent_day: -1", "at least 0"),
]


@pytest.mark.parametrize(("text", "message"), OUTBOUND, ids=[m for _, m in OUTBOUND])
def test_what_may_be_dialled_is_checked(site: Site, text: str, message: str) -> None:
    site.edit("ivrd.yaml", "    channels: 50\n", f"    channels: 50\n    outbound: {{{text}}}\n")
    [fault] = site.faults()
    assert message in fault.message
    assert fault.line
