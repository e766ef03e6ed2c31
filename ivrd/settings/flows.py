"""Reads dialplans/<flow>.yaml into a Flow; all faults at once, each with file:line:column."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ivrd.core.ivr.flow import Flow, Limits, Verb
from ivrd.core.ivr.validate import Known, Problem, problems
from ivrd.core.ivr.verbs import VERBS
from ivrd.errors import ConfigError, Fault
from ivrd.settings import yamltext
from ivrd.settings.load import suggest, translate
from ivrd.settings.yamltext import Document, Key

_TOP = {"start", "nodes", "limits"}


def load_flow(path: Path, known: Known) -> Flow:
    """Read and check one dialplan. ConfigError carries every fault found."""
    doc = yamltext.load(path)
    return parse_flow(doc, path.stem, doc.text.encode(), known)


def parse_flow(doc: Document, name: str, text: bytes, known: Known) -> Flow:
    """``doc`` as the flow ``name``; its version is a digest of ``text``."""
    data = doc.data
    if not isinstance(data, dict) or not isinstance(data.get("nodes"), dict) or not data["nodes"]:
        raise ConfigError([doc.fault((), "a dialplan needs `start: <node>` and `nodes:`")])
    faults = [
        doc.fault((key,), f"unknown key {key!r}", suggest(str(key), _TOP))
        for key in data
        if key not in _TOP
    ]
    if "start" not in data:
        faults.append(doc.fault((), "`start` is missing: the node at which a call begins"))
    nodes = {str(k): _node(doc, k, v, faults) for k, v in data["nodes"].items()}
    limits = _as(Limits, doc, ("limits",), data.get("limits", {}), faults)
    if faults:
        raise ConfigError(faults)
    flow = Flow(
        name=name,
        version=f"{name}@{hashlib.sha256(text).hexdigest()[:12]}",
        start=str(data["start"]),
        nodes={k: v for k, v in nodes.items() if v is not None},
        limits=limits or Limits(),
        text=doc.text,
    )
    if found := problems(flow, known):
        raise ConfigError([_fault(doc, p) for p in found])
    return flow


def _node(doc: Document, name: Key, data: Any, faults: list[Fault]) -> Verb | None:
    """One node: exactly one verb."""
    if not isinstance(data, dict) or len(data) != 1:
        faults.append(doc.fault(("nodes", name), f"node {name!r} must have exactly one verb", f"verbs: {', '.join(VERBS)}"))
        return None
    verb, body = next(iter(data.items()))
    if verb not in VERBS:
        faults.append(
            doc.fault(
                ("nodes", name, verb),
                f"there is no verb {verb!r}",
                suggest(str(verb), VERBS) or f"verbs: {', '.join(VERBS)}",
            )
        )
        return None
    if isinstance(body, dict) and isinstance(body.get("keys"), dict):
        body = {**body, "keys": {str(k): v for k, v in body["keys"].items()}}  # 1: and "1": are one key
    node: Verb | None = _as(VERBS[verb], doc, ("nodes", name, verb), body, faults)
    return node


def _as(kind: Any, doc: Document, prefix: tuple[Key, ...], data: Any, faults: list[Fault]) -> Any:
    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError as exc:
        faults += [translate(kind, doc, prefix, dict(e)) for e in exc.errors()]
        return None


def _fault(doc: Document, problem: Problem) -> Fault:
    path = tuple(
        int(p) if isinstance(p, str) and p.isdigit() and (*problem.path[:i], int(p)) in doc.places else p
        for i, p in enumerate(problem.path)
    )
    return doc.fault(path, problem.message, suggest(problem.word, problem.known) if problem.word else "")
