"""What leads out of a node, and what else it says of itself: read from the fields' metadata, for any verb."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.shape import Names, Path, expressions, named


@dataclass(frozen=True)
class Way:
    """``label`` is a key, a field's name or a condition; ``to`` a node, or a word like ":back"."""

    label: str
    to: str
    is_key: bool = False

    @property
    def is_word(self) -> bool:
        """The caller stays in the menus: no node is named."""
        return self.to.startswith(":")


def ways(verb: Any) -> tuple[Way, ...]:
    """In the order of the fields. Two ways never have the same label."""
    conditions = {path[:-1]: text for path, _, text in expressions(verb)}
    found: dict[str, Way] = {}
    for path, role, to in named(verb):
        if not (isinstance(role, Names) and role.kind == "node"):
            continue
        label = _label(path, conditions)
        while label in found:
            label += " (again)"
        found[label] = Way(label, to, path[0] == "keys")
    return tuple(found.values())


def _label(path: Path, conditions: dict[Path, str]) -> str:
    if len(path) > 2 and path[:-1] in conditions:
        return conditions[path[:-1]]
    return str(path[1]) if path[0] == "keys" else ".".join(map(str, path))


def facts(verb: Any) -> dict[str, Any]:
    """Field -> value, of those that differ from the default and lead nowhere."""
    leading = {path[0] for path, role, _ in named(verb) if isinstance(role, Names) and role.kind == "node"}
    return {f.name: getattr(verb, f.name) for f in dataclasses.fields(verb) if f.name not in leading and getattr(verb, f.name) != _default(f)}


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def flows(flow: Flow) -> dict[str, Flow]:
    """The flow itself under "", and every sub-flow by its name."""
    return {"": flow, **flow.parts}
