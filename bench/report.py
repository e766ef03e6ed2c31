"""What was measured: as tables for people, as JSON for later."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench import beside
from bench.site import BARE, IVRD, PEERS, TARGETS
from bench.stats import CPU, GOALS, Sample, row, verdict

#: what must never happen
TROUBLE = ("failed", "one-way audio", "frames lost")


@dataclass
class Result:
    """All runs of one benchmark; ``samples[run][target]`` has one Sample a repeat."""

    about: dict[str, object]
    samples: dict[str, dict[str, list[Sample]]] = field(default_factory=dict)

    def add(self, run: str, target: str, sample: Sample) -> None:
        """Keep one repeat."""
        self.samples.setdefault(run, {}).setdefault(target, []).append(sample)

    def measures(self) -> dict[str, dict[str, list[list[float]]]]:
        """measure -> target -> one list of values a repeat."""
        found: dict[str, dict[str, list[list[float]]]] = {}
        for targets in self.samples.values():
            for target, repeats in targets.items():
                for measure in dict.fromkeys(m for s in repeats for m in s.times_ms):
                    values = [s.times_ms.get(measure, []) for s in repeats]
                    found.setdefault(measure, {})[target] = values
        return found

    def counts(self, target: str) -> dict[str, int]:
        """Sums over all runs at one target."""
        total = Sample()
        for targets in self.samples.values():
            for sample in targets.get(target, ()):
                for what, number in sample.counts.items():
                    total.count(what, number)
        return total.counts

    @property
    def beside(self) -> dict[str, list[Sample]]:
        """The repeats of the run that compares two phases; {} when there was none."""
        return self.samples.get(beside.NAME, {})

    @property
    def trouble(self) -> list[str]:
        """What must not have happened, and did."""
        return beside.trouble(self.beside) + [
            f"{target.name}: {self.counts(target.name)[what]} {what}"
            for target in TARGETS
            for what in TROUBLE
            if self.counts(target.name).get(what)
        ]

    @property
    def missed(self) -> list[str]:
        """Goals that ivrd did not keep."""
        lines = beside.missed(self.beside)
        found = self.measures()
        for measure in GOALS:
            repeats = found.get(measure, {})
            if IVRD.name in repeats:
                said = verdict(measure, row(IVRD.name, repeats[IVRD.name], repeats.get(_reference(measure))))
                if said.startswith("MISSED"):
                    lines.append(f"{measure}: {said}")
        return lines


def tables(result: Result) -> str:
    """One table a measure, and the counts."""
    if result.beside:
        return beside.tables(result.beside)
    blocks = [_measure(name, targets) for name, targets in result.measures().items()]
    return "\n\n".join([*blocks, _counts(result)])


def _measure(name: str, targets: dict[str, list[list[float]]]) -> str:
    lines = []
    for target, repeats in targets.items():
        summed = row(target, repeats, targets.get(_reference(name)))
        ratio = "" if summed.ratio is None else f"{summed.ratio:.2f}"
        if summed.ratio is not None and summed.ratio < 0.1:
            ratio = f"1/{1 / summed.ratio:.0f}"
        said = verdict(name, summed) if target == IVRD.name else ""
        lines.append([target, f"{summed.median:.2f}", f"{summed.p95:.2f}", str(summed.values), ratio, said])
    unit = "" if "CPU" in name or "a second" in name else " (ms)"
    return f"{name}{unit}\n" + _table(["", "median", "p95", "values", "ratio", "goal"], lines)


def _reference(measure: str) -> str:
    """The target that ratios of a measure refer to."""
    return BARE.name if measure == CPU else PEERS[0].name


def _counts(result: Result) -> str:
    what = ["calls", *TROUBLE, "frames"]
    lines = [[t.name, *(str(result.counts(t.name).get(w, 0)) for w in what)] for t in TARGETS]
    return "What went wrong\n" + _table(["", *what], lines)


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [head, *lines]
    widths = [max(len(line[i]) for line in rows) for i in range(len(head))]
    text = [
        "  ".join(cell.ljust(w) if i in (0, 5) else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True)))
        for line in rows
    ]
    return "\n".join(line.rstrip() for line in text)


def write(result: Result, path: Path) -> None:
    """Keep everything."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = {
        run: {target: [asdict(s) for s in repeats] for target, repeats in targets.items()}
        for run, targets in result.samples.items()
    }
    path.write_text(json.dumps({"about": result.about, "samples": samples}, indent=1) + "\n")


def read(path: Path) -> Result:
    """What ``write`` kept."""
    kept = json.loads(path.read_text())
    result = Result(kept["about"])
    for run, targets in kept["samples"].items():
        for target, repeats in targets.items():
            for sample in repeats:
                result.add(run, target, Sample(**sample))
    return result
