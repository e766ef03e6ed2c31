"""``python -m rig.advisories``: are there known weaknesses in what requirements.lock names? Part of ``make lint``.

Needs a network that reaches an advisory service: PyPI's, or with ``--osv`` one in the house that speaks OSV's protocol. Without
it, it says loudly that nothing was looked at, and does not fail: an offline build must stay possible. ``--strict`` (before a
release) takes its time, and fails then as well.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence

from rig.tools import REPOSITORY

#: lint is run again and again; an audit of all, over a slow line, is for --strict
TIMEOUT_S, STRICT_TIMEOUT_S = 20.0, 180.0
ANSWER_S = 5  #: of the service, for one package


def main(argv: Sequence[str] | None = None) -> int:
    """1: weaknesses are known; with ``--strict`` also when nobody could look."""
    parser = argparse.ArgumentParser(prog="python -m rig.advisories")
    parser.add_argument("--strict", action="store_true", help="fail when it cannot be looked up")
    parser.add_argument("--osv", default="", metavar="URL", help="ask this service (https://osv.example/v1/query), not PyPI")
    args = parser.parse_args(argv)
    if importlib.util.find_spec("pip_audit") is None:
        found, unknown = [], ["pip-audit is not installed (make setup)"]
    else:
        found, unknown = judge(*_ask(args.osv, STRICT_TIMEOUT_S if args.strict else TIMEOUT_S))
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


def _ask(osv: str, timeout_s: float) -> tuple[str, str]:
    """What pip-audit prints, and what it complains of."""
    lock = REPOSITORY / "requirements.lock"
    argv = [sys.executable, "-m", "pip_audit", "-r", str(lock), "--disable-pip", "--no-deps", "--progress-spinner", "off"]
    argv += ["--timeout", str(ANSWER_S), *(["--vulnerability-service", "osv", "--osv-url", osv] if osv else [])]
    try:
        done = subprocess.run([*argv, "--format", "json"], capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        return "", f"the advisory service has not told of all within {timeout_s:g} s"
    return done.stdout, done.stderr


if __name__ == "__main__":
    sys.exit(main())
