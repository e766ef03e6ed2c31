"""Faults for `make mutants`: each is made, told and loaded without a file being touched; what is listed and has gone is reported."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

from rig import mutants
from rig.mutations import mutations

SOURCE = '''
"""Why."""
TABLE: dict[str, int] = {"a": 1}
ORDER: tuple[str, ...] = ("x", "y")
Alias = int | str


class Kept:
    """Why."""

    wait_s: int | None = 3

    def late(self, at: float = 0.5) -> bool:
        """Why."""
        if not self.gone and at >= self.wait_s:
            self.gone = True
        return max(at, -self.wait_s) + 1
'''
CHANGES = [
    ("TABLE", "'a': 1 left out"), ("TABLE", "1 -> 2"), ("TABLE", "1 -> 0"),
    ("ORDER", "'x' left out"), ("ORDER", "'y' left out"),
    ("Kept.wait_s", "3 -> 4"), ("Kept.wait_s", "3 -> 2"),
    ("Kept.late", "0.5 -> 1.5"), ("Kept.late", "0.5 -> -0.5"),
    ("Kept.late", "not self.gone and at >= self.wait_s -> not (not self.gone and at >= self.wait_s)"),
    ("Kept.late", "not self.gone and at >= self.wait_s -> not self.gone or at >= self.wait_s"),
    ("Kept.late", "not self.gone -> self.gone"),
    ("Kept.late", "at >= self.wait_s -> at > self.wait_s"),
    ("Kept.late", "self.gone = True dropped"), ("Kept.late", "True -> False"),
    ("Kept.late", "return max(at, -self.wait_s) + 1 -> return None"),
    ("Kept.late", "max(at, -self.wait_s) + 1 -> max(at, -self.wait_s) - 1"),
    ("Kept.late", "max(at, -self.wait_s) -> min(at, -self.wait_s)"),
    ("Kept.late", "-self.wait_s -> self.wait_s"),
    ("Kept.late", "1 -> 2"), ("Kept.late", "1 -> 0"),
]  # fmt: skip


def test_everything_that_runs_is_changed_and_nothing_that_only_says_something() -> None:
    assert [(m.where, m.change) for m in mutations(ast.parse(SOURCE))] == CHANGES


def test_each_change_is_made_alone() -> None:
    for number in range(len(CHANGES)):
        tree = ast.parse(SOURCE)
        mutations(tree)[number].apply()
        changed = set(ast.unparse(tree).splitlines()) - set(ast.unparse(ast.parse(SOURCE)).splitlines())
        assert len(changed) == 1


def test_two_changes_that_read_alike_have_names_of_their_own() -> None:
    told = [m.change for m in mutations(ast.parse("def f(a):\n    return a.b(1) and a.c(1)"))]
    assert told[-4:] == ["1 -> 2", "1 -> 0", "1 -> 2 (2)", "1 -> 0 (2)"]


def test_a_changed_module_is_loaded_in_place_of_its_original_and_the_file_stays() -> None:
    level = mutants.ACD / "level.py"
    text = level.read_text()
    nobody = next(m for m in mutants.mutants(level) if m.mutation.change == "judged > 0 -> judged >= 0")
    spec = mutants._Hook(nobody).find_spec("ivrd.core.acd.level")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(ZeroDivisionError):
        module.service_level(answered_in_level=0, answered=0, abandoned=0, short_abandoned=0, diverted=0)
    assert level.read_text() == text
    assert mutants._Hook(nobody).find_spec("ivrd.core.acd.lines") is None


def test_a_listed_change_is_not_run_and_one_that_has_gone_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    level = mutants.ACD / "level.py"
    changes = [m.mutation.change for m in mutants.mutants(level)]
    listed = tmp_path / "mutants.yaml"
    listed.write_text("level:\n  service_level:\n" + "".join(f'    "{change}": why\n' for change in changes))
    monkeypatch.setattr(mutants, "EQUIVALENT", listed)
    monkeypatch.setattr(mutants, "VAR", tmp_path)
    assert mutants.main([str(level)]) == 0
    number = str(len(changes))
    assert ["all", number, "0", "0", "0", "0", number] in [line.split() for line in capsys.readouterr().out.splitlines()]
    listed.write_text(listed.read_text() + '    "gone -> away": why\n')
    assert mutants.main([str(level)]) == 1
    assert "service_level: gone -> away: the code moved on" in capsys.readouterr().out
