"""The examples as people run them: real masters and workers, and `bin/stellwerk run -d`."""

import collections
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import zlib
from unittest import mock

from drill import Drill
from processes import LIMIT_SECONDS, free_port, wait_for

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
ADDRESS = "localhost:8888"  # where the word count reads


class Typist:
    """What `nc -lk PORT` is to the word count: it listens, and one at a time reads what is typed."""

    def __init__(self, test):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(LIMIT_SECONDS)
        self.address = f"localhost:{self.listener.getsockname()[1]}"
        self.reader = None
        test.addCleanup(self.close)

    def accept(self):
        """The next reader, once it comes; the one before is let go."""
        if self.reader is not None:
            self.reader.close()
        self.reader = self.listener.accept()[0]

    def type(self, text):
        self.reader.sendall(text.encode())

    def end(self):
        self.reader.shutdown(socket.SHUT_WR)

    def close(self):
        if self.reader is not None:
            self.reader.close()
        self.listener.close()


class ExamplesDrill(Drill):

    def install(self):
        """What the C++ example looks for: the folder of an installation. On disk, for a program with all its debug information."""
        folder = tempfile.TemporaryDirectory(prefix="stellwerk-examples-")
        self.addCleanup(folder.cleanup)
        home = pathlib.Path(folder.name)
        place = home / "examples" / "control-channel"
        for made in (home / "bin", place):
            made.mkdir(parents=True)
        program = shutil.copy(os.environ["STELLWERK_PROGRAM"], home / "bin")
        shutil.copy(os.environ["STELLWERK_CONTROL_CHANNEL"], place)
        here = mock.patch.dict(os.environ, STELLWERK_PROGRAM=str(program))
        here.start()
        self.addCleanup(here.stop)

    def host(self, slots):
        """A master and a worker."""
        self.only, _ = self.cluster(1)
        self.at_work = self.worker(taskmanager__numberOfTaskSlots=slots)
        self.registered(self.only, [self.at_work])

    def run_example(self, name, *options, change=()):
        """Its job's id. `change`: pieces of its text, each with what stands there instead."""
        text = (EXAMPLES / name / "job.yaml").read_text(encoding="utf-8")
        for old, new in dict(change).items():
            self.assertIn(old, text)
            text = text.replace(old, new)
        path = self.folder / "job.yaml"
        path.write_text(text, encoding="utf-8")
        ran = subprocess.run(
            [os.environ["STELLWERK_PROGRAM"], "run", "-d", "-m", f"localhost:{self.only.port}", *options, path],
            capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        return re.search("JobID ([0-9a-f]{32})", ran.stdout)[1]

    def ask(self, path):
        return self.only.ask(path).json()

    def becomes(self, job, status):
        wait_for(f"job {job} is {status}", lambda: self.ask(f"/jobs/{job}/status")["status"] == status)

    def cancel(self, job):
        self.assertEqual(self.only.ask(f"/jobs/{job}?mode=cancel", "PATCH").code, 202)
        self.becomes(job, "CANCELED")

    def subtask(self, job, vertex, number=0):
        """As REST shows it."""
        vertices = {each["name"]: each["id"] for each in self.ask(f"/jobs/{job}")["vertices"]}
        return self.ask(f"/jobs/{job}/vertices/{vertices[vertex]}/subtasks/{number}")

    def kill(self, job, vertex, number):
        pid = wait_for("its pid", lambda: self.subtask(job, vertex, number).get("pid"))
        os.kill(pid, signal.SIGKILL)

    def printed(self, pattern=".*"):
        """What the worker repeats of its tasks' stdout, where one sees it in its .out."""
        return [line for line in self.at_work.complained().splitlines() if re.fullmatch(pattern, line)]

    def prints(self, *lines):
        """Waits until each of them has been printed, as often as it is named."""
        wanted = collections.Counter(lines)
        wait_for(f"printed: {lines}", lambda: not wanted - collections.Counter(self.printed()))

    # ---- the word count

    def line(self, word, count):
        """What the one of four that a word belongs to prints."""
        return f"count {zlib.crc32(word.encode()) % 4 + 1}> ({word},{count})"

    def lines(self, words):
        return [self.line(word, words[:at + 1].count(word)) for at, word in enumerate(words)]

    def test_examples_word_count(self):
        self.host(slots=4)
        typist = Typist(self)
        job = self.run_example("socket-word-count", "-p", "4",
                               change={ADDRESS: typist.address, "initial-backoff: 1 s": "initial-backoff: 10 ms"})
        typist.accept()
        typist.type("Hello world, hello\nGröße: it's HELLO")
        typist.end()  # which also ends the line
        words = ["hello", "world", "hello", "größe", "it", "s", "hello"]
        self.prints(*self.lines(words))
        self.assertEqual(len(self.printed("count.*")), len(words))
        typist.accept()  # it comes again, and counts on
        typist.type("hello again\n")
        self.prints(self.line("hello", 4), self.line("again", 1))
        self.kill(job, "count", 2)
        typist.accept()  # what pipelined inputs connect begins anew
        typist.type("hello\n")
        self.prints(self.line("hello", 1), self.line("hello", 1))
        self.becomes(job, "RUNNING")
        self.cancel(job)

    def test_examples_word_count_waits_for_its_socket(self):
        self.host(slots=1)
        port = free_port()
        job = self.run_example("socket-word-count", change={ADDRESS: f"127.0.0.1:{port}"})
        wait_for("it waits", lambda: self.printed(f"source> waiting for 127.0.0.1:{port}: .*"))
        with socket.create_server(("127.0.0.1", port)) as listener:
            listener.settimeout(LIMIT_SECONDS)
            with listener.accept()[0] as reader:
                reader.sendall(b"to be or not to be\n")
                self.prints("count> (to,2)", "count> (be,2)", "count> (or,1)", "count> (not,1)")
                self.cancel(job)

    # ---- the others

    def test_examples_batch(self):
        self.host(slots=4)
        text = (EXAMPLES / "batch/job.yaml").read_text(encoding="utf-8").partition("TEXT: |")[2].partition("command:")[0]
        words = collections.Counter(re.findall("[a-z]+", text.lower()))
        for parallelism in ("1", "4"):
            out = self.folder / f"out-{parallelism}"
            out.mkdir()
            job = self.run_example("batch", "-p", parallelism, change={"OUT: /tmp": f"OUT: {out}"})
            self.becomes(job, "FINISHED")
            results = [path for path in out.rglob("*") if path.is_file()]
            self.assertEqual(results, [out / f"stellwerk-batch-{job}" / "result"])
            lines = results[0].read_text(encoding="ascii").splitlines()
            self.assertEqual(lines[:2], ["(the,9)", "(one,6)"])
            self.assertEqual(sorted(lines), sorted(f"({word},{count})" for word, count in words.items()))
            self.prints(*(f"count> {line}" for line in lines))

    def test_examples_in_shell(self):
        self.host(slots=1)
        seconds = 'SECONDS_OF_WORK: "5"'
        self.becomes(self.run_example("shell", change={seconds: 'SECONDS_OF_WORK: "1"'}), "FINISHED")
        self.prints("hello> second 1", "hello> done")
        job = self.run_example("shell", change={seconds: 'SECONDS_OF_WORK: "3600"'})
        self.prints("hello> second 1", "hello> second 1")
        self.cancel(job)
        wait_for("it ended well", lambda: self.printed(r"hello> told to stop in second \d+"))

    def test_examples_in_python(self):
        self.host(slots=4)
        self.becomes(self.run_example("python"), "FINISHED")
        self.prints("primes> 17984 primes from 0 to 199999")
        self.becomes(self.run_example("python", "-p", "4"), "FINISHED")
        wait_for("four shares", lambda: len(self.printed(r"primes \d> .*")) == 4)
        shares = [int(re.search(r"> (\d+) primes", line)[1]) for line in self.printed(r"primes \d> .*")]
        self.assertEqual(sum(shares), 17984)

    def test_examples_bundle(self):
        self.host(slots=4)
        for options in (), ("-p", "4"):
            ran = subprocess.run(
                [os.environ["STELLWERK_PROGRAM"], "run", "-d", "-m", f"localhost:{self.only.port}", *options,
                 EXAMPLES / "bundle"], capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
            self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
            self.becomes(re.search("JobID ([0-9a-f]{32})", ran.stdout)[1], "FINISHED")
        self.prints("count> (the,12)")
        wait_for("four shares", lambda: len(self.printed(r"count \d> \d+ words in .*/artifacts/[0-9a-f]{64}")) == 4)

    def test_examples_failing(self):
        self.host(slots=1)
        soon = {"delay: 2 s": "delay: 10 ms"}
        job = self.run_example("failing", change=soon)
        self.becomes(job, "FINISHED")
        self.prints("fall> attempt 2 stands")
        self.assertEqual(self.subtask(job, "fall")["attempt"], 2)
        failures = [each["exception"] for each in self.ask(f"/jobs/{job}/exceptions")["all-exceptions"]]
        self.assertEqual(failures, [f"exit code 3\nattempt {number} has no luck" for number in (1, 0)])
        self.becomes(self.run_example("failing", change={**soon, "attempts: 3": "attempts: 1"}), "FAILED")

    def test_examples_control_channel(self):
        self.install()
        self.host(slots=1)
        self.becomes(self.run_example("control-channel", change={'"30"': '"1"'}), "FINISHED")
        self.prints("steps> step 1 of 1")
        job = self.run_example("control-channel", change={'"30"': '"3600"'})
        self.prints("steps> step 1 of 3600")
        self.cancel(job)
        wait_for("it finished its step", lambda: self.printed(r"steps> told to stop; step \d+ is done, and so am I"))

    def test_examples_service(self):
        self.host(slots=2)
        job = self.run_example("service")
        self.prints("tick 1> second 1 of attempt 0", "tick 2> second 1 of attempt 0")
        self.kill(job, "tick", 1)
        self.prints("tick 2> second 1 of attempt 1")
        self.cancel(job)

    def test_examples_at_most_one(self):
        self.host(slots=1)
        place = str(self.folder / "place.json")
        job = self.run_example("at-most-one", change={"/tmp/stellwerk-at-most-one.json": place, "delay: 1 s": "delay: 10 ms"})
        first = wait_for("it counts", lambda: self.printed("service> 1 by the holder of token [0-9]+"))[0].split()[-1]
        self.kill(job, "service", 0)
        again = wait_for("another goes on", lambda: [
            line for line in self.printed("service> [0-9]+ by the holder of token [0-9]+") if line.split()[-1] != first])
        self.assertGreater(int(again[0].split()[-1]), int(first))
        self.assertGreater(int(again[0].split()[1]), 1, "it goes on, and does not begin anew")
        self.cancel(job)

    def test_examples_fit_one_slot(self):
        """But for the service, which is there to be two processes."""
        for path in EXAMPLES.glob("*/job.yaml"):
            own = {int(number) for number in re.findall(r"parallelism: (\d+)", path.read_text(encoding="utf-8"))}
            self.assertLessEqual(own, {2} if path.parent.name == "service" else {1}, path)
