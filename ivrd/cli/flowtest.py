"""``ivrd test``: the tests of the dialplans, walked on the daemon's own core, and what they leave out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ivrd.adapters.prompts import catalogue
from ivrd.cli.faults import in_order, text
from ivrd.cli.junit import Result, write
from ivrd.core.plan import Plan
from ivrd.daemon.clock import SystemClock
from ivrd.daemon.plan import make_plan
from ivrd.errors import ConfigError, Fault, IvrdError
from ivrd.rehearsal.coverage import Coverage
from ivrd.rehearsal.moments import moment
from ivrd.rehearsal.performance import Failure, Performance
from ivrd.rehearsal.rehearsal import Rehearsal
from ivrd.settings import yamltext
from ivrd.settings.flowtests import FlowTest, FlowTests, load_tests
from ivrd.settings.load import load, suggest
from ivrd.settings.site import Loaded

STATUS = "status: 0  all is as expected, 1  a test failed or too little is covered, 2  a file is faulty"


def add_parser(subparsers: Any) -> None:
    """``ivrd test``."""
    parser = subparsers.add_parser("test", help="run the dialplans' tests (dialplans/tests/<flow>.yaml)", epilog=STATUS)
    parser.add_argument("files", nargs="*", type=Path, help="default: all of dialplans/tests")
    parser.add_argument("--min-coverage", type=float, default=0.0, metavar="N", help="percent of nodes, ways and keys of each flow")
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
        read = _read(files, plan, loaded)
    except ConfigError as exc:
        print(text(in_order(exc.faults, [])), file=sys.stderr)
        return 2
    results, enough = list[Result](), True
    for tests in read:
        coverage = Coverage(flow=plan.flows[plan.current[tests.flow]])
        results += [_one(test, tests, plan, coverage) for test in tests.tests]
        for line in _covered(coverage, directory / f"{tests.flow}.yaml"):
            print(line)
        enough = enough and coverage.percent >= args.min_coverage
    failed = sum(r.message != "" for r in results)
    print(f"{len(results)} tests, {failed} failed" + ("" if enough else f"; coverage is below {args.min_coverage:g} %"))
    if args.junit:
        try:
            write(args.junit, results)
        except OSError as exc:
            raise IvrdError(f"{args.junit} cannot be written: {exc.strerror}") from None
    return 0 if enough and not failed else 1


def _read(files: list[Path], plan: Plan, loaded: Loaded) -> list[FlowTests]:
    """All files; ConfigError with the faults of all together."""
    read, faults = list[FlowTests](), list[Fault]()
    for file in files:
        try:
            tests = load_tests(file)
        except ConfigError as exc:
            faults += exc.faults
            continue
        read.append(tests)
        faults += _meaning(tests, plan, loaded)
    if faults:
        raise ConfigError(faults)
    return read


def _meaning(tests: FlowTests, plan: Plan, loaded: Loaded) -> Iterator[Fault]:
    """Names and moments that are none."""
    doc = tests.document
    if tests.flow not in plan.current:
        yield doc.fault((), f"no number leads to a flow {tests.flow!r}", suggest(tests.flow, plan.current) or "name the file like the flow")
    for i, test in enumerate(tests.tests):
        try:
            moment(test.at, plan.calendar.tz, SystemClock().now())
        except ValueError as exc:
            yield doc.fault(("tests", i, "at"), str(exc))
        if test.dial and plan.dids.get(test.dial) != tests.flow:
            yield doc.fault(("tests", i, "dial"), f"{test.dial!r} does not lead to {tests.flow!r}", suggest(test.dial, plan.dids))
        for agent in test.agents:
            if agent not in loaded.agents:
                yield doc.fault(("tests", i, "agents"), f"there is no agent {agent!r}", suggest(agent, loaded.agents))
        for j, step in enumerate(test.steps):
            if step.queue and step.queue not in loaded.queues:
                yield doc.fault(("tests", i, "steps", j, "queue"), f"there is no queue {step.queue!r}", suggest(step.queue, loaded.queues))


def _one(test: FlowTest, tests: FlowTests, plan: Plan, coverage: Coverage) -> Result:
    call = Rehearsal(plan, moment(test.at, plan.calendar.tz, SystemClock().now()))
    did = test.dial or next(d for d, flow in plan.dids.items() if flow == tests.flow)
    failure = Performance(call).run(test, did)
    coverage.add(call.trace)
    told = _told(failure, tests.file) if failure else ""
    print(f"{'FAILED' if failure else 'ok    '}  {tests.flow}: {test.name}")
    if told:
        print(told)
    return Result(flow=tests.flow, name=test.name, file=tests.file, line=test.line, message=told, took_s=call.at - call.trace[0].at)


def _told(failure: Failure, file: str) -> str:
    return f"  {file}:{failure.line}: {failure.message}\n  path: {' > '.join(failure.path) or 'none'}"


def _covered(coverage: Coverage, flow: Path) -> Iterator[str]:
    """The percentage, and what is missing with its line in the flow."""
    missing, parts = coverage.missing, coverage.parts
    yield f"{coverage.flow.name}: {len(parts) - len(missing)} of {len(parts)} nodes, ways and keys walked ({coverage.percent:.1f} %)"
    doc = yamltext.load(flow) if missing else None
    for node, path in missing:
        assert doc is not None
        place = ("nodes", node, coverage.flow.nodes[node].verb, *path) if path else ("nodes", node)
        fault = doc.fault(_as_written(place, doc), "")
        yield f"  not walked: {flow}:{fault.line}:{fault.column}: {node}" + (f", {'.'.join(map(str, path))}" if path else "")


def _as_written(place: tuple[str | int, ...], doc: yamltext.Document) -> tuple[str | int, ...]:
    """1 and "1" as they stand in the file."""
    found = list[str | int]()
    for key in place:
        number = isinstance(key, str) and key.isdigit() and (*found, int(key)) in doc.places
        found.append(int(key) if number else key)
    return tuple(found)
