"""What docs/openapi.yaml says, held by schemathesis against real masters: one that leads, and one that follows.

Run by scripts/rest_contract.sh, which makes the environment that STELLWERK_SCHEMATHESIS names.
"""

import json
import os
import pathlib
import signal
import subprocess

from drill import Drill
from processes import die_with_parent, wait_for

HERE = pathlib.Path(__file__).resolve().parent
CHECKPOINTS = HERE.parents[1] / "examples/checkpoints/count.py"
SCHEMATHESIS = os.environ["STELLWERK_SCHEMATHESIS"]
EXAMPLES = os.environ["STELLWERK_REST_EXAMPLES"]  # of each operation, besides those at the edges of what is allowed
SEED = "7"
SECONDS_MAX = 3 * 3600
VERTEX = "work"  # of all jobs, so that they share its id
LOGS = ("log.out", "old.log")  # beside `log`, which all have


def spec(name, command, **more):
    return {"name": name, "vertices": [{"name": VERTEX, "command": command, "parallelism": 2}], **more}


class RestContract(Drill):

    def setUp(self):
        super().setUp()
        zookeeper = self.zookeeper()
        # So long that a busy host makes nobody else lead.
        self.first, self.other = self.cluster(2, zookeeper, **{
            "high-availability.zookeeper.client.session-timeout": "40 s", "high-availability.stall-timeout": "20 s"})
        worker = self.worker(taskmanager__numberOfTaskSlots=16)
        self.registered(self.first, [worker])
        for process in (*self.masters, worker):
            for name in LOGS:
                (process.folder / name).write_text("a line\n" * 100, encoding="utf-8")
        self.known = self.some_of_everything()

    def some_of_everything(self):
        """Jobs of several kinds and what belongs to them: real values of parameters, by their names."""
        ask = self.first.ask
        none = {"restart-strategy": {"type": "none"}}
        made = {
            "FINISHED": spec("finished", ["sh", "-c", "echo said; echo more >&2"]),
            "FAILED": spec("failed", ["sh", "-c", "echo no luck >&2; exit 3"], **none),
            "CREATED": {"name": "waiting", "vertices": [{"name": VERTEX, "command": ["true"], "labels": ["none-has-it"]}]},
            "RUNNING": spec("service", ["sleep", "100000"]),
        }
        jobs = {status: self.run_job(self.first, each) for status, each in made.items()}
        counting = self.run_job(self.first, {
            "name": "counting", "checkpointing": {"interval": "1 s", "num-retained": 3},
            "vertices": [{"name": VERTEX, "command": ["python3", str(CHECKPOINTS)], "parallelism": 2,
                          "env": {"FOLDER": str(self.folder / "made"), "PACE": "0.01"}}]})
        for status, job in jobs.items():
            if status != "CREATED":
                self.becomes(self.first, job, status)
        shown = wait_for("a checkpoint", lambda: next(
            (each for each in [ask(f"/jobs/{counting}/checkpoints").json()] if each["latest"]["completed"]), None))
        wish = ask(f"/jobs/{counting}/checkpoints", "POST", {"checkpointType": "FULL"}).json()["request-id"]
        self.becomes(self.first, counting, "RUNNING")
        jars = [self.upload(name) for name in ("words.yaml", "more.yaml")]
        return {
            "jobid": [counting, *jobs.values()],
            "vertexid": [ask(f"/jobs/{counting}").json()["vertices"][0]["id"]],
            "subtaskindex": [0, 1],
            "attempt": [0],
            "checkpointid": [shown["latest"]["completed"]["id"]],
            "triggerid": [wish],
            "taskmanagerid": list(self.first.workers()),
            "jarid": jars,
            "name": list(LOGS),
        }

    def upload(self, name):
        """A bundle with nothing but its spec; its id."""
        folder = self.folder / name
        folder.mkdir()
        (folder / "job.yaml").write_text(json.dumps(spec("bundle", ["true"])), encoding="utf-8")
        archive = self.folder / f"{name}.tar"
        subprocess.run(["tar", "-cf", archive, "-C", folder, "job.yaml"], check=True)
        ran = subprocess.run(["curl", "-sf", "--data-binary", f"@{archive}",
                              f"{self.first.url}/jars/upload?name={archive.name}"], capture_output=True, check=True)
        return json.loads(ran.stdout)["filename"].rpartition("/")[2]

    def configuration(self):
        """What is written by hand, and the values that this cluster has."""
        lines = [(HERE / "schemathesis.toml").read_text(encoding="utf-8")]
        known = {f"path.{name}": (values, 0.7) for name, values in self.known.items()}
        # Others wait for what never comes: a second each.
        known["header.Stellwerk-At-Least"] = (["0-0", "1-1"], 0.9)
        known["header.Stellwerk-Deadline-Ms"] = ([5000, 60000], 0.9)
        lines.append("[parameters]")
        for name, (values, probability) in known.items():
            lines.append(f'"{name}" = {{dictionary = "{name.rpartition(".")[2]}", probability = {probability}}}')
        for name, (values, _) in known.items():
            lines.append(f"[dictionaries.{name.rpartition('.')[2]}]\nvalues = {json.dumps(values)}")
        path = self.folder / "schemathesis.toml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def hold(self, master, role):
        """Runs schemathesis against that master; its words are the failure's."""
        command = [SCHEMATHESIS, "--config-file", str(self.configuration()), "run", f"{master.url}/openapi.json",
                   "--url", master.url, "--seed", SEED, "--max-examples", EXAMPLES, "--no-color"]
        with open(self.folder / "said", "wb") as out:
            # pylint: disable=subprocess-popen-preexec-fn
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.folder,
                                     env={**os.environ, "PYTHONPATH": str(HERE)}, preexec_fn=die_with_parent)
        try:
            code = child.wait(timeout=SECONDS_MAX)
        finally:
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
                child.wait()
        said = (self.folder / "said").read_text(encoding="utf-8", errors="replace")
        if code != 0:
            self.fail(f"schemathesis ended with {code} against the {role}:\n{said}")
        print(f"against the {role}:\n{said[said.rindex('API Operations'):]}", flush=True)
        for each in self.masters:
            self.assertTrue(each.runs(), "a master ended")
        self.assertEqual(master.leads(), role == "leader")

    def test_leader(self):
        self.hold(self.first, "leader")

    def test_follower(self):
        self.hold(self.other, "follower")
