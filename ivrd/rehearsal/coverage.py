"""Which nodes and ways of a flow calls have gone, and which they have not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.shape import Path, targets
from ivrd.rehearsal import trace

Part = tuple[str, Path]  #: a node and () for itself, or the path of a way out of it


@dataclass(kw_only=True)
class Coverage:
    """Of one file of dialplans/: a flow, or a sub-flow, whoever runs it."""

    flow: Flow
    gone: set[Part] = field(default_factory=set)

    @property
    def parts(self) -> list[Part]:
        """Every node, every way out of it, and every key of it, in the file's order."""
        found = dict[Part, None]()
        for name, node in self.flow.nodes.items():
            found[name, ()] = None
            for path, _ in targets(node):
                found[name, _text(path)] = None
            for key in getattr(node, "keys", ()):
                found[name, ("keys", str(key))] = None
        return list(found)

    def add(self, facts: Iterable[trace.Fact], part: str = "") -> None:
        """A call went through these; ``part``: as which sub-flow this file was walked."""
        for fact in facts:
            if isinstance(fact, trace.Entered) and fact.part == part:
                self.gone.add((str(fact.node), ()))
                self.gone.add((fact.source, _text(fact.path)))
            elif isinstance(fact, trace.Chose) and fact.part == part:
                self.gone.add((fact.node, ("keys", fact.key)))

    @property
    def missing(self) -> list[Part]:
        """What no call has gone."""
        return [part for part in self.parts if part not in self.gone]

    @property
    def percent(self) -> float:
        """0 to 100."""
        return 100.0 * (1 - len(self.missing) / len(self.parts))


def _text(path: Path) -> Path:
    return tuple(map(str, path))
