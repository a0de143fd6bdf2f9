"""Measurements of the command line, in the form of figures.py."""

import contextlib
import os
import time

from cluster import PROGRAM
from processes import Failure
from workers import job, submit

ROUNDS = 20  # of each run


def starts(words, count):
    """ms from exec to the end, and of processor time, of so many calls of the program."""
    took, spent = [], []
    argv = [str(PROGRAM), *words]
    with open(os.devnull, "r+b") as null:
        streams = [(os.POSIX_SPAWN_DUP2, null.fileno(), stream) for stream in (0, 1, 2)]
        for _ in range(count):
            began = time.monotonic()
            pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=streams)
            _, status, used = os.wait4(pid, 0)
            took.append((time.monotonic() - began) * 1000)
            spent.append((used.ru_utime + used.ru_stime) * 1000)
            if code := os.waitstatus_to_exitcode(status):
                raise Failure(f"{' '.join(words)}: exit code {code}")
    return took, spent


def commands(cluster):
    """What is called, and how; those that ask a master find it in the configuration, as people's do."""
    asks = ["--configDir", str(cluster.conf), "-D", f"rest.port={cluster.leader().port}"]
    one = submit(cluster.leader(), job(["true"]))
    yield "stellwerk --version", ["--version"]
    yield "stellwerk --help", ["--help"]
    yield "stellwerk list", ["list", *asks]
    yield "stellwerk status", ["status", *asks]
    yield "stellwerk info JOB", ["info", *asks, one]


def cli_start(bench):
    """Commands from exec to their end, those that need one against a master on this host."""
    with contextlib.closing(bench.cluster()) as cluster:
        for name, words in commands(cluster):
            starts(words, 1)
            took, spent = starts(words, ROUNDS * bench.runs)
            yield name, "ms", took, "median <= 20", "exec to end"
            yield f"{name}: processor time", "ms", spent, None, ""


ALL = {f.__name__: f for f in (cli_start,)}
