"""Faults for people (with the line and a caret), for programs (JSON, SARIF) and for a pull request's page."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ivrd import __version__
from ivrd.errors import Fault

SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
_LONGEST_LINE = 160

Told = Sequence[tuple[str, Fault]]
"""("error" or "warning", fault), in file order."""


def text(told: Told) -> str:
    """As a compiler would say it, and a last line that counts."""
    if not told:
        return ""
    errors = sum(level == "error" for level, _ in told)
    counts = [_count(errors, "error")] if errors else []
    counts += [_count(len(told) - errors, "warning")] if len(told) > errors else []
    return "\n\n".join([*(_one(level, fault) for level, fault in told), " and ".join(counts)])


def as_json(told: Told) -> str:
    """A list of objects."""
    return json.dumps([{"level": level, **_facts(fault)} for level, fault in told], indent=1, ensure_ascii=False)


def github(told: Told) -> str:
    """Workflow commands: annotations on the lines of a pull request."""
    return "\n".join(
        f"::{level} file={_escaped(relative(f.file), True)},line={max(f.line, 1)},col={max(f.column, 1)}"
        f"::{_escaped(f.message + (f' ({f.hint})' if f.hint else ''), False)}"
        for level, f in told
    )


def sarif(told: Told) -> str:
    """SARIF 2.1.0, as code scanners and editors read it."""
    rules = sorted({fault.rule or "fault" for _, fault in told})
    driver = {
        "name": "ivrd",
        "version": __version__,
        "rules": [{"id": rule, "shortDescription": {"text": rule.replace("-", " ")}} for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(level, fault, rules) for level, fault in told],
    }
    return json.dumps({"$schema": SARIF, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False)


FORMATS: dict[str, Callable[[Told], str]] = {"text": text, "json": as_json, "sarif": sarif, "github": github}


def in_order(errors: Iterable[Fault], warnings: Iterable[Fault]) -> Told:
    """Both together, by file, line and column."""
    told = [*(("error", f) for f in errors), *(("warning", f) for f in warnings)]
    return sorted(told, key=lambda t: (t[1].file, t[1].line, t[1].column))


def _one(level: str, fault: Fault) -> str:
    lines = [f"{dataclasses.replace(fault, file=relative(fault.file)).place}: {level}: {fault.message}"]
    source = _line(fault.file, fault.line)
    if source.strip():
        shown = source[:_LONGEST_LINE].replace("\t", " ")
        number = str(fault.line)
        lines.append(f" {number} | {shown}")
        if fault.column <= len(shown):
            lines.append(f" {' ' * len(number)} | {' ' * (fault.column - 1)}^")
    if fault.hint:
        lines.append(f"   {fault.hint}")
    return "\n".join(lines)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


@cache
def _lines(file: str) -> tuple[str, ...]:
    try:
        return tuple(Path(file).read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        return ()


def _line(file: str, number: int) -> str:
    lines = _lines(file)
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _facts(fault: Fault) -> dict[str, Any]:
    return {
        "rule": fault.rule or "fault",
        "file": relative(fault.file),
        "line": fault.line,
        "column": fault.column,
        "message": fault.message,
        "hint": fault.hint,
        "text": _line(fault.file, fault.line).strip(),
    }


def _result(level: str, fault: Fault, rules: list[str]) -> dict[str, Any]:
    rule = fault.rule or "fault"
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(fault.file)}}
    if fault.line:
        place["region"] = {"startLine": fault.line, "startColumn": max(fault.column, 1)}
    return {
        "ruleId": rule,
        "ruleIndex": rules.index(rule),
        "level": level,
        "message": {"text": fault.message + (f". {fault.hint}" if fault.hint else "")},
        "locations": [{"physicalLocation": place}],
    }


def relative(file: str) -> str:
    """As seen from here, where a repository's root usually is."""
    try:
        return str(Path(file).resolve().relative_to(Path.cwd()))
    except ValueError:
        return file


def _uri(file: str) -> str:
    """A URI reference (RFC 3986): blanks, #, : and letters beyond ASCII would not be taken for a path."""
    path = Path(relative(file))
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _escaped(value: str, in_property: bool) -> str:
    value = value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return value.replace(":", "%3A").replace(",", "%2C") if in_property else value
