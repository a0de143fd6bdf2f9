#!/usr/bin/env python3
"""Puts the figures of results of run.sh into docs/performance.md: a table for each pair of marks there that names groups
which the results have,

    <!-- figures: kill9 sigterm -->
    <!-- end of figures -->

with the machine, the commit and the day above it. A table of which a group is missing stays as it is, and is named.

usage: scripts/bench/report.py RESULT.json... docs/performance.md
"""

import json
import pathlib
import re
import sys

SECTION = re.compile(r"<!-- figures: ([a-z0-9_ ]+) -->\n.*?<!-- end of figures -->\n", re.DOTALL)


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(figures):
    rows = ["| figure | min | median | p99 | max | unit | runs | target |", "|---|---:|---:|---:|---:|---|---:|---|"]
    for name, figure in figures:
        values = " | ".join(number(figure[key]) for key in ("min", "median", "p99", "max"))
        target = (figure["target"] or "").replace("<=", "≤").replace(">=", "≥")
        rows.append(f"| {name} | {values} | {figure['unit']} | {figure['runs']} | {target} |")
    return "\n".join(rows) + "\n"


def facts(machine):
    """One line; loads say how quiet the host was before and after."""
    day, commit = machine["time"].partition("T")[0], machine["stellwerk"].rpartition(" ")[2]
    return (f"{day}, commit {commit}, {machine['processor']} with {machine['cores']} cores, kernel {machine['kernel']}, "
            f"{machine['storage']}, ZooKeeper {machine.get('zookeeper', 'none')} (tick {machine['tick-ms']} ms), "
            f"load {machine['load-before']:.1f} to {machine['load-after']:.1f}.\n")


def by_group(results):
    """The later result counts."""
    found = {}
    for result in results:
        for name, figure in result["figures"].items():
            found.setdefault(figure["group"], (result["machine"], []))
            if found[figure["group"]][0] is not result["machine"]:
                found[figure["group"]] = (result["machine"], [])
            found[figure["group"]][1].append((name, figure))
    return found


def section(groups, measured):
    """Tables of one machine each, in the order of the groups."""
    out, last = "", None
    for group in groups:
        machine, figures = measured[group]
        if machine is not last:
            out += f"\n{facts(machine)}\n{table(figures)}"
        else:
            out += table(figures).split("\n", 2)[2]
        last = machine
    return out + "\n"


def fill(page, measured):
    """The page, and the groups that were missing."""
    missing = []

    def filled(found):
        groups = found[1].split()
        lacking = [group for group in groups if group not in measured]
        if lacking:
            missing.extend(lacking)
            return found[0]
        return f"<!-- figures: {found[1]} -->\n{section(groups, measured)}<!-- end of figures -->\n"

    return SECTION.sub(filled, page), missing


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 1
    results = [json.loads(pathlib.Path(path).read_text(encoding="utf-8")) for path in sys.argv[1:-1]]
    broken = [name for result in results for name, figure in result["figures"].items() if "failed" in figure]
    if any(result["quick"] for result in results) or broken:
        print(f"Not a result to publish: {'without ' + ', '.join(broken) if broken else 'a quick one'}", file=sys.stderr)
        return 1
    path = pathlib.Path(sys.argv[-1])
    page, missing = fill(path.read_text(encoding="utf-8"), by_group(results))
    path.write_text(page, encoding="utf-8")
    if missing:
        print("Tables left as they were, for want of: " + " ".join(missing))
    return 0


if __name__ == "__main__":
    sys.exit(main())
