"""Service level over the day, with the calls of each half hour: as text, and as a self-contained SVG."""

from __future__ import annotations

from xml.sax.saxutils import escape

from ivrd.simulation.estimate import Estimate
from ivrd.simulation.result import Result

_WIDTH = 40
_BLOCKS = " ▏▎▍▌▋▊▉█"
_LEFT, _TOP, _HIGH, _STEP = 60.0, 70.0, 260.0, 44.0
_FONT = "font-family=\"'DejaVu Sans', Verdana, Arial, sans-serif\""
_INKS = ("#1f4e79", "#b25d00", "#2e6b34", "#6a2c7a", "#8a1f2d", "#3b4a57")


def text(result: Result) -> str:
    """A bar a half hour."""
    calls = result.offered(lambda day: day.half_hours)
    lines = [f"{'':5}  {'0 %':{_WIDTH - 5}}100 %   in time  +/-    calls a day"]
    for start, measures in result.half_hours().items():
        level = measures["service_level"]
        value, half = _percent(level)
        lines.append(f"{start}  {_bar(level.value or 0.0)}  {value:>6}  {half:>4}  {calls[start]:8.1f}")
    return "\n".join(lines)


def _bar(share: float) -> str:
    eighths = round(max(0.0, min(1.0, share)) * _WIDTH * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_BLOCKS[rest] if rest else "")).ljust(_WIDTH)


def _percent(estimate: Estimate) -> tuple[str, str]:
    value = "-" if estimate.value is None else f"{estimate.value * 100:.1f}"
    return value, "-" if estimate.half is None else f"{estimate.half * 100:.1f}"


def svg(results: list[Result], title: str, target: float) -> str:
    """Service level by half hour, a line with confidence bars for each result, above the calls a day."""
    starts = sorted({s for r in results for s in r.half_hours()})
    width = _LEFT + _STEP * max(1, len(starts)) + 30
    height = _TOP + _HIGH + 60 + 22 * len(results)
    told = f"bars: calls a day; dashed: {target * 100:.0f} %; upright lines: 95 % confidence"
    parts = [_label(_LEFT, 30, title, size=18), _label(_LEFT, 50, told), *_scale(width, target), *_calls(results[0], starts)]
    for number, result in enumerate(results):
        ink = _INKS[number % len(_INKS)]
        parts += _line(result, starts, ink, (number - (len(results) - 1) / 2) * 5)
        y = _TOP + _HIGH + 56 + 22 * number
        parts.append(f'<rect x="{_LEFT:.0f}" y="{y - 10:.0f}" width="14" height="10" fill="{ink}"/>')
        parts.append(_label(_LEFT + 20, y, result.name))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" {_FONT}>\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _scale(width: float, target: float) -> list[str]:
    found = []
    for percent in (0, 20, 40, 60, 80, 100):
        y = _y(percent / 100)
        found.append(f'<line x1="{_LEFT:.0f}" x2="{width - 20:.0f}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        found.append(_label(_LEFT - 8, y + 4, f"{percent} %", anchor="end"))
    y = _y(target)
    found.append(f'<line x1="{_LEFT:.0f}" x2="{width - 20:.0f}" y1="{y:.1f}" y2="{y:.1f}" stroke="#8a1f2d" stroke-dasharray="6 4"/>')
    return found


def _calls(result: Result, starts: list[str]) -> list[str]:
    calls = result.offered(lambda day: day.half_hours)
    most = max(calls.values(), default=1.0) or 1.0
    found = []
    for n, start in enumerate(starts):
        high = calls.get(start, 0.0) / most * _HIGH * 0.5
        x = _x(n)
        found.append(f'<rect x="{x - 14:.1f}" y="{_TOP + _HIGH - high:.1f}" width="28" height="{high:.1f}" fill="#e8eef4"/>')
        found.append(_label(x, _TOP + _HIGH + 16, start, size=10, anchor="middle"))
        found.append(_label(x, _TOP + _HIGH + 30, f"{calls.get(start, 0.0):.0f}", size=10, anchor="middle"))
    return found


def _line(result: Result, starts: list[str], ink: str, shift: float) -> list[str]:
    points, bars, measures = [], [], result.half_hours()
    for n, start in enumerate(starts):
        level = measures[start]["service_level"] if start in measures else None
        if level is None or level.value is None:
            continue
        x = _x(n) + shift
        points.append(f"{x:.1f},{_y(level.value):.1f}")
        if level.half is not None:
            low, high = _y(max(0.0, level.value - level.half)), _y(min(1.0, level.value + level.half))
            bars.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}" stroke="{ink}"/>')
    return [f'<polyline points="{" ".join(points)}" fill="none" stroke="{ink}" stroke-width="2"/>', *bars]


def _x(number: int) -> float:
    return _LEFT + _STEP * (number + 0.5)


def _y(share: float) -> float:
    return _TOP + _HIGH * (1 - share)


def _label(x: float, y: float, words: str, size: int = 12, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">{escape(words)}</text>'
