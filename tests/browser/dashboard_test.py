"""Flink's own dashboard in front of our masters, behind nginx as deploy/ has it: every page, and nothing goes wrong on it."""

import json
import pathlib
import subprocess
import urllib.request

from browser import Browser
from dashboard import Dashboard, files_of_dashboard
from drill import Drill
from processes import wait_for
from proxy_drill import Nginx

CHECKPOINTS = pathlib.Path(__file__).resolve().parents[2] / "examples/checkpoints/count.py"
# So long that a busy host makes nobody else lead.
PATIENCE = {"high-availability.zookeeper.client.session-timeout": "40 s", "high-availability.stall-timeout": "20 s"}
OLD_LOG = "old.log"  # beside the log that is written
OUTPUT = "log.out"  # of a process whose log is `log`
NONE = {"restart-strategy": {"type": "none"}}


def one(name, command, **more):
    return {"name": name, "vertices": [{"name": "work", "command": command, "parallelism": 2}], **more}


def two(name, command, exchange="pipelined", **more):
    return {"name": name, "vertices": [
        {"name": "source", "command": command, "parallelism": 2},
        {"name": "sink", "command": command, "parallelism": 3, "inputs": [{"from": "source", "exchange": exchange}]}], **more}


def click_on(text, selector="*"):
    """The last element that says just this."""
    return (f"[...document.querySelectorAll({selector!r})].filter(e => e.innerText && e.innerText.trim() === {text!r})"
            ".at(-1).click()")


class DashboardSoak(Drill):

    def setUp(self):
        super().setUp()
        self.first, self.other = self.cluster(2, self.zookeeper(), **PATIENCE)
        self.workers = [self.worker(taskmanager__numberOfTaskSlots=8) for _ in range(2)]
        self.registered(self.first, self.workers)
        for process in (*self.masters, *self.workers):
            (process.folder / OLD_LOG).write_text("what was said before\n", encoding="utf-8")
            (process.folder / OUTPUT).write_text("what was printed\n", encoding="utf-8")

    def some_jobs(self):
        """Of every kind that the dashboard shows in its own way: id by name."""
        failing = ["sh", "-c", "echo no luck >&2; exit 3"]
        specs = {
            "stream": (two("stream", ["sleep", "100000"]), "RUNNING"),
            "counting": ({**one("counting", ["python3", str(CHECKPOINTS)]), "checkpointing": {"interval": "1 s"}}, "RUNNING"),
            "batch": (two("batch", ["echo", "said"], "blocking"), "FINISHED"),
            "single": (one("single", ["echo", "said"]), "FINISHED"),
            "failing": (two("failing", failing, **NONE), "FAILED"),
            "waiting": ({"name": "waiting", "vertices": [{"name": "work", "command": ["true"], "labels": ["none-has-it"]}]},
                        "CREATED"),
            "stopped": (two("stopped", ["sleep", "100000"]), "RUNNING"),
        }
        specs["counting"][0]["vertices"][0]["env"] = {"FOLDER": str(self.folder / "made"), "PACE": "0.01"}
        jobs = {name: self.run_job(self.first, spec) for name, (spec, _) in specs.items()}
        for name, (_, status) in specs.items():
            self.becomes(self.first, jobs[name], status)
        self.assertEqual(self.first.ask(f"/jobs/{jobs['stopped']}", "PATCH").code, 202)
        self.becomes(self.first, jobs["stopped"], "CANCELED")
        wait_for("checkpoints", lambda: self.first.ask(
            f"/jobs/{jobs['counting']}/checkpoints").json()["counts"]["completed"] > 2)
        return jobs

    def dashboard(self, masters):
        """In front of these, of which there are two."""
        web = files_of_dashboard()
        nginx = Nginx(self.folder / "nginx", masters)
        self.processes.append(nginx)
        nginx.start("flink-dashboard.conf", lambda text: text.replace("/opt/flink-dashboard/web", str(web)))
        base = f"http://localhost:{nginx.port}/"

        def answers():
            self.assertTrue(nginx.runs(), "it has ended")
            try:
                with urllib.request.urlopen(base + "overview", timeout=10) as answer:
                    return answer.status == 200
            except OSError:
                return False
        wait_for("nginx answers", answers)
        browser = Browser(self.folder / "browser")
        self.addCleanup(browser.close)
        browser.size(1600, 1200)
        return Dashboard(browser, base)

    def sees(self, shown, route, asked, shows, then=None):
        """A page, and that nothing goes wrong on it; `then`: a tab of it, and what that shows."""
        with self.subTest(route):
            shown.open(route, asked, shows)
            if then:
                tab, words = then
                shown.wait(f"{route}, {tab}", [], words, again=click_on(tab, ".ant-tabs-tab"))
            self.assertEqual(shown.wrong(), [])
        shown.faults.clear()

    # ---- every page

    def walk(self, shown, jobs):
        self.sees(shown, "/overview", ["/overview", "/jobs/overview", "/config"],
                  ["Available Task Slots", "Task Managers", *jobs])
        self.sees(shown, "/job/running", ["/jobs/overview"], ["Running Jobs", "stream", "counting", "waiting"])
        self.sees(shown, "/job/completed", ["/jobs/overview"], ["batch", "single", "failing", "stopped"])
        for name, job in jobs.items():
            self.look_at_job(shown, name, job)
        for name in ("stream", "failing", "single"):
            self.look_at_vertices(shown, jobs[name])
        self.look_at_checkpoints(shown, jobs["counting"])
        self.look_at_workers(shown)
        self.look_at_master(shown)

    def route_of(self, job):
        running = self.status(self.first, job) in ("RUNNING", "CREATED")
        return f"/job/{'running' if running else 'completed'}/{job}"

    def look_at_job(self, shown, name, job):
        route, path = self.route_of(job), f"/jobs/{job}"
        vertices = self.first.ask(path).json()["vertices"]
        names = [vertex["name"] for vertex in vertices]
        self.sees(shown, f"{route}/overview", [path], [name, *names, "Parallelism: "])
        self.sees(shown, f"{route}/dataskew", [f"{path}/vertices/{vertex['id']}/subtasks/metrics" for vertex in vertices],
                  ["Data Skew Percentage", *names])
        self.sees(shown, f"{route}/exceptions", [f"{path}/exceptions"],
                  ["no luck"] if name == "failing" else ["No Root Exception"],
                  ("Exception History", ["Task Name", "Location", "exit code 3" if name == "failing" else "No Data"]))
        self.sees(shown, f"{route}/timeline", [path], ["Vertex TimeLine"])
        self.sees(shown, f"{route}/configuration", [f"{path}/config"], ["Execution Configuration", "Job parallelism"])

    def look_at_vertices(self, shown, job):
        path = f"/jobs/{job}"
        for vertex in self.first.ask(path).json()["vertices"]:
            route, at = f"{self.route_of(job)}/overview/{vertex['id']}", f"{path}/vertices/{vertex['id']}"
            running = vertex["status"] == "RUNNING"
            self.sees(shown, f"{route}/detail", [path], ["Max Parallelism", "Records Received"])
            self.sees(shown, f"{route}/subtasks", [at], ["Endpoint", "Attempt", vertex["status"]],
                      ("Aggregated Metrics", ["Median"]))
            self.sees(shown, f"{route}/taskmanagers", [f"{at}/taskmanagers"], ["Endpoint", vertex["status"]])
            self.sees(shown, f"{route}/watermarks", [f"{at}/watermarks"], ["Watermark"])
            self.sees(shown, f"{route}/accumulators", [f"{at}/accumulators", f"{at}/subtasks/accumulators"], ["No Data"],
                      ("SubTask Accumulators", ["No Data"]))
            self.sees(shown, f"{route}/backpressure", [f"{at}/backpressure"], ["N/A", "Dump"])
            self.sees(shown, f"{route}/metrics", [f"{at}/metrics"], ["Add Metric", "Select Metric"] if running else ["Metrics"])
            self.sees(shown, f"{route}/flamegraph", [f"{at}/flamegraph"],
                      ["flame graph feature is currently disabled", *([] if running else ["Operator is not running"])])

    def look_at_checkpoints(self, shown, job):
        route, path = f"{self.route_of(job)}/checkpoints", f"/jobs/{job}/checkpoints"
        asked = [path, f"{path}/config"]
        self.sees(shown, route, asked, ["Checkpoint Counts", "Latest Completed Checkpoint", "aligned checkpoint"])
        self.sees(shown, route, asked, ["Checkpoint Counts"], ("History", ["Trigger Time", "COMPLETED"]))
        self.sees(shown, route, asked, ["Checkpoint Counts"], ("Summary", ["Minimum", "99.9% percentile"]))
        self.sees(shown, route, asked, ["Checkpoint Counts"],
                  ("Configuration", ["Checkpointing Mode", "Exactly Once"]))

    def look_at_workers(self, shown):
        ids = list(self.first.workers())
        self.sees(shown, "/task-manager", ["/taskmanagers"], ["Last Heartbeat", *ids])
        route, path = f"/task-manager/{ids[0]}", f"/taskmanagers/{ids[0]}"
        self.sees(shown, f"{route}/metrics", [path, f"{path}/metrics"], ["Memory", "Garbage Collection"])
        self.sees(shown, f"{route}/logs", [f"{path}/log"], ["INFO"])
        self.sees(shown, f"{route}/stdout", [f"{path}/stdout"], ["what was printed"])
        self.sees(shown, f"{route}/log-list", [f"{path}/logs"], [OLD_LOG])
        self.sees(shown, f"{route}/log-list/{OLD_LOG}", [f"{path}/logs/{OLD_LOG}"], ["what was said before"])
        self.sees(shown, f"{route}/thread-dump", [f"{path}/thread-dump"], ["This is no Java process"])
        self.sees(shown, f"{route}/profiler", [f"{path}/profiler"], ["Profiling Duration"])

    def look_at_master(self, shown):
        route, path = "/job-manager", "/jobmanager"
        self.sees(shown, f"{route}/metrics", [f"{path}/config", f"{path}/metrics"], ["JVM", "Garbage Collection"])
        self.sees(shown, f"{route}/config", [f"{path}/config", f"{path}/environment"], ["high-availability.cluster-id"])
        self.sees(shown, f"{route}/logs", [f"{path}/log"], ["INFO"])
        self.sees(shown, f"{route}/stdout", [f"{path}/stdout"], ["what was printed"])
        self.sees(shown, f"{route}/log", [f"{path}/logs"], [OLD_LOG])
        self.sees(shown, f"{route}/log/{OLD_LOG}", [f"{path}/logs/{OLD_LOG}"], ["what was said before"])
        self.sees(shown, f"{route}/thread-dump", [f"{path}/thread-dump"], ["This is no Java process"])
        self.sees(shown, f"{route}/profiler", [f"{path}/profiler"], ["Profiling Duration"])

    def test_every_page_in_front_of_all_masters(self):
        self.walk(self.dashboard(self.masters), self.some_jobs())

    def test_every_page_in_front_of_a_follower(self):
        self.walk(self.dashboard([self.other, self.other]), self.some_jobs())
        self.assertTrue(self.other.follows())

    # ---- what one does there

    def test_a_job_is_cancelled(self):
        job = self.run_job(self.first, one("service", ["sleep", "100000"]))
        self.becomes(self.first, job, "RUNNING")
        shown = self.dashboard(self.masters)
        shown.open(f"/job/running/{job}/overview", [f"/jobs/{job}"], ["service", "Cancel Job"])
        shown.browser.run(click_on("Cancel Job"))
        shown.wait("it asks whether", [], ["Yes"])
        shown.browser.run(click_on("Yes", "button"))
        shown.wait("it cancels", [f"/jobs/{job}/yarn-cancel"], [])
        self.becomes(self.first, job, "CANCELED")
        shown.wait("it shows that", [], ["CANCELED"])
        self.assertEqual(shown.wrong(), [])

    def test_a_bundle_is_uploaded_planned_run_and_deleted(self):
        folder = self.folder / "bundle"
        folder.mkdir()
        (folder / "job.yaml").write_text(json.dumps(two("words", ["sleep", "100000"])), encoding="utf-8")
        archive = self.folder / "words.tar"
        subprocess.run(["tar", "-cf", archive, "-C", folder, "job.yaml"], check=True)
        shown = self.dashboard(self.masters)
        shown.open("/submit", ["/jars"], ["Uploaded Jars", "Add New"])
        shown.browser.choose_file("input[type=file]", archive)
        shown.wait("it is uploaded and listed", [], ["words.tar"])
        jar = self.first.ask("/jars").json()["files"][0]["id"]
        shown.browser.run(click_on("words.tar", "td"))
        shown.wait("its form", [], ["Show Plan", "Submit"])
        shown.browser.run(click_on("Show Plan"))
        shown.wait("its plan", [], ["source", "sink"])
        self.assertTrue(shown.has_answer(f"/jars/{jar}/plan"), shown.answered)
        self.assertEqual(shown.wrong(), [])
        shown.open("/submit", ["/jars"], ["words.tar"])
        shown.browser.run(click_on("words.tar", "td"))
        shown.wait("its form", [], ["Submit"])
        shown.browser.run(click_on("Submit", "button"))
        shown.wait("its job", [], ["Job ID", "RUNNING"])
        self.assertEqual([job["name"] for job in self.first.ask("/jobs/overview").json()["jobs"]], ["words"])
        self.assertEqual(shown.wrong(), [])
        shown.open("/submit", ["/jars"], ["words.tar"])
        shown.browser.run(click_on("Delete"))
        shown.wait("it asks whether", [], ["Are you sure"])
        shown.browser.run(click_on("OK", "button"))
        wait_for("it is gone", lambda: not self.first.ask("/jars").json()["files"])
        shown.wait("it shows that", [], ["No Data"])
        self.assertEqual(shown.wrong(), [])
