"""A flow as one self-contained SVG page, A4 or A3 across: read left to right."""

from __future__ import annotations

import textwrap
from xml.sax.saxutils import escape

from ivrd.core.ivr.flow import Flow
from ivrd.graph import layout
from ivrd.graph.chart import Block, Cell, Text, blocks, cells
from ivrd.graph.paint import KINDS, kind
from ivrd.graph.ways import Way, flows

WIDTH, GAP = 214, 54  #: px: a box, and the room for lines between two columns
_HEAD, _LINE, _PAD, _MARGIN, _BETWEEN = 23, 16, 5, 30, 10
_CHARS = 29  #: of 12 px in a box, of a wide sans serif
_ROW, _SHORTEST = 27, 14  #: characters of a way's label and where it leads; of the latter at least so many
_SPOKEN_LINES = 3
_PAGES = ((297, 210), (420, 297))  #: mm, A4 and A3
_MM_PER_PX = 0.26  #: smaller than that would be hard to read
_FONT = "font-family=\"'DejaVu Sans', Verdana, Arial, sans-serif\""
_INKS = ("#1f4e79", "#7a3e00", "#2e6b34", "#6a2c7a", "#8a1f2d", "#3b4a57")


def svg(flow: Flow, text: Text) -> str:
    """The flow, below it each sub-flow, then the legend."""
    parts, y, right = list[str](), 84.0, 900.0
    for part, each in flows(flow).items():
        if part:
            parts.append(_text(_MARGIN, y + 14, f"sub-flow {part}", size=16, bold=True))
            y += 34
        drawn, width, height = _graph(each, text)
        parts.append(f'<g transform="translate({_MARGIN} {y:.0f})">{drawn}</g>')
        y, right = y + height + 40, max(right, width + 2 * _MARGIN)
    title = _text(_MARGIN, 44, flow.name, size=26, bold=True)
    title += _text(_MARGIN, 66, f"version {flow.version.rpartition('@')[2]}: begins at {flow.start}", size=12)
    return _page(title + "\n".join(parts) + _legend(y), right, y + 60)


def _page(body: str, width: float, height: float) -> str:
    """On the smallest page on which it can be read, in the middle."""
    fits = [p for p in _PAGES if max(width / p[0], height / p[1]) * _MM_PER_PX <= 1]
    across, down = fits[0] if fits else _PAGES[-1]
    px = max(width / across, height / down)
    left, top = (across * px - width) / 2, 0.0
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}mm" height="{down}mm" '
        f'viewBox="{-left:.0f} {-top:.0f} {across * px:.0f} {down * px:.0f}" {_FONT}>\n<style>text, path {{ pointer-events: none }}</style>\n'
        f'<rect x="{-left:.0f}" y="0" width="{across * px:.0f}" height="{down * px:.0f}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _graph(flow: Flow, text: Text) -> tuple[str, float, float]:
    """Drawn from (0, 0), width, height."""
    made = blocks(flow, cells(flow, text))
    shapes = {name: _Shape(block) for name, block in made.items()}
    edges = {name: [(way.to, y) for way, y in shape.ports if way.to in made] for name, shape in shapes.items()}
    placed = layout.place({n: s.height for n, s in shapes.items()}, edges, entry=_HEAD / 2)
    lines, drawn = list[str](), list[str]()
    for at, (name, shape) in enumerate(shapes.items()):
        box = placed.boxes[name]
        x, ink = _x(box.column), _INKS[at % len(_INKS)]
        gone = {edges[name][i][1] for b, i in placed.back if b == name}
        drawn.append(f'<g transform="translate({x} {box.y:.1f})">{shape.draw(gone)}</g>')
        for i, (to, leaves) in enumerate(edges[name]):
            if (name, i) not in placed.back:
                lines.append(_line(box, leaves, placed.lines[name, i], placed.boxes[to], ink))
    return "\n".join(lines + drawn), _x(placed.columns) - GAP, placed.height


def _x(column: int) -> int:
    return column * (WIDTH + GAP)


def _line(a: layout.Item, leaves: float, lanes: list[layout.Item], b: layout.Item, ink: str) -> str:
    """Bent between columns, straight through them; the arrow's head is drawn, markers print badly."""
    x, y = _x(a.column) + WIDTH, a.y + leaves
    path = [f"M{x} {y:.1f}"]
    for stop, enters in [*((lane, lane.height / 2) for lane in lanes), (b, _HEAD / 2)]:
        to_x, to_y = _x(stop.column), stop.y + enters
        end = to_x - (7 if stop is b else 0)
        path.append(f"C{x + GAP * 0.55:.0f} {y:.1f} {end - GAP * 0.5:.0f} {to_y:.1f} {end} {to_y:.1f}")
        if stop is not b:
            path.append(f"H{to_x + WIDTH}")
        x, y = to_x + WIDTH, to_y
    tip = _x(b.column)
    head = f'<path d="M{tip - 8} {y - 4:.1f}L{tip} {y:.1f}L{tip - 8} {y + 4:.1f}Z" fill="{ink}"/>'
    return f'<path d="{"".join(path)}" fill="none" stroke="{ink}" stroke-width="1.3"/>{head}'


class _Shape:
    """A block measured: its height, and where each way leaves."""

    def __init__(self, block: Block) -> None:
        self._cells: list[tuple[Cell, int, list[str], list[tuple[Way, list[str]]]]] = []
        self.ports: list[tuple[Way, int]] = []
        y = 0
        for i, cell in enumerate(block.cells):
            last = i == len(block.cells) - 1
            lines = [piece for fact in cell.facts for piece in _wrapped(fact, 2)] + _wrapped(cell.spoken and f"“{cell.spoken}”", _SPOKEN_LINES)
            rows = [(way, _labels(way)) for way in cell.ways] if last else []
            self._cells.append((cell, y, lines, rows))
            y += _HEAD + len(lines) * _LINE + _PAD
            for way, labels in rows:
                y += len(labels) * _LINE
                self.ports.append((way, y - _LINE // 2))
            y += _PAD + (0 if last else _BETWEEN)
        self.height = y

    def draw(self, back: set[int]) -> str:
        """``back``: ways (by where they leave) that are told by name, without a line."""
        return "".join(self._cell(*each, back, i) for i, each in enumerate(self._cells))

    def _cell(self, cell: Cell, y: int, lines: list[str], rows: list[tuple[Way, list[str]]], back: set[int], i: int) -> str:
        height = _HEAD + (len(lines) + sum(len(labels) for _, labels in rows)) * _LINE + 2 * _PAD
        out = [f'<path d="M{WIDTH / 2 - 5} {y - _BETWEEN + 1}h10l-5 8z" fill="#444"/>'] if i else []
        out.append(f'<rect y="{y}" width="{WIDTH}" height="{height}" rx="4" fill="#fff" stroke="#444">{_title(cell)}</rect>')
        out.append(f'<path d="M0.5 {y + _HEAD}v{4 - _HEAD}q0 -3.5 3.5 -3.5h{WIDTH - 8}q3.5 0 3.5 3.5v{_HEAD - 4}z" fill="{KINDS[kind(cell.verb)][1]}"/>')
        name = _cut(cell.name, 25 - len(cell.verb))
        out.append(
            f'<text x="7" y="{y + 16}" font-size="12.5"><tspan font-weight="bold">{escape(cell.verb)}</tspan>'
            f'<tspan dx="6">{escape(name)}</tspan></text>'
        )
        y += _HEAD
        out += [_text(7, y + k * _LINE + 12, line) for k, line in enumerate(lines)]
        y += len(lines) * _LINE + _PAD
        for way, labels in rows:
            out += [_text(7, y + k * _LINE + 12, label, bold=True) for k, label in enumerate(labels)]
            y += len(labels) * _LINE
            to = _leads(way, y - _LINE // 2 in back)
            out.append(_text(WIDTH - 7, y - _LINE + 12, _cut(to, max(_ROW - _bold(labels[-1]), _SHORTEST)), anchor="end"))
        return "".join(out)


def _title(cell: Cell) -> str:
    """What was cut is told where the pointer rests."""
    ways = [f"{way.label} {_leads(way, False)}" for way in cell.ways]
    told = "\n".join(filter(None, (f"{cell.verb} {cell.name}", *cell.facts, cell.spoken, *ways)))
    return f"<title>{escape(told)}</title>"


def _labels(way: Way) -> list[str]:
    """The label above or beside where the way leads: a name of a node may be cut, a key or condition hardly."""
    to = min(len(_leads(way, False)), _SHORTEST)
    lines = [way.label] if _bold(way.label) + to <= _ROW else _wrapped(way.label, 3, _ROW - 3)
    return lines if _bold(lines[-1]) + to <= _ROW else [*lines, ""]


def _bold(text: str) -> int:
    """Bold letters are an eighth wider."""
    return -(-len(text) * 9 // 8)


def _leads(way: Way, is_back: bool) -> str:
    if way.is_word:
        return {"repeat": "↻ once more", "back": "↩ menu before"}.get(way.to[1:], way.to[1:])
    return f"{'↩' if is_back else '→'} {way.to}"


def _wrapped(text: str, most: int, width: int = _CHARS) -> list[str]:
    return textwrap.wrap(text, width, max_lines=most, placeholder=" …") if text else []


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: max(most - 1, 1)] + "…"


def _text(x: float, y: float, text: str, *, size: float = 12, bold: bool = False, anchor: str = "start") -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'


def _legend(y: float) -> str:
    out = []
    for i, (words, fill, _) in enumerate(KINDS.values()):
        x, line = _MARGIN + (i % 3) * 330, y + (i // 3) * 22
        out.append(f'<rect x="{x}" y="{line - 11:.0f}" width="22" height="14" rx="3" fill="{fill}" stroke="#444"/>')
        out.append(_text(x + 30, line, words, size=12))
    out.append(_text(_MARGIN, y + 44, "→ leads to   ↩ leads back (no line drawn)   ▼ goes on in any case; every box: verb, name, what is said, keys or fields", size=12))
    return "".join(out)
