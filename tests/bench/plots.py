"""Bar charts as SVG, drawn by hand: no library, no script, readable on light and dark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

_WIDTH: Final = 760
_LEFT: Final = 190
_RIGHT: Final = 70
_ROW: Final = 22
_TOP: Final = 46
_COLOURS: Final = ("#3b82c4", "#9aa5b1", "#e0883a", "#5aa469", "#b75d9e", "#c9b037", "#6a6fc0")


@dataclass(frozen=True)
class Bars:
    """One chart: rows of parts that add up; `mark` is a line at a value, with its name."""

    title: str
    unit: str
    rows: Mapping[str, Sequence[float]]
    parts: Sequence[str] = ()
    mark: tuple[float, str] | None = None


def svg(chart: Bars) -> str:
    """The chart's document."""
    largest = max([sum(row) for row in chart.rows.values()] + ([chart.mark[0]] if chart.mark else []))
    scale = (_WIDTH - _LEFT - _RIGHT) / (largest or 1)
    height = _TOP + _ROW * len(chart.rows) + 34
    about = f'role="img" aria-label="{escape(chart.title)}" font-family="sans-serif" font-size="12"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {about}>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="10" y="20" font-size="14" font-weight="bold">{escape(chart.title)}</text>',
        *_legend(chart),
    ]
    for place, (name, values) in enumerate(chart.rows.items()):
        lines += _row(name, values, _TOP + _ROW * place, scale, chart.unit)
    if chart.mark is not None:
        lines += _mark(chart.mark, scale, height)
    return "\n".join([*lines, "</svg>", ""])


def _legend(chart: Bars) -> list[str]:
    lines, x = [], _LEFT
    for place, part in enumerate(chart.parts):
        lines.append(f'<rect x="{x}" y="28" width="10" height="10" fill="{_COLOURS[place]}"/>')
        lines.append(f'<text x="{x + 14}" y="37">{escape(part)}</text>')
        x += 26 + 7 * len(part)
    return lines


def _row(name: str, values: Sequence[float], y: int, scale: float, unit: str) -> list[str]:
    lines = [f'<text x="{_LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>']
    x = float(_LEFT)
    for place, value in enumerate(values):
        width = value * scale
        box = f'x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="{_ROW - 6}"'
        lines.append(f'<rect {box} fill="{_COLOURS[place]}"/>')
        x += width
    lines.append(f'<text x="{x + 5:.1f}" y="{y + 14}">{sum(values):,.3g}{escape(unit)}</text>')
    return lines


def _mark(mark: tuple[float, str], scale: float, height: int) -> list[str]:
    x = _LEFT + mark[0] * scale
    ends = f'x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 4}" y2="{height - 28}"'
    return [
        f'<line {ends} stroke="#b03030" stroke-dasharray="4 3"/>',
        f'<text x="{x:.1f}" y="{height - 12}" text-anchor="middle" fill="#b03030">{escape(mark[1])}</text>',
    ]
