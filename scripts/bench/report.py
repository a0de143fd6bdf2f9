#!/usr/bin/env python3
"""Puts the figures of a result of run.sh into docs/performance.md, between its two marks.

usage: scripts/bench/report.py build/bench/result.json docs/performance.md
"""

import json
import pathlib
import sys

BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(figures):
    rows = ["| figure | min | median | p99 | max | unit | runs | target |", "|---|---:|---:|---:|---:|---|---:|---|"]
    for name, figure in figures.items():
        values = " | ".join(number(figure[key]) for key in ("min", "median", "p99", "max"))
        target = (figure["target"] or "").replace("<=", "≤").replace(">=", "≥")
        rows.append(f"| {name} | {values} | {figure['unit']} | {figure['runs']} | {target} |")
    return "\n".join(rows) + "\n"


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 1
    result = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    broken = [name for name, figure in result["figures"].items() if "failed" in figure]
    if result["quick"] or broken:
        print(f"Not a result to publish: {'a quick one' if result['quick'] else 'without ' + ', '.join(broken)}",
              file=sys.stderr)
        return 1
    page = pathlib.Path(sys.argv[2])
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    facts = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
    page.write_text(f"{before}{BEGIN}\n{facts}\n\n{table(result['figures'])}\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
