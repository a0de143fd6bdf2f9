"""Numbers about workers, jobs and tasks: of real processes, on any master."""

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
