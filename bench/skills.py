"""The price of skills: the shipped configuration against a centre without skills and app_queue, at several loads.

    python -m bench.skills [--days 40] [--seed 1]

Prints the table of docs/performance.md. Every load is ``ivrd simulate --price-of-skills --load X``.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
from typing import Any

from ivrd.cli import main as ivrd

LOADS = ("1", "1.5", "2", "2.5", "3")


def main() -> int:
    parser = argparse.ArgumentParser(description="what skills cost in service level, and what app_queue makes of the same callers")
    parser.add_argument("--days", default="40")
    parser.add_argument("--seed", default="1")
    args = parser.parse_args()
    print("| load | calls a day | occupancy % | pooled % | ivrd % | rrmemory % | leastrecent % | fewestcalls % | linear % | price, points | goal <= 3 |")
    print("|---" * 11 + "|")
    kept = True
    for load in LOADS:
        made = run("--load", load, "--days", args.days, "--seed", args.seed)
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
        ivrd(["simulate", "--price-of-skills", "--format", "json", *args])
    return json.loads(out.getvalue())


def percent(measure: dict[str, float]) -> str:
    return f"{measure['value'] * 100:.1f} +/- {measure['half'] * 100:.1f}"


if __name__ == "__main__":
    sys.exit(main())
