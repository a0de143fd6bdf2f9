"""How cost grows with jobs, workers and clients, in the form of figures.py. plot.py draws them: a name ends with
"at SIZE jobs", "at SIZE workers" or "at SIZE clients"."""

import contextlib
import signal
import time

from cluster import tool
from worker_figures import Crowd, again, running_tasks
from workers import job, submit, until

SPEC_BYTES = 1024
HEARTBEAT_SECONDS = 10
TASKS_OF_A_WORKER = 10
# A cluster holds 100,000; the measurement itself submits some.
MOST_JOBS = 98_000


def sizes(bench, *all_of_them):
    return all_of_them[:2] if bench.quick else all_of_them


def grow_jobs(bench):
    """Takeovers, memory and submissions beside so many jobs."""
    kills = 1 if bench.quick else 10
    for count in sizes(bench, 10, 100, 1000, 10_000, MOST_JOBS):
        led, wrote, memory = [], [], []
        with contextlib.closing(bench.cluster(2, session_seconds=60)) as cluster:
            cluster.fill(count, SPEC_BYTES)
            for _ in range(kills):
                leader, heir = cluster.leader(), cluster.next_in_line()
                until_complete(heir, leader)
                told = leader.process.tell(signal.SIGKILL)
                led.append((heir.until("/leader") - told) * 1000)
                submit(heir, job(["true"]))
                wrote.append((time.monotonic() - told) * 1000)
                memory.append(heir.process.memory_mb()[0])
                leader.process.child.wait(30)
                cluster.again(leader)
            started = cluster.add()
            began = started.process.began
            ready = (started.until("/readyz") - began) * 1000
            # The last, because it makes the jobs more.
            done = tool("bench_load", "--port", cluster.leader().port, "--path", "/jobs", "--spec-bytes", SPEC_BYTES,
                        "--connections", 1, "--warmup", 0.2, "--seconds", 0.5 if bench.quick else 2)
        yield f"kill -9, next leader at {count:,} jobs", "ms", led, "max <= 100" if count == MOST_JOBS else None, ""
        yield f"kill -9, first job durable at {count:,} jobs", "ms", wrote, None, ""
        yield f"submit, median at {count:,} jobs", "ms", [done["latency_ms"]["median"]], None, "one connection"
        yield f"start of a master until ready at {count:,} jobs", "ms", [ready], None, "it reads the whole journal"
        yield f"resident memory of a leader at {count:,} jobs", "MB", memory, None, ""


def until_complete(heir, leader):
    """It has applied all that its leader has."""
    until("the same position", lambda: applied(heir) == applied(leader))


def applied(master):
    return master.metric('stellwerk_journal_seq{which="applied"}')


def grow_workers(bench):
    """The next leader's part in so many workers, with ten tasks each."""
    rounds = 1 if bench.quick else 5
    for count in sizes(bench, 1, 10, 100, 1000, 10_000):
        tasks = TASKS_OF_A_WORKER * count
        back, memory = [], []
        with contextlib.closing(bench.cluster(2, session_seconds=60, host="127.0.0.1")) as cluster, \
                contextlib.closing(Crowd(cluster, count, TASKS_OF_A_WORKER)) as many:
            for _ in range(TASKS_OF_A_WORKER):
                submit(cluster.leader(), job(["x"], count))
            until(f"{tasks} tasks", lambda: running_tasks(cluster.leader()) == tasks, 300)
            for _ in range(rounds):
                leader, heir = cluster.leader(), cluster.next_in_line()
                leader.process.tell(signal.SIGKILL)
                heir.until("/leader")
                led = time.time()
                back.append(max(0.0, many.next()["at_ms"] - led * 1000))  # it tells whole milliseconds
                until(f"{tasks} tasks", lambda at=heir: running_tasks(at) == tasks, 300)
                memory.append(heir.process.memory_mb()[0])
                leader.process.child.wait(30)
                again(cluster, leader)
            share = heartbeats(cluster.leader(), 1 if bench.quick else 3)
        large = count == 10_000
        yield f"all registered with the next leader at {count:,} workers", "ms", back, "max <= 5000" if large else None, \
            "from its claim"
        yield f"processor for heartbeats at {count:,} workers", "%", share, "max <= 10" if large else None, "of one core"
        yield f"resident memory of a leader at {count:,} workers", "MB", memory, "max <= 1024" if large else None, ""


def heartbeats(leader, times):
    """Percent of one core that the leader takes while nothing else happens."""
    out = []
    for _ in range(times):
        before, began = leader.process.cpu_seconds(), time.monotonic()
        time.sleep(HEARTBEAT_SECONDS)
        out.append(100 * (leader.process.cpu_seconds() - before) / (time.monotonic() - began))
    return out


def grow_clients(bench):
    """Submissions of so many clients at a time, each waiting for its answer."""
    for count in sizes(bench, 1, 4, 16, 64, 256):
        rates, medians, slowest = [], [], []
        for _ in range(min(bench.runs, 3)):
            with contextlib.closing(bench.cluster()) as cluster:
                done = tool("bench_load", "--port", cluster.leader().port, "--path", "/jobs", "--spec-bytes", SPEC_BYTES,
                            "--connections", count, "--warmup", 0.5, "--seconds", 0.5 if bench.quick else 3)
            rates.append(done["per_second"])
            medians.append(done["latency_ms"]["median"])
            slowest.append(done["latency_ms"]["p99"])
        yield f"submissions a second at {count:,} clients", "per s", rates, None, ""
        yield f"median answer at {count:,} clients", "ms", medians, None, ""
        yield f"99th percentile of answers at {count:,} clients", "ms", slowest, None, ""


def amplification(bench):
    """Bytes that the masters write to storage for each byte that clients submit, snapshots included."""
    jobs = 500 if bench.quick else 50_000
    out = []
    for _ in range(1 if bench.quick else 3):
        with contextlib.closing(bench.cluster()) as cluster:
            before = sum(written_bytes(master.process.pid) for master in cluster.masters)
            cluster.fill(jobs, SPEC_BYTES)
            after = sum(written_bytes(master.process.pid) for master in cluster.masters)
            out.append((after - before) / (jobs * SPEC_BYTES))
    yield f"bytes written for each byte submitted, {jobs:,} jobs of 1 KiB", "", out, None, "journal, snapshots and logs"


def written_bytes(pid):
    """What write(2) and its like were given, by all threads."""
    with open(f"/proc/{pid}/io", encoding="ascii") as text:
        return next(int(line.split()[1]) for line in text if line.startswith("wchar:"))


ALL = {f.__name__: f for f in (grow_jobs, grow_workers, grow_clients, amplification)}
