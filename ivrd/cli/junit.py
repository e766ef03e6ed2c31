"""Tests' results as JUnit XML, as CI servers read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET


@dataclass(frozen=True, kw_only=True)
class Result:
    """Of one test; ``message`` is "" when it passed, ``took_s`` the call's own time."""

    flow: str
    name: str
    file: str
    line: int
    message: str
    took_s: float


def write(file: Path, results: list[Result]) -> None:
    """One suite a flow. OSError when it cannot be written."""
    root = ET.Element("testsuites", _counts(results))
    for flow in dict.fromkeys(r.flow for r in results):
        of_flow = [r for r in results if r.flow == flow]
        suite = ET.SubElement(root, "testsuite", {"name": flow, **_counts(of_flow)})
        for r in of_flow:
            facts = {"classname": flow, "name": r.name, "file": r.file, "line": str(r.line), "time": f"{r.took_s:.3f}"}
            case = ET.SubElement(suite, "testcase", facts)
            if r.message:
                ET.SubElement(case, "failure", {"message": r.message.strip().splitlines()[0]}).text = r.message
    ET.indent(root)
    ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)


def _counts(results: list[Result]) -> dict[str, str]:
    return {"tests": str(len(results)), "failures": str(sum(r.message != "" for r in results))}
