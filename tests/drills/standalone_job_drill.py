"""bin/standalone-job.sh with the real program: masters that run one job, and end as it does."""

import os
import pathlib
import signal
import subprocess

from drill import Drill
from processes import LIMIT_SECONDS, Master, wait_for

FIXED_ID = "0" * 32
FAILED, REFUSED = 5, 4


class Application(Master):
    """A master, and whoever follows the job; `words` are those behind the options."""

    def __init__(self, home, folder, settings, words):
        super().__init__(folder, settings)
        self.home = home
        self.words = words

    def environment(self):
        env = {key: value for key, value in os.environ.items() if not key.startswith("STELLWERK_")}
        return env | {"STELLWERK_CONF_DIR": str(self.folder), "STELLWERK_IDENT_STRING": "drill", "HOSTNAME": "host1"}

    def command(self, action):
        (self.folder / "config.yaml").write_text(
            "".join(f"{key}: {value}\n" for key, value in self.settings.items()), encoding="utf-8")
        return [str(self.home / "bin" / "standalone-job.sh"), action, "--host", "localhost", "--webui-port", str(self.port),
                *self.words]

    def start(self, inside=()):
        self.run([*inside, *self.command("start-foreground")], self.environment())

    def script(self, action):
        return subprocess.run(self.command(action), env=self.environment(), capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=LIMIT_SECONDS)

    def master_pid(self):
        """The master itself, which the script has started."""
        def look():
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    folder = pathlib.Path("/proc") / pid
                    parent = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
                    words = (folder / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                if parent == str(self.child.pid) and words[1:2] == [b"master"]:
                    return int(pid)
            return None
        return wait_for("the script's master", look)

    def said(self):
        return (self.folder / "out").read_text(encoding="utf-8", errors="replace")


class StandaloneJobDrill(Drill):

    def setUp(self):
        super().setUp()
        self.home = self.installed()
        self.settings = {"high-availability.storageDir": f"file://{self.storage}", "high-availability.cluster-id": "/drill",
                         "high-availability.type": "local", "env.pid.dir": self.folder / "pids"}

    def application(self, *words, start=True):
        made = Application(self.home, self.folder / f"application-{next(self._numbers)}", self.settings, words)
        self.processes.append(made)
        self.masters.append(made)
        if start:
            made.start()
        return made

    def counting(self, last):
        """A job that writes a line each time it is started, and goes on once there is a file `gate`."""
        return ["--", "sh", "-c", f"echo started >>{self.folder}/starts; until [ -e {self.folder}/gate ]; do sleep 0.05; done; {last}"]

    def starts(self):
        file = self.folder / "starts"
        return file.read_text(encoding="ascii").count("\n") if file.exists() else 0

    def open_gate(self):
        (self.folder / "gate").write_text("", encoding="ascii")

    def test_a_standalone_job_outlives_its_masters_and_ends_them(self):
        server = self.zookeeper()
        self.settings |= {"high-availability.type": "zookeeper", "high-availability.zookeeper.quorum": f"127.0.0.1:{server.port}",
                          "high-availability.zookeeper.client.session-timeout": "3 s"}
        words = self.counting("true")
        first, second = self.application(*words), self.application(*words)
        self.worker()
        wait_for("the job runs", lambda: self.starts() == 1)
        leader, follower = self.settled()
        os.kill(leader.master_pid(), signal.SIGKILL)
        self.assertEqual(leader.ended(), 128 + signal.SIGKILL, "so that whoever keeps it running starts it again")
        wait_for("the other one leads", follower.leads)
        leader.start()
        wait_for("it follows", leader.follows)
        wait_for("both know of the job", lambda: all(f"JobID {FIXED_ID}" in each.said() for each in (first, second)))
        self.assertEqual(self.starts(), 1)
        self.open_gate()
        for each in (first, second):
            self.assertEqual(each.ended(), 0, each.said())
            self.assertIn(f"Job with JobID {FIXED_ID} has finished.", each.said())
        first.start()
        self.assertEqual(first.ended(), 0)
        self.assertEqual(self.starts(), 1, "what has finished is not run again")

    def test_a_standalone_job_ends_its_master_as_it_ends_itself(self):
        self.worker([self.application(*self.counting("exit 3"))])
        only = self.masters[0]
        wait_for("the job runs", lambda: self.starts() == 1)
        only.signal(signal.SIGTERM)
        self.assertEqual(only.ended(), 0)
        self.assertIsNone(only.ask("/status"), "its master ended too")
        only.start()
        wait_for("it leads", only.leads)
        self.assertEqual(self.status(only, FIXED_ID), "RUNNING")
        self.open_gate()
        self.assertEqual(only.ended(), FAILED)
        self.assertIn("exit code 3", only.said())
        self.assertEqual(self.starts(), 1)
        only.words = self.counting("true")
        only.start()
        self.assertEqual(only.ended(), REFUSED, "another job under the same id")
        only.words = ["--job-id", "A" * 32, "-Dexecution.shutdown-on-application-finish=false", *only.words]
        only.start()
        wait_for("it has finished", lambda: f"Job with JobID {'a' * 32} has finished." in only.said())
        wait_for("its master stays", only.leads)
        only.signal(signal.SIGTERM)
        self.assertEqual(only.ended(), 0)

    def test_a_standalone_job_in_the_background(self):
        only = self.application(*self.counting("true"), start=False)
        for _ in range(3):  # whatever it is at by then
            self.assertEqual(only.script("start").returncode, 0)
            self.assertNotIn("Killing", only.script("stop").stdout)
            self.assertIsNone(only.ask("/status"))
        done = only.script("start")
        self.assertEqual((done.returncode, done.stdout), (0, "Starting standalonejob daemon on host host1.\n"), done.stderr)
        wait_for("it leads", only.leads)
        wait_for("the job is known", lambda: only.says(f"/jobs/{FIXED_ID}"))
        listed = subprocess.run([str(self.home / "bin" / "stellwerk"), "ps"], capture_output=True, text=True, check=True).stdout
        self.assertIn("StandaloneApplicationClusterEntryPoint", listed)
        pid = int((self.folder / "pids" / "stellwerk-drill-standalonejob.pid").read_text(encoding="ascii"))
        only.words = []
        done = only.script("stop")
        self.assertEqual(done.stdout, f"Stopping standalonejob daemon (pid: {pid}) on host host1.\n")
        self.assertEqual(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() if os.path.exists(f"/proc/{pid}") else b"", b"")
        self.assertIsNone(only.ask("/status"))


if __name__ == "__main__":
    import unittest
    unittest.main()
