"""Disks of logs that are full: daemons, guards and tasks go on, say what was lost, and log again when there is room."""

import json
import os
import pathlib
import re
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

    def test_logs_that_are_renamed_go_on_in_new_ones_after_sighup(self):
        leader, follower = self.cluster(zookeeper=self.zookeeper())
        worker = self.worker()
        self.registered(leader, [worker])
        job = self.run_job(leader, {"name": "count", "vertices": [
            {"name": "count", "command": ["sh", "-c", COUNTING]}]})
        self.becomes(leader, job, "RUNNING")
        wait_for("it counts", lambda: "line 1" in (worker.folder / "out").read_text(encoding="utf-8"))
        guards = {daemon: wait_for("its guard", lambda at=daemon, name=guard: guards_of(at.child.pid, name))
                  for daemon, guard in ((leader, "lockguard"), (worker, "taskguard"))}
        for daemon in (leader, follower, worker):
            for name in ("log", "out"):
                os.rename(daemon.folder / name, daemon.folder / f"{name}.1")
            for pid in (daemon.child.pid, *guards.get(daemon, ())):
                os.kill(pid, signal.SIGHUP)
            wait_for("its log is there", lambda daemon=daemon: (daemon.folder / "log").exists() and
                     "RECEIVED SIGNAL 1: SIGHUP" in (daemon.folder / "log").read_text(encoding="utf-8"))
            wait_for("its output is there", (daemon.folder / "out").exists)
        wait_for("the output goes on", lambda: "line" in (worker.folder / "out").read_text(encoding="utf-8"))
        written = "".join((worker.folder / name).read_text(encoding="utf-8") for name in ("out.1", "out"))
        numbers = [int(number) for number in re.findall(r"line (\d+)\n", written)]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)), "no line is lost")
        # Their guards write to the new ones too.
        for daemon, guard, said in ((worker, "taskguard", "worker "), (leader, "lockguard", "ended the session")):
            held = wait_for("the guard has it", lambda daemon=daemon: [
                pid for pid in guards[daemon] if str(daemon.folder / "log") in self.held_by(pid)])
            self.assertEqual(held, guards[daemon])
            daemon.kill()
            wait_for("it says what it did", lambda daemon=daemon, line=f"{guard} - {said}": line in
                     (daemon.folder / "log").read_text(encoding="utf-8"))
            self.assertNotIn(guard + " - ", (daemon.folder / "log.1").read_text(encoding="utf-8"))
        wait_for("the other leads", follower.leads)

    def test_logs_of_objects_hold_nothing_else(self):
        server = self.zookeeper()
        masters = [self.master(server, env__log__format="json") for _ in range(2)]
        leader, follower = self.settled()
        worker = self.worker(env__log__format="json")
        self.registered(leader, [worker])
        job = self.run_job(leader, {"name": "a \"name\"", "vertices": [{"name": "v", "command": ["sleep", "600"]}]})
        self.becomes(leader, job, "RUNNING")
        for daemon, guard in ((worker, "taskguard"), (leader, "lockguard")):
            daemon.kill()
            wait_for("its guard says what it did", lambda daemon=daemon, guard=guard:
                     f'"logger":"{guard}"' in (daemon.folder / "log").read_text(encoding="utf-8"))
        wait_for("the other leads", follower.leads)
        for daemon in (*masters, worker):
            for line in (daemon.folder / "log").read_text(encoding="utf-8").splitlines():
                self.assertEqual(list(json.loads(line)), ["time", "level", "logger", "message"])

    def held_by(self, pid):
        return [os.readlink(entry) for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir()]

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
        guard = wait_for("its guard", lambda: guards_of(follower.child.pid))
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
