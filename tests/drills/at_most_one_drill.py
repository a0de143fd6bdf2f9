"""At-most-one jobs: never two attempts of a task at a time, whoever is killed, stopped or cut off."""

import os
import pathlib
import signal

from drill import Drill
from processes import guards_of, wait_for

QUICK = {"heartbeat__interval": "300 ms", "heartbeat__timeout": "1500 ms", "taskmanager__reconnect__timeout": "500 ms",
         "resourcemanager__at_most_one__lease": "4 s"}
# The system itself says whether two of them live: a lock goes with the last process that holds it.
TASK = """
import fcntl, os, signal, sys, time
lock = open(sys.argv[1] + "/lock", "a")
log = open(sys.argv[1] + "/log", "a", buffering=1)
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    log.write("two\\n")
log.write(f"one {os.getpid()} {os.environ['STELLWERK_FENCING_TOKEN']}\\n")
if len(sys.argv) > 2:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(3600)
"""


class AtMostOneDrill(Drill):

    def setUp(self):
        super().setUp()
        self.place = pathlib.Path(self.folder) / "service"
        self.place.mkdir()

    def begun(self):
        """(pid, fencing token) of each attempt, in order."""
        lines = (self.place / "log").read_text(encoding="ascii").split("\n") if (self.place / "log").exists() else []
        self.assertNotIn("two", lines, "two attempts lived at a time")
        return [tuple(map(int, line.split()[1:])) for line in lines if line.startswith("one ")]

    def attempts(self, count):
        return wait_for(f"{count} attempts have begun", lambda: self.begun() if len(self.begun()) == count else None)

    def service(self, master, *arguments):
        answer = master.ask("/jobs", "POST", {
            "name": "once", "at-most-one": True,
            "restart-strategy": {"type": "fixed-delay", "attempts": 1000, "delay": "10 ms"},
            "vertices": [{"name": "work", "command": ["python3", "-c", TASK, str(self.place), *arguments]}]})
        self.assertEqual(answer.code, 202, answer.body)

    def started_cluster(self, *arguments, **more):
        """(leader, the worker that runs it, the other)."""
        leader, _ = self.cluster(**{**QUICK, **more})
        workers = [self.worker(taskmanager__numberOfTaskSlots=1) for _ in range(2)]
        self.registered(leader, workers)
        self.service(leader, *arguments)
        (pid, _), = self.attempts(1)
        holder = next(worker for worker in workers if self.parent(pid) == worker.child.pid)
        return leader, holder, next(worker for worker in workers if worker is not holder)

    @staticmethod
    def parent(pid):
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])

    def moved(self, other):
        """The second attempt runs on the other worker, and no two ever did."""
        (_, first), (pid, second) = self.attempts(2)
        self.assertEqual(self.parent(pid), other.child.pid)
        self.assertGreater(second, first, "fencing tokens grow")

    def test_a_killed_workers_task_runs_elsewhere_by_its_guards_word(self):
        # Nobody waits for this lease within the time of a drill.
        _, holder, other = self.started_cluster(resourcemanager__at_most_one__lease="1 h")
        holder.kill()
        self.moved(other)

    def test_with_its_guard_too_the_kernel_ends_it_and_the_lease_is_waited_for(self):
        _, holder, other = self.started_cluster()
        (pid, _), = self.begun()
        guard, = wait_for("its guard", lambda: guards_of(holder.child.pid, "taskguard"))
        holder.freeze()  # or it would start another one
        os.kill(guard, signal.SIGKILL)
        holder.kill()
        wait_for("the task is gone", lambda: not pathlib.Path(f"/proc/{pid}/stat").exists() or None)
        self.moved(other)

    def test_the_guard_ends_it_where_its_worker_stands_still(self):
        _, holder, other = self.started_cluster("deaf")
        holder.freeze()
        self.moved(other)
        wait_for("the guard's word in its log", lambda: "the lease of worker" in holder.said())
        holder.thaw()
        wait_for("it says why", lambda: "its lease is over" in holder.said())
        self.assertEqual(len(self.begun()), 2)

    def test_many_tasks_are_ended_in_time(self):
        many = 300
        # On a busy host 300 starts keep a worker from its heartbeats for a while.
        leader, _ = self.cluster(**{**QUICK, "heartbeat__timeout": "5 s", "resourcemanager__at_most_one__lease": "8 s"})
        workers = [self.worker(taskmanager__numberOfTaskSlots=many) for _ in range(2)]
        self.registered(leader, workers)
        task = (f"exec 9>>{self.place}/lock-$STELLWERK_SUBTASK; flock -n 9 || echo two >>{self.place}/log; "
                f"echo one >>{self.place}/log; exec sleep 3600")
        answer = leader.ask("/jobs", "POST", {
            "name": "once", "at-most-one": True,
            "restart-strategy": {"type": "fixed-delay", "attempts": 1000, "delay": "10 ms"},
            "vertices": [{"name": "work", "command": ["sh", "-c", task], "parallelism": many}]})
        self.assertEqual(answer.code, 202, answer.body)

        def begun():
            lines = (self.place / "log").read_text(encoding="ascii").split() if (self.place / "log").exists() else []
            self.assertNotIn("two", lines, "two attempts lived at a time")
            return len(lines)
        wait_for("all run", lambda: begun() == many)
        used = {worker["pid"]: worker["slotsNumber"] - worker["freeSlots"]
                for worker in leader.ask("/taskmanagers").json()["taskmanagers"]}
        holder = next(worker for worker in workers if used[worker.child.pid] == many)
        holder.freeze()
        # Where the other worker is late as well, some begin once more.
        wait_for("all run elsewhere", lambda: begun() >= 2 * many)
        self.assertIn(f"ended {many} processes of its at-most-one tasks", holder.said())
        holder.thaw()

    def test_its_worker_ends_it_where_no_leader_answers(self):
        _, holder, other = self.started_cluster("deaf")
        for master in self.masters:
            master.kill()
        wait_for("it is killed", lambda: "its lease is over" in holder.said())
        for master in self.masters:
            master.start()
        self.registered(self.leader(), [holder, other])
        self.attempts(2)

    def test_a_leaders_death_costs_it_nothing(self):
        leader, holder, other = self.started_cluster()
        before = self.begun()
        for _ in range(3):
            leader.kill()
            others = [master for master in self.masters if master is not leader]
            heir = self.leader(others)
            self.registered(heir, [holder, other])
            leader.start()
            leader = heir
        self.assertEqual(self.begun(), before)
