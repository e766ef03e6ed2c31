"""The price of skills: the shipped configuration against a centre without skills and app_queue, at several loads.

    python -m bench.skills [--days 40] [--seed 1] [--answer-s 4]

Prints the table of docs/performance.md. Every load is ``ivrd simulate --price-of-skills --load X``.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from ivrd.cli import main as ivrd

LOADS = ("1", "1.5", "2", "2.5", "3")


def main() -> int:
    parser = argparse.ArgumentParser(description="what skills cost in service level, and what app_queue makes of the same callers")
    parser.add_argument("--days", default="40")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--answer-s", default="", help="phones are picked up after so long on average (default: as planning/169.yaml says)")
    args = parser.parse_args()
    print("| load | calls a day | occupancy % | pooled % | ivrd % | rrmemory % | leastrecent % | fewestcalls % | linear % | price, points | goal <= 3 |")
    print("|---" * 11 + "|")
    with tempfile.TemporaryDirectory() as directory:
        return rows(args, traffic(Path(directory), args.answer_s))


def traffic(directory: Path, answer_s: str) -> str:
    """The shipped file, or a copy whose agents pick up faster or slower."""
    shipped = Path("planning/169.yaml")
    if not answer_s:
        return str(shipped)
    changed = directory / shipped.name
    changed.write_text(re.sub(r"answer_s: \S+", f"answer_s: {answer_s}", shipped.read_text()))
    return str(changed)


def rows(args: argparse.Namespace, file: str) -> int:
    """A row a load; status 1 when the goal is missed at the study's volumes."""
    kept = True
    for load in LOADS:
        made = run(file, "--load", load, "--days", args.days, "--seed", args.seed)
        ours, pooled, *others = [r["whole"] for r in made["results"]]
        price = made["below_pooled"][made["results"][0]["name"]]
        kept = kept and (made["kept"] or load != "1")
        cells = [
            load, f"{made['results'][0]['calls'] / int(args.days):.0f}", percent(ours["occupancy"]), percent(pooled["service_level"]),
            percent(ours["service_level"]), *(percent(o["service_level"]) for o in others),
            f"{-price['value'] * 100:.1f} +/- {price['half'] * 100:.1f}", "kept" if made["kept"] else "missed",
        ]  # fmt: skip
        print(f"| {' | '.join(cells)} |", flush=True)
    return 0 if kept else 1


def run(*args: str) -> Any:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = ivrd(["simulate", "--price-of-skills", "--format", "json", *args])
    if status:
        sys.exit(status)  # what is wrong has been told
    return json.loads(out.getvalue())


def percent(measure: dict[str, float]) -> str:
    return f"{measure['value'] * 100:.1f} +/- {measure['half'] * 100:.1f}"


if __name__ == "__main__":
    sys.exit(main())
