"""Jobs that run: real tasks on real workers, whose masters and workers are killed."""

import os
import signal
import time

from drill import Drill
from processes import Worker, guards_of, wait_for

SERVICE = {"name": "service", "vertices": [{"name": "work", "command": ["sleep", "1000"], "parallelism": 4}],
           "restart-strategy": {"type": "fixed-delay", "attempts": 1000, "delay": "0 ms"}}


class TasksDrill(Drill):

    def tasks(self):
        """Processes that our workers' tasks are: pid and start time of each."""
        workers = {worker.child.pid for worker in self.processes if isinstance(worker, Worker)}
        guards = {guard for worker in workers for guard in guards_of(worker, "taskguard")}
        found = set()
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) in workers and fields[0] != "Z" and int(entry) not in guards:
                found.add((int(entry), fields[19]))
        return found

    def runs(self, number):
        wait_for(f"{number} tasks run", lambda: len(self.tasks()) == number)
        return self.tasks()

    def test_killed_leaders_cost_no_task(self):
        leader, _ = self.cluster(3, zookeeper=self.zookeeper())
        workers = [self.worker(taskmanager__numberOfTaskSlots=2) for _ in range(2)]
        self.registered(leader, workers)
        job = self.run_job(leader, SERVICE)
        before = self.runs(4)
        for _ in range(3):
            leader.kill()
            heir = self.leader([master for master in self.masters if master is not leader])
            self.registered(heir, workers)
            self.assertEqual(self.tasks(), before)
            self.becomes(heir, job, "RUNNING")
            leader.start()
            wait_for("it follows", leader.follows)
            leader = heir
        self.assertEqual(leader.ask(f"/jobs/{job}?mode=cancel", "PATCH").code, 202)
        self.becomes(leader, job, "CANCELED")
        self.runs(0)

    def test_a_killed_worker_costs_only_its_own_tasks(self):
        leader, follower = self.cluster(taskmanager__reconnect__timeout="500 ms")
        workers = [self.worker(taskmanager__numberOfTaskSlots=4) for _ in range(2)]
        self.registered(leader, workers)
        job = self.run_job(follower, SERVICE)
        before = self.runs(4)
        holder = next(worker for worker in workers
                      if any(pid in self.children(worker) for pid, _ in before))
        killed = time.monotonic()
        holder.kill()
        wait_for("its tasks run elsewhere", lambda: len(self.tasks()) == 4)
        print(f"after kill -9 of a worker: its tasks run elsewhere after {1000 * (time.monotonic() - killed):.0f} ms")
        self.becomes(leader, job, "RUNNING")
        holder.start()
        self.registered(leader, workers)
        self.assertEqual(len(self.runs(4)), 4)

    def children(self, worker):
        try:
            with open(f"/proc/{worker.child.pid}/task/{worker.child.pid}/children", encoding="ascii") as file:
                return {int(pid) for pid in file.read().split()} - set(guards_of(worker.child.pid, "taskguard"))
        except OSError:
            return set()

    def test_what_ends_is_told_and_what_fails_says_why(self):
        leader, _ = self.cluster()
        worker = self.worker(taskmanager__numberOfTaskSlots=2)
        self.registered(leader, [worker])
        good = self.run_job(leader, {"name": "good", "vertices": [
            {"name": "say", "command": ["sh", "-c", "echo $STELLWERK_VERTEX $STELLWERK_SUBTASK"], "parallelism": 2}]})
        self.becomes(leader, good, "FINISHED")
        bad = self.run_job(leader, {"name": "bad", "vertices": [
            {"name": "fall", "command": ["sh", "-c", "echo no luck >&2; exit 3"]}]})
        self.becomes(leader, bad, "FAILED")
        missing = self.run_job(leader, {"name": "missing", "vertices": [
            {"name": "none", "command": ["/does/not/exist"]}]})
        self.becomes(leader, missing, "FAILED")

    def test_many_short_tasks_on_few_slots_all_succeed(self):
        leader, _ = self.cluster()
        worker = self.worker(taskmanager__numberOfTaskSlots=4)
        self.registered(leader, [worker])
        job = self.run_job(leader, {"name": "short", "restart-strategy": {"type": "none"}, "vertices": [
            {"name": "work", "command": ["true"], "parallelism": 300}]})
        self.becomes(leader, job, "FINISHED")

    def test_labels_decide_where_a_task_runs(self):
        leader, _ = self.cluster()
        plain = self.worker(taskmanager__numberOfTaskSlots=4)
        self.registered(leader, [plain])
        job = self.run_job(leader, {"name": "labelled", "vertices": [
            {"name": "work", "command": ["sleep", "1000"], "parallelism": 2, "labels": ["gpu"]}]})
        wait_for("it says what it lacks", lambda: leader.ask(f"/jobs/{job}").json().get("waiting") ==
                 {"needed": 2, "free": 0, "total": 0, "labels": ["gpu"]})
        labelled = self.worker(taskmanager__numberOfTaskSlots=2, taskmanager__labels="zone=a, gpu")
        self.becomes(leader, job, "RUNNING")
        self.runs(2)
        shown = leader.ask("/taskmanagers").json()["taskmanagers"]
        holder, = [worker for worker in shown if worker["freeSlots"] == 0]
        self.assertEqual((holder["pid"], holder["labels"]), (labelled.child.pid, ["gpu", "zone=a"]))
        details = leader.ask(f"/taskmanagers/{holder['id']}").json()
        self.assertEqual([slot["jobId"] for slot in details["allocatedSlots"]], [job, job])

    def test_what_tasks_print_is_read_from_any_master(self):
        leader, follower = self.cluster(2)
        worker = self.worker(taskmanager__numberOfTaskSlots=2)
        self.registered(leader, [worker])
        job = self.run_job(leader, {"name": "talk", "vertices": [
            {"name": "say", "command": ["sh", "-c", "echo this is $STELLWERK_SUBTASK; echo oh >&2"], "parallelism": 2}]})
        self.becomes(leader, job, "FINISHED")
        name = leader.ask("/taskmanagers").json()["taskmanagers"][0]["id"]
        vertex = leader.ask(f"/jobs/{job}").json()["vertices"][0]["id"]
        for master in (leader, follower):
            of_task = f"/jobs/{job}/vertices/{vertex}/subtasks/1"
            self.assertEqual(master.ask(f"{of_task}/stdout").body, b"this is 1\n")
            self.assertEqual(master.ask(f"{of_task}/stderr").body, b"oh\n")
            self.assertIn(b"Starting a worker", master.ask(f"/taskmanagers/{name}/log").body)
            self.assertEqual(master.ask(f"/taskmanagers/{name}/logs").code, 200)

    def test_a_worker_that_is_told_to_stop_gives_its_tasks_back(self):
        leader, _ = self.cluster()
        worker, other = [self.worker(taskmanager__numberOfTaskSlots=4) for _ in range(2)]
        self.registered(leader, [worker, other])
        job = self.run_job(leader, {**SERVICE, "restart-strategy": {"type": "none"}})
        self.runs(4)
        holder = worker if self.children(worker) else other
        holder.signal(signal.SIGTERM)
        self.assertEqual(holder.ended(), 0)
        self.runs(4)
        self.assertEqual(self.status(leader, job), "RUNNING")

    def test_everything_stopped_and_started_again_runs_again(self):
        leader, _ = self.cluster()
        worker = self.worker(taskmanager__numberOfTaskSlots=4)
        self.registered(leader, [worker])
        job = self.run_job(leader, SERVICE)
        self.runs(4)
        worker.signal(signal.SIGTERM)
        self.assertEqual(worker.ended(), 0)
        for master in self.masters:
            master.child.terminate()
            self.assertEqual(master.ended(), 0)
        for master in self.masters:
            master.start()
        worker.start()
        leader = self.leader()
        self.registered(leader, [worker])
        self.runs(4)
        self.becomes(leader, job, "RUNNING")
