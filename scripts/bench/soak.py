#!/usr/bin/env python3
"""Runs the parts of a long drill, several at a time, and writes the report; see ../soak.sh."""

import argparse
import json
import os
import pathlib
import platform
import signal
import subprocess
import sys
import time

import soak_report
from cluster import PROGRAM, ROOT
from processes import Failure

SIMULATE = ROOT / "build" / "release" / "tests" / "simulation" / "simulate"
GROWTH = pathlib.Path(__file__).with_name("growth.py")
POLL_SECONDS = 1
SCHEDULE_SPAN_SECONDS = 8


def version():
    return subprocess.run([str(PROGRAM), "--version"], capture_output=True, text=True, check=True).stdout.strip()


def faults():
    """Names, as `stellwerk drill list` has them; mixed is the last."""
    lines = subprocess.run([str(PROGRAM), "drill", "list"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in lines.split("\n")[1:] if line and line.split()[0] != "mixed"]


class Part:
    """A drill with a result of its own."""

    def __init__(self, out, fault, rounds, seed):
        self.fault, self.rounds, self.seed = fault, rounds, seed
        self.path, self.log = out / f"{fault}.json", out / f"{fault}.log"
        self.picture = out / f"{fault}.svg"
        self.child = None

    def done(self, build):
        """Whether this build has ended it before."""
        try:
            result = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return result.get("build") == build and result["arguments"][0] == self.fault and len(result["rounds"]) >= self.rounds

    def begin(self):
        self.path.unlink(missing_ok=True)
        with self.log.open("w", encoding="utf-8") as log:
            self.child = subprocess.Popen(
                [sys.executable, "-B", str(GROWTH), "--fault", self.fault, "--rounds", str(self.rounds), "--seed",
                 str(self.seed), str(self.path), str(self.picture)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def end(self, build):
        """Adds what the report needs; a line for people."""
        try:
            result = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return f"{self.fault}: no result, see {self.log}"
        result["build"] = build
        self.path.write_text(json.dumps(result) + "\n", encoding="utf-8")
        return f"{self.fault}: {soak_report.in_words(result)}"

    def stop(self):
        if self.child and self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
            self.child.wait()


class Schedules:
    """Simulated ones, for as long as the drills take and longer; they let everything else go first."""

    def __init__(self, out, count, first):
        self.path = out / "schedules.txt"
        self.child = None
        if count == 0:
            return
        with self.path.open("w", encoding="utf-8") as text, (out / "schedules.log").open("w", encoding="utf-8") as log:
            self.child = subprocess.Popen(
                ["nice", "-n", "19", str(SIMULATE), "--from", str(first), "--count", str(count), "--span",
                 str(SCHEDULE_SPAN_SECONDS), "--threads", str(os.cpu_count()), "--coverage"],
                stdin=subprocess.DEVNULL, stdout=text, stderr=log)

    def wait(self):
        return self.child.wait() == 0 if self.child else True

    def stop(self):
        """What has begun is ended and told."""
        if self.child and self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
            self.child.wait()


def drills(parts, beside, build):
    """All of them, so many at a time."""
    waiting, running = list(parts), []
    while waiting or running:
        while waiting and len(running) < beside:
            running.append(waiting.pop(0))
            running[-1].begin()
        time.sleep(POLL_SECONDS)
        for part in [part for part in running if part.child.poll() is not None]:
            running.remove(part)
            print(part.end(build), flush=True)


def facts(build):
    model = next((line.partition(": ")[2].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), "unknown")
    return {"processor": model, "cores": os.cpu_count(), "kernel": platform.release(), "stellwerk": build,
            "time": time.strftime("%Y-%m-%d", time.gmtime())}


def arguments():
    reader = argparse.ArgumentParser(add_help=False)
    reader.add_argument("--rounds", type=int, default=1000)
    reader.add_argument("--each", type=int, default=100)
    reader.add_argument("--schedules", type=int, default=1_000_000)
    reader.add_argument("--beside", type=int, default=1)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "soak")
    reader.add_argument("--report", type=pathlib.Path)
    return reader.parse_args()


def main():
    asked = arguments()
    asked.out.mkdir(parents=True, exist_ok=True)
    build = version()
    wanted = [Part(asked.out, "mixed", asked.rounds, asked.seed)] if asked.rounds else []
    if asked.each:
        wanted += [Part(asked.out, fault, asked.each, asked.seed + number) for number, fault in enumerate(faults(), 1)]
    schedules = Schedules(asked.out, asked.schedules, asked.seed)
    parts = [part for part in wanted if not part.done(build)]
    sound = True
    try:
        drills(parts, asked.beside, build)
        sound = schedules.wait()
    except KeyboardInterrupt:
        print("Interrupted; what has ended is in the report.", file=sys.stderr)
    finally:
        for each in [*parts, schedules]:
            each.stop()
    results = [json.loads(part.path.read_text(encoding="utf-8")) for part in wanted if part.done(build)]
    report = asked.report or asked.out / "report.md"
    report.write_text(soak_report.render(facts(build), results, schedules.path if schedules.path.exists() else None), encoding="utf-8")
    broken = [result["arguments"][0] for result in results if not soak_report.sound(result)]
    lacking = len(wanted) - len(results)
    print(f"{len(results)} of {len(wanted)} drills ended, {len(broken)} broke a promise; the report is {report}.")
    return 0 if sound and not broken and not lacking else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"soak.py: {failure}", file=sys.stderr)
        sys.exit(1)
