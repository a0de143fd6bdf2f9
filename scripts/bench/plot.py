#!/usr/bin/env python3
"""Draws how cost grows (growth_figures.py) as SVG, one picture for each of PICTURES, on two logarithmic axes: the
median as a line, from minimum to maximum as a band.

usage: scripts/bench/plot.py build/bench/result.json docs/pictures
"""

import json
import math
import pathlib
import re
import sys
from xml.sax.saxutils import escape

NAME = re.compile(r"(.*) at ([\d,]+) (jobs|workers|clients)$")
# File: title, unit, and what its lines are called by the names of the figures.
PICTURES = {
    "growth-takeover": ("Takeover after kill -9, by jobs", "ms", {
        "kill -9, next leader": "next leader answers", "kill -9, first job durable": "first job durable",
        "submit, median": "one submission"}),
    "growth-memory": ("Memory of a leader, by jobs", "MB", {"resident memory of a leader": "resident"}),
    "growth-workers": ("All workers registered with the next leader, by workers", "ms", {
        "all registered with the next leader": "from its claim to the last"}),
    "growth-clients": ("Submissions, by clients at a time", "per s", {"submissions a second": "answered 202"}),
    "growth-answers": ("Answers to submissions, by clients at a time", "ms", {
        "median answer": "median", "99th percentile of answers": "99th percentile"}),
}
WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 80, 180, 40, 50
COLOURS = ("#1f6feb", "#d1242f", "#6e7781", "#1a7f37")


class Axis:
    """Whole powers of ten from below the least value to above the greatest."""

    def __init__(self, values, begin, end):
        values = [value for value in values if value > 0]
        self.low = math.floor(math.log10(min(values)))
        self.high = max(self.low + 1, math.ceil(math.log10(max(values))))
        self.begin, self.end = begin, end

    def place(self, value):
        part = (math.log10(max(value, 10 ** self.low)) - self.low) / (self.high - self.low)
        return self.begin + part * (self.end - self.begin)

    def ticks(self):
        return [10.0 ** power for power in range(self.low, self.high + 1)]


def lines_of(result, names):
    """By label, in the order of sizes: (size, min, median, max). And what the sizes are."""
    found, kind = {}, ""
    for name, figure in result["figures"].items():
        parts = NAME.match(name)
        if parts is None or parts[1] not in names or "failed" in figure:
            continue
        # Memory is measured by jobs and by workers; a picture shows the first kind that it meets.
        kind = kind or parts[3]
        if kind == parts[3]:
            point = (int(parts[2].replace(",", "")), figure["min"], figure["median"], figure["max"])
            found.setdefault(names[parts[1]], []).append(point)
    return {label: sorted(points) for label, points in found.items()}, kind


def picture(title, unit, lines, kind):
    points = [point for some in lines.values() for point in some]
    across = Axis([point[0] for point in points], LEFT, WIDTH - RIGHT)
    up = Axis([value for point in points for value in point[1:]], HEIGHT - BOTTOM, TOP)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
           'font-family="sans-serif" font-size="12">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
           f'<text x="{LEFT}" y="24" font-size="14" font-weight="bold">{escape(title)}</text>']
    for tick in up.ticks():
        y = up.place(tick)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d0d7de"/>')
        out.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:,g} {unit}</text>')
    for tick in across.ticks():
        x = across.place(tick)
        out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#eaeef2"/>')
        out.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{tick:,.0f}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">{kind}</text>')
    for number, (label, some) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        above = [f"{across.place(size):.1f},{up.place(most):.1f}" for size, _, _, most in some]
        below = [f"{across.place(size):.1f},{up.place(least):.1f}" for size, least, _, _ in reversed(some)]
        middle = [f"{across.place(size):.1f},{up.place(median):.1f}" for size, _, median, _ in some]
        out.append(f'<polygon points="{" ".join(above + below)}" fill="{colour}" opacity="0.15"/>')
        out.append(f'<polyline points="{" ".join(middle)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        y = TOP + 14 + 18 * number
        out.append(f'<rect x="{WIDTH - RIGHT + 12}" y="{y - 9}" width="10" height="10" fill="{colour}"/>')
        out.append(f'<text x="{WIDTH - RIGHT + 28}" y="{y}">{escape(label)}</text>')
    return "\n".join(out + ["</svg>", ""])


def draw(result, folder):
    """Writes those pictures that the result has figures for; their names."""
    drawn = []
    for name, (title, unit, names) in PICTURES.items():
        lines, kind = lines_of(result, names)
        if not lines:
            continue
        (folder / f"{name}.svg").write_text(picture(title, unit, lines, kind), encoding="utf-8")
        drawn.append(name)
    return drawn


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 1
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    drawn = draw(json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")), folder)
    print(f"{len(drawn)} pictures: {' '.join(drawn)}" if drawn else "There is no growth in this result.")
    return 0 if drawn else 1


if __name__ == "__main__":
    sys.exit(main())
