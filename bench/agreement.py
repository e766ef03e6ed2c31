"""The exchange, simulated, against the closed formulas: more cases and calls than the test has.

    python -m bench.agreement [--calls 4000] [--seed 1]

Thirty batches of ``--calls`` calls a case; 99 % intervals. One value in a hundred may be outside by chance.
"""

from __future__ import annotations

import argparse
import math
import sys

from ivrd.simulation.agreement import Equals, long_run
from ivrd.simulation.estimate import ratio
from ivrd.staffing.model import NAMES, Load, Model, predict

CASES: list[tuple[Model, Equals]] = [
    ("c", Equals(agents=1, calls_per_s=0.005, handling_s=100)),
    ("c", Equals(agents=10, calls_per_s=0.06, handling_s=100)),
    ("c", Equals(agents=10, calls_per_s=0.08, handling_s=100)),
    ("a", Equals(agents=5, calls_per_s=0.05, handling_s=100, patience_s=60)),
    ("a", Equals(agents=24, calls_per_s=0.04, handling_s=600, patience_s=180)),
    ("a", Equals(agents=24, calls_per_s=0.05, handling_s=600, patience_s=180)),
    ("trunks", Equals(agents=5, calls_per_s=0.06, handling_s=100, patience_s=120, trunks=8)),
    ("trunks", Equals(agents=24, calls_per_s=0.06, handling_s=600, patience_s=600, trunks=30)),
    ("trunks", Equals(agents=10, calls_per_s=0.1, handling_s=100, trunks=10)),
]
MEASURES = ("within", "waits", "answer_s", "abandoned", "blocked")
BATCHES = 30


def main() -> int:
    parser = argparse.ArgumentParser(description="hold the simulated exchange against Erlang C, Erlang A and M/M/n/K+M")
    parser.add_argument("--calls", type=int, default=1000, help="a batch (default: 1000)")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    print("| model | agents | erlangs | patience s | trunks | measure | formula | simulated | +/- (99 %) | inside |\n" + "|---" * 10 + "|")
    inside = total = 0
    for model, case in CASES:
        load = Load(calls_per_s=case.calls_per_s, handling_s=case.handling_s, patience_s=case.patience_s, trunks=case.trunks)
        told, seen = predict(model, load, case.agents, case.within_s), long_run(case, BATCHES, args.calls, args.seed)
        for measure in MEASURES:
            exact, estimate = getattr(told, measure), ratio(seen[measure], 0.99)
            if exact == 0 or estimate.value is None or estimate.half is None:
                continue
            held = abs(estimate.value - exact) <= estimate.half + 1e-9  # where there is no chance in it
            inside, total = inside + held, total + 1
            patience = "-" if math.isinf(case.patience_s) else f"{case.patience_s:g}"
            trunks = "-" if case.trunks == 10**6 else str(case.trunks)
            print(
                f"| {NAMES[model]} | {case.agents} | {load.erlangs:g} | {patience} | {trunks} | {measure} | {exact:.4f} | "
                f"{estimate.value:.4f} | {estimate.half:.4f} | {'yes' if held else 'NO'} |",
                flush=True,
            )
    print(f"\n{inside} of {total} inside")
    return 0 if inside >= 0.95 * total else 1


if __name__ == "__main__":
    sys.exit(main())
