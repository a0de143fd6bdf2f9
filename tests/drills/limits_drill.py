"""What tasks may use, and where it is said when a worker cannot hold them to it."""

from drill import Drill
from processes import wait_for

LIMITED = {"name": "limited", "vertices": [
    {"name": "count", "command": ["sh", "-c", "ulimit -n; exec sleep 1000"],
     "limits": {"memory": "64 MiB", "cpus": 0.5, "processes": 20, "open-files": 64}}]}


class LimitsDrill(Drill):

    def run_job(self, master, spec):
        answer = master.ask("/jobs", "POST", spec)
        self.assertEqual(answer.code, 202, answer.body)
        return answer.json()["jobid"]

    def test_limits_that_need_control_groups_are_said_not_to_hold_without(self):
        leader, follower = self.cluster(2)
        worker = self.worker(taskmanager__cgroups="off")
        self.registered(leader, [worker])
        shown = leader.ask("/taskmanagers").json()["taskmanagers"][0]
        self.assertEqual(shown["limits"], {"kept": [], "message": "taskmanager.cgroups is off"})
        job = self.run_job(follower, LIMITED)
        wait_for("it runs", lambda: leader.ask(f"/jobs/{job}").json()["status-counts"]["RUNNING"] == 1)
        expected = [{"vertex": "count", "taskmanager-id": shown["id"], "limits": ["memory", "cpus", "processes"],
                     "message": "taskmanager.cgroups is off"}]
        for master in (leader, follower):
            self.assertEqual(master.ask(f"/jobs/{job}").json()["unlimited"], expected)
        said = f"Job {job} runs here without its limits of memory, cpus and processes: taskmanager.cgroups is off"
        wait_for("its log says so", lambda: said in worker.said())
        vertex = leader.ask(f"/jobs/{job}").json()["vertices"][0]["id"]
        of_task = f"/jobs/{job}/vertices/{vertex}/subtasks/0/stdout"
        wait_for("it says how many files it may open", lambda: leader.ask(of_task).body == b"64\n")

    def test_a_worker_whose_control_groups_are_required_has_them_or_does_not_start(self):
        leader, _ = self.cluster(2)
        worker = self.worker(taskmanager__cgroups="required", start=False)
        worker.start()
        wait_for("it has started or ended", lambda: not worker.runs() or leader.workers())
        if worker.runs():
            kept = leader.ask("/taskmanagers").json()["taskmanagers"][0]["limits"]
            self.assertEqual(kept, {"kept": ["memory", "cpus", "processes"], "message": ""})
            return
        self.assertEqual(worker.ended(), 1)
        self.assertIn("taskmanager.cgroups is required, but tasks cannot be held to their limits", worker.complained())
