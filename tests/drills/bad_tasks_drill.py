"""Tasks that do what they should not, and workers that cannot do what they should: each is told once, in one place,
and nothing else is disturbed."""

import os
import pathlib
import signal

from drill import Drill
from processes import runs, wait_for

# A disk of its own for what follows, seen through /proc/PID/root by everybody else.
SMALL_DISK = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs -o size=8m none \"$0\" && exec \"$@\""]

MIB = 1 << 20
# Of each stream of a task: one file, and the ones before it that are kept.
OUTPUT_BYTES_MAX = 64 * MIB

GARBAGE = """
import os, sys
for line in (b"\\0" * 5000 + b"\\n", b"{}\\n", b'{"type":"advertise"}\\n', b"[" * 60000 + b"\\n", b"x" * 3000000 + b"\\n"):
    for _ in range(3):
        sent = 0
        while sent < len(line):
            sent += os.write(int(os.environ["STELLWERK_CONTROL_FD"]), line[sent:])
"""
FLOOD = """
import sys
line = b"x" * 1023 + b"\\n"
for _ in range(100):
    sys.stdout.buffer.write(line * 1024)
"""


class BadTasksDrill(Drill):

    def setUp(self):
        super().setUp()
        self.master_of_all = self.master()
        wait_for("it leads", self.master_of_all.leads)
        self.worker_of_all = self.worker(taskmanager__numberOfTaskSlots=2, task__cancellation__timeout="500 ms")
        self.registered(self.master_of_all, [self.worker_of_all])
        self.good = self.run_job(self.master_of_all, {"name": "good", "vertices": [
            {"name": "v", "command": ["sh", "-c", f"echo $$ > {self.folder}/good; exec sleep 1000"]}]})
        self.good_pid = wait_for("the good task runs", lambda: self.number_in("good"))
        self.addCleanup(self.assert_undisturbed)

    def number_in(self, name):
        path = pathlib.Path(self.folder) / name
        return int(path.read_text(encoding="ascii") or 0) if path.exists() else None

    def assert_undisturbed(self):
        """Before everything is ended: the same worker, and the good task as it was."""
        self.registered(self.master_of_all, [self.worker_of_all])
        self.assertEqual(self.status(self.master_of_all, self.good), "RUNNING")
        self.assertEqual(self.number_in("good"), self.good_pid)
        self.assertTrue(runs(self.good_pid))

    def bad(self, command, status, **more):
        job = self.run_job(self.master_of_all, {"name": "bad", "vertices": [{"name": "v", "command": command}], **more})
        self.becomes(self.master_of_all, job, status)
        return job

    def fails(self, command, why):
        self.assertIn(why, self.why(self.master_of_all, self.bad(command, "FAILED")))

    def test_what_cannot_be_run_is_named(self):
        script = pathlib.Path(self.folder) / "script"
        script.write_text("#!/no/such/shell\n", encoding="ascii")
        self.fails([str(script)], f"{script}")
        script.chmod(0o755)
        self.fails([str(script)], f"{script}")
        self.fails(["/no/such/program"], "/no/such/program")
        self.fails(["/"], "/")
        self.fails(["sh", "-c", "echo one >&2; echo two >&2; exit 7"], "two")
        self.fails(["sh", "-c", "kill -SEGV $$"], "SIGSEGV")

    def test_a_task_that_ends_at_once_in_a_loop_is_bounded(self):
        job = self.bad(["false"], "FAILED", **{
            "restart-strategy": {"type": "fixed-delay", "attempts": 20, "delay": "0 ms"}})
        shown = self.master_of_all.ask(f"/jobs/{job}/exceptions").json()
        self.assertIn("exit code 1", shown["all-exceptions"][0]["exception"])

    def test_garbage_on_the_control_channel_is_left_out(self):
        self.bad(["python3", "-c", GARBAGE], "FINISHED")
        said = [line for line in self.worker_of_all.said().splitlines() if "control channel" in line]
        self.assertLessEqual(len(said), 2, said)

    def test_a_flood_of_output_is_bounded(self):
        self.bad(["python3", "-c", FLOOD], "FINISHED")
        written = sum(path.stat().st_size for path in pathlib.Path(self.folder).rglob("v-0.out*"))
        self.assertLessEqual(written, OUTPUT_BYTES_MAX)
        self.assertGreater(written, 0)

    def test_a_task_that_does_not_listen_is_killed(self):
        job = self.run_job(self.master_of_all, {"name": "deaf", "vertices": [{"name": "v", "command": [
            "sh", "-c", f"trap '' TERM; echo $$ > {self.folder}/deaf; while :; do sleep 1; done"]}]})
        deaf = wait_for("it runs", lambda: self.number_in("deaf"))
        self.assertEqual(self.master_of_all.ask(f"/jobs/{job}?mode=cancel", "PATCH").code, 202)
        self.becomes(self.master_of_all, job, "CANCELED")
        self.assertFalse(runs(deaf))

    def test_what_a_task_leaves_behind_is_ended(self):
        self.bad(["sh", "-c", f"setsid sh -c 'echo $$ > {self.folder}/left; exec sleep 1000' & "
                  f"while ! test -s {self.folder}/left; do sleep 0.01; done"], "FINISHED")
        left = self.number_in("left")
        wait_for("it is gone", lambda: not runs(left))


class BadWorkersDrill(Drill):

    def test_a_worker_with_a_full_disk_fails_what_it_cannot_begin_and_runs_on(self):
        leader, _ = self.cluster()
        worker = self.worker(start=False, taskmanager__numberOfTaskSlots=2)
        disk = pathlib.Path(worker.folder) / "work"
        disk.mkdir()
        worker.start(inside=[*SMALL_DISK, str(disk)])
        self.registered(leader, [worker])
        good = self.run_job(leader, {"name": "good", "vertices": [{"name": "v", "command": ["sleep", "1000"]}]})
        self.becomes(leader, good, "RUNNING")
        filler = pathlib.Path(f"/proc/{worker.child.pid}/root{disk}/filler")
        with self.assertRaises(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(bytes(MIB))
        spec = {"name": "more", "vertices": [{"name": "v", "command": ["dd", "if=/dev/zero", "of=own", "bs=1k", "count=64"]}]}
        job = self.run_job(leader, spec)
        self.becomes(leader, job, "FAILED")
        self.assertIn("No space left on device", self.why(leader, job))
        self.registered(leader, [worker])
        self.assertEqual(self.status(leader, good), "RUNNING")
        filler.unlink()
        self.becomes(leader, self.run_job(leader, spec), "FINISHED")

    def test_a_second_worker_with_the_same_id_is_turned_away(self):
        leader, follower = self.cluster()
        first = self.worker(taskmanager__resource_id="twin")
        self.registered(leader, [first])
        job = self.run_job(leader, {"name": "good", "vertices": [{"name": "v", "command": ["sleep", "1000"]}]})
        self.becomes(leader, job, "RUNNING")
        second = self.worker(taskmanager__resource_id="twin")
        wait_for("it is told why", lambda: "are two workers with one id" in second.said())
        self.registered(leader, [first])
        self.assertEqual(self.status(leader, job), "RUNNING")
        # When the first has left there is one again.
        first.signal(signal.SIGTERM)
        first.ended()
        self.registered(follower, [second])
