"""A suspended machine: every process of a cluster stops at once (SIGSTOP) and wakes in one order or another."""

import contextlib
import itertools
import os
import pathlib
import re
import signal
import sys
import time
import unittest

from drill import Drill
from processes import wait_for

SECONDS = 5
LONG_SECONDS = 60
ORDERS_STEP = 997  # every so manieth of the 5040 orders
ROLES = ("zookeeper", "lockguards", "leader", "followers", "taskguards", "workers", "tasks")
WAKE_PAUSE_SECONDS = 0.3  # between one role and the next: what wakes first acts alone for so long
# The system says whether two attempts of a task live: a lock goes with the last process that holds it.
TASK = ("exec 9>>{place}/lock-$STELLWERK_SUBTASK; flock -n 9 || echo two >>{place}/log; "
        "echo $STELLWERK_SUBTASK >>{place}/log; exec sleep 3600")


class SuspendedDrill(Drill):

    def setUp(self):
        super().setUp()
        self.server = self.zookeeper()
        self.workers = []
        self.services = []

    def started(self, **more):
        """A cluster with a job of each kind, of which all tasks run: its leader."""
        leader, _ = self.cluster(3, zookeeper=self.server, **more)
        self.workers = [self.worker(taskmanager__numberOfTaskSlots=10) for _ in range(3)]
        self.registered(leader, self.workers)
        for name, once in (("often", False), ("once", True)):
            place = self.folder / name
            place.mkdir()
            self.services.append(self.run_job(leader, {
                "name": name, "at-most-one": once,
                "restart-strategy": {"type": "fixed-delay", "attempts": 1000, "delay": "10 ms"},
                "vertices": [{"name": "work", "command": ["sh", "-c", TASK.format(place=place)], "parallelism": 8}]}))
            wait_for("all run", lambda name=name: self.begun(name) == 8)
        self.jobs.update(self.services)
        return leader

    def begun(self, name):
        """Attempts so far, none beside another one."""
        log = self.folder / name / "log"
        lines = log.read_text(encoding="ascii").split() if log.exists() else []
        self.assertNotIn("two", lines, "two attempts of a task lived at a time")
        return len(lines)

    # ---- stopping and waking

    def everything(self, leader):
        """Pids by role: all that stand in this folder."""
        daemons = {self.server.child.pid: "zookeeper", **{master.child.pid: "followers" for master in self.masters},
                   leader.child.pid: "leader", **{worker.child.pid: "workers" for worker in self.workers}}
        found = {role: [] for role in ROLES}
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if not entry.name.isdigit() or not (os.readlink(entry / "cwd") + "/").startswith(f"{self.folder}/"):
                    continue
                name = (entry / "comm").read_text(encoding="utf-8").strip()
            except OSError:
                continue
            role = f"{name}s" if name in ("lockguard", "taskguard") else daemons.get(int(entry.name), "tasks")
            found[role].append(int(entry.name))
        return found

    def suspended(self, leader, seconds):
        """All stand still for that long; pids by role."""
        found = self.everything(leader)
        for role in ROLES:
            self.assertTrue(found[role], role)
        for pid in (pid for role in ROLES for pid in found[role]):
            os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)  # that they do nothing for so long is the fault
        return found

    def wake(self, found, roles, pause):
        """In that order; when the last ones woke."""
        for role in roles:
            woken = time.monotonic()
            for pid in found[role]:
                with contextlib.suppress(ProcessLookupError):  # who woke before may have ended it
                    os.kill(pid, signal.SIGCONT)
            time.sleep(pause)
        return woken

    # ---- what has to be so afterwards

    def recovers(self, woken, epoch, what):
        self.submit_somewhere()
        wrote = time.monotonic()
        leader, _ = self.settled()
        self.registered(leader, self.workers)
        back = time.monotonic()
        now = leader.status()["epoch"]
        print(f"{what}: writes after {1000 * (wrote - woken):.0f} ms, all workers after {1000 * (back - woken):.0f} ms, "
              f"epoch {epoch} -> {now}", file=sys.stderr)
        leading = [master for master in self.masters if master.leads()]
        self.assertEqual(len(leading), 1, "one leads")
        for master in self.masters:
            self.sees_jobs(master)
        led = [epoch for master in self.masters
               for epoch in re.findall(r"was granted leadership with .* epoch=(\d+)", (master.folder / "log").read_text("utf-8"))]
        self.assertEqual(len(led), len(set(led)), f"nobody leads in an epoch of another: {led}")
        return leader

    def round(self, leader, seconds, order, pause=WAKE_PAUSE_SECONDS):
        epoch = leader.status()["epoch"]
        pids = self.suspended(leader, seconds)
        leader = self.recovers(self.wake(pids, order, pause), epoch, f"{seconds} s, {' '.join(order)}")
        self.assertEqual((self.begun("often"), self.begun("once")), (8, 8), "no task began again")
        for job in self.services:
            wait_for("all run", lambda job=job: leader.ask(f"/jobs/{job}").json()["vertices"][0]["tasks"]["RUNNING"] == 8)
        return leader


class SuspendedForSecondsDrill(SuspendedDrill):

    def test_a_suspended_machine_that_wakes_at_once(self):
        self.round(self.started(), SECONDS, ROLES, pause=0)

    def test_a_suspended_machine_whose_zookeeper_wakes_last(self):
        self.round(self.started(), SECONDS, tuple(reversed(ROLES)))

    def test_a_suspended_machine_whose_workers_wake_first(self):
        self.round(self.started(), SECONDS, ("tasks", "workers", "followers", "lockguards", "zookeeper", "taskguards", "leader"))


class SuspendedSoakDrill(SuspendedDrill):

    def test_a_machine_that_is_suspended_for_a_minute_again_and_again(self):
        # The lease is longer, so that no task of the at-most-one job has to end.
        leader = self.started(resourcemanager__at_most_one__lease=f"{3 * LONG_SECONDS} s",
                              heartbeat__timeout=f"{2 * LONG_SECONDS} s")
        leader = self.round(leader, LONG_SECONDS, ROLES, pause=0)
        for order in itertools.islice(itertools.permutations(ROLES), 0, None, ORDERS_STEP):
            leader = self.round(leader, LONG_SECONDS, order)

    def test_a_machine_that_is_suspended_for_longer_than_leases_last(self):
        leader = self.started(resourcemanager__at_most_one__lease="20 s")
        pids = self.suspended(leader, LONG_SECONDS)
        # Workers hear of it before their tasks go on.
        leader = self.recovers(self.wake(pids, ROLES, 0), leader.status()["epoch"], "longer than leases last")
        wait_for("those of the at-most-one job run again", lambda: self.begun("once") == 16)
        self.assertEqual(self.begun("often"), 8, "the others never ended")


if __name__ == "__main__":
    unittest.main()
