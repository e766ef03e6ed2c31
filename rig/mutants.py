"""`make mutants`: are there faults of the router that no test notices? One small change at a time (mutations.py), then the tests.

A changed module is put in the place of its original by a hook of the import, in a process of its own that is forked for it: no
file is touched. What was found stands in var/mutants/results.jsonl, so that a run that was stopped goes on: a mutant that was
killed once is not run again while its module is the same, one that lived while module and tests are. Mutants that change nothing
anybody could notice are listed, with the reason, in rig/mutants.yaml. ADR 110 tells why it is made like this.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType

import pytest
import yaml

from rig.mutations import Mutation, mutations
from rig.tools import REPOSITORY

ACD = REPOSITORY / "ivrd/core/acd"
EQUIVALENT = REPOSITORY / "rig/mutants.yaml"
VAR = REPOSITORY / "var/mutants"
TESTS = REPOSITORY / "tests"
#: the quick ones that were written for these modules; all that use them; and the search, which takes longest
ROUNDS = (
    ("core/acd/test_*.py",),
    ("core/test_*.py", "settings/test_routing.py", "simulation/test_oracle.py", "settings/test_schema.py"),
    ("core/acd/test_agreement.py",),
)
#: modules that the search is about
SEARCHED = {"demand", "lines", "model", "pool", "router", "selection", "skills"}
#: what decides whether a survivor would still survive
WORLD = ("ivrd/core", "tests/core", "tests/settings", "tests/simulation")
KILLED, TIMED_OUT, SURVIVED = "killed", "timed out", "survived"


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A mutation of a module, with the names by which list and results know it."""

    file: Path
    number: int  #: among the module's mutations
    mutation: Mutation

    @property
    def key(self) -> tuple[str, str, str]:
        return self.file.stem, self.mutation.where, self.mutation.change

    def __str__(self) -> str:
        return f"{self.file.relative_to(REPOSITORY)}:{self.mutation.line}: {self.mutation.where}: {self.mutation.change}"


def mutants(file: Path) -> list[Mutant]:
    """All of one module."""
    found = mutations(ast.parse(file.read_text()))
    return [Mutant(file=file, number=number, mutation=mutation) for number, mutation in enumerate(found)]


# --- one mutant, in a process of its own


class _Mutated(SourceFileLoader):
    """Loads the module as it is with the mutation; what is compiled is kept nowhere."""

    number: int

    def get_code(self, fullname: str) -> CodeType:
        tree = ast.parse(Path(self.path).read_text())
        mutations(tree)[self.number].apply()
        return compile(ast.fix_missing_locations(tree), self.path, "exec", dont_inherit=True)


class _Hook(MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        self._name = ".".join(mutant.file.relative_to(REPOSITORY).with_suffix("").parts)

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        loader = _Mutated(fullname, str(self._mutant.file))
        loader.number = self._mutant.number
        return spec_from_file_location(fullname, self._mutant.file, loader=loader)


def _child(mutant: Mutant | None, tests: list[str], limit_s: float) -> None:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (int(limit_s), int(limit_s)))  # should nobody be left to end it
    if mutant is not None:
        sys.meta_path.insert(0, _Hook(mutant))
    os._exit(_pytest("-x", *tests))


def _pytest(*arguments: str) -> int:
    VAR.mkdir(parents=True, exist_ok=True)
    with open(VAR / "last.log", "w") as log, contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
        return int(pytest.main(["-q", "--tb=line", "-p", "no:cacheprovider", f"--rootdir={REPOSITORY}", *arguments]))


def run(mutant: Mutant | None, tests: list[str], limit_s: float) -> str:
    """What became of it."""
    process = multiprocessing.get_context("fork").Process(target=_child, args=(mutant, tests, limit_s))
    process.start()
    try:
        process.join(limit_s)
    finally:
        if late := process.exitcode is None:  # or we were stopped
            os.killpg(process.pid or 0, signal.SIGKILL)
            process.join()
    return TIMED_OUT if late else SURVIVED if process.exitcode == 0 else KILLED


def prepare(rounds: list[list[str]]) -> list[float]:
    """Load what tests need besides our own modules, once for all; how long each round takes when nothing is wrong."""
    _pytest("--collect-only", *(test for tests in rounds for test in tests))
    from hypothesis import Phase, settings

    # loaded now, not before pytest has done so itself. That something fails is enough: the smallest example is not looked for
    settings.register_profile("mutants", phases=(Phase.explicit, Phase.generate), database=None)
    settings.load_profile("mutants")
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).is_relative_to(REPOSITORY) and Path(file).relative_to(REPOSITORY).parts[0] in ("ivrd", "tests", "rig"):
            del sys.modules[name]
    took_s = []
    for tests in rounds:
        began = time.monotonic()
        if run(None, tests, 600) != SURVIVED:
            sys.exit(f"mutants: the tests fail without a mutant: see {VAR / 'last.log'}, and mend them first.")
        took_s.append(time.monotonic() - began)
    return took_s


# --- many


def rounds() -> list[list[str]]:
    """Test files of each round; those that are named are of that round only."""
    named = {TESTS / place for places in ROUNDS for place in places if "*" not in place}
    return [
        [str(file) for place in places for file in sorted(TESTS.glob(place)) if TESTS / place == file or file not in named]
        for places in ROUNDS
    ]


def digest(*files: Path) -> str:
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


class Results:
    """What became of mutants so far: a line each, the latest counts."""

    def __init__(self) -> None:
        self._file = VAR / "results.jsonl"
        self._world = digest(*(file for place in WORLD for file in sorted((REPOSITORY / place).rglob("*.py"))))
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        self._known = {(*line["key"], line["module"]): line for line in map(json.loads, lines)}

    def get(self, mutant: Mutant) -> str | None:
        line = self._known.get((*mutant.key, digest(mutant.file)))
        return line["outcome"] if line and (line["outcome"] != SURVIVED or line["world"] == self._world) else None

    def note(self, mutant: Mutant, outcome: str) -> None:
        line = {"key": mutant.key, "module": digest(mutant.file), "world": self._world, "outcome": outcome}
        self._known[*mutant.key, line["module"]] = line
        with open(self._file, "a") as file:
            file.write(json.dumps(line) + "\n")


def equivalents() -> list[tuple[str, str, str]]:
    """Of rig/mutants.yaml: module, where, change."""
    listed = yaml.safe_load(EQUIVALENT.read_text()) or {}
    return [(module, where, change) for module, places in listed.items() for where, changes in places.items() for change in changes]


def judge(chosen: list[Mutant], results: Results) -> None:
    """Each that is not known yet is run: quick tests first, then the others."""
    todo = [mutant for mutant in chosen if results.get(mutant) is None]
    if not todo:
        return
    tests = rounds()
    limits_s = [10 + 4 * took_s for took_s in prepare(tests)]
    for done, mutant in enumerate(todo, 1):
        outcome = SURVIVED
        for files, limit_s in list(zip(tests, limits_s, strict=True))[: None if mutant.file.stem in SEARCHED else -1]:
            if (outcome := run(mutant, files, limit_s)) != SURVIVED:
                break
        results.note(mutant, outcome)
        if outcome == SURVIVED or done % 25 == 0:
            print(f"{time.strftime('%H:%M:%S')} {done:4} of {len(todo)}  {outcome}  {mutant}", flush=True)


def report(of_all: list[Mutant], listed: set[tuple[str, str, str]], chosen: list[Mutant], results: Results) -> list[Mutant]:
    """A row a module; then who lived."""
    outcomes = {mutant.key: results.get(mutant) for mutant in chosen}
    print(f"\n{'module':12}{'mutants':>9}{'run':>6}{'killed':>8}{'timed out':>11}{'survived':>10}{'equivalent':>12}")
    rows = [*dict.fromkeys(mutant.file.stem for mutant in of_all), "all"]
    for name in rows:
        mine = [m.key for m in of_all if name in (m.file.stem, "all")]
        count = Counter(outcomes.get(key) for key in mine if key in outcomes)
        numbers = count.total(), count[KILLED], count[TIMED_OUT], count[SURVIVED], len(listed.intersection(mine))
        print(f"{name:12}{len(mine):9}" + "{:6}{:8}{:11}{:10}{:12}".format(*numbers))
    lived = [mutant for mutant in of_all if outcomes.get(mutant.key) == SURVIVED]
    for mutant in lived:
        print(f"survived  {mutant}")
    return lived


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m rig.mutants", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=lambda f: Path(f).resolve(), help="modules; all of ivrd/core/acd when left out")
    parser.add_argument("--sample", type=int, help="so many, by chance; all when left out")
    parser.add_argument("--seed", type=int, default=0, help="another sample")
    given = parser.parse_args(argv)
    files = given.files or [file for file in sorted(ACD.glob("*.py")) if file.name != "__init__.py"]
    of_all = [mutant for file in files for mutant in mutants(file)]
    listed = equivalents()
    stale = [key for key in listed if key[0] in {f.stem for f in files} and key not in {m.key for m in of_all}]
    chosen = [mutant for mutant in of_all if mutant.key not in set(listed)]
    chosen = sorted(chosen, key=lambda mutant: sha256(repr((given.seed, mutant.key)).encode()).digest())[: given.sample]
    results = Results()
    judge(chosen, results)
    lived = report(of_all, set(listed), chosen, results)
    for module, where, change in stale:
        print(f"stale     {EQUIVALENT.name}: {module}: {where}: {change}: the code moved on; look again, or take it out")
    if lived:
        print("Each survivor wants a test, or a line in rig/mutants.yaml that says why nobody could notice.")
    return 1 if lived or stale else 0


if __name__ == "__main__":
    sys.exit(main())
