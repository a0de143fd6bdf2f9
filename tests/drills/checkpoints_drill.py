"""Checkpoints of real processes, whose leader and workers are killed; by the example that people start with."""

import os
import pathlib
import re
import signal
import subprocess
import time

from drill import Drill
from processes import LIMIT_SECONDS, wait_for

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "checkpoints"
MUTE = {"name": "mute", "vertices": [{"name": "work", "command": ["sleep", "1000"]}],
        "checkpointing": {"interval": "100 ms", "timeout": "300 ms"},
        "restart-strategy": {"type": "fixed-delay", "attempts": 1, "delay": "0 ms"}}


class CountingDrill(Drill):
    """A cluster that runs the example."""

    def counting(self, master, interval):
        """The example, at another pace; its job's id."""
        folder = self.folder / "bundle"
        folder.mkdir()
        text = (EXAMPLE / "job.yaml").read_text(encoding="utf-8")
        for old, new in {"{FOLDER: /tmp/stellwerk-checkpoints}": f"{{FOLDER: {self.folder / 'made'}, PACE: '0.01'}}",
                         "interval: 2 s": f"interval: {interval}", "initial-backoff: 1 s": "initial-backoff: 10 ms"}.items():
            self.assertIn(old, text)
            text = text.replace(old, new)
        (folder / "job.yaml").write_text(text, encoding="utf-8")
        (folder / "count.py").write_bytes((EXAMPLE / "count.py").read_bytes())
        ran = self.cli(master, "run", "-d", "-p", "2", folder)
        return re.search("JobID ([0-9a-f]{32})", ran)[1]

    def cli(self, master, verb, *words, code=0):
        """What it said, with this exit code."""
        ran = subprocess.run([os.environ["STELLWERK_PROGRAM"], verb, "-m", f"localhost:{master.port}", *words],
                             capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
        self.assertEqual(ran.returncode, code, ran.stdout + ran.stderr)
        return ran.stdout if code == 0 else ran.stderr

    def checkpoints(self, master, job):
        return master.ask(f"/jobs/{job}/checkpoints").json()

    def completed(self, master, job, number):
        def look():
            shown = self.checkpoints(master, job)
            return shown if shown["counts"]["completed"] >= number else None
        return wait_for(f"{number} checkpoints are completed", look)

    def subtasks(self, master, job):
        vertex = master.ask(f"/jobs/{job}").json()["vertices"][0]["id"]
        return master.ask(f"/jobs/{job}/vertices/{vertex}").json()["subtasks"]


class CheckpointsDrill(CountingDrill):

    def begins(self, workers):
        """Where processes began to count, as they say."""
        text = "\n".join(worker.complained() for worker in workers)
        return [int(number) for number in re.findall(r"count \d> begins at (\d+)", text)]

    def test_a_killed_process_goes_on_from_the_newest(self):
        leader, follower = self.cluster(2)
        worker = self.worker(taskmanager__numberOfTaskSlots=2)
        self.registered(leader, [worker])
        job = self.counting(leader, "200 ms")
        self.completed(leader, job, 3)
        self.assertEqual([each["status"] for each in self.subtasks(leader, job)], ["RUNNING", "RUNNING"])
        wait_for("they say how far they are", lambda: all(each.get("progress", "").startswith("counted to ")
                                                          for each in self.subtasks(leader, job)))
        os.kill(self.subtasks(leader, job)[0]["pid"], signal.SIGKILL)
        wait_for("it begins again", lambda: len(self.begins([worker])) == 3)
        self.assertGreater(self.begins([worker])[2], 0)
        shown = self.completed(follower, job, self.checkpoints(leader, job)["counts"]["completed"] + 2)
        self.assertEqual(shown["counts"]["restored"], 1)
        self.assertGreaterEqual(shown["latest"]["restored"]["id"], 3)
        self.assertLessEqual(len(list((self.folder / "made" / job).iterdir())), 8, "old files are removed")

    def test_a_leader_killed_while_one_is_taken_costs_nothing(self):
        leader, *_ = self.cluster(3, zookeeper=self.zookeeper())
        worker = self.worker(taskmanager__numberOfTaskSlots=2)
        self.registered(leader, [worker])
        job = self.counting(leader, "50 ms")
        self.completed(leader, job, 2)
        before = [each["pid"] for each in self.subtasks(leader, job)]
        for _ in range(3):
            last = self.checkpoints(leader, job)["latest"]["completed"]["id"]
            # A process that stands still holds the checkpoint up, so that it is under way for certain.
            os.kill(before[0], signal.SIGSTOP)
            pending = wait_for("one is under way", lambda: next(
                (each for each in self.checkpoints(leader, job)["history"] if each["status"] == "IN_PROGRESS"), None))
            leader.kill()
            os.kill(before[0], signal.SIGCONT)
            heir = self.leader([master for master in self.masters if master is not leader])
            self.registered(heir, [worker])
            wait_for("the next one is completed", lambda: (
                self.checkpoints(heir, job)["latest"]["completed"]["id"] > max(last, pending["id"])))
            self.assertEqual([each["pid"] for each in self.subtasks(heir, job)], before)
            shown = self.checkpoints(heir, job)
            self.assertEqual((shown["counts"]["failed"], shown["counts"]["restored"]), (0, 0))
            leader.start()
            wait_for("it follows", leader.follows)
            leader = heir

    def test_a_killed_worker_costs_what_was_done_since_the_newest(self):
        leader, _ = self.cluster(2)
        workers = [self.worker(taskmanager__numberOfTaskSlots=2) for _ in range(2)]
        self.registered(leader, workers)
        job = self.counting(leader, "200 ms")
        newest = self.completed(leader, job, 3)["latest"]["completed"]["id"]
        holder = next(worker for worker in workers if "begins at" in worker.complained())
        holder.kill()
        other = next(worker for worker in workers if worker is not holder)
        wait_for("they run elsewhere", lambda: len(self.begins([other])) == 2)
        self.assertGreater(min(self.begins([other])), 0)
        self.assertGreaterEqual(self.checkpoints(leader, job)["latest"]["restored"]["id"], newest)

    def test_one_is_taken_when_somebody_asks(self):
        leader, follower = self.cluster(2)
        worker = self.worker(taskmanager__numberOfTaskSlots=2)
        self.registered(leader, [worker])
        job = self.counting(leader, "1 h")
        wait_for("it runs", lambda: [each["status"] for each in self.subtasks(leader, job)] == ["RUNNING", "RUNNING"])
        answer = follower.ask(f"/jobs/{job}/checkpoints", "POST", {"checkpointType": "FULL"})
        self.assertEqual(answer.code, 202, answer.body)
        trigger = answer.json()["request-id"]
        done = wait_for("it is answered", lambda: (lambda said: said if said["operation"] else None)(
            follower.ask(f"/jobs/{job}/checkpoints/{trigger}").json()))
        self.assertEqual(done, {"status": {"id": "COMPLETED"}, "operation": {"checkpointId": 1}})
        self.assertIn("Checkpoint 2 for job", self.cli(leader, "checkpoint", job))
        details = leader.ask(f"/jobs/{job}/checkpoints/details/2").json()
        self.assertEqual((details["status"], details["num_acknowledged_subtasks"]), ("COMPLETED", 2))
        vertex, = details["tasks"]
        subtasks = leader.ask(f"/jobs/{job}/checkpoints/details/2/subtasks/{vertex}").json()["subtasks"]
        self.assertEqual([each["index"] for each in subtasks], [0, 1])
        self.assertTrue(all(pathlib.Path(each["handle"]).exists() for each in subtasks))
        self.assertEqual(leader.ask(f"/jobs/{job}?mode=cancel", "PATCH").code, 202)
        wait_for("it ends", lambda: leader.ask(f"/jobs/{job}/status").json()["status"] == "CANCELED")
        self.assertEqual(leader.ask(f"/jobs/{job}/checkpoints", "POST", {}).code, 409)
        self.assertEqual(leader.ask(f"/jobs/{job}/checkpoints").json()["counts"]["completed"], 2)

    def test_a_job_that_knows_nothing_of_them_is_refused_long_before_the_timeout(self):
        leader, follower = self.cluster(2)
        worker = self.worker(taskmanager__numberOfTaskSlots=1)
        self.registered(leader, [worker])
        job = leader.ask("/jobs", "POST", {key: MUTE[key] for key in ("name", "vertices")}).json()["jobid"]
        wait_for("it runs", lambda: [each["status"] for each in self.subtasks(leader, job)] == ["RUNNING"])
        said = self.cli(follower, "checkpoint", job, code=4)
        self.assertIn("work (1/1) declined it: it has said no hello on its control channel, which would name the word checkpoint", said)
        self.assertEqual(leader.ask(f"/jobs/{job}/status").json()["status"], "RUNNING")

    def test_who_ignores_the_channel_is_told_so(self):
        leader, _ = self.cluster(2)
        worker = self.worker(taskmanager__numberOfTaskSlots=1)
        self.registered(leader, [worker])
        began = time.monotonic()
        answer = leader.ask("/jobs", "POST", MUTE)
        job = answer.json()["jobid"]
        wait_for("it fails", lambda: leader.ask(f"/jobs/{job}/status").json()["status"] == "FAILED")
        print(f"a job that acknowledges nothing failed after {time.monotonic() - began:.1f} s")
        text = leader.ask(f"/jobs/{job}/exceptions").json()["all-exceptions"][0]["exception"]
        self.assertIn("Exceeded checkpoint tolerable failure threshold", text)
        self.assertIn('by work (1/1); a process answers "checkpoint" on its control channel with "ack"', text)
