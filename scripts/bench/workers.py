"""Workers under measurement, and what their tasks are to /proc."""

import json
import os
import signal
import time

from cluster import PROGRAM, START_SECONDS_MAX
from processes import Failure, Process

GUARD = b"(taskguard"


class Worker:
    """One `stellwerk worker` of a cluster, the same after each start."""

    def __init__(self, cluster, number, slots):
        self.folder = cluster.folder / f"worker-{number}"
        self.folder.mkdir()
        (self.folder / "config.yaml").write_text(
            (cluster.conf / "config.yaml").read_text() + f"taskmanager.numberOfTaskSlots: {slots}\n"
            f"taskmanager.host: localhost\nprocess.working-dir: {self.folder}/work\n")
        (self.folder / "masters").write_text("".join(f"localhost:{master.port}\n" for master in cluster.masters))
        self.process = None
        self.start()

    def start(self):
        self.process = Process([str(PROGRAM), "worker", "--configDir", str(self.folder),
                                "--log-file", str(self.folder / "worker.log")], self.folder / "out")

    def kill(self):
        """When, as time.time_ns() has it: tasks write down the same clock."""
        now = time.time_ns()
        self.process.child.send_signal(signal.SIGKILL)
        self.process.child.wait(START_SECONDS_MAX)
        return now

    def tasks(self):
        """Pid and start time of each."""
        return {(pid, started) for pid, parent, started in processes() if parent == self.process.pid}

    def close(self):
        self.process.end()


def processes():
    """(pid, parent, start time) of all but guards."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:
                before, _, after = file.read().rpartition(b")")
        except OSError:
            continue
        fields = after.split()
        if fields[0] != b"Z" and not before.endswith(GUARD):
            yield int(entry), int(fields[1]), fields[19]


def until(what, look, seconds=START_SECONDS_MAX):
    """When `look` came true, by time.monotonic()."""
    limit = time.monotonic() + seconds
    while not look():
        if time.monotonic() > limit:
            raise Failure(f"{what}: not within {seconds} s")
        time.sleep(0.001)
    return time.monotonic()


def registered(master):
    """How many workers this master has, as the leader."""
    status, body = master.asker.get("/taskmanagers")
    return sum(not worker["away"] for worker in json.loads(body)["taskmanagers"]) if status == 200 else 0


def submit(master, spec):
    status, body = master.asker.post("/jobs", json.dumps(spec))
    if status != 202:
        raise Failure(f"a job was not accepted: {status} {body.decode()}")
    return json.loads(body)["jobid"]


def job(command, parallelism=1):
    """Of one vertex that begins anew at once, as often as it takes."""
    return {"name": "bench", "vertices": [{"name": "work", "command": command, "parallelism": parallelism}],
            "restart-strategy": {"type": "fixed-delay", "attempts": 1_000_000, "delay": "0 ms"}}


def stamping(path):
    """A task that writes down when it began, and stays."""
    return ["sh", "-c", f"date +%s%N >>{path}; exec sleep 1000000"]


def stamps(path):
    return [int(line) for line in path.read_text().split()] if path.exists() else []
