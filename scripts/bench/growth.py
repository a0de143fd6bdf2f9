#!/usr/bin/env python3
"""Do daemons grow? Runs `stellwerk drill` and looks, after each of its rounds, at memory, descriptors and threads of
every daemon; writes what it saw as JSON, and draws the memory as SVG.

usage: scripts/bench/growth.py [--rounds N] [--fault NAME] [--seed N] [--stand] OUT.json [PICTURE.svg]

Of `drill mixed` (or another fault) daemons are killed, and its jobs stay: what one process holds grows with them, and is shown beside their
number. With --stand a cluster is drilled by `transfer` alone: no process ends, each master leads again and again. Its jobs are
forgotten a minute after their end, but a leader looks for them only in the second minute of its term.
"""

import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import plot_lives
from cluster import PROGRAM, Cluster
from processes import Asker, Failure
from workers import Worker, registered, until

FORGETFUL = ("jobstore.expiration-time: 1 min", "jobstore.ended.expiration-time: 1 min")
# A process is judged by its second half, and by no fewer rounds.
ROUNDS_JUDGED_MIN = 10


def look(pid):
    """Resident MB, descriptors, threads, children."""
    fields = {}
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        for line in status:
            key, _, value = line.partition(":")
            fields[key] = value.split()
    return {"pid": pid, "resident_mb": int(fields["VmRSS"][0]) / 1024, "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
            "threads": int(fields["Threads"][0]), "children": children_of(pid)}


def children_of(pid):
    """Guards and tasks: what descriptors are held for."""
    number = 0
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError, ValueError):
            after = pathlib.Path(f"/proc/{int(entry)}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            number += int(after[1]) == pid
    return number


def daemons_of(folder):
    """(name, pid) of masters and workers that are configured by a folder below this one, and of their guards."""
    names, guards = {}, []
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError, ValueError):
            pid = int(entry)
            before, _, after = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")
            if before.endswith(("(lockguard", "(taskguard")):
                guards.append((pid, int(after.split()[1])))
            elif before.endswith("(stellwerk"):
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
                names[pid] = name_of(words, folder)
    yield from ((name, pid) for pid, name in names.items() if name)
    yield from ((f"guard of {names[parent]}", pid) for pid, parent in guards if names.get(parent))


def name_of(words, folder):
    """Masters of one configuration are told apart by their ports."""
    if words[1:2] not in (["master"], ["worker"]) or "--configDir" not in words:
        return None
    of = pathlib.Path(words[words.index("--configDir") + 1])
    if folder not in of.parents:
        return None
    return of.name if of.name.startswith(words[1]) else f"{words[1]} at {words[words.index('--webui-port') + 1]}"


def jobs_known(ports):
    """By the master that knows most."""
    most = 0
    for port in ports:
        with contextlib.closing(Asker(port)) as asker:
            status, body = asker.get("/metrics")
        if status == 200:
            most = max(most, sum(int(float(line.rpartition(" ")[2])) for line in body.decode().split("\n")
                                 if line.startswith("stellwerk_jobs{")))
    return most


def watch(lines, folder, ports, since):
    """What is seen after each round, which is one line of the drill's table."""
    seen = []
    for line in lines:
        sys.stdout.write(line)
        sys.stdout.flush()
        first = line.split()[:2]
        if len(first) < 2 or first[0] != str(len(seen) + 1):
            continue
        daemons = {}
        for name, pid in daemons_of(folder):
            with contextlib.suppress(OSError, KeyError):
                daemons[name] = look(pid)
        seen.append({"round": int(first[0]), "fault": first[1], "seconds": round(time.monotonic() - since, 1),
                     "jobs": jobs_known(ports), "daemons": daemons})
    return seen


def drill(folder, ports, arguments):
    """With what the drill says at its end, null if it did not come to it."""
    since = time.monotonic()
    with tempfile.TemporaryFile("w+") as story:
        with subprocess.Popen([str(PROGRAM), "drill", *arguments, "--json"], stdin=subprocess.DEVNULL, stdout=story,
                              stderr=subprocess.PIPE, text=True) as child:
            seen = watch(child.stderr, folder, ports, since)
        story.seek(0)
        told = story.read()
    return {"arguments": arguments, "exit_code": child.returncode, "seconds": round(time.monotonic() - since, 1),
            "story": json.loads(told) if told.strip() else None, "rounds": seen}


def of_its_own(fault, rounds, *more):
    """A cluster that the drill starts itself."""
    with tempfile.TemporaryDirectory(prefix="stellwerk-growth-") as folder:
        below = pathlib.Path(folder) / "drill"
        return drill(below, [], [fault, "--rounds", str(rounds), "--dir", str(below), *more])


def standing(rounds):
    """No ZooKeeper: its clients are in the mixed one."""
    with tempfile.TemporaryDirectory(prefix="stellwerk-growth-") as folder, contextlib.ExitStack() as ends:
        cluster = ends.enter_context(contextlib.closing(Cluster(folder, None, 3, settings=FORGETFUL)))
        for number in range(2):
            ends.enter_context(contextlib.closing(Worker(cluster, number, 8)))
        leader = cluster.leader()
        until("2 workers", lambda: registered(leader) == 2)
        ports = [master.port for master in cluster.masters]
        return drill(pathlib.Path(folder), ports, ["transfer", "--rounds", str(rounds), "--yes", "--target",
                                                   ",".join(f"localhost:{port}" for port in ports)])


def lives(result):
    """By daemon and process: what was seen of it."""
    found = {}
    for each in result["rounds"]:
        for name, values in each["daemons"].items():
            found.setdefault((name, values["pid"]), []).append({**values, "round": each["round"], "jobs": each["jobs"]})
    return found


def verdicts(result):
    """Of the longest life of each daemon: the middle of its second quarter beside that of its last."""
    longest = {}
    for (name, _), seen in lives(result).items():
        if len(seen) > len(longest.get(name, [])):
            longest[name] = seen
    for name, seen in sorted(longest.items()):
        if len(seen) < ROUNDS_JUDGED_MIN:
            continue
        quarter = len(seen) // 4
        for what in ("resident_mb", "descriptors", "threads", "children"):
            early, late = (sorted(each[what] for each in part)[len(part) // 2]
                           for part in (seen[quarter:2 * quarter], seen[-quarter:]))
            yield name, what, len(seen), early, late


def render(result):
    lines = [f"{'':28}{'':14}{'rounds':>8}{'early':>10}{'late':>10}"]
    for name, what, rounds, early, late in verdicts(result):
        lines.append(f"{name:28}{what:14}{rounds:8}{early:10.1f}{late:10.1f}")
    return "\n".join(lines)


def main():
    reader = argparse.ArgumentParser(usage=__doc__.partition("usage: ")[2].partition("\n")[0])
    reader.add_argument("--rounds", type=int, default=100)
    reader.add_argument("--fault", default="mixed")
    reader.add_argument("--seed", type=int)
    reader.add_argument("--stand", action="store_true")
    reader.add_argument("out", type=pathlib.Path)
    reader.add_argument("picture", type=pathlib.Path, nargs="?")
    asked = reader.parse_args()
    try:
        more = [] if asked.seed is None else ["--seed", str(asked.seed)]
        result = standing(asked.rounds) if asked.stand else of_its_own(asked.fault, asked.rounds, *more)
    except Failure as failure:
        print(f"growth.py: {failure}", file=sys.stderr)
        return 1
    asked.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(render(result))
    if asked.picture:
        asked.picture.write_text(plot_lives.picture(result, lives(result)), encoding="utf-8")
    return result["exit_code"]


if __name__ == "__main__":
    sys.exit(main())
