"""What all drills begin with: a folder, servers and masters that end with it, and what to wait for."""

import itertools
import os
import pathlib
import shutil
import signal
import tempfile
import unittest

from processes import Master, Worker, Zookeeper, wait_for

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "cluster"
SESSION = "3 s"


class Drill(unittest.TestCase):
    """Ends every process of a test, whatever came of it; one that failed shows what they wrote last."""

    maxDiff = None

    def setUp(self):
        # In memory where there is some: a busy disk is another drill's matter.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        folder = tempfile.TemporaryDirectory(prefix="stellwerk-drill-", dir=memory)
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.storage = self.folder / "storage"
        self.storage.mkdir()
        self.processes = []
        self.masters = []
        self.jobs = set()  # accepted
        self.maybe = set()  # answered with 504
        self._numbers = itertools.count(1)
        self.addCleanup(self._end_all)

    def _end_all(self):
        outcome = self._outcome.result
        failed = any(test is self for test, _ in outcome.errors + outcome.failures)
        for process in reversed(self.processes):
            if failed:
                print(process.tail())
            process.kill()
        self._end_leftovers()

    def _end_leftovers(self):
        """What was started by those: tasks of killed workers, guards of killed daemons. All stand in this folder."""
        here = str(self.folder)
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                if (os.readlink(f"/proc/{entry}/cwd") + "/").startswith(here + "/"):
                    os.kill(int(entry), signal.SIGKILL)
            except OSError:
                continue

    # ---- making

    def installed(self):
        """A tree as it is installed, with the scripts and the program: its folder."""
        home = self.folder / "a home"
        shutil.copytree(SCRIPTS, home / "bin")
        (home / "bin" / "stellwerk").symlink_to(os.environ["STELLWERK_PROGRAM"])
        return home

    def zookeeper(self, start=True):
        server = Zookeeper(self.folder / f"zookeeper-{next(self._numbers)}")
        self.processes.append(server)
        if start:
            server.start()
        return server

    def master(self, zookeeper=None, storage=None, start=True, **more):
        """One more master; with a `zookeeper` of that type, else `local`."""
        settings = {
            "high-availability.type": "zookeeper" if zookeeper else "local",
            "high-availability.storageDir": f"file://{storage or self.storage}",
            "high-availability.cluster-id": "/drill",
            "rest.await-leader-timeout": "2 s",
        }
        if zookeeper:
            settings["high-availability.zookeeper.quorum"] = f"127.0.0.1:{zookeeper.port}"
            settings["high-availability.zookeeper.client.session-timeout"] = SESSION
        settings.update({key.replace("_", "-").replace("--", "."): value for key, value in more.items()})
        master = Master(self.folder / f"master-{next(self._numbers)}", settings)
        self.processes.append(master)
        self.masters.append(master)
        if start:
            master.start()
        return master

    def worker(self, masters=None, start=True, **more):
        """One more worker, which knows `masters` or else all."""
        settings = {"high-availability.type": "local", "high-availability.storageDir": f"file://{self.storage}"}
        settings.update({key.replace("_", "-").replace("--", "."): value for key, value in more.items()})
        worker = Worker(self.folder / f"worker-{next(self._numbers)}", masters or self.masters, settings)
        self.processes.append(worker)
        if start:
            worker.start()
        return worker

    def cluster(self, count=2, zookeeper=None, **more):
        """Masters of which one leads and the others follow: (leader, the first of the others)."""
        for _ in range(count):
            self.master(zookeeper, **more)
        return self.settled()

    # ---- waiting

    def leader(self, among=None):
        """Waits until one of them leads."""
        return wait_for("a leader", lambda: next((m for m in among or self.masters if m.runs() and m.leads()), None))

    def settled(self, newer_than=0):
        """Waits until one of them leads, in an epoch after that one, and the others follow it."""
        def look():
            running = [m for m in self.masters if m.runs()]
            leader = next((m for m in running if m.leads() and m.status()["epoch"] > newer_than), None)
            others = [m for m in running if m is not leader]
            return (leader, others) if leader and all(other.follows() for other in others) else None
        leader, others = wait_for("a leader, and that the others follow it", look)
        return leader, others[0] if others else None

    def sees_jobs(self, master):
        """Every accepted one, and none that was not sent or certainly refused."""
        def look():
            jobs = master.jobs()
            return jobs is not None and self.jobs <= jobs <= self.jobs | self.maybe
        wait_for(f"{len(self.jobs)} jobs", look)

    def registered(self, master, workers):
        """Waits until that master shows these workers, and no others, as connected."""
        def look():
            shown = master.workers()
            return shown is not None and {each["pid"] for each in shown.values() if not each["away"]} == {
                worker.child.pid for worker in workers} and len(shown) == len(workers)
        wait_for(f"{len(workers)} workers", look)

    def message(self, master, text):
        """Waits for a text in what /status says about this master."""
        def look():
            status = master.status()
            said = (status.get("message", "") + " | " + status.get("eligible-reason", "") + " | " +
                    status.get("coordination", {}).get("detail", ""))
            return said if text in said else None
        return wait_for(f"'{text}' in {master.status()}", look)

    # ---- doing

    def submit(self, master):
        """A job that must be accepted; it counts among self.jobs."""
        answer = self.try_submit(master)
        self.assertIsNotNone(answer)
        self.assertEqual(answer.code, 202, answer.body)
        return answer

    def try_submit(self, master, job=None):
        """With an id of its own, so that it may be repeated: an Answer, or nothing."""
        job = job or os.urandom(16).hex()
        answer = master.ask("/jobs", "POST", job_spec(job))
        if answer is not None and answer.code == 202:
            self.assertEqual(answer.json()["jobid"], job)
            self.jobs.add(job)
        elif answer is None or answer.code == 504:
            self.maybe.add(job)
        return answer

    def run_job(self, master, spec):
        """Of this specification, which must be accepted: its id."""
        answer = master.ask("/jobs", "POST", spec)
        self.assertEqual(answer.code, 202, answer.body)
        return answer.json()["jobid"]

    def status(self, master, job):
        return master.ask(f"/jobs/{job}/status").json()["status"]

    def becomes(self, master, job, status):
        wait_for(f"job {job} is {status}", lambda: self.status(master, job) == status)

    def why(self, master, job):
        """What is told of its newest failure."""
        return master.ask(f"/jobs/{job}/exceptions").json()["all-exceptions"][0]["exception"]

    def submit_somewhere(self, other_than=None):
        """As a client does that knows all masters: the same job again until one accepts it."""
        job = os.urandom(16).hex()

        def accepted():
            for master in self.masters:
                if master is other_than or not master.runs():
                    continue
                answer = self.try_submit(master, job)
                if answer is not None and answer.code == 202:
                    return True
                self.assertIn(answer.code if answer else 503, (503, 504))
            return False
        wait_for("a job is accepted", accepted)

    def assert_nobody_leads(self):
        for master in self.masters:
            self.assertFalse(master.leads(), master.status())
            self.refuses(master)

    def refuses(self, master):
        """It takes no job, and never a moment later either."""
        self.assertEqual(self.try_submit(master).code, 503)


def job_spec(job):
    return {"jobId": job, "name": "drill", "vertices": [{"name": "only", "command": ["true"]}]}
