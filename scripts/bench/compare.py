#!/usr/bin/env python3
"""Compares two results of run.sh figure by figure: the ratio of their medians.

usage: compare.py BASELINE RESULT
"""

import json
import sys


def show(baseline, result):
    """Only figures that both have; a ratio says more than two times of machines that differ."""
    print(f"{'':<58}{'before':>11}{'now':>11}{'ratio':>9}")
    for name, figure in result["figures"].items():
        before = baseline["figures"].get(name, {}).get("median")
        now = figure.get("median")
        if before and now is not None:
            print(f"{name:<58}{before:>11.2f}{now:>11.2f}{now / before:>9.2f}  {figure['unit']}")


def main():
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 1
    results = []
    for name in sys.argv[1:]:
        with open(name, encoding="utf-8") as file:
            results.append(json.load(file))
    show(*results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
