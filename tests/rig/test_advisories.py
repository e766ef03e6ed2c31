"""What pip-audit says is told as it is: a package that it did not look at is not one without weakness."""

from __future__ import annotations

import json

from rig.advisories import judge


def said(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


GOOD = {"name": "attrs", "version": "1", "vulns": []}
SKIPPED = {"name": "cryptography", "skip_reason": "Dependency not found on PyPI and could not be audited"}
WEAK = {"name": "old", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"], "aliases": []}]}


def test_all_looked_at_and_nothing_known() -> None:
    assert judge(said(GOOD), "No known vulnerabilities found") == ([], [])


def test_a_skipped_package_is_not_called_clean() -> None:
    found, unknown = judge(said(GOOD, SKIPPED), "No known vulnerabilities found")
    assert found == []
    assert unknown == ["1 of 2 are not known to the advisory service (cryptography, ...)"]


def test_a_weakness_is_named_with_its_remedy() -> None:
    assert judge(said(GOOD, WEAK, SKIPPED), "")[0] == ["old 1: PYSEC-1, mended in 2"]


def test_no_answer_is_said() -> None:
    assert judge("", "error\nno network")[1] == ["no network"]
    assert judge("", "")[1] == ["pip-audit gave no answer"]
