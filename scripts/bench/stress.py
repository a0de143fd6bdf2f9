#!/usr/bin/env python3
"""Guards under stress: none may act against a master that works, however slow its host is.

usage: scripts/bench/stress.py [--seconds N] [--jobs N]     (needs root: it mounts a small file system to fill it)

Three masters with N jobs (100,000) on a file system of their own, a stock ZooKeeper; for N seconds (1,000) every
processor has four busy processes, the file system is filled to the last byte and emptied again and again, jobs are
submitted, and followers end and replay everything. Prints what was seen, and exits with 1 if a guard acted, another
master led, or the stress did not take place.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

from cluster import Cluster, ZooKeeper
from figures import SPEC
from processes import Failure

ACTS = re.compile(r"lockguard - (the master has not turned|removed|could not remove)")
IMAGE_MB = 700
FOLLOWER_LIFE_SECONDS = 40
FILL_SECONDS = 10
SUBMITTED_MAX = 2_000
ANSWERS = {202: "submitted", 507: "refused as full"}


class FullDisk:
    """A file system in a file, mounted at a folder."""

    def __init__(self, folder):
        self.folder = folder
        image = folder.parent / "disk.img"
        with open(image, "wb") as made:
            made.truncate(IMAGE_MB << 20)
        folder.mkdir()
        for command in (["mkfs.ext4", "-q", "-F", str(image)], ["mount", "-o", "loop", str(image), str(folder)]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise Failure(f"{command[0]}: {done.stderr.strip()}")

    def fill(self):
        """To the last block."""
        taken = 0
        with open(self.folder / "ballast", "ab") as ballast:
            for piece in (64 << 20, 1 << 20, 4096):
                with contextlib.suppress(OSError):
                    while True:
                        os.posix_fallocate(ballast.fileno(), taken, piece)
                        taken += piece

    def empty(self):
        (self.folder / "ballast").unlink(missing_ok=True)

    def close(self):
        subprocess.run(["umount", str(self.folder)], check=False)


def burners():
    code = "while True: pass"
    return [subprocess.Popen([sys.executable, "-c", code]) for _ in range(4 * os.cpu_count())]


def restart(cluster, follower):
    follower.process.end()
    port = follower.port
    follower.asker.close()
    cluster.masters.remove(follower)
    began = time.monotonic()
    fresh = cluster.add(port)
    fresh.until("/readyz", 300)
    return time.monotonic() - began


def stress(cluster, disk, seconds):
    seen = {"submitted": 0, "refused as full": 0, "other answers": {}, "fills": 0, "replays_s": []}
    leader = cluster.leader()
    epoch = leader.json("/status")["epoch"]
    end = time.monotonic() + seconds
    turn = 0
    next_restart = time.monotonic() + FOLLOWER_LIFE_SECONDS
    next_fill = time.monotonic()
    full = False
    while time.monotonic() < end:
        now = time.monotonic()
        if now >= next_fill:
            disk.empty() if full else disk.fill()
            seen["fills"] += not full
            full = not full
            next_fill = now + FILL_SECONDS
        status, _ = leader.asker.post("/jobs", SPEC)
        if status in ANSWERS:
            seen[ANSWERS[status]] += 1
        else:
            seen["other answers"][status] = seen["other answers"].get(status, 0) + 1
        if now >= next_restart:
            followers = [master for master in cluster.masters if master is not leader]
            disk.empty()
            full = False
            seen["replays_s"].append(round(restart(cluster, followers[turn % len(followers)]), 1))
            turn += 1
            next_restart = time.monotonic() + FOLLOWER_LIFE_SECONDS
        time.sleep(0.5)
    disk.empty()
    seen["epochs"] = leader.json("/status")["epoch"] - epoch
    seen["longest turn, ms"] = round(1000 * leader.metric("stellwerk_loop_turn_longest_seconds"), 1)
    return seen


def acts(cluster):
    found = []
    for log in sorted(cluster.folder.glob("master-*.log*")):
        found += [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if ACTS.search(line)]
    return found


def faults(seen):
    """Why it failed: what must not happen did, or there was no stress that could have shown it."""
    found = []
    if seen["guards that acted"]:
        found.append("a guard acted")
    if seen["epochs"] != 0:
        found.append("another master led")
    if seen["submitted"] == 0:
        found.append("no job was submitted")
    if seen["fills"] == 0 or seen["refused as full"] == 0:
        found.append("the disk was never full")
    if not seen["replays_s"]:
        found.append("no follower replayed")
    if seen["other answers"]:
        found.append("submissions were answered otherwise than 202 or 507 (status: how often): "
                     f"{seen['other answers']}")
    return found


def main():
    signal.signal(signal.SIGTERM, stop)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=100_000)
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stellwerk-stress-")))
        disk = FullDisk(folder / "disk")
        stack.callback(disk.close)
        zookeeper = ZooKeeper(folder)
        stack.callback(zookeeper.close)
        cluster = Cluster(folder, zookeeper, masters=3, session_seconds=60, storage=disk.folder)
        stack.callback(cluster.close)
        # There may be no more than 100,000 at a time, and some are submitted below.
        cluster.fill(max(1, arguments.jobs - SUBMITTED_MAX))
        busy = burners()
        stack.callback(lambda: [(one.kill(), one.wait()) for one in busy])
        seen = stress(cluster, disk, arguments.seconds)
        seen["seconds"] = arguments.seconds
        seen["load"] = os.getloadavg()[0]
        seen["guards that acted"] = acts(cluster)
        print(json.dumps(seen, indent=1))
        wrong = faults(seen)
        print(f"stress: {'FAILED: ' + '; '.join(wrong) if wrong else 'no guard acted, nobody else led'}")
        return 1 if wrong else 0


def stop(*_):
    sys.exit(143)  # and ends what was started


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as why:
        print(why, file=sys.stderr)
        sys.exit(1)
