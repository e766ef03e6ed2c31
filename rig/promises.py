"""What the demo promises, and whether it was kept: printed at the end, and the exit status."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from rig import tones


@dataclass(kw_only=True)
class Promises:
    """Each promise by its sentence; one that is broken stays broken."""

    kept: dict[str, bool] = field(default_factory=dict)

    def check(self, sentence: str, kept: bool) -> None:
        """Note whether a promise was kept."""
        self.kept[sentence] = self.kept.get(sentence, True) and kept

    @property
    def all_kept(self) -> bool:
        """Whether the demo may end with 0."""
        return bool(self.kept) and all(self.kept.values())

    def show(self, console: Console) -> None:
        """Print them."""
        for sentence, kept in self.kept.items():
            console.print("[green]kept  [/]" if kept else "[bold red]BROKEN[/]", sentence)


def read_rows(store: Path) -> list[dict[str, Any]]:
    """All CDRs, oldest first."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(r) for r in connection.execute("SELECT * FROM cdr ORDER BY arrived_utc")]


def show_rows(console: Console, rows: list[dict[str, Any]]) -> None:
    """The CDRs as a table."""
    table = Table(title="Call records (ivrd cdr)", title_justify="left")
    for column in ("arrived", "caller", "lang", "queue", "agent", "wait", "talk", "hold", "wrap-up", "by", "outcome"):
        table.add_column(column)
    for row in rows:
        times = [f"{row[key] / 1000:.1f} s" if row[key] else "" for key in ("wait_ms", "talk_ms", "hold_ms", "wrap_up_ms")]
        table.add_row(
            row["arrived_local"][11:19],
            row["caller_number"],
            row["language"],
            row["queue"],
            row["agent"],
            *times,
            row["hung_up_by"],
            row["disposition"],
        )
    console.print(table)


def show_recordings(console: Console, recordings: Path, rows: list[dict[str, Any]]) -> None:
    """The recordings with their durations."""
    table = Table(title=f"Recordings below {recordings}", title_justify="left")
    for column in ("file", "duration", "left", "right", "sha256"):
        table.add_column(column)
    for row in rows:
        if row["recording"]:
            sound = tones.read_stereo(recordings / row["recording"])
            table.add_row(
                row["recording"],
                f"{sound.duration_s:.1f} s",
                f"caller, {tones.dominant_hz(sound.left):.0f} Hz",
                f"agent, {tones.dominant_hz(sound.right):.0f} Hz",
                row["recording_sha256"][:12] + "...",
            )
    console.print(table)


def recording_is_right(recordings: Path, row: dict[str, Any], caller_hz: float, agent_hz: float) -> bool:
    """Whole, as the row says, the caller on the left and the agent on the right."""
    path = recordings / row["recording"]
    if not row["recording"] or not path.is_file():
        return False
    sound = tones.read_stereo(path)
    return (
        hashlib.sha256(path.read_bytes()).hexdigest() == row["recording_sha256"]
        and abs(sound.duration_s - row["talk_ms"] / 1000) < 1.0
        and tones.is_heard(caller_hz, sound.left, 1.0)
        and tones.is_heard(agent_hz, sound.right, 1.0)
    )
