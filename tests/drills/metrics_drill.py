"""Numbers about workers, jobs and tasks: of real processes, on any master."""

import pathlib
import re

from drill import Drill
from processes import wait_for

BUSY = {"name": "busy", "vertices": [
    {"name": "work", "command": ["sh", "-c", "sleep 1000 & while :; do :; done"], "parallelism": 2}]}


class MetricsDrill(Drill):

    def values(self, master, path, *names):
        answer = master.ask(f"{path}?get={','.join(names)}")
        self.assertEqual(answer.code, 200, answer.body)
        return {each["id"]: float(each["value"]) for each in answer.json()}

    def test_numbers_of_tasks_come_with_heartbeats_and_are_shown_by_any_master(self):
        leader, follower = self.cluster(2, heartbeat__interval="100 ms")
        worker = self.worker(taskmanager__numberOfTaskSlots=2)
        self.registered(leader, [worker])
        answer = leader.ask("/jobs", "POST", BUSY)
        job = answer.json()["jobid"]
        vertex = leader.ask(f"/jobs/{job}").json()["vertices"][0]["id"]
        path = f"/jobs/{job}/vertices/{vertex}"
        count, memory, time = "Process.Count", "Process.Memory.Resident", "Process.CPU.Time"

        def works(master):
            return self.values(master, f"{path}/subtasks/1/metrics", count, time).get(time, 0) > 0
        for master in (leader, follower):
            wait_for("it works", lambda master=master: works(master))
            found = self.values(master, f"{path}/subtasks/1/metrics", count, memory)
            self.assertEqual(found[count], 2, "the shell, and what it has started")
            self.assertGreater(found[memory], 100_000)
            summed = master.ask(f"{path}/subtasks/metrics?get={count}&agg=sum").json()
            self.assertEqual(summed, [{"id": count, "sum": 4.0}])
            self.assertEqual(self.values(master, f"/jobs/{job}/metrics", count, "numRestarts"),
                             {count: 4, "numRestarts": 0})
            self.assertEqual(self.values(master, "/jobmanager/metrics", "taskSlotsTotal", "numRunningJobs"),
                             {"taskSlotsTotal": 2, "numRunningJobs": 1})
        name = leader.ask("/taskmanagers").json()["taskmanagers"][0]["id"]
        self.assertEqual(self.values(follower, f"/taskmanagers/{name}/metrics", "Status.Tasks.Count"),
                         {"Status.Tasks.Count": 2})
        text = leader.ask("/metrics").body.decode()
        self.assertIn(f'flink_jobmanager_job_numRestarts{{job_id="{job}",job_name="busy"}} 0', text)
        self.assertIn(f'tm_id="{name}"', text)
        self.assertIn("process_resident_memory_bytes", text)

    def test_the_page_about_metrics_says_what_masters_say(self):
        leader, follower = self.cluster(2, heartbeat__interval="100 ms")
        worker = self.worker()
        self.registered(leader, [worker])
        self.run_job(leader, {"name": "sleeper", "vertices": [{"name": "only", "command": ["sleep", "1000"]}]})
        leader.kill()
        leader = self.leader([follower])  # who took over has series about that
        self.registered(leader, [worker])
        self.masters[0 if self.masters[1] is leader else 1].start()
        follower = self.settled()[1]
        wait_for("the follower has the job", lambda: b"stellwerk_jobs{" in follower.ask("/metrics").body)
        page = {}
        text = (pathlib.Path(__file__).parents[2] / "docs/metrics.md").read_text(encoding="utf-8")
        for name, kind, labels, of in re.findall(r"(?m)^\| `(\w+)` \| (gauge|counter|histogram) \| ([^|]*)\| ([^|]*) \|", text):
            page[name] = (kind, set(re.findall(r"`(\w+)`", labels)), of)
        seen = families(leader.ask("/metrics").body.decode())
        self.assertEqual({name: (kind, labels) for name, (kind, labels, _) in page.items()}, seen)
        each = families(follower.ask("/metrics").body.decode())
        self.assertLessEqual({name for name, (_, _, of) in page.items() if of == "each"}, each.keys())
        missing = page.keys() - each.keys()
        self.assertEqual({page[name][2] for name in missing}, {"leader", "who took over"})


def families(text):
    """Name -> (type, names of labels) of what a master said."""
    found = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            found[name] = (kind, set())
        elif not line.startswith("#"):
            labels = set(re.findall(r'[{,](\w+)="', line))
            found[name] = (kind, found[name][1] | labels)
    return found
