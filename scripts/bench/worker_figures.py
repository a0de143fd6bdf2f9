"""Measurements of workers and their tasks, in the form of figures.py."""

import concurrent.futures
import contextlib
import json
import signal
import time

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
    """At the same port, where workers and others look for it."""
    cluster.masters.remove(dead)
    dead.asker.close()
    cluster.add(dead.port).until("/readyz")


def worker_kill(bench):
    """kill -9 of a worker; its task writes down when it begins elsewhere."""
    rounds = 2 if bench.quick else 30
    path = bench.folder / "begun"
    samples = []
    with contextlib.closing(bench.cluster()) as cluster, workers_of(cluster, 2, 1) as workers:
        leader = cluster.leader()
        submit(leader, job(stamping(path)))
        until("the task", lambda: len(stamps(path)) == 1)
        for number in range(2, rounds + 2):
            until("where it runs", lambda: any(worker.tasks() for worker in workers))
            holder = next(worker for worker in workers if worker.tasks())
            killed = holder.kill()
            until("the task elsewhere", lambda: len(stamps(path)) == number)
            samples.append((stamps(path)[-1] - killed) / 1e6)
            holder.start()
            until("both workers", lambda: registered(leader) == 2)
    yield "worker killed: its task runs elsewhere", "ms", samples, "median <= 100", "by the task's own clock"


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


ALL = {f.__name__: f for f in (leader_kills, worker_kill, submit_to_running, short_jobs, worker_memory)}
