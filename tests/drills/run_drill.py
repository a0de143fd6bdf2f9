"""`stellwerk run` that stays attached: jobs that end well and badly, leaders that die, people who press Ctrl-C; and what
`stellwerk logs` shows of them."""

import fcntl
import json
import os
import pty
import re
import signal
import subprocess
import termios

from drill import Drill
from processes import JARS, LIMIT_SECONDS, Process, die_with_parent, wait_for

FINISHED, FAILED, CANCELED, INTERRUPTED = 0, 5, 6, 130


class Client(Process):
    """A command line that knows all masters; what it writes is in `out` and `err`, or comes from its terminal."""

    def __init__(self, folder, masters):
        super().__init__(folder)
        (self.folder / "config.yaml").write_text("rest.port: 8081\n", encoding="ascii")
        (self.folder / "masters").write_text(
            "".join(f"localhost:{master.port}\n" for master in masters), encoding="ascii")
        self.shown = b""
        self.terminal = None

    def command(self, *words):
        return [os.environ["STELLWERK_PROGRAM"], words[0], "--configDir", str(self.folder), *words[1:]]

    def start(self, *words):
        with open(self.folder / "out", "wb") as out, open(self.folder / "err", "wb") as err:
            # pylint: disable=subprocess-popen-preexec-fn
            self.child = subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                          env=self.environment(), preexec_fn=die_with_parent)

    def start_on_terminal(self, *words):
        self.terminal, theirs = pty.openpty()
        os.set_blocking(self.terminal, False)

        def own_terminal():
            die_with_parent()
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        # pylint: disable=subprocess-popen-preexec-fn
        self.child = subprocess.Popen(self.command(*words), stdin=theirs, stdout=theirs, stderr=theirs,
                                      env=self.environment(), preexec_fn=own_terminal)
        os.close(theirs)

    @staticmethod
    def environment():
        return {key: value for key, value in os.environ.items() if not key.startswith("STELLWERK_")} | {"TERM": "xterm"}

    def wrote(self, name):
        return (self.folder / name).read_text(encoding="utf-8")

    def look(self):
        """All that its terminal has shown."""
        try:
            while True:
                self.shown += os.read(self.terminal, 65536)
        except OSError:  # nothing more now, or its end
            return self.shown.decode()

    def type(self, text):
        os.write(self.terminal, text.encode())

    def close(self):
        if self.terminal is not None:
            os.close(self.terminal)


class RunDrill(Drill):

    def client(self):
        client = Client(self.folder / f"client-{next(self._numbers)}", self.masters)
        self.processes.append(client)
        self.addCleanup(client.close)
        return client

    def with_worker(self, **more):
        leader, follower = self.cluster(2, **more)
        self.registered(leader, [self.worker(taskmanager__numberOfTaskSlots=2)])
        return leader, follower

    def until_told(self):
        """A command that ends well once `self.tell()` was called."""
        return ["sh", "-c", f"until [ -e {self.folder}/told ]; do sleep 0.05; done"]

    def tell(self):
        (self.folder / "told").touch()

    def ended(self, client, code):
        self.assertEqual(client.child.wait(timeout=LIMIT_SECONDS), code)

    def job_of(self, text):
        return re.search("JobID ([0-9a-f]{32})", text).group(1)

    def test_an_attached_run_ends_as_its_job_does(self):
        self.with_worker()
        good = self.client()
        good.start("run", "-p", "2", "--", "true")
        self.ended(good, FINISHED)
        job = self.job_of(good.wrote("out"))
        self.assertEqual(good.wrote("err"), "")
        lines = [line for line in good.wrote("out").splitlines() if "switched" not in line]
        self.assertEqual(lines[:3], [f"Job has been submitted with JobID {job}", "Program execution finished",
                                     f"Job with JobID {job} has finished."])
        bad = self.client()
        bad.start("run", "--", "sh", "-c", "echo no luck >&2; exit 3")
        self.ended(bad, FAILED)
        self.assertRegex(bad.wrote("err"), r"has failed: sh \(1/1\) on \S+: .*exit code 3\.\n  no luck\n$")

    def test_an_attached_run_outlives_the_leader(self):
        leader, follower = self.with_worker()
        client = self.client()
        client.start("run", "--", *self.until_told())
        wait_for("the job runs", lambda: "status RUNNING" in client.wrote("out"))
        leader.kill()
        self.assertIs(self.leader([follower]), follower)
        wait_for("the client knows", lambda: "The leader changed" in client.wrote("err"))
        self.tell()
        self.ended(client, FINISHED)
        self.assertEqual(client.wrote("err").count("The leader changed: " + follower.url), 1, client.wrote("err"))

    def test_an_interrupted_run_leaves_its_job(self):
        leader, _ = self.with_worker()
        for number in signal.SIGINT, signal.SIGTERM:
            client = self.client()
            client.start("run", "--", *self.until_told())
            wait_for("the job runs", lambda running=client: "status RUNNING" in running.wrote("out"))
            client.signal(number)
            self.ended(client, INTERRUPTED)
            job = self.job_of(client.wrote("out"))
            self.assertEqual(client.wrote("err"),
                             f"Detached; job {job} goes on. To end it: stellwerk cancel {job}\n")
            self.assertEqual(self.status(leader, job), "RUNNING")
        self.tell()

    def test_logs_show_what_a_job_printed(self):
        leader, follower = self.with_worker()
        client = self.client()
        client.start("run", "-p", "2", "-n", "say", "--", "sh", "-c", "echo this is $STELLWERK_SUBTASK; echo oh >&2")
        self.ended(client, FINISHED)
        job = self.job_of(client.wrote("out"))
        for master in leader, follower:
            shown = self.client()
            shown.start("logs", "-m", f"localhost:{master.port}", job)
            self.ended(shown, FINISHED)
            self.assertEqual(shown.wrote("out"), "sh 1> this is 0\nsh 2> this is 1\n")
            self.assertEqual(shown.wrote("err"), "")
        one = self.client()
        one.start("logs", "--stderr", job, "sh/2")
        self.ended(one, FINISHED)
        self.assertEqual(one.wrote("out"), "oh\n")
        log = self.client()
        log.start("logs", "--worker", next(iter(leader.workers())))
        self.ended(log, FINISHED)
        self.assertIn("Starting a worker", log.wrote("out"))

    def test_logs_are_followed_over_a_takeover_until_the_job_ends(self):
        leader, follower = self.with_worker()
        client = self.client()
        client.start("run", "--", "sh", "-c", "echo begun; " + self.until_told()[2] + "; echo told; printf rest")
        wait_for("the job runs", lambda: "status RUNNING" in client.wrote("out"))
        followed, left = self.client(), self.client()
        for each in followed, left:
            each.start("logs", "-f", self.job_of(client.wrote("out")))
            wait_for("the first line", lambda logs=each: logs.wrote("out") == "begun\n")
        left.signal(signal.SIGINT)
        self.ended(left, INTERRUPTED)
        leader.kill()
        self.assertIs(self.leader([follower]), follower)
        self.tell()
        self.ended(followed, FINISHED)
        self.assertEqual(followed.wrote("out"), "begun\ntold\nrest")
        self.ended(client, FINISHED)

    def test_a_jar_runs_as_a_java_program(self):
        leader, _ = self.with_worker()
        client = self.client()
        client.start("run", "-c", "org.apache.zookeeper.version.VersionInfoMain", f"{JARS}/zookeeper.jar")
        self.ended(client, FINISHED)
        self.assertIn("There is no Flink runtime here", client.wrote("err"))
        asked = subprocess.run(client.command("workers", "--json"), capture_output=True, text=True, check=True,
                               timeout=LIMIT_SECONDS)
        self.assertEqual({each["id"] for each in json.loads(asked.stdout)["taskmanagers"]}, set(leader.workers()))

    def test_ctrl_c_on_a_terminal_asks(self):
        leader, _ = self.with_worker()
        client = self.client()
        client.start_on_terminal("run", "--", *self.until_told())
        wait_for("the job runs", lambda: "RUNNING  sh 1/1" in client.look())
        for asked in 1, 2:
            client.type("\x03")
            wait_for("it asks", lambda times=asked: client.look().count("[c/d/g]") == times)
            client.type("g\n" if asked == 1 else "c\n")
            if asked == 1:
                wait_for("it goes on", lambda: client.look().rpartition("[c/d/g]")[2].count("RUNNING  sh 1/1"))
        self.ended(client, CANCELED)
        self.assertIn("was cancelled.", client.look())
        self.assertEqual(self.status(leader, self.job_of(client.look())), "CANCELED")

    def test_a_second_ctrl_c_detaches(self):
        leader, _ = self.with_worker()
        client = self.client()
        client.start_on_terminal("run", "--", *self.until_told())
        wait_for("the job runs", lambda: "RUNNING  sh 1/1" in client.look())
        client.type("\x03")
        wait_for("it asks", lambda: "[c/d/g]" in client.look())
        client.type("\x03")
        self.ended(client, INTERRUPTED)
        job = self.job_of(client.look())
        self.assertIn(f"Detached; job {job} goes on.", client.look())
        self.assertEqual(self.status(leader, job), "RUNNING")
        self.tell()
