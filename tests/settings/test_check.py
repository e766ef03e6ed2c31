"""`ivrd check` on real files: all faults of all files at once, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivrd.__main__ import main
from ivrd.cli.faults import FORMATS
from ivrd.daemon.checkup import check
from ivrd.errors import Fault

from .sites import ROOT, Site


@pytest.fixture
def whole(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """With prompts' texts, in the current directory."""
    (site.root / "prompts").mkdir()
    (site.root / "prompts" / "catalogue.yaml").write_bytes((ROOT / "prompts" / "catalogue.yaml").read_bytes())
    monkeypatch.chdir(site.root)
    return site


def spoil(whole: Site) -> None:
    """One fault in each kind of file."""
    whole.edit("queues.yaml", "skills: [lkpm]", "skills: [lkmp]")
    edit(whole.root / "dialplans" / "169.yaml", "{to: kbli,", "{to: kbly,")
    edit(whole.root / "prompts" / "catalogue.yaml", "  en: For English, press 2.\n", "")


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert text.count(before) == 1
    path.write_text(text.replace(before, after))


def line_of(whole: Site, text: str) -> int:
    """Where it first stands in the dialplan."""
    return (whole.root / "dialplans" / "169.yaml").read_text().partition(text)[0].count("\n") + 1


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    status = main(["check", *words])
    return status, capsys.readouterr().out


def test_what_is_shipped_has_no_error(whole: Site, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys)
    assert status == 0
    assert "all right: 1 dialplan(s)" in out
    assert "has no audio" in out  # nothing was built in this copy: a warning
    assert run(capsys, "--strict")[0] == 1


def test_faults_of_all_files_are_told_together(whole: Site) -> None:
    spoil(whole)
    edit(whole.root / "dialplans" / "169.yaml", "start: greeting", "start: greetign")
    errors = check(whole.root / "config").errors
    assert "there is no queue 'kbly'" in {f.message for f in errors}  # queues.yaml has a fault, but its names can be read
    files = {Path(f.file).name for f in errors}
    assert files == {"queues.yaml", "169.yaml", "catalogue.yaml"}


def test_a_person_sees_the_line_the_place_and_what_to_do(whole: Site, capsys: pytest.CaptureFixture[str]) -> None:
    edit(whole.root / "dialplans" / "169.yaml", "{to: kbli,", "{to: kbly,")
    status, out = run(capsys)
    assert status == 1
    place, line, caret, hint, *_ = out.splitlines()
    number = line_of(whole, "to: kbly")
    assert place == f"dialplans/169.yaml:{number}:32: error: there is no queue 'kbly'"
    assert line == f" {number} |   queue-kbli:         {{queue: {{to: kbly, overflow: nobody-free}}}}"
    assert line[caret.index("^") :].startswith("to: kbly")
    assert hint == "   did you mean 'kbli'?"
    assert out.endswith("1 error\n")


def test_json_has_the_same_facts(whole: Site, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(whole)
    status, out = run(capsys, "--format", "json")
    assert status == 1
    found = {(f["file"], f["level"]) for f in json.loads(out)}
    assert ("config/queues.yaml", "error") in found
    assert all(f["line"] and f["column"] and f["message"] and f["text"] for f in json.loads(out))


def test_sarif_is_what_a_scanner_takes(whole: Site, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(whole)
    _, out = run(capsys, "--format", "sarif")
    log = json.loads(out)
    assert log["version"] == "2.1.0"
    (one,) = log["runs"]
    rules = [rule["id"] for rule in one["tool"]["driver"]["rules"]]
    assert one["tool"]["driver"]["name"] == "ivrd"
    assert one["results"]
    for result in one["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]
        where = result["locations"][0]["physicalLocation"]
        assert not where["artifactLocation"]["uri"].startswith("/")
        assert where["region"]["startLine"] >= 1
        assert where["region"]["startColumn"] >= 1


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("dialplans/169.yaml", "dialplans/169.yaml"),
        ("my plans/übung #1: a.yaml", "my%20plans/%C3%BCbung%20%231%3A%20a.yaml"),
        ("/etc/ivrd/my plan.yaml", "file:///etc/ivrd/my%20plan.yaml"),
    ],
)
def test_sarif_names_a_file_by_a_uri(file: str, uri: str) -> None:
    fault = Fault(file=file, line=1, column=1, message="wrong")
    (result,) = json.loads(FORMATS["sarif"]([("error", fault)]))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_github_gets_one_command_a_fault(whole: Site, capsys: pytest.CaptureFixture[str]) -> None:
    edit(whole.root / "dialplans" / "169.yaml", "{to: kbli,", "{to: kbly,")
    _, out = run(capsys, "--format", "github")
    assert out == f"::error file=dialplans/169.yaml,line={line_of(whole, 'to: kbly')},col=32::there is no queue 'kbly' (did you mean 'kbli'?)\n"


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_wrong_is_valid_output_too(form: str) -> None:
    told = FORMATS[form]([])
    assert form in ("text", "github") or json.loads(told) is not None


def test_a_queue_that_nobody_serves(whole: Site) -> None:
    whole.edit("queues.yaml", "skills: {data: 1, sinkronisasi: 4}", "skills: [data, menyelam]")
    unknown, useless = check(whole.root / "config").errors
    assert "which no agent has" in unknown.message
    assert "does not ask for skill 'sinkronisasi'" in useless.message
    for letter in ("x", "y"):  # two skills, each of one agent only
        whole.edit("agents.yaml", f'"{101 if letter == "x" else 102}": {{name: {"Adi Nugroho" if letter == "x" else "Ayu Lestari"}, skills: [', f'"{101 if letter == "x" else 102}": {{name: {"Adi Nugroho" if letter == "x" else "Ayu Lestari"}, skills: [{letter}, ')
    whole.edit("queues.yaml", "skills: [data, menyelam]\n    relax: [{after_s: 60, lower: {sinkronisasi: 1}}, {after_s: 180, widen: [leads]}]", "skills: [x, y]")
    (fault,) = check(whole.root / "config").errors
    assert "nobody serves queue 'sinkronisasi'" in fault.message


def test_a_language_that_nobody_speaks_is_a_warning(whole: Site) -> None:
    agents = whole.root / "config" / "agents.yaml"
    agents.write_text(agents.read_text().replace("languages: [id, en]", "languages: [id]"))
    warned = [f for f in check(whole.root / "config").warnings if f.rule == "unserved-language"]
    assert len(warned) == 10


def test_a_directory_for_recordings_that_cannot_be_written_is_a_warning(whole: Site) -> None:
    def warned() -> list[Fault]:
        done = check(whole.root / "config")
        assert done.errors == []
        return [f for f in done.warnings if f.rule == "unwritable"]

    spool = whole.root / "var" / "spool"
    assert warned() == []  # not there yet: it will be made
    spool.parent.mkdir()
    spool.write_text("in the way")
    (fault,) = warned()
    assert "no recording or message can be kept there by user " in fault.message
    assert fault.message.endswith(f"{spool}: Not a directory")
    assert fault.line > 0
    spool.unlink()
    spool.mkdir()
    assert warned() == []


SUB = "start: s\narguments: {}\nnodes:\n  s: {return: {}}\n"


def test_a_sub_flow_is_read_with_the_flow_that_runs_it(whole: Site) -> None:
    (whole.root / "dialplans" / "ask.yaml").write_text(SUB)
    done = check(whole.root / "config")
    assert (done.errors, [f for f in done.warnings if f.rule != "missing-audio"]) == ([], [])  # nothing runs it yet
    edit(whole.root / "dialplans" / "169.yaml", "tag: {add: lkpm.umum, then: queue-lkpm}", "run: {flow: ask, then: queue-lkpm}")
    assert check(whole.root / "config").errors == []
    (whole.root / "dialplans" / "ask.yaml").write_text(SUB.replace("start: s", "start: x"))
    errors = check(whole.root / "config").errors
    assert {Path(f.file).name for f in errors} == {"ask.yaml"}
    assert "there is no node 'x'" in {f.message for f in errors}


def test_faults_of_a_dialplan_that_no_number_leads_to_are_warnings(whole: Site) -> None:
    (whole.root / "dialplans" / "draft.yaml").write_text("start: a\nnodes:\n  a: {hangup: {why: bored}}\n")
    done = check(whole.root / "config")
    assert done.errors == []
    assert [Path(f.file).name for f in done.warnings if f.rule != "missing-audio"] == ["draft.yaml"]


def test_all_faults_of_one_dialplan_are_told_whatever_their_kind(whole: Site) -> None:
    """A key that is misspelt does not hide a node that does not exist."""
    flow = whole.root / "dialplans" / "169.yaml"
    edit(flow, "hangup: {why: closed}", "hangup: {whi: closed}")
    edit(flow, "{to: kbli,", "{to: kbly,")
    messages = {f.message for f in check(whole.root / "config").errors}
    assert {"unknown key 'whi'", "there is no queue 'kbly'"} <= messages


def test_breaks_that_take_all_hours(whole: Site) -> None:
    calendar = whole.root / "config" / "calendar.yaml"
    text = calendar.read_text()
    breaks = [line for line in text.splitlines() if line.startswith("breaks:")]
    calendar.write_text(text.replace(breaks[0], "") if breaks else text)
    with calendar.open("a") as out:
        out.write("\nbreaks:\n  meeting: [\"08:00-12:00\", \"12:00-17:00\"]\n")
    (fault,) = check(whole.root / "config").errors
    assert fault.message == "the lines never open: breaks take all hours of every day"


def test_names_in_a_file_that_cannot_be_read_are_not_held_against_a_dialplan(whole: Site) -> None:
    (whole.root / "config" / "queues.yaml").write_text("queues: [\n")
    errors = check(whole.root / "config").errors
    assert {Path(f.file).name for f in errors} == {"queues.yaml"}
