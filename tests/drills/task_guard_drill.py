"""Workers that are killed: what their guards do with their tasks, and what the leader makes of it."""

import os
import pathlib
import signal
import subprocess
import time

from drill import Drill
from processes import NAMESPACE, guards_of, runs, wait_for

# Only a guard's word can be the reason why something begins elsewhere sooner.
NEVER = "1 h"
PATIENT = {"taskmanager__reconnect__timeout": NEVER, "heartbeat__timeout": NEVER}
# What a task may leave behind: a child, another group of its session, and a daemon.
SCRIPT = "sleep 1000 & set -m; sleep 1000 & setsid sleep 1000 & exec sleep 1000"
SERVICE = {"name": "service", "vertices": [{"name": "work", "command": ["bash", "-c", SCRIPT], "parallelism": 4}]}
PROCESSES = 4  # of each task
INSIDE = 2  # the first process that a pid 1 starts


def started(pid):
    """Tells it from another process with that number; nothing: it does not run."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def processes_of(worker, pid=None):
    """All that its tasks are, by the mark that they were started with: pid to start. `pid`: by which it knows itself."""
    prefix = f"STELLWERK_TASK_MARK={pid or worker.child.pid}.".encode("ascii")
    found = {}
    for folder in pathlib.Path("/proc").iterdir():
        try:
            if not folder.name.isdigit() or prefix not in (folder / "environ").read_bytes():
                continue
            # Who only starts others is gone in a moment.
            if not (folder / "cmdline").read_bytes().startswith(b"sleep"):
                continue
        except OSError:
            continue
        start = started(int(folder.name))
        if start is not None:
            found[int(folder.name)] = start
    return found


class TaskGuardDrill(Drill):

    def run_service(self, master):
        answer = master.ask("/jobs", "POST", SERVICE)
        self.assertEqual(answer.code, 202, answer.body)

    def busy(self, workers, tasks=4):
        """Waits until all tasks run, with all that they start; by worker."""
        def look():
            found = {worker: processes_of(worker) for worker in workers}
            return found if sum(map(len, found.values())) == PROCESSES * tasks else None
        return wait_for(f"{tasks} tasks run", look)

    def guard_of(self, worker):
        return wait_for("a guard", lambda: guards_of(worker.child.pid, "taskguard"))[0]

    def log_says(self, worker, text):
        wait_for(f"'{text}' in its log", lambda: text in worker.said())

    def started_cluster(self, zookeeper=None, **more):
        """(leader, workers, what their tasks are)."""
        leader, _ = self.cluster(zookeeper=zookeeper, **{**PATIENT, **more})
        workers = [self.worker(taskmanager__numberOfTaskSlots=4) for _ in range(2)]
        self.registered(leader, workers)
        self.run_service(leader)
        return leader, workers, self.busy(workers)

    def holder(self, workers, found):
        """One that runs tasks, and the other."""
        holder = max(workers, key=lambda worker: len(found[worker]))
        return holder, next(worker for worker in workers if worker is not holder)

    def killed(self, leader, holder, other, before):
        """Kills it: its tasks are gone, and run on the other."""
        guard = self.guard_of(holder)
        begun = time.monotonic()
        holder.kill()
        wait_for("its tasks run elsewhere", lambda: len(processes_of(other)) == 4 * PROCESSES)
        print(f"after kill -9 of a worker: its tasks run elsewhere, with all that they start, after "
              f"{1000 * (time.monotonic() - begun):.0f} ms")
        for pid, start in before[holder].items():
            self.assertNotEqual(started(pid), start, "it is gone")
        self.log_says(holder, "is dead and its tasks are gone")
        wait_for("the guard ends", lambda: not runs(guard))
        self.registered(leader, [other])

    def test_a_killed_workers_tasks_run_elsewhere_by_its_guards_word(self):
        leader, workers, before = self.started_cluster(self.zookeeper())
        holder, other = self.holder(workers, before)
        self.killed(leader, holder, other, before)
        holder.start()
        self.registered(leader, workers)
        self.assertEqual(len(processes_of(other)), 4 * PROCESSES)

    def test_the_next_leader_hears_of_it_too(self):
        leader, workers, before = self.started_cluster()
        holder, other = self.holder(workers, before)
        leader.kill()
        self.killed(self.leader([master for master in self.masters if master is not leader]), holder, other, before)

    def test_without_a_guard_the_reconnect_timeout_decides(self):
        leader, workers, before = self.started_cluster(taskmanager__reconnect__timeout="500 ms")
        holder, other = self.holder(workers, before)
        guard = self.guard_of(holder)
        holder.freeze()  # or it would start another one
        os.kill(guard, signal.SIGKILL)
        wait_for("no guard", lambda: not runs(guard))
        holder.kill()
        wait_for("its tasks run elsewhere too", lambda: len(processes_of(other)) == 4 * PROCESSES)
        for pid, start in before[holder].items():
            self.assertEqual(started(pid), start, "nobody has ended it")
        self.assertNotIn("taskguard", holder.said())
        dead = holder.child.pid
        holder.start()
        self.registered(leader, workers)
        left = [pid for pid, start in before[holder].items() if started(pid) == start]
        for pid in left:  # daemons are nobody's now
            self.assertIn(f"STELLWERK_TASK_MARK={dead}.", pathlib.Path(f"/proc/{pid}/environ").read_text(encoding="utf-8"))
            os.kill(pid, signal.SIGKILL)

    def child_of(self, pid, name):
        def look():
            found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
            return [int(each) for each in found if pathlib.Path(f"/proc/{each}/comm").read_text().strip() == name]
        return wait_for(f"{name} below {pid}", look)[0]

    def test_pid_1_of_a_namespace_guards_the_worker_that_it_starts(self):
        leader, _ = self.cluster(**PATIENT)
        boxed = self.worker(taskmanager__numberOfTaskSlots=4, start=False)
        boxed.start(NAMESPACE)
        wait_for("it is registered", leader.workers)
        self.run_service(leader)
        init = self.child_of(boxed.child.pid, "taskguard")
        worker = self.child_of(init, "exe")
        wait_for("its tasks run", lambda: len(processes_of(boxed, INSIDE)) == 4 * PROCESSES)
        other = self.worker(taskmanager__numberOfTaskSlots=4)
        os.kill(worker, signal.SIGKILL)
        wait_for("its tasks run elsewhere", lambda: len(processes_of(other)) == 4 * PROCESSES)
        self.assertEqual(boxed.ended(), 128 + signal.SIGKILL)
        self.assertIn("is dead and its tasks are gone", boxed.complained(), "a container's log")
        boxed.start(NAMESPACE)
        wait_for("it is registered again", lambda: len(leader.workers()) == 2)
        os.kill(self.child_of(boxed.child.pid, "taskguard"), signal.SIGTERM)
        self.assertEqual(boxed.ended(), 0, "TERM is passed on, and the worker's exit code is that of the container")

    def test_a_taskguard_that_is_killed_is_replaced_and_told_all(self):
        leader, workers, before = self.started_cluster()
        holder, other = self.holder(workers, before)
        first = self.guard_of(holder)
        os.kill(first, signal.SIGKILL)
        wait_for("another guard", lambda: [pid for pid in guards_of(holder.child.pid, "taskguard") if pid != first])
        self.log_says(holder, "Started another guard")
        self.killed(leader, holder, other, before)

    def test_a_worker_that_is_told_to_stop_leaves_no_guard(self):
        leader, workers, before = self.started_cluster()
        holder, other = self.holder(workers, before)
        guards = [self.guard_of(worker) for worker in workers]
        holder.signal(signal.SIGTERM)
        self.assertEqual(holder.ended(), 0)
        wait_for("its tasks run elsewhere", lambda: len(processes_of(other)) == 4 * PROCESSES)
        other.signal(signal.SIGTERM)
        self.assertEqual(other.ended(), 0)
        for guard in guards:
            wait_for("the guard ends", lambda pid=guard: not runs(pid))
        for worker in workers:
            self.assertNotIn("taskguard", worker.said())
        self.registered(leader, [])

    def test_a_taskguard_holds_nothing_and_outlives_signals(self):
        leader, workers, before = self.started_cluster()
        holder, other = self.holder(workers, before)
        guard = self.guard_of(holder)
        held = sorted(os.readlink(entry) for entry in pathlib.Path(f"/proc/{guard}/fd").iterdir())
        self.assertEqual([text for text in held if not text.startswith("socket:[")],
                         sorted(["/dev/null"] * 3 + ["anon_inode:[pidfd]", str(holder.folder / "log")]))
        channel = {text for text in held if text.startswith("socket:[")}
        self.assertEqual(len(channel), 1)
        for pid in before[holder]:
            inside = {os.readlink(entry) for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
            self.assertFalse(inside & channel, "no task has it")
        self.assertEqual(os.getsid(guard), guard)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(guard, number)
        self.killed(leader, holder, other, before)
