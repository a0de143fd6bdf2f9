"""Measurements of workers and their tasks, in the form of figures.py."""

import concurrent.futures
import contextlib
import json
import signal
import subprocess
import threading
import time

from cluster import TOOLS
from processes import Asker, Failure
from workers import Worker, job, registered, stamping, stamps, submit, until

RUNNING = b'"RUNNING":1'
COMMITS = 'stellwerk_journal_seq{which="committed"}'


@contextlib.contextmanager
def workers_of(cluster, count, slots):
    """Registered with its leader."""
    workers = [Worker(cluster, number, slots) for number in range(count)]
    try:
        leader = cluster.leader()
        until(f"{count} workers", lambda: registered(leader) == count)
        yield workers
    finally:
        for worker in workers:
            worker.close()


def all_tasks(workers):
    return set().union(*(worker.tasks() for worker in workers))


def leader_kills(bench):
    """kill -9 of the leader while tasks run on 4 workers."""
    rounds, tasks = (2, 20) if bench.quick else (100, 200)
    back, changed = [], []
    with contextlib.closing(bench.cluster(3, session_seconds=60)) as cluster:
        with workers_of(cluster, 4, tasks // 4) as workers:
            submit(cluster.leader(), job(["sleep", "1000000"], tasks))
            until(f"{tasks} tasks", lambda: len(all_tasks(workers)) == tasks)
            before = all_tasks(workers)
            for _ in range(rounds):
                leader, heir = cluster.leader(), cluster.next_in_line()
                leader.process.tell(signal.SIGKILL)
                led = heir.until("/leader")
                back.append((until("4 workers", lambda: registered(heir) == 4) - led) * 1000)
                leader.process.child.wait(30)
                changed.append(len(before ^ all_tasks(workers)))
                again(cluster, leader)
    yield f"leader killed beside {tasks} tasks: all workers with the next", "ms", back, "median <= 100", "from its claim"
    yield f"leader killed beside {tasks} tasks: tasks that changed", "", changed, "max <= 0", "pid or start time"


def again(cluster, dead):
    """At the same ports, where workers and others look for it."""
    cluster.masters.remove(dead)
    dead.asker.close()
    cluster.add(dead.port, dead.worker_port).until("/readyz")


def worker_kill(bench):
    """kill -9 of a worker; its task writes down when it begins elsewhere."""
    for name, more in (("worker killed", {}), ("worker of an at-most-one job killed", {"at-most-one": True})):
        samples = worker_kills(bench, bench.folder / name.replace(" ", "-"), more)
        yield f"{name}: its task runs elsewhere", "ms", samples, "median <= 100", "by the task's own clock"


def worker_kills(bench, path, more):
    rounds = 2 if bench.quick else 30
    samples = []
    with contextlib.closing(bench.cluster()) as cluster, workers_of(cluster, 2, 1) as workers:
        leader = cluster.leader()
        submit(leader, job(stamping(path)) | more)
        until("the task", lambda: len(stamps(path)) == 1)
        for number in range(2, rounds + 2):
            until("where it runs", lambda: any(worker.tasks() for worker in workers))
            holder = next(worker for worker in workers if worker.tasks())
            killed = holder.kill()
            until("the task elsewhere", lambda: len(stamps(path)) == number)
            samples.append((stamps(path)[-1] - killed) / 1e6)
            holder.start()
            until("both workers", lambda: registered(leader) == 2)
    return samples


def submit_to_running(bench):
    """A job of one task, from its submission."""
    rounds = 3 if bench.quick else 100
    path = bench.folder / "submitted"
    begun, shown = [], []
    with contextlib.closing(bench.cluster()) as cluster, workers_of(cluster, 1, 1):
        leader = cluster.leader()
        for number in range(1, rounds + 1):
            sent, wall = time.monotonic(), time.time_ns()
            one = submit(leader, job(stamping(path)))
            shown.append((until("RUNNING", lambda: RUNNING in leader.asker.get(f"/jobs/{one}")[1]) - sent) * 1000)
            until("its stamp", lambda: len(stamps(path)) == number)
            begun.append((stamps(path)[-1] - wall) / 1e6)
            leader.asker.get(f"/jobs/{one}/yarn-cancel")
            until("its end", lambda: b"CANCELED" in leader.asker.get(f"/jobs/{one}/status")[1])
    yield "submit to RUNNING, one task", "ms", shown, "median <= 25", "by GET /jobs/:jobid"
    yield "submit to its first line, one task", "ms", begun, None, "by the task's own clock"


def short_jobs(bench):
    """Jobs of one task each that ends at once, on 2 workers."""
    count = 50 if bench.quick else 1000
    rates, commits = [], []
    spec = json.dumps(job(["true"]))
    for _ in range(bench.runs):
        with contextlib.closing(bench.cluster()) as cluster, workers_of(cluster, 2, 50):
            leader = cluster.leader()
            before = leader.metric(COMMITS)
            began = time.monotonic()
            submit_all(leader.port, spec, count)
            ended = until("their end", lambda: finished(leader) == count, 120)
            rates.append(count / (ended - began))
            commits.append((leader.metric(COMMITS) - before) / count)
    yield f"{count} jobs of one task: rate", "per s", rates, ">= 200", "submitted, run and finished"
    yield f"{count} jobs of one task: commits of each", "", commits, None, "several share one"


def finished(leader):
    return json.loads(leader.asker.get("/overview")[1])["jobs-finished"]


def submit_all(port, spec, count, connections=16):
    def some(number):
        asker = Asker(port)
        for _ in range(number):
            if asker.post("/jobs", spec)[0] != 202:
                raise Failure("a job was not accepted")
        asker.close()
    share = [count // connections + (i < count % connections) for i in range(connections)]
    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        list(pool.map(some, share))


def worker_memory(bench):
    """Resident memory of a worker, without its tasks."""
    idle, busy = [], []
    tasks = 10 if bench.quick else 100
    for _ in range(bench.runs):
        with contextlib.closing(bench.cluster()) as cluster, workers_of(cluster, 1, tasks) as (worker,):
            idle.append(worker.process.memory_mb()[0])
            submit(cluster.leader(), job(["sleep", "1000000"], tasks))
            until(f"{tasks} tasks", lambda: len(worker.tasks()) == tasks)
            busy.append(worker.process.memory_mb()[0])
    yield "memory of a worker, no task: resident", "MB", idle, "<= 12", ""
    yield f"memory of a worker, {tasks} tasks: resident", "MB", busy, None, "its own"


class Crowd:
    """Many workers in one process (bench_workers), with tasks that are none."""

    def __init__(self, cluster, workers, slots):
        masters = ",".join(master.json("/status")["rpc"] for master in cluster.masters)
        self.count = workers
        self.child = subprocess.Popen(
            [str(TOOLS / "bench_workers"), "--masters", masters, "--workers", str(workers), "--slots", str(slots)],
            stdout=subprocess.PIPE, text=True)
        self.heard = self.next()

    def next(self):
        """When all of them are registered in the next epoch."""
        line = self.child.stdout.readline()
        if not line:
            raise Failure("the workers have ended")
        return json.loads(line)

    def close(self):
        self.child.kill()
        self.child.wait()
        self.child.stdout.close()


class Prober(threading.Thread):
    """Asks one master all the time, and notes how long each answer takes, in ms."""

    def __init__(self, port, path):
        super().__init__()
        self.asker = Asker(port)
        self.path = path
        self.answers = []
        self.over = threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.001):
            asked = time.monotonic()
            self.asker.get(self.path)
            self.answers.append((time.monotonic() - asked) * 1000)

    def close(self):
        self.over.set()
        self.join()
        self.asker.close()


def task_records(bench):
    """What the journal holds of tasks that begin and end, one after the other, in jobs that grow."""
    for tasks in (10, 100) if bench.quick else (100, 1000, 10_000):
        with contextlib.closing(bench.cluster(1, host="127.0.0.1")) as cluster, \
                contextlib.closing(Crowd(cluster, 10, tasks // 10)):
            leader = cluster.leader()
            before, commits = stored(cluster), leader.metric(COMMITS)
            one = submit(leader, job(["x"], tasks))
            until("all of them", lambda at=leader: running_tasks(at) == tasks, 120)
            leader.asker.get(f"/jobs/{one}/yarn-cancel")
            until("its end", lambda at=leader, job=one: b"CANCELED" in at.asker.get(f"/jobs/{job}/status")[1], 120)
            written, made = stored(cluster) - before, leader.metric(COMMITS) - commits
        yield f"job of {tasks} tasks: journal of each task's life", "bytes", [written / tasks], None, "with the job's own"
        yield f"job of {tasks} tasks: commits of each task's life", "", [made / tasks], None, ""


def stored(cluster):
    """Bytes of all commits; nothing is compacted so soon."""
    return sum(file.stat().st_size for file in cluster.storage.glob("*/journal/segment-*"))


def crowd(bench):
    """kill -9 of the leader of 1,000 workers that run 10,000 tasks in all."""
    rounds, workers = (1, 20) if bench.quick else (20, 1000)
    tasks = 10 * workers
    back, slowest, memory = [], [], []
    with contextlib.closing(bench.cluster(3, session_seconds=60, host="127.0.0.1")) as cluster, \
            contextlib.closing(Crowd(cluster, workers, 10)) as many:
        for _ in range(10):
            submit(cluster.leader(), job(["x"], workers))
        until(f"{tasks} tasks", lambda: running_tasks(cluster.leader()) == tasks, 120)
        for _ in range(rounds):
            leader, heir = cluster.leader(), cluster.next_in_line()
            with contextlib.closing(Prober(heir.port, "/leader")) as prober:
                leader.process.tell(signal.SIGKILL)
                heir.until("/leader")
                led = time.time()
                back.append(many.next()["at_ms"] - led * 1000)
            slowest.append(max(prober.answers))
            until(f"{tasks} tasks", lambda at=heir: running_tasks(at) == tasks, 120)
            memory.append(heir.process.memory_mb()[0])
            leader.process.child.wait(30)
            again(cluster, leader)
    what = f"leader of {workers} workers with {tasks} tasks killed"
    yield f"{what}: all registered", "ms", back, "max <= 1000", "from its claim"
    yield f"{what}: slowest /leader", "ms", slowest, "max <= 50", "of the next leader, meanwhile"
    yield f"{what}: resident", "MB", memory, None, "the next leader"


def running_tasks(master):
    status, body = master.asker.get("/jobs/overview")
    return sum(job["tasks"]["running"] for job in json.loads(body)["jobs"]) if status == 200 else 0


ALL = {f.__name__: f for f in (leader_kills, worker_kill, submit_to_running, short_jobs, worker_memory, task_records,
                              crowd)}
