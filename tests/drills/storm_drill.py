"""Restart storms: everything is killed with -9 and started again at once, several times in a row; one master in a loop."""

import os
import pathlib
import signal
import sys
import time
import unittest

from drill import Drill
from processes import wait_for
from zookeeper_client import ZookeeperClient

BASE = "/stellwerk/drill"
QUICK = {"heartbeat__interval": "300 ms", "heartbeat__timeout": "3 s", "taskmanager__reconnect__timeout": "1 s",
         "resourcemanager__takeover__grace": "3 s", "resourcemanager__at_most_one__lease": "4 s"}
# The system says whether two attempts of a task live: a lock goes with the last process that holds it.
TASK = ("exec 9>>{place}/lock-$STELLWERK_SUBTASK; flock -n 9 || echo two >>{place}/log; "
        "echo $STELLWERK_SUBTASK >>{place}/log; exec sleep 3600")
GUARDS_STAY_SECONDS = 180
FILES_PER_ROUND_MAX = 40  # of the journal: each epoch begins with one, and so does what its leader commits


class StormDrill(Drill):

    def setUp(self):
        super().setUp()
        self.server = self.zookeeper()
        self.workers = []
        self.services = {}  # id: number of tasks

    def started(self, workers, jobs, tasks):
        """Three masters, whose workers run `jobs` jobs of so many tasks; every other one at most once."""
        leader, _ = self.cluster(3, zookeeper=self.server, **QUICK)
        self.workers = [self.worker(taskmanager__numberOfTaskSlots=2 * jobs * tasks // workers) for _ in range(workers)]
        self.registered(leader, self.workers)
        for number in range(jobs):
            place = self.folder / f"job-{number}"
            place.mkdir()
            once = number % 2 == 1
            # A job whose attempts may overlap for a moment does not look.
            command = TASK.format(place=place) if once else "exec sleep 3600"
            self.services[self.run_job(leader, {
                "name": f"job-{number}", "at-most-one": once,
                "restart-strategy": {"type": "fixed-delay", "attempts": 1000, "delay": "10 ms"},
                "vertices": [{"name": "work", "command": ["sh", "-c", command], "parallelism": tasks}]})] = tasks
        self.jobs.update(self.services)
        self.all_run(leader)
        return leader

    def daemons(self):
        return [*self.masters, *self.workers]

    def names(self):
        """Of all processes in this folder, by name: how many."""
        found = {}
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and (os.readlink(entry / "cwd") + "/").startswith(f"{self.folder}/"):
                    name = (entry / "comm").read_text(encoding="utf-8").strip()
                    found[name] = found.get(name, 0) + 1
            except OSError:
                continue
        return found

    def kill_all(self, guards):
        """With their guards, or without; tasks are left to whom they concern."""
        for daemon in self.daemons():
            os.kill(daemon.child.pid, signal.SIGKILL)
        if guards:
            for entry in pathlib.Path("/proc").iterdir():
                try:
                    if (entry.name.isdigit() and (os.readlink(entry / "cwd") + "/").startswith(f"{self.folder}/")
                            and (entry / "comm").read_text(encoding="utf-8").strip() in ("lockguard", "taskguard")):
                        os.kill(int(entry.name), signal.SIGKILL)
                except OSError:
                    continue
        for daemon in self.daemons():
            daemon.ended()

    def all_run(self, leader):
        """Each task once, and no process too many or too few."""
        for job, tasks in self.services.items():
            def look(job=job, tasks=tasks):
                answer = leader.ask(f"/jobs/{job}")
                return answer is not None and answer.code == 200 and (
                    answer.json()["vertices"][0]["tasks"]["RUNNING"] == tasks)
            wait_for(f"all {tasks} tasks of {job} run", look)
        # The guard of a dead worker tells masters for two minutes.
        wanted = {"sleep": sum(self.services.values()), "lockguard": len(self.masters)}
        wait_for(f"{wanted} of {self.names()}", lambda: wanted.items() <= self.names().items())
        for log in self.folder.glob("job-*/log"):
            self.assertNotIn("two", log.read_text(encoding="ascii").split(), "two attempts of a task lived at a time")

    def bounded(self, rounds):
        """What stands in ZooKeeper and in the folders."""
        with ZookeeperClient(self.server.port) as client:
            wait_for("a candidate for each master", lambda: len(client.children(f"{BASE}/leader/latch")) == len(self.masters))
            self.assertEqual(sorted(client.children(BASE)), ["head", "layout", "leader"])
        files = list(self.storage.rglob("*.jsonl"))
        self.assertLess(len(files), FILES_PER_ROUND_MAX * (rounds + 1))
        for worker in self.workers:
            self.assertEqual(len(list((worker.folder / "work").glob("tm_*"))), 1, "one folder for each worker")

    def storm(self, rounds, guards=True):
        for number in range(rounds):
            self.kill_all(guards)
            began = time.monotonic()
            for daemon in self.daemons():
                daemon.start()
            leader = self.leader()
            led = time.monotonic()
            self.submit_somewhere()
            wrote = time.monotonic()
            self.all_run(leader)
            print(f"storm {number}: a leader after {led - began:.2f} s, writes after {wrote - began:.2f} s, all tasks after "
                  f"{time.monotonic() - began:.2f} s", file=sys.stderr)
        leader, _ = self.settled()
        self.registered(leader, self.workers)
        for master in self.masters:
            self.sees_jobs(master)
        self.bounded(rounds)

    def crash_loop(self, leader, times):
        """One master dies as soon as it is there; nobody else notices but by who leads."""
        epoch = leader.status()["epoch"]
        victim = leader
        for _ in range(times):
            victim.kill()
            victim.start()
            wait_for("it serves", lambda: victim.says("/livez"))
        heir, _ = self.settled()
        self.assertLessEqual(heir.status()["epoch"], epoch + times + 1)
        self.submit_somewhere()
        self.all_run(heir)
        self.bounded(times)


class StormOfSecondsDrill(StormDrill):

    def test_all_is_killed_with_its_guards_and_started_at_once(self):
        self.started(4, 4, 10)
        self.storm(2)

    def test_all_is_killed_but_guards_and_started_at_once(self):
        self.started(4, 4, 10)
        self.storm(2, guards=False)

    def test_a_master_that_dies_again_and_again(self):
        self.crash_loop(self.started(2, 2, 5), 5)


class StormSoakDrill(StormDrill):

    def test_storms_over_a_hundred_tasks(self):
        leader = self.started(8, 6, 20)
        before = self.names()
        self.storm(10)
        self.storm(10, guards=False)
        self.crash_loop(self.leader(), 50)
        wait_for("guards of workers that are long dead are gone", lambda: self.names() == before, GUARDS_STAY_SECONDS)


if __name__ == "__main__":
    unittest.main()
