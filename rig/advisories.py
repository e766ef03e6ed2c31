"""``python -m rig.advisories``: are there known weaknesses in what requirements.lock names? Part of ``make lint``.

Needs pip-audit and a network that reaches its advisory service. Without either it says loudly that nothing was looked at,
and does not fail: an offline build must stay possible. ``--strict`` (CI) fails then as well.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence

from rig.tools import REPOSITORY

_TIMEOUT_S = 180.0


def main(argv: Sequence[str] | None = None) -> int:
    """1: weaknesses are known; with ``--strict`` also when nobody could look."""
    parser = argparse.ArgumentParser(prog="python -m rig.advisories")
    parser.add_argument("--strict", action="store_true", help="fail when it cannot be looked up")
    args = parser.parse_args(argv)
    if importlib.util.find_spec("pip_audit") is None:
        found, unknown = [], ["pip-audit is not installed (pip install '.[audit]')"]
    else:
        found, unknown = judge(*_ask())
    for line in found:
        print(line)
    if unknown:
        print(f"dependencies were NOT (all) audited: {'; '.join(unknown)[:500]}", file=sys.stderr)
    elif not found:
        print("dependencies: no known weakness")
    return 1 if found or (unknown and args.strict) else 0


def judge(said: str, complained: str) -> tuple[list[str], list[str]]:
    """Weaknesses, and what could not be looked up: pip-audit calls a package that it skipped no weakness."""
    try:
        packages = json.loads(said)["dependencies"]
    except (ValueError, KeyError, TypeError):
        lines = complained.strip().splitlines()
        return [], [lines[-1][:200] if lines else "pip-audit gave no answer"]
    found = [
        f"{package['name']} {package['version']}: {weakness['id']}, mended in {', '.join(weakness['fix_versions']) or 'nothing yet'}"
        for package in packages
        for weakness in package.get("vulns", ())
    ]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    return found, [f"{len(skipped)} of {len(packages)} are not known to the advisory service ({skipped[0]}, ...)"] if skipped else []


def _ask() -> tuple[str, str]:
    """What pip-audit prints, and what it complains of."""
    lock = REPOSITORY / "requirements.lock"
    argv = [sys.executable, "-m", "pip_audit", "-r", str(lock), "--disable-pip", "--no-deps", "--progress-spinner", "off"]
    try:
        done = subprocess.run([*argv, "--format", "json"], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return "", f"the advisory service has not answered within {_TIMEOUT_S:g} s"
    return done.stdout, done.stderr


if __name__ == "__main__":
    sys.exit(main())
