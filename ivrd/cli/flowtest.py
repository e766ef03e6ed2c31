"""``ivrd test``: the tests of the dialplans, walked on the daemon's own core, and what they leave out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ivrd.adapters.prompts import catalogue
from ivrd.cli.faults import in_order, relative, text
from ivrd.cli.junit import Result, write
from ivrd.core.plan import Plan
from ivrd.daemon.clock import SystemClock
from ivrd.daemon.plan import make_plan
from ivrd.errors import ConfigError, Fault, IvrdError
from ivrd.rehearsal.coverage import Coverage
from ivrd.rehearsal.meaning import Names, meaning
from ivrd.rehearsal.moments import moment
from ivrd.rehearsal.performance import Failure, Performance
from ivrd.rehearsal.rehearsal import Rehearsal
from ivrd.settings import yamltext
from ivrd.settings.flowtests import FlowTest, FlowTests, load_tests
from ivrd.settings.load import load

STATUS = "status: 0  all is as expected, 1  a test failed or too little is covered, 2  a file is faulty"


def add_parser(subparsers: Any) -> None:
    """``ivrd test``."""
    parser = subparsers.add_parser("test", help="run the dialplans' tests (dialplans/tests/<flow>.yaml)", epilog=STATUS)
    parser.add_argument("files", nargs="*", type=Path, help="default: all of dialplans/tests")
    parser.add_argument("--min-coverage", type=float, default=0.0, metavar="N", help="percent of nodes, ways and keys of each flow and sub-flow")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write the results as JUnit XML, for CI")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """See STATUS."""
    try:
        loaded = load(args.config)
        texts = catalogue.load(loaded.path(loaded.site.paths.prompts) / catalogue.FILE, loaded.site.languages)
        plan = make_plan(loaded, texts)
        directory = loaded.path(loaded.site.paths.dialplans)
        files = args.files or sorted((directory / "tests").glob("*.yaml"))
        if not files:
            raise IvrdError(f"there are no tests in {directory / 'tests'}")
        read = _read(files, plan, Names.of(loaded, texts.entries))
    except ConfigError as exc:
        print(text(in_order(exc.faults, [])), file=sys.stderr)
        return 2
    results, covered = list[Result](), dict[str, Coverage]()
    for tests in read:
        flow = plan.flows[plan.current[tests.flow]]
        for name, part in {tests.flow: flow, **flow.parts}.items():
            covered.setdefault(name, Coverage(flow=part))
        results += [_one(test, tests, plan, covered) for test in tests.tests]
    for name, coverage in covered.items():
        for line in _covered(coverage, directory / f"{name}.yaml"):
            print(line)
    enough = all(coverage.percent >= args.min_coverage for coverage in covered.values())
    failed = sum(r.message != "" for r in results)
    print(f"{len(results)} tests, {failed} failed" + ("" if enough else f"; coverage is below {args.min_coverage:g} %"))
    if args.junit:
        try:
            write(args.junit, results)
        except OSError as exc:
            raise IvrdError(f"{args.junit} cannot be written: {exc.strerror}") from None
    return 0 if enough and not failed else 1


def _read(files: list[Path], plan: Plan, names: Names) -> list[FlowTests]:
    """All files; ConfigError with the faults of all together."""
    read, faults = list[FlowTests](), list[Fault]()
    for file in files:
        try:
            tests = load_tests(file)
        except ConfigError as exc:
            faults += exc.faults
            continue
        read.append(tests)
        faults += meaning(tests, plan, names, SystemClock().now())
    if faults:
        raise ConfigError(faults)
    return read


def _one(test: FlowTest, tests: FlowTests, plan: Plan, covered: dict[str, Coverage]) -> Result:
    call = Rehearsal(plan, moment(test.at, plan.calendar.tz, SystemClock().now()))
    did = test.dial or next(d for d, flow in plan.dids.items() if flow == tests.flow)
    failure = Performance(call).run(test, did)
    covered[tests.flow].add(call.trace)
    for part in plan.flows[plan.current[tests.flow]].parts:
        covered[part].add(call.trace, part)
    told = _told(failure, tests.file) if failure else ""
    print(f"{'FAILED' if failure else 'ok    '}  {tests.flow}: {test.name}")
    if told:
        print(told)
    return Result(flow=tests.flow, name=test.name, file=tests.file, line=test.line, message=told, took_s=call.at - call.trace[0].at)


def _told(failure: Failure, file: str) -> str:
    return f"  {relative(file)}:{failure.line}: {failure.message}\n  path: {' > '.join(failure.path) or 'none'}"


def _covered(coverage: Coverage, flow: Path) -> Iterator[str]:
    """The percentage, and what is missing with its line in the flow."""
    missing, parts = coverage.missing, coverage.parts
    yield f"{coverage.flow.name}: {len(parts) - len(missing)} of {len(parts)} nodes, ways and keys walked ({coverage.percent:.1f} %)"
    doc = yamltext.load(flow) if missing else None
    for node, path in missing:
        assert doc is not None
        place = ("nodes", node, coverage.flow.nodes[node].verb, *path) if path else ("nodes", node)
        fault = doc.fault(_as_written(place, doc), "")
        yield f"  not walked: {relative(str(flow))}:{fault.line}:{fault.column}: {node}" + (f", {'.'.join(map(str, path))}" if path else "")


def _as_written(place: tuple[str | int, ...], doc: yamltext.Document) -> tuple[str | int, ...]:
    """1 and "1" as they stand in the file."""
    found = list[str | int]()
    for key in place:
        number = isinstance(key, str) and key.isdigit() and (*found, int(key)) in doc.places
        found.append(int(key) if number else key)
    return tuple(found)
