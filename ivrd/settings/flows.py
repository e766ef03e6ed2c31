"""Reads dialplans/<flow>.yaml into a Flow; all faults at once, each with file:line:column."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Literal

from ivrd.core.ivr.flow import Flow, Limits, Verb
from ivrd.core.ivr.validate import Known, Problem, problems
from ivrd.core.ivr.verbs import VERBS
from ivrd.errors import ConfigError, Fault
from ivrd.settings import parts, yamltext
from ivrd.settings.load import validated
from ivrd.settings.words import suggest
from ivrd.settings.yamltext import Document, Key

_TOP = {"start", "nodes", "limits", "variables", "arguments", "returns"}
_DECLARED = ("variables", "arguments", "returns")

Read = Callable[[str], tuple[Document, bytes] | None]
"""A sub-flow's file by its name; None when there is none."""


def load_flow(path: Path, known: Known) -> Flow:
    """Read and check one dialplan and the sub-flows it runs. ConfigError carries every fault found."""

    def read(name: str) -> tuple[Document, bytes] | None:
        file = path.with_name(f"{name}.yaml")
        if not file.is_file():
            return None
        part = yamltext.load(file)
        return part, part.text.encode()

    beside = tuple(sorted(p.stem for p in path.parent.glob("*.yaml") if p != path))
    known = dataclasses.replace(known, flows=beside)
    doc = yamltext.load(path)
    return parse_flow(doc, path.stem, doc.text.encode(), known, read)


def parse_flow(
    doc: Document, name: str, text: bytes, known: Known, read: Read = lambda name: None
) -> Flow:
    """``doc`` as the flow ``name``; its version is a digest of ``text`` and of its sub-flows' texts."""
    digest, found = hashlib.sha256(text), parts.Found()
    flow = found.add("", doc, _bare(doc, name, known))
    for part in found.missing():
        if (file := read(part)) is not None:
            found.add(part, file[0], _bare(file[0], part, known))
            digest.update(file[1])
    version = f"{name}@{digest.hexdigest()[:12]}"
    subflows, programs, wrong = found.check(known)
    faults = [_fault(d, p) for d, p in wrong]
    faults += [_fault(doc, p) for p in problems(flow, known)]
    for part, subflow in subflows.items():
        faults += [_fault(found.documents[part], p) for p in problems(subflow, known)]
    if faults:
        raise ConfigError(faults)
    return dataclasses.replace(flow, version=version, parts=subflows, programs=programs)


def _bare(doc: Document, name: str, known: Known) -> Flow:
    """One file as a flow, its expressions and sub-flows not looked at yet."""
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
    limits = validated(Limits, doc, ("limits",), data.get("limits", {}), faults)
    declared = {
        key: validated(dict[str, Literal["string", "int", "float", "bool"]], doc, (key,), data.get(key, {}), faults)
        for key in _DECLARED
    }
    flow = Flow(
        name=name,
        version="",
        start=str(data.get("start", "")),
        nodes={k: v for k, v in nodes.items() if v is not None},
        limits=limits or Limits(),
        text=doc.text,
        variables=declared["variables"] or {},
        arguments=declared["arguments"] or {},
        returns=declared["returns"] or {},
    )
    if faults:
        raise ConfigError(faults + _names(doc, flow, nodes.keys(), known))
    return flow


def _names(doc: Document, flow: Flow, written: Collection[str], known: Known) -> list[Fault]:
    """Of a flow that could be read in part: names that do not exist in the nodes that could."""
    found = problems(flow, dataclasses.replace(known, ways=False))
    return [
        _fault(doc, p)
        for p in found
        if not (p.rule == "unknown-node" and p.word in written) and (p.path != ("start",) or flow.start)
    ]


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
    node: Verb | None = validated(VERBS[verb], doc, ("nodes", name, verb), body, faults)
    return node



def _fault(doc: Document, problem: Problem) -> Fault:
    path = tuple(
        int(p) if isinstance(p, str) and p.isdigit() and (*problem.path[:i], int(p)) in doc.places else p
        for i, p in enumerate(problem.path)
    )
    return doc.fault(path, problem.message, (suggest(problem.word, problem.known) if problem.word else "") or problem.hint, problem.rule)
