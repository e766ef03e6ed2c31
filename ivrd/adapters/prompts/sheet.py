"""What a speaker must record in a studio: as CSV for a list, as HTML to print (or save as PDF)."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from ivrd.adapters.prompts.catalogue import Catalogue
from ivrd.adapters.prompts.sources import Source
from ivrd.adapters.prompts.spoken import WORD

PART_NOTE = "part of a number, time or date: as in the middle of a sentence, without a fall of the voice"
_COLUMNS = ("number", "file", "language", "text", "note", "state")
_STYLE = """
@page { size: A4; margin: 15mm }
body { font: 12pt/1.4 serif } h1 { font-size: 16pt } h2 { font-size: 13pt; break-after: avoid }
table { border-collapse: collapse; width: 100% } thead { display: table-header-group }
td, th { border: 1px solid #888; padding: 4pt 6pt; text-align: left; vertical-align: top }
tr { break-inside: avoid } td.text { font-size: 14pt } td.file { font: 9pt monospace } .take { width: 20mm }
"""


@dataclass(frozen=True, kw_only=True)
class Take:
    """One line of the sheet."""

    number: int
    file: str  #: below prompts/studio/
    language: str
    text: str
    note: str
    state: str  #: to record, stale (its text was changed), or recorded


def takes(catalogue: Catalogue, sources: Sequence[Source], stale: Collection[str], *, everything: bool) -> list[Take]:
    """Sentences first, then parts; without ``everything`` only what is to be recorded."""
    ordered = sorted(sources, key=lambda s: (s.language, s.key.startswith(WORD)))
    lines = [(s, _state(s, stale)) for s in ordered]
    wanted = [(s, state) for s, state in lines if everything or state != "recorded"]
    return [
        Take(
            number=n,
            file=f"{source.name}.wav",
            language=source.language,
            text=source.text,
            note=catalogue.entries[source.key].note or (PART_NOTE if source.key.startswith(WORD) else ""),
            state=state,
        )
        for n, (source, state) in enumerate(wanted, start=1)
    ]


def _state(source: Source, stale: Collection[str]) -> str:
    if source.studio is None:
        return "to record"
    return "stale" if source.name in stale else "recorded"


def as_csv(lines: Iterable[Take]) -> str:
    """With a byte order mark, so that spreadsheets read it as UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    writer.writerows([getattr(line, column) for column in _COLUMNS] for line in lines)
    return "\ufeff" + out.getvalue()


def as_html(lines: Iterable[Take]) -> str:
    """One page for the printer, a box to tick for each take."""
    by_language: dict[str, list[Take]] = {}
    for line in lines:
        by_language.setdefault(line.language, []).append(line)
    tables = "".join(_table(language, takes) for language, takes in by_language.items())
    return (
        f'<!doctype html>\n<html><head><meta charset="utf-8"><title>Studio sheet</title><style>{_STYLE}</style></head>\n'
        "<body><h1>Studio sheet</h1>\n<p>Any WAV from 16 kHz, 16 or 24 bit. One file a line, named as below.</p>\n"
        f"{tables}</body></html>\n"
    )


def _table(language: str, lines: list[Take]) -> str:
    head = "<tr><th>No.</th><th>Text</th><th>Note</th><th>File</th><th class=take>Take</th></tr>"
    rows = "".join(
        f"<tr><td>{line.number}</td><td class=text>{html.escape(line.text)}</td><td>{html.escape(_told(line))}</td>"
        f"<td class=file>{html.escape(line.file)}</td><td></td></tr>\n"
        for line in lines
    )
    return f"<h2>{html.escape(language)}: {len(lines)} takes</h2>\n<table><thead>{head}</thead>\n<tbody>{rows}</tbody></table>\n"


def _told(line: Take) -> str:
    return f"{line.note} (again: the text was changed)".strip() if line.state == "stale" else line.note


FORMATS: dict[str, Callable[[Iterable[Take]], str]] = {"csv": as_csv, "html": as_html}
