"""The language of dialplans' tests: what the outside answers, variables, agents, sub-flows; and its faults, each at its place."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from playbook import SHIPPED

from ivrd.__main__ import main

FLOW = """\
start: ask
variables: {count: int}
nodes:
  ask: {run: {flow: number, into: {nib: nib}, then: fetch}}
  fetch: {http: {service: oss, get: /l, send: {nib: nib}, timeout_s: 3, save: {count: /c}, then: weigh, on_failure: sorry}}
  weigh: {branch: {cases: [{when: vars.count > 2, then: call}], otherwise: queue}}
  call: {dial: {extension: "101", then: bye, busy: leave, no_answer: queue, failed: queue}}
  leave: {voicemail: {box: umum, then: bye, otherwise: queue}}
  queue: {queue: {to: umum, overflow: sorry}}
  sorry: {play: {say: [queue-overflow], then: bye}}
  bye: {hangup: {}}
"""
#: it has a node of the same name
NUMBER = """\
start: type
returns: {nib: string}
nodes:
  type: {collect: {say: [ask-nib], into: nib, min: 3, max: 3, tries: 2, then: back, otherwise: call}}
  call: {set: {to: {nib: "'000'"}, then: back}}
  back: {return: {values: {nib: vars.nib}}}
"""
TESTS = """\
tests:
  - name: the service knows much, the phone is busy, and a message is left
    at: 2026-11-24 10:00
    steps:
      - presses: "123"
        vars: {nib: "123"}
        path: [number/type, number/back, fetch]
      - answered: {outcome: ok, values: {count: 3}}
        vars: {nib: "123", count: 3}
      - answered: {outcome: busy}
        path: [call, leave]
      - hears: [voicemail-greeting, beep]
      - answered: {outcome: recorded, values: {duration_s: 9}}
      - hears: [voicemail-review]
      - presses: "1"
      - hears: [voicemail-sent]
      - ended: voicemail
  - name: an agent declines, and answers when asked again
    at: 2026-11-24 10:00
    agents: ["101"]
    steps:
      - presses: "123"
      - answered: {outcome: ok, values: {count: 1}}
        queue: umum
      - agent declines
      - waits: 11
      - agent answers
      - agent hangs up
      - ended: answered
  - name: whom the flow calls answers
    at: 2026-11-24 10:00
    steps:
      - presses: "123"
      - answered: {outcome: ok, values: {count: 9}}
      - answered: {outcome: answered}
      - agent hangs up
      - ended: connected
"""

@dataclass
class Site:
    """The shipped settings with a service and a mailbox, and another flow at 169; we are there."""

    capture: pytest.CaptureFixture[str]

    def change(self, before: str, after: str) -> None:
        """Edit the tests, at the first place where ``before`` stands."""
        file = Path("dialplans/tests/169.yaml")
        assert before in file.read_text()
        file.write_text(file.read_text().replace(before, after, 1))

    def test(self, *args: str) -> tuple[int, str, str]:
        """``ivrd test``: status, standard output, standard error."""
        status = main(["test", *args])
        return status, *self.capture.readouterr()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Site:
    """A site of its own."""
    shutil.copytree(SHIPPED / "config", tmp_path / "config")
    (tmp_path / "prompts").symlink_to(SHIPPED / "prompts")
    with (tmp_path / "config" / "ivrd.yaml").open("a") as file:
        file.write("services: {oss: {url: 'https://oss.example.go.id'}}\nvoicemail: {boxes: {umum: {directory: var/umum}}}\n")
    tests = tmp_path / "dialplans" / "tests"
    tests.mkdir(parents=True)
    (tmp_path / "dialplans" / "169.yaml").write_text(FLOW)
    (tmp_path / "dialplans" / "number.yaml").write_text(NUMBER)
    (tests / "169.yaml").write_text(TESTS)
    monkeypatch.chdir(tmp_path)
    return Site(capsys)


def test_services_variables_agents_and_sub_flows_are_walked_and_covered(site: Site) -> None:
    status, out, err = site.test()
    assert status == 0, out + err
    assert "3 tests, 0 failed\n" in out
    assert "169: 14 of 21 nodes, ways and keys walked (66.7 %)\n" in out
    assert "not walked: dialplans/169.yaml:5:" in out
    assert ": fetch, on_failure\n" in out
    assert "number: 3 of 6 nodes, ways and keys walked (50.0 %)\n" in out
    assert "dialplans/number.yaml:5:3: call\n" in out
    assert site.test("--min-coverage", "60")[0] == 1, "sub-flows count"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("values: {count: 3}}\n        vars: {nib: \"123\", count: 3}", "values: {count: 3}}\n        vars: {count: 4}", ":8: expected vars.count 4; got 3"),
        ("outcome: ok, values: {count: 3}", "outcome: recorded", ":8: the service 'oss' never ends with 'recorded': it ends with ok, "),
        ("outcome: ok, values: {count: 3}", "outcome: ok", ":8: the service 'oss' with 'ok' gives count; missing: count"),
        ("outcome: ok, values: {count: 3}", "outcome: ok, values: {count: 3, x: 1}", "gives no 'x': it gives: count"),
        ("outcome: busy", "outcome: recorded", ":10: calling somebody never ends with 'recorded'"),
        ("duration_s: 9", "duration_s: 900", ":13: a recording takes 0 to 120 seconds, not 900"),
        ('- presses: "123"', "- answered: {outcome: ok}", ":5: nothing was asked of the outside at this point"),
        ("waits: 11", "waits: 1", ":27: agent answers: no agent's phone rings"),
    ],
)
def test_what_does_not_come_true_fails_at_its_line(site: Site, before: str, after: str, said: str) -> None:
    site.change(before, after)
    status, out, err = site.test()
    assert status == 1, out + err
    assert said in out
    assert "1 failed" in out


@pytest.mark.parametrize(
    ("before", "after", "place", "said"),
    [
        ("at: 2026-11-24 10:00", "at: 2026-11-24 25:00", ":3:5: ", "'2026-11-24 25:00' is not a moment: write "),
        ("at: 2026-11-24 10:00", "at: 2026-11-24 10:00\n    dial: \"170\"", ":4:5: ", "numbers that do: 169"),
        ("agents: [\"101\"]", "agents: [\"101\", \"1O2\"]", ":20:21: ", "there is no agent '1O2'"),
        ("voicemail-greeting, beep", "voicemail-greetings, beep", ":12:17: ", "did you mean 'voicemail-greeting'?"),
        ("voicemail-greeting, beep", "voicemail-greeting@fr, beep", ":12:17: ", "known: id, en"),
        ("voicemail-greeting, beep", "voicemail-greeting, beap", ":12:37: ", "did you mean 'beep'?"),
        ("ended: voicemail", "ended: voicemial", ":17:9: ", "did you mean 'voicemail'?"),
        ("queue: umum", "queue: umun", ":24:9: ", "did you mean 'umum'?"),
        ("queue: umum", "skills: [perizina]", ":24:18: ", "did you mean 'perizinan'?"),
        ("queue: umum", "language: fr", ":24:9: ", "known: id, en"),
        ("outcome: busy", "outcome: bussy", ":10:20: ", "did you mean 'busy'?"),
        ("path: [call, leave]", "path: [call, laeve]", ":11:22: ", "did you mean 'leave'?"),
        ("path: [number/type", "path: [number/tpye", ":7:16: ", "did you mean 'number/type'?"),
        ("vars: {nib: ", "vars: {nip: ", ":6:16: ", "did you mean 'nib'?"),
    ],
)
def test_a_name_that_is_none_is_told_with_its_place(site: Site, before: str, after: str, place: str, said: str) -> None:
    site.change(before, after)
    status, out, err = site.test()
    assert status == 2, out + err
    assert f"dialplans/tests/169.yaml{place}" in err
    assert said in err
    assert out == ""
