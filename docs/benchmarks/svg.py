# SPDX-License-Identifier: BSL-1.0
"""Draws charts as SVG: bars side by side, and lines, both with logarithmic axes."""

import html
import math

COLOURS = ['#2a7f3f', '#8fc79b', '#b5651d', '#3b6ea5', '#7b4fa3']
FONT = 'font-family="sans-serif" font-size="12"'


class Axis:
    """Maps a range of figures to a range of pixels, in powers of ten."""

    def __init__(self, figures, first, last):
        self.low = math.floor(math.log10(min(figures)))
        self.high = max(math.ceil(math.log10(max(figures))), self.low + 1)
        self.first, self.last = first, last

    def at(self, figure):
        part = (math.log10(figure) - self.low) / (self.high - self.low)
        return self.first + part * (self.last - self.first)

    def ticks(self):
        return [10.0**power for power in range(self.low, self.high + 1)]


def number(figure):
    """1500 -> 1,500; 0.25 -> 0.25"""
    return f'{figure:,.0f}' if figure >= 1 else f'{figure:g}'


def text(x, y, words, anchor='start', more=''):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{html.escape(words)}</text>'


def line(x1, y1, x2, y2, colour='#ddd', width=1):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width}"/>')


def picture(width, height, parts):
    return '\n'.join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" {FONT} fill="#222">',
        '<rect width="100%" height="100%" fill="white"/>', *parts, '</svg>', ''
    ])


def legend(names, x, y):
    parts = []
    for place, name in enumerate(names):
        parts.append(f'<rect x="{x}" y="{y - 9}" width="12" height="10" fill="{COLOURS[place]}"/>')
        parts.append(text(x + 17, y, name))
        x += 34 + 7 * len(name)
    return parts


def bars(unit, names, groups):
    """`groups`: [(label, [(median, least, most) or None for each of `names`])]"""
    left, width, bar = 230, 860, 13
    figures = [x for _, group in groups for some in group if some for x in some]
    axis = Axis(figures, left, width - 60)
    height = 60 + sum(bar * len(names) + 10 for _ in groups)
    parts = legend(names, left, 20)
    for tick in axis.ticks():
        parts.append(line(axis.at(tick), 34, axis.at(tick), height - 20))
        parts.append(text(axis.at(tick), height - 6, number(tick), 'middle'))
    parts.append(text(left - 8, height - 6, unit, 'end'))
    y = 40
    for label, group in groups:
        parts.append(text(left - 8, y + bar * len(names) / 2 + 4, label, 'end'))
        for place, some in enumerate(group):
            if some:
                median, least, most = some
                end = axis.at(median)
                parts.append(f'<rect x="{left}" y="{y}" width="{max(end - left, 1):.1f}" height="{bar - 2}" '
                             f'fill="{COLOURS[place]}"/>')
                parts.append(line(axis.at(least), y + bar / 2 - 1, axis.at(most), y + bar / 2 - 1, '#222'))
                parts.append(text(max(end, axis.at(most)) + 5, y + 10, f'{median:.3g}'))
            y += bar
        y += 10
    return picture(width, height, parts)


def lines(x_unit, y_unit, series):
    """`series`: [(name, [(x, y)])]"""
    left, right, top, bottom = 70, 640, 40, 340
    points = [point for _, some in series for point in some]
    across, up = Axis([x for x, _ in points], left, right), Axis([y for _, y in points], bottom, top)
    parts = legend([name for name, _ in series], left, 20)
    for tick in across.ticks():
        parts.append(line(across.at(tick), top, across.at(tick), bottom))
        parts.append(text(across.at(tick), bottom + 16, number(tick), 'middle'))
    for tick in up.ticks():
        parts.append(line(left, up.at(tick), right, up.at(tick)))
        parts.append(text(left - 6, up.at(tick) + 4, number(tick), 'end'))
    parts.append(text((left + right) / 2, bottom + 34, x_unit, 'middle'))
    parts.append(text(14, (top + bottom) / 2, y_unit, 'middle', f'transform="rotate(-90 14 {(top + bottom) / 2})"'))
    for place, (_, some) in enumerate(series):
        path = ' '.join(f'{across.at(x):.1f},{up.at(y):.1f}' for x, y in some)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[place]}" stroke-width="2"/>')
        parts += [f'<circle cx="{across.at(x):.1f}" cy="{up.at(y):.1f}" r="3" fill="{COLOURS[place]}"/>'
                  for x, y in some]
    return picture(right + 40, bottom + 46, parts)
