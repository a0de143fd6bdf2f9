"""A storageDir that has become slow for everybody, or for a follower alone."""

import http.client
import os
import threading
import time

from drill import Drill, job_spec
from processes import LIMIT_SECONDS, wait_for
from sick_disk import SickDisk

CLIENTS = 16
SLOW_SAID = "storageDir is slow: one answer takes"


class SlowStorage(Drill):

    def begin(self, count=3, **more):
        """Masters over disks that can be made slow: (leader, the first of the others, their disks)."""
        server = self.zookeeper()
        disks = {}
        for _ in range(count):
            master = self.master(server, start=False, **{"rest__await_leader_timeout": "45 s", **more})
            disks[master] = SickDisk(master, self.storage)
            master.start(inside=disks[master].inside)
        return *self.settled(), disks

    def submit_all(self, master, count):
        """At the same time; how long they took."""
        since = time.monotonic()
        threads = [threading.Thread(target=self.submit, args=(master,)) for _ in range(count)]
        before = len(self.jobs)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(self.jobs), before + count)
        return time.monotonic() - since

    def looks(self, masters, until):
        """Reads from all of them until then."""
        while not until():
            for master in masters:
                for path in ("/status", "/metrics", "/jobs/overview", "/livez"):
                    self.assertEqual(master.ask(path).code, 200)
            time.sleep(0.05)

    def slowest(self, master):
        text = master.ask("/metrics").body.decode()
        return next(float(line.split()[1]) for line in text.splitlines()
                    if line.startswith("stellwerk_storage_slowest_seconds "))


class SlowStorageDrill(SlowStorage):

    def test_slow_storage_slows_changes_and_nothing_else(self):
        leader, _, disks = self.begin()
        worker = self.worker()
        self.registered(leader, [worker])
        job = self.run_job(leader, {"name": "long", "vertices": [{"name": "v", "command": ["sleep", "600"]}]})
        self.becomes(leader, job, "RUNNING")
        self.jobs.add(job)
        epoch = leader.status()["epoch"]
        for disk in disks.values():
            disk.is_so(write_ms=300)
        took = []
        clients = threading.Thread(target=lambda: took.append(self.submit_all(leader, CLIENTS)))
        clients.start()
        self.looks(self.masters, lambda: not clients.is_alive())
        self.assertEqual(len(took), 1)
        # Together: one after the other would take at least twice as long.
        self.assertLess(took[0], CLIENTS * 6 * 0.3 / 2)
        self.assertEqual(leader.status()["epoch"], epoch)
        self.message(leader, SLOW_SAID)
        self.assertGreater(self.slowest(leader), 1)
        self.assertGreater(leader.status()["storage"]["slowest-ms"], 1000)
        wait_for("the log says it", lambda: "is slow: one answer takes" in (leader.folder / "log").read_text(encoding="utf-8"))
        leader.kill()
        others = [master for master in self.masters if master is not leader]
        heir = self.leader(others)
        self.submit_all(heir, CLIENTS)
        self.assertEqual(heir.status()["epoch"], epoch + 1)
        for disk in disks.values():
            disk.is_so()
        for master in others:
            self.sees_jobs(master)
        self.registered(heir, [worker])
        self.assertEqual(self.status(heir, job), "RUNNING")

    def test_a_follower_that_reads_slowly_holds_nobody_up(self):
        leader, follower, disks = self.begin(2)
        self.submit(leader)
        disks[follower].is_so(read_ms=1000)
        position = self.submit(leader).headers["Stellwerk-Position"]
        # Whoever asks for what it wrote gets it, or is told that it is not there yet.
        self.read_own_write(follower, position, next(iter(self.jobs)))
        self.looks([leader, follower], lambda: follower.status()["journal"]["applied"] == position)
        self.sees_jobs(follower)
        self.assertTrue(follower.follows())
        # 409 while it has not read everything.
        wait_for("it is handed over", lambda: leader.ask("/leader/transfer", "POST").code == 202)
        wait_for("the other leads", follower.leads)
        self.submit(follower)
        follower.kill()
        wait_for("the first leads", leader.leads)
        self.submit(leader)

    def read_own_write(self, master, position, job):
        """With Stellwerk-At-Least: the job, or a word that it is not known here in time; never an older state."""
        connection = http.client.HTTPConnection("127.0.0.1", master.port, timeout=60)
        try:
            connection.request("GET", f"/jobs/{job}", headers={"Stellwerk-At-Least": position})
            answer = connection.getresponse()
            body = answer.read()
            self.assertIn(answer.status, (200, 503, 504), body)
            return answer.status == 200
        finally:
            connection.close()

    def test_a_follower_that_stood_still_shows_nothing_older_than_asked_for(self):
        leader, follower, _ = self.begin(2)
        follower.freeze()
        for _ in range(10):
            accepted = self.submit(leader)
        wait_for("it is not in line any more", lambda: len(leader.status()["masters"]) == 1)
        self.submit(leader)
        follower.thaw()
        position, job = accepted.headers["Stellwerk-Position"], accepted.json()["jobid"]
        wait_for("it has read it", lambda: self.read_own_write(follower, position, job))
        wait_for("it is handed over", lambda: leader.ask("/leader/transfer", "POST").code == 202)
        wait_for("it leads", follower.leads)
        self.sees_jobs(follower)
        self.submit(follower)


class SlowStorageSoakDrill(SlowStorage):

    def submit_patiently(self):
        """To whoever leads, until it is accepted; how often somebody said that nothing happened, or nothing at all."""
        job = os.urandom(16).hex()
        self.jobs.add(job)
        for tries in range(10):
            answer = self.leader().ask("/jobs", "POST", job_spec(job), limit=LIMIT_SECONDS)
            if answer is not None and answer.code == 202:
                return tries
            self.assertIn(answer.code if answer else 504, (503, 504))
        raise AssertionError("it is never accepted")

    def test_storage_that_is_very_slow_is_waited_for(self):
        leader, _, disks = self.begin()
        self.submit(leader)
        epoch = leader.status()["epoch"]
        for disk in disks.values():
            disk.is_so(write_ms=1800)  # a commit takes 11 s
        # Leaders give up their places for storage that was quick and is silent for 10 s, until they have seen it answer.
        self.submit_patiently()
        settled = self.leader().status()["epoch"]
        self.assertLessEqual(settled, epoch + len(self.masters))
        for _ in range(4):
            self.assertEqual(self.submit_patiently(), 0)
        self.assertEqual(self.leader().status()["epoch"], settled)
        for disk in disks.values():
            disk.is_so()
        wait_for("it is said that it is quick", lambda: any(
            "answers within a second again" in (master.folder / "log").read_text(encoding="utf-8")
            for master in self.masters), 120)
        for master in self.masters:
            self.sees_jobs(master)
