#!/usr/bin/env python3
"""Runs the measurements of figures.py, prints a table and writes the samples as JSON; see run.sh."""

import argparse
import json
import math
import os
import pathlib
import platform
import signal
import subprocess
import sys
import time

import compare
from cluster import PROGRAM, ROOT, SESSION_SECONDS, TICK_MS, Bench
from figures import ALL
from processes import Failure


def quoted(samples):
    """Minimum, median, 99th percentile and maximum by nearest rank: values that were measured."""
    ordered = sorted(samples)
    at = lambda part: ordered[max(1, math.ceil(part * len(ordered))) - 1]
    return {"min": ordered[0], "median": at(0.5), "p99": at(0.99), "max": ordered[-1], "runs": len(ordered)}


def judged(target, figure):
    """Whether the figure meets its target, "<= 5", ">= 5" or "max <= 5"; the median counts unless it is named."""
    if not target:
        return ""
    which, sign, limit = (["median"] + target.split())[-3:]
    value = figure[which]
    return "met" if (value >= float(limit) if sign == ">=" else value <= float(limit)) else "MISSED"


def machine(bench):
    model = next((line.partition(": ")[2].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), "unknown")
    storage = subprocess.run(["df", "--output=fstype", str(bench.folder)], capture_output=True, text=True,
                             check=False).stdout.split()
    version = subprocess.run([str(PROGRAM), "--version"], capture_output=True, text=True, check=False).stdout.strip()
    facts = {"processor": model, "cores": os.cpu_count(), "kernel": platform.release(), "storage": storage[-1],
             "stellwerk": version, "session-ms": SESSION_SECONDS * 1000, "tick-ms": TICK_MS,
             "load-before": os.getloadavg()[0], "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    if bench.server:
        facts["zookeeper"] = bench.server.version()
    return facts


def show(name, unit, figure, target, note):
    numbers = "".join(f"{figure[key]:>11.2f}" for key in ("min", "median", "p99", "max"))
    verdict = judged(target, figure)
    goal = f"{target} {verdict}" if target else ""
    print(f"{name:<58}{numbers} {unit:<6}{figure['runs']:>4}  {goal:<22} {note}".rstrip(), flush=True)


def measure(bench, names):
    found = {}
    for group in names:
        try:
            for name, unit, samples, target, note in ALL[group](bench):
                figure = quoted(samples)
                found[name] = {**figure, "group": group, "unit": unit, "target": target, "note": note, "samples": samples}
                show(name, unit, figure, target, note)
        except Failure as why:
            print(f"{group}: {why}", file=sys.stderr)
            found[group] = {"group": group, "failed": str(why)}
    return found


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/bench/result.json")
    parser.add_argument("--baseline", type=pathlib.Path)
    parser.add_argument("--report", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in ALL]
    if unknown:
        print(f"There is no measurement {unknown[0]}; there are {' '.join(ALL)}", file=sys.stderr)
        return 1
    # Asked to stop, it still ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bench = Bench(arguments.runs or (1 if arguments.quick else 5), arguments.quick)
    print(f"{'':<58}{'min':>11}{'median':>11}{'p99':>11}{'max':>11} {'unit':<6}{'runs':>4}  target")
    try:
        facts = machine(bench)
        found = measure(bench, arguments.names or list(ALL))
        facts |= {"load-after": os.getloadavg()[0]}
        if bench.server:
            facts["zookeeper"] = bench.server.version()
    finally:
        bench.close()
    print("\n" + ", ".join(f"{key} {value}" for key, value in facts.items()))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps({"machine": facts, "quick": arguments.quick, "figures": found}, indent=1) + "\n")
    if arguments.baseline:
        compare.show(json.loads(arguments.baseline.read_text()), {"figures": found})
    failed = any("failed" in figure for figure in found.values())
    if arguments.report and not failed:
        publish(arguments.out)
    return 1 if failed else 0


def publish(result):
    """Tables and pictures of the documents."""
    here = pathlib.Path(__file__).parent
    for program, target in (("report.py", "docs/performance.md"), ("plot.py", "docs/pictures")):
        subprocess.run([sys.executable, "-B", str(here / program), str(result), str(ROOT / target)], check=True)


if __name__ == "__main__":
    sys.exit(main())
