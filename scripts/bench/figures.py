"""The measurements: each takes a Bench and yields (figure, unit, samples, target or None, note)."""

import concurrent.futures
import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import time

from cluster import PROGRAM, ROOT, SESSION_SECONDS, TICK_MS, TOOLS, tool
from processes import Failure, cpu_seconds, memory_mb
import cli_figures
import growth_figures
import list_figures
import worker_figures

JOBS = 10_000


def medians(results, *keys):
    """One figure of each run's result."""
    values = []
    for result in results:
        for key in keys:
            result = result[key]
        values.append(result)
    return values


def all_ok(result, status):
    if set(result["statuses"]) != {status}:
        raise Failure(f"answers were {result['statuses']}, only {status} was expected")
    return result


def submit(bench):
    """Durable submissions over HTTP, each beside the limit below it."""
    for connections, rate, p99 in ((64, "4000", "60"), (1, "100", None)):
        results, limits = [], []
        for _ in range(bench.runs):
            with contextlib.closing(bench.cluster()) as cluster:
                limits.append(bench.limits())
                results.append(all_ok(tool(
                    "bench_load", "--port", cluster.leader().port, "--path", "/jobs", "--spec-bytes", 1024,
                    "--connections", connections, "--warmup", 0.5, "--seconds", 1 if bench.quick else 5), "202"))
        name = f"submit, {connections} connection{'s' if connections > 1 else ''}"
        yield f"{name}: rate", "per s", medians(results, "per_second"), f">= {rate}", ""
        yield f"{name}: median", "ms", medians(results, "latency_ms", "median"), None, ""
        yield f"{name}: 99th percentile", "ms", medians(results, "latency_ms", "p99"), p99 and f"<= {p99}", ""
        yield f"{name}: slowest", "ms", medians(results, "latency_ms", "max"), None, ""
        yield f"{name}: limit, durable put", "ms", medians(limits, "put_ms", "median"), None, "median of each run"
        yield f"{name}: limit, ZooKeeper write", "ms", medians(limits, "zookeeper_ms", "median"), None, ""
        yield f"{name}: limit, both", "ms", medians(limits, "both_ms", "median"), None, ""
        yield (f"{name}: median / limit", "", [r["latency_ms"]["median"] / b["both_ms"]["median"]
                                               for r, b in zip(results, limits)], None, "")


def read(bench):
    """GETs a second, and per second of processor time that the master takes."""
    with contextlib.closing(bench.cluster()) as cluster:
        for role, master in (("leader", cluster.leader()), ("follower", cluster.follower())):
            for path in ("/overview", "/status"):
                per_core, results = [], []
                for _ in range(bench.runs):
                    before = master.process.cpu_seconds()
                    done = all_ok(tool("bench_load", "--port", master.port, "--path", path, "--connections", 64,
                                       "--warmup", 0, "--seconds", 0.5 if bench.quick else 3), "200")
                    per_core.append(done["requests"] / max(0.01, master.process.cpu_seconds() - before))
                    results.append(done)
                yield f"{path} of the {role}: per core used", "per s", per_core, ">= 40000", ""
                yield f"{path} of the {role}: rate", "per s", medians(results, "per_second"), None, ""
                yield f"{path} of the {role}: 99th percentile", "ms", medians(results, "latency_ms", "p99"), None, ""


def commit_beside_reads(bench):
    """The median commit of one submitter, alone and while the leader is read 10,000 times a second."""
    seconds = 1 if bench.quick else 5
    alone, beside, rates = [], [], []
    for _ in range(bench.runs):
        with contextlib.closing(bench.cluster()) as cluster, concurrent.futures.ThreadPoolExecutor(1) as other:
            port = cluster.leader().port
            submitter = ("bench_load", "--port", port, "--path", "/jobs", "--spec-bytes", 1024, "--warmup", 0.5)
            alone.append(all_ok(tool(*submitter, "--seconds", seconds), "202")["latency_ms"]["median"])
            reads = other.submit(tool, "bench_load", "--port", port, "--path", "/overview", "--connections", 32,
                                 "--rate", 10_000, "--warmup", 0, "--seconds", seconds + 1)
            beside.append(all_ok(tool(*submitter, "--seconds", seconds), "202")["latency_ms"]["median"])
            rates.append(all_ok(reads.result(), "200")["per_second"])
    yield "commit alone: median", "ms", alone, None, "one connection"
    yield "commit beside reads: median", "ms", beside, None, ""
    yield "reads beside commits: rate", "per s", rates, None, "10,000 asked for"
    yield "commit beside reads / alone", "", [b / a for a, b in zip(alone, beside)], "<= 1.5", ""


SPEC = json.dumps({"name": "bench", "vertices": [{"name": "only", "command": ["true"]}]})


def takeover(cluster, how, with_guard=False):
    """Seconds at the signal, at 200 from /leader of the next master, and at its first durable job."""
    leader, follower = cluster.leader(), cluster.next_in_line()
    follower.asker.get("/leader")
    if with_guard:
        # Stopped first, so that it cannot be faster than the second signal.
        for signal_number in (signal.SIGSTOP, signal.SIGKILL):
            os.kill(leader.process.guard(), signal_number)
    told = leader.process.tell(how)
    led = follower.until("/leader", SESSION_SECONDS + 30)
    if follower.asker.post("/jobs", SPEC)[0] != 202:
        raise Failure("the next leader took no job")
    wrote = time.monotonic()
    if how == signal.SIGSTOP:
        leader.process.tell(signal.SIGKILL)
    leader.process.child.wait(30)
    own = {phase: (follower.metric('stellwerk_takeover_seconds{phase="%s"}' % phase) or 0) * 1000
           for phase in ("lock", "complete")}
    cluster.again(leader)
    return told, led, wrote, own["complete"] - own["lock"]


def yield_takeovers(name, samples, target):
    yield f"{name}: next leader", "ms", [(led - told) * 1000 for told, led, _, _ in samples], target, "by GET /leader"
    yield f"{name}: first job durable", "ms", [(wrote - told) * 1000 for told, _, wrote, _ in samples], None, ""
    yield f"{name}: from lock to leading", "ms", [own for *_, own in samples], None, "by its own clock"


def sigterm(bench):
    """SIGTERM of the leader."""
    with contextlib.closing(bench.cluster()) as cluster:
        samples = [takeover(cluster, signal.SIGTERM) for _ in range(bench.runs * (1 if bench.quick else 4))]
    yield from yield_takeovers("SIGTERM", samples, "median <= 10")


def kill9_local(bench):
    """kill -9 of the leader, type local: the kernel frees the lock at once."""
    with contextlib.closing(bench.cluster(local=True)) as cluster:
        samples = [takeover(cluster, signal.SIGKILL) for _ in range(bench.runs * (1 if bench.quick else 4))]
    yield from yield_takeovers("kill -9, type local", samples, None)


def lock_watch(bench, cluster):
    """A process that prints when ZooKeeper gave up the first candidate."""
    watch = subprocess.Popen([str(TOOLS / "bench_watch"), "--zookeeper", bench.zookeeper().address, "--folder",
                              f"/stellwerk/{cluster.id}/leader/latch"], stdout=subprocess.PIPE, text=True)
    if not watch.stdout.readline().startswith("first "):
        raise Failure("bench_watch sees no candidate")
    return watch


def kill9(bench):
    """kill -9 of the leader of three masters at stock settings; its guard ends its session."""
    yield from stock_kills(bench, "kill -9", JOBS // 10, ("median <= 10", "median <= 15"))


def kill9_many_jobs(bench):
    """The same with 10,000 jobs."""
    yield from stock_kills(bench, f"kill -9, {JOBS} jobs", JOBS, ("median <= 20", "median <= 25"), rounds=100)


def kill9_ensemble(bench):
    """The same with a ZooKeeper of three servers on this host."""
    yield from stock_kills(bench, "kill -9, three servers", JOBS // 10, ("median <= 20", "median <= 30"), rounds=100,
                           ensemble=True)


def stock_kills(bench, name, jobs, targets, rounds=200, ensemble=False):
    rounds = 3 if bench.quick else rounds
    with contextlib.closing(bench.cluster(3, session_seconds=60, ensemble=ensemble)) as cluster:
        cluster.fill(max(1, jobs // (10 if bench.quick else 1)))
        granted = cluster.leader().json("/status")["coordination"]["timeout-ms"]
        limits = [bench.limits(ensemble=ensemble)]
        samples = [takeover(cluster, signal.SIGKILL) for _ in range(rounds)]
        limits.append(bench.limits(ensemble=ensemble))
    note = f"tick {TICK_MS} ms, session 60000 ms asked, {granted} ms granted"
    yield f"{name}: next leader", "ms", [(led - told) * 1000 for told, led, _, _ in samples], targets[0], note
    yield f"{name}: first job durable", "ms", [(wrote - told) * 1000 for told, _, wrote, _ in samples], targets[1], ""
    yield f"{name}: from lock to leading", "ms", [own for *_, own in samples], None, "by its own clock"
    yield f"{name}: limit, ZooKeeper write", "ms", medians(limits, "zookeeper_ms", "median"), None, \
        "before and after, of the same servers"


def stopped(bench):
    """SIGSTOP of the leader; its guard removes its candidate after the stall timeout of 2 s."""
    with contextlib.closing(bench.cluster(3, session_seconds=60)) as cluster:
        samples = [takeover(cluster, signal.SIGSTOP) for _ in range(2 if bench.quick else max(bench.runs, 10))]
    yield from yield_takeovers("SIGSTOP", samples, "max <= 2060")


def guard(bench):
    """What a guard costs."""
    with contextlib.closing(bench.cluster()) as cluster:
        pids = [master.process.guard() for master in cluster.masters]
        before = [cpu_seconds(pid) for pid in pids]
        seconds = 1 if bench.quick else 10
        time.sleep(seconds)
        spent = [(cpu_seconds(pid) - was) / seconds * 100 for pid, was in zip(pids, before)]
        yield "guard: resident", "MB", [memory_mb(pid)[0] for pid in pids], "<= 2", ""
        yield "guard: processor time", "%", spent, None, "of a core"


def guard_beside(bench):
    """Submissions with a guard and without one, in turns: what it takes from its master."""
    rates = {True: [], False: []}
    alone = bench.folder / "alone" / "bin"
    alone.mkdir(parents=True, exist_ok=True)
    shutil.copytree(PROGRAM.parent, alone, dirs_exist_ok=True)
    if (PROGRAM.parent.parent / "lib").is_dir():
        shutil.copytree(PROGRAM.parent.parent / "lib", alone.parent / "lib", dirs_exist_ok=True)
    for turn in range(2 * bench.runs):
        for guarded in (turn % 2 == 0, turn % 2 == 1):
            with contextlib.closing(bench.cluster(program=PROGRAM if guarded else alone / PROGRAM.name)) as cluster:
                rates[guarded].append(all_ok(tool(
                    "bench_load", "--port", cluster.leader().port, "--path", "/jobs", "--spec-bytes", 1024,
                    "--connections", 64, "--warmup", 0.5, "--seconds", 1 if bench.quick else 4), "202")["per_second"])
    yield "submit with a guard: rate", "per s", rates[True], None, "64 connections"
    yield "submit without: rate", "per s", rates[False], None, "in turns with it"
    yield "submit with a guard / without", "", [a / b for a, b in zip(rates[True], rates[False])], "median >= 0.97", ""


def kill_both(bench):
    """The leader and its guard killed: the lock is free after the session timeout, rounded up to a tick."""
    samples, after_free, freed = [], [], []
    with contextlib.closing(bench.cluster()) as cluster:
        timeout = cluster.leader().json("/status")["coordination"]["timeout-ms"]
        for _ in range(1 if bench.quick else max(bench.runs, 10)):
            watch = lock_watch(bench, cluster)
            samples.append(takeover(cluster, signal.SIGKILL, with_guard=True))
            gone = float(watch.communicate(timeout=30)[0].split()[1])
            after_free.append(samples[-1][1] * 1000 - gone)
            freed.append(gone - samples[-1][0] * 1000)
    limit = timeout + TICK_MS + 100
    yield from yield_takeovers("kill -9 of both", samples, f"max <= {limit}")
    yield "kill -9 of both: ZooKeeper frees the lock", "ms", freed, None, f"session {timeout} ms, tick {TICK_MS} ms"
    yield "kill -9 of both: next leader after the lock is free", "ms", after_free, "median <= 10", ""


def starts(cluster, runs):
    """ms from exec to serving, of the only master."""
    listening, leading = [], []
    for _ in range(runs):
        cluster.masters[0].close()
        cluster.masters.clear()
        master = cluster.add()
        listening.append((master.until("/livez") - master.process.began) * 1000)
        leading.append((master.until("/leader") - master.process.began) * 1000)
    return listening, leading


def cold_start(bench):
    """From exec to the first answer and to leading, without jobs and with 10,000."""
    runs = bench.runs * (1 if bench.quick else 2)
    with contextlib.closing(bench.cluster(1)) as cluster:
        for jobs, target in ((0, 60), (JOBS // (10 if bench.quick else 1), 400)):
            if jobs:
                cluster.fill(jobs)
            listening, leading = starts(cluster, runs)
            yield f"cold start, {jobs} jobs: answers", "ms", listening, None, "200 from /livez"
            yield f"cold start, {jobs} jobs: serves", "ms", leading, f"median <= {target}", "200 from /leader"
    begun = []
    for _ in range(runs):
        before = time.monotonic()
        subprocess.run([str(PROGRAM), "--version"], check=True, stdout=subprocess.DEVNULL)
        begun.append((time.monotonic() - before) * 1000)
    yield "limit: exec and exit of the program", "ms", begun, None, "stellwerk --version"


def memory(bench):
    """Resident memory some seconds after the last request."""
    settled = 1 if bench.quick else 3
    for jobs, targets in ((0, (None, 15)), (JOBS // (10 if bench.quick else 1), (64, None))):
        found = {"leader": [], "follower": []}
        for _ in range(min(bench.runs, 5)):
            with contextlib.closing(bench.cluster()) as cluster:
                if jobs:
                    cluster.fill(jobs)
                time.sleep(settled)
                for role, master in (("leader", cluster.leader()), ("follower", cluster.follower())):
                    found[role].append(master.process.memory_mb())
        for (role, pairs), target in zip(found.items(), targets):
            yield (f"memory of the {role}, {jobs} jobs: resident", "MB", [rss for rss, _ in pairs],
                   target and f"<= {target}", "")
            yield f"memory of the {role}, {jobs} jobs: not shared", "MB", [own for _, own in pairs], None, ""


def turns(bench):
    """The longest turn of the loop while 10,000 jobs are submitted, listed and taken over."""
    jobs = JOBS // (10 if bench.quick else 1)
    found = {"leader, filled": [], "follower, filled": [], "leader, after takeover": [], "leader, cold start": []}
    for _ in range(min(bench.runs, 5)):
        with contextlib.closing(bench.cluster()) as cluster:
            cluster.fill(jobs)
            leader, follower = cluster.leader(), cluster.follower()
            for master in (leader, follower):
                all_ok(tool("bench_load", "--port", master.port, "--path", "/jobs/overview", "--connections", 4,
                            "--seconds", 1), "200")
            found["leader, filled"].append(longest_turn(leader))
            found["follower, filled"].append(longest_turn(follower))
            leader.close()
            follower.until("/leader")
            found["leader, after takeover"].append(longest_turn(follower))
            follower.close()
            cluster.masters.clear()
            last = cluster.add()
            last.until("/leader")
            found["leader, cold start"].append(longest_turn(last))
    for where, samples in found.items():
        yield f"longest turn of the loop, {jobs} jobs: {where}", "ms", samples, "max <= 50", ""


def longest_turn(master):
    seconds = master.metric("stellwerk_loop_turn_longest_seconds")
    if seconds is None:
        raise Failure("/metrics has no stellwerk_loop_turn_longest_seconds")
    return seconds * 1000


def tasks(bench):
    """What the processes of tasks cost a worker's loop."""
    results = []
    for run in range(bench.runs):
        folder = bench.folder / f"tasks-{run}"
        folder.mkdir()
        results.append(tool("bench_tasks", "--folder", folder, "--count", 100 if bench.quick else 1000))
        shutil.rmtree(folder)
    yield "tasks: start, none running", "ms", medians(results, "start_alone_ms", "median"), None, "median of each run"
    yield "tasks: start, 1,000 running", "ms", medians(results, "start_beside_ms", "median"), "<= 1", "median of each run"
    yield "tasks: end of 1,000, the last", "ms", medians(results, "end_ms", "max"), None, ""
    yield "tasks: longest turn", "ms", medians(results, "longest_turn_ms"), "max <= 50", ""


def simulation(bench):
    """Schedules that the simulator runs in a second, on one core."""
    count = 20 if bench.quick else 100
    rates = []
    for _ in range(bench.runs):
        before = time.monotonic()
        subprocess.run([str(ROOT / "build/release/tests/simulation/simulate"), "--count", str(count)], check=True,
                       stdout=subprocess.DEVNULL)
        rates.append(count / (time.monotonic() - before))
    yield "simulation: schedules", "per s", rates, None, f"2000 take {2000 / statistics.median(rates):.0f} s"


ALL = {f.__name__: f for f in (submit, read, commit_beside_reads, sigterm, kill9, kill9_many_jobs, kill9_ensemble,
                               kill9_local, kill_both, stopped, guard, guard_beside, cold_start, memory, turns,
                               tasks, simulation)} | cli_figures.ALL | worker_figures.ALL | growth_figures.ALL | list_figures.ALL
