"""Writes pyworkforce.json: what another library says of Erlang C, to hold ours against.

    pip install --no-deps pyworkforce==0.5.1    (its queues need nothing else; its scheduling would bring OR-Tools)
    python tests/staffing/make_reference.py
"""

from __future__ import annotations

import importlib.util
import json
import sys
from importlib.metadata import distribution, version
from pathlib import Path

CASES = [
    (calls, aht_s, within_s, extra)
    for calls in (1, 5, 27, 100, 400, 1000)
    for aht_s in (60, 180, 492, 600)
    for within_s in (10, 20, 60)
    for extra in (1, 2, 5, 15)
]


def main() -> None:
    source = distribution("pyworkforce").locate_file("pyworkforce/queuing/erlang.py")
    spec = importlib.util.spec_from_file_location("erlang", str(source))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["joblib"] = module  # its Parallel is of no interest
    for name in ("Parallel", "delayed"):
        setattr(module, name, None)
    sys.modules["pyworkforce"] = sys.modules["pyworkforce.utils"] = module
    module.ParameterGrid = None
    spec.loader.exec_module(module)
    rows = []
    for calls, aht_s, within_s, extra in CASES:
        erlang = module.ErlangC(transactions=calls, aht=aht_s / 60, asa=within_s / 60, interval=30, shrinkage=0.0)
        agents = int(calls * aht_s / 1800) + extra
        needed = erlang.required_positions(service_level=0.85, max_occupancy=0.9)
        rows.append(
            {
                "calls": calls, "aht_s": aht_s, "within_s": within_s, "agents": agents,
                "waits": erlang.waiting_probability(agents), "within": erlang.service_level(agents),
                "occupancy": erlang.achieved_occupancy(agents), "needed": needed["raw_positions"],
            }
        )  # fmt: skip
    text = json.dumps({"pyworkforce": version("pyworkforce"), "rows": rows}, indent=None, separators=(",", ":"))
    (Path(__file__).parent / "pyworkforce.json").write_text(text.replace("},{", "},\n{") + "\n")


if __name__ == "__main__":
    main()
