"""Measurements of long lists as dashboards ask for them, in the form of figures.py."""

import contextlib
import http.client
import json
import time

from processes import Failure
from worker_figures import Crowd, running_tasks
from workers import until

JOBS = 10_000
SPEC = json.dumps({"name": "bench", "vertices": [{"name": "only", "command": ["true"]}]})


def packed(connection, path):
    """One GET that takes gzip: ms until all of it is there, and its bytes."""
    begin = time.monotonic()
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    took = (time.monotonic() - begin) * 1000
    if answer.status != 200 or answer.headers["Content-Encoding"] != "gzip":
        raise Failure(f"{path}: status {answer.status}, packed as {answer.headers['Content-Encoding']}")
    return took, len(body)


def lists_of(cluster, what, count):
    """So many answers to a dashboard that asks each master for all jobs, when nothing has changed and right behind a change."""
    for role, master in (("leader", cluster.leader()), ("follower", cluster.follower())):
        connection = http.client.HTTPConnection("127.0.0.1", master.port, timeout=30)
        for changed in (False, True):
            samples = []
            for _ in range(count):
                if changed and cluster.leader().asker.post("/jobs", SPEC)[0] != 202:
                    raise Failure("the leader took no job")
                samples.append(packed(connection, "/jobs/overview"))
            name = f"/jobs/overview of {what}, {role}, {'changed' if changed else 'unchanged'}"
            # Behind a change only the piece with what changed is made and packed anew, once for all who ask.
            yield (f"{name}: GET", "ms", [took for took, _ in samples], "median <= 10", "gzip, over one connection")
            yield f"{name}: gzip", "kB", [size / 1000 for _, size in samples], "max <= 300", ""
        connection.close()


def jobs_overview(bench):
    """The list of 10,000 jobs that wait for slots."""
    jobs = JOBS // (10 if bench.quick else 1)
    with contextlib.closing(bench.cluster()) as cluster:
        cluster.fill(jobs)
        yield from lists_of(cluster, f"{jobs} jobs", 20 * bench.runs)


def running_overview(bench):
    """The list of 10,000 jobs that run: how long each has run is another number each time."""
    workers, slots = (10, 120) if bench.quick else (100, 110)
    jobs = workers * 100
    with contextlib.closing(bench.cluster(2, host="127.0.0.1")) as cluster, \
            contextlib.closing(Crowd(cluster, workers, slots)):
        cluster.fill(jobs)
        until(f"{jobs} tasks", lambda: running_tasks(cluster.leader()) == jobs, 120)
        yield from lists_of(cluster, f"{jobs} jobs that run", 20 * bench.runs)


ALL = {f.__name__: f for f in (jobs_overview, running_overview)}
