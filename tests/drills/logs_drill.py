"""Disks of logs that are full: daemons, guards and tasks go on, say what was lost, and log again when there is room."""

import os
import signal
import subprocess

from drill import Drill
from processes import guards_of, wait_for

LOG_BYTES = 1 << 20  # that stand there already: what may not grow are the logs, not the small files of the storage
COUNTING = "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.01; done"


class LogsDrill(Drill):

    def begin_full(self, daemon):
        """Its log and its console have so much in them that they may not grow."""
        for name in ("log", "out"):
            with open(daemon.folder / name, "wb") as file:
                file.write(b"." * (LOG_BYTES - 1) + b"\n")
        daemon.start()
        return daemon

    def pids(self, daemon, guard):
        return [daemon.child.pid, *wait_for("its guard", lambda: guards_of(daemon.child.pid, guard))]

    def limit(self, pids, size):
        for pid in pids:
            subprocess.run(["prlimit", "--pid", str(pid), f"--fsize={size}:"], check=True)

    def sizes(self, daemons):
        return [(daemon.folder / "log").stat().st_size for daemon in daemons]

    def lines_lost(self, master):
        text = master.ask("/metrics").body.decode()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("stellwerk_log_lines_lost_total "))

    def log_of(self, daemon):
        return (daemon.folder / "log").read_bytes()[LOG_BYTES:].decode()

    def test_full_disks_of_logs_stop_nothing(self):
        server = self.zookeeper()
        masters = [self.begin_full(self.master(server, start=False)) for _ in range(2)]
        leader, follower = self.settled()
        worker = self.begin_full(self.worker(start=False))
        self.registered(leader, [worker])
        job = self.run_job(leader, {"name": "count", "vertices": [
            {"name": "count", "command": ["sh", "-c", COUNTING]}]})
        self.becomes(leader, job, "RUNNING")
        daemons = [*masters, worker]
        pids = [pid for master in masters for pid in self.pids(master, "lockguard")] + self.pids(worker, "taskguard")
        # Files may not grow beyond what the smallest log has by now.
        self.limit(pids, min(self.sizes(daemons)))
        full = self.sizes(daemons)
        self.assertEqual(leader.ask("/leader/transfer", "POST").code, 202)
        wait_for("the other leads", follower.leads)
        self.registered(follower, [worker])
        self.submit(follower)
        wait_for("lines are lost", lambda: self.lines_lost(follower) > 0)
        # A guard with something to say, which nobody writes down.
        wait_for("it follows", leader.follows)
        guard = guards_of(follower.child.pid)
        follower.kill()
        wait_for("the other leads", leader.leads)
        wait_for("its guard has ended", lambda: not any(os.path.exists(f"/proc/{pid}/cwd") for pid in guard))
        self.registered(leader, [worker])
        self.submit(leader)
        self.becomes(leader, job, "RUNNING")
        self.assertEqual(self.sizes(daemons), full)
        for daemon in (leader, worker):
            self.limit(self.pids(daemon, "lockguard" if daemon is leader else "taskguard"), "unlimited")
        # Something to tell for both.
        leader.signal(signal.SIGTERM)
        self.assertEqual(leader.ended(), 0)
        for daemon in (leader, worker):
            wait_for("its log goes on", lambda daemon=daemon: "lines of this log are lost" in self.log_of(daemon))
            for line in self.log_of(daemon).splitlines():
                self.assertRegex(line, r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \w+ +(stellwerk|taskguard|lockguard) - .*)$")
        self.assertTrue(worker.runs())
