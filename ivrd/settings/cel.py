"""The engine of expressions: CEL (cel.dev), checked when a file is read, bounded when a call meets it (ADR 11)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cel_expr_python import cel

from ivrd.core.ivr.expression import FACTS, NoValue, queue_facts
from ivrd.core.ivr.walk import Scalar

#: an expression is read by people; this also bounds what it can cost
LONGEST = 500
_TYPES = {
    "bool": cel.Type.BOOL,
    "int": cel.Type.INT,
    "float": cel.Type.DOUBLE,
    "string": cel.Type.STRING,
    "any": cel.Type.DYN,
}
TYPES = tuple(t for t in _TYPES if t != "any")
_NAMES = {"BOOL": "bool", "INT": "int", "DOUBLE": "float", "STRING": "string", "DYN": "any"}
#: comprehensions: one is linear in what it looks at, one within another is not
_COMPREHENSION = re.compile(r"\.\s*(all|exists|exists_one|map|filter)\s*\(")
_WORD = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?")
_STRINGS = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")
_ERROR = re.compile(r"ERROR: <input>:\d+:(\d+): (.*)")


class BadExpression(Exception):
    """It cannot be evaluated; ``column`` (1-based) is where in its text; ``word``: a name that is not known."""

    def __init__(self, message: str, column: int = 1, word: str = "") -> None:
        self.message, self.column, self.word = message, column, word
        super().__init__(message)


class CelProgram:
    """ivr.expression.Program by CEL."""

    def __init__(self, text: str, expression: Any, names: tuple[str, ...]) -> None:
        self.text, self.names = text, names
        self.queues = tuple(dict.fromkeys(q for q, _ in queue_facts(text)))
        self._expression = expression
        self.type = _NAMES.get(expression.return_type().name(), "other")

    def value(self, facts: Mapping[str, Any]) -> Scalar:
        """Its value; NoValue when CEL says that it is an error, or when it is no scalar."""
        try:
            result = self._expression.eval(data=dict(facts))
            found = None if result.type().name() == "ERROR" else result.value()  # an error's value is its text
        except Exception as exc:  # whatever a C++ library may say: a caller must not notice
            raise NoValue(self.text) from exc
        if isinstance(found, bool | int | float | str):
            return found
        raise NoValue(self.text)


@lru_cache(maxsize=256)
def _environment(variables: tuple[tuple[str, str], ...]) -> Any:
    known = {name: _TYPES[kind] for name, kind in FACTS.items()}
    known |= {f"vars.{name}": _TYPES[kind] for name, kind in variables}
    counts = cel.Type.Map(cel.Type.STRING, cel.Type.INT)
    return cel.NewEnv(variables={**known, "queues": cel.Type.Map(cel.Type.STRING, counts)})


def compile_expression(text: str, variables: Mapping[str, str]) -> CelProgram:
    """A checked expression over the facts of a call and ``variables`` (name -> type). BadExpression."""
    if len(text) > LONGEST:
        raise BadExpression(f"longer than {LONGEST} characters")
    if len(_COMPREHENSION.findall(_STRINGS.sub("''", text))) > 1:
        raise BadExpression("at most one of all(), exists(), exists_one(), map() and filter() in an expression")
    compiled = _compiled(_environment(tuple(sorted(variables.items()))), text)
    words = set(_WORD.findall(_STRINGS.sub("''", text)))
    known = (*FACTS, *(f"vars.{name}" for name in variables))
    return CelProgram(text, compiled, tuple(name for name in known if name in words))


@lru_cache(maxsize=1)
def _of_text() -> Any:
    return cel.NewEnv(variables={"text": cel.Type.STRING})


def compile_pattern(pattern: str) -> CelProgram:
    """A regular expression (RE2: linear in what it looks at) over a whole text. BadExpression."""
    whole = f"text.matches({json.dumps(f'^(?:{pattern})$')})"
    program = CelProgram(pattern, _compiled(_of_text(), whole), ("text",))
    try:
        program.value({"text": ""})
    except NoValue as exc:
        raise BadExpression("is not a regular expression (RE2)") from exc
    return program


def _compiled(env: Any, text: str) -> Any:
    try:
        return env.compile(text)
    except Exception as exc:  # RuntimeError today
        found = _ERROR.search(str(exc))
        column, message = (int(found[1]), found[2]) if found else (1, str(exc).splitlines()[0])
        unknown = re.match(r"undeclared reference to '([^']*)'", message)
        message = re.sub(r" \(in container ''\)| expecting \{.*\}|'?<EOF>'?", lambda m: "the end" if "EOF" in m[0] else "", message)
        raise BadExpression(message, column, unknown[1] if unknown else "") from exc
