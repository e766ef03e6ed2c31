"""How the last reload went, in the state directory: `ivrd reload` waits for it and tells it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

FILE = "reload.json"
APPLIED, FAULTY = "applied", "faulty"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One reload."""

    outcome: str  #: applied, or faulty: then nothing has changed
    flows: dict[str, str] = field(default_factory=dict)  #: flow -> version for new calls from now on
    faults: tuple[str, ...] = ()  #: file:line:column: what is wrong
    at_restart: list[str] = field(default_factory=list)  #: changed, but put to use by a restart only

    def write(self, state: Path) -> None:
        """Put it in place in one step."""
        partial = state / f"{FILE}.part"
        partial.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        partial.replace(state / FILE)


def mark(state: Path) -> tuple[int, int]:
    """Changes with each outcome that is written."""
    try:
        seen = (state / FILE).stat()
    except OSError:
        return (0, 0)
    return (seen.st_ino, seen.st_mtime_ns)


def last(state: Path) -> Outcome:
    """The newest outcome. OSError or ValueError when there is none that can be read."""
    data = json.loads((state / FILE).read_text(encoding="utf-8"))
    return Outcome(**{**data, "faults": tuple(data["faults"])})
