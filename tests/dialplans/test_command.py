"""``ivrd test``, the real command: the shipped tests cover 169 wholly, and a broken one fails readably."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

from playbook import SHIPPED

ONE = """\
tests:
  - name: lkpm
    at: 2026-11-24 10:00
    steps:
      - presses: "22"
        queue: {queue}
"""


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ivrd", "test", *args], cwd=SHIPPED, capture_output=True, text=True, timeout=60)


def written(directory: Path, text: str) -> str:
    file = directory / "169.yaml"
    file.write_text(text)
    return str(file)


def test_the_shipped_flow_is_covered_wholly() -> None:
    done = run("--min-coverage", "100")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "169: 90 of 90 nodes, ways and keys walked (100.0 %)\n" in done.stdout


def test_a_broken_expectation_is_told_with_its_line_and_the_path(tmp_path: Path) -> None:
    file, junit = written(tmp_path, ONE.format(queue="kbli")), tmp_path / "junit.xml"
    done = run(file, "--junit", str(junit))
    assert done.returncode == 1
    assert "FAILED  169: lkpm\n" in done.stdout
    assert f"  {file}:5: expected queue kbli; got lkpm\n  path: greeting > choose-language > speak-english > " in done.stdout
    failure = ET.parse(junit).find("testsuite/testcase/failure")
    assert failure is not None
    assert "expected queue kbli; got lkpm" in failure.get("message", "")


def test_too_little_covered_is_told_with_the_lines_of_the_flow(tmp_path: Path) -> None:
    done = run(written(tmp_path, ONE.format(queue="lkpm")), "--min-coverage", "100")
    assert done.returncode == 1
    assert "dialplans/169.yaml:44:14: main, keys.1\n" in done.stdout
    assert done.stdout.endswith("1 tests, 0 failed; coverage is below 100 %\n")


def test_what_is_said_is_compared_with_what_is_expected(tmp_path: Path) -> None:
    done = run(written(tmp_path, ONE.format(queue="lkpm") + "  - name: n\n    at: 2026-11-24 10:00\n    steps:\n      - hears: [goodbye]\n"))
    assert done.returncode == 1
    assert ":10: expected to hear goodbye; heard welcome\n" in done.stdout


def test_a_fault_of_the_file_has_its_place_and_a_suggestion(tmp_path: Path) -> None:
    for text, place, said in [
        (ONE.format(queue="lkmp"), ":6:9: ", "did you mean 'lkpm'?"),
        (ONE.replace("presses", "preses").format(queue="lkpm"), ":5:9: ", "did you mean 'presses'?"),
        (ONE.replace('"22"', "22").format(queue="lkpm"), ":5:9: ", "put it in quotes"),
        (ONE.format(queue="lkpm") + "      - agent answer\n", ":7:9: ", "did you mean 'agent answers'?"),
    ]:
        done = run(written(tmp_path, text))
        assert done.returncode == 2
        assert place in done.stderr, done.stderr
        assert said in done.stderr
        assert "Traceback" not in done.stderr
