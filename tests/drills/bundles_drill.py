"""Jobs that bring their files along, from the command line to the processes."""

import os
import pathlib
import re
import shutil
import subprocess

from drill import Drill
from processes import LIMIT_SECONDS, wait_for

WORK = """#!/bin/sh
. ./lib/words
echo "$WORD from $STELLWERK_SUBTASK"
echo mine > own
test -d "$STELLWERK_BUNDLE_DIR/lib" && test ! -e "$STELLWERK_BUNDLE_DIR/own"
"""


class BundlesDrill(Drill):

    def bundle(self, name="words", **more):
        """A folder whose job says a word in each of two subtasks."""
        folder = self.folder / name
        (folder / "lib").mkdir(parents=True)
        (folder / "lib" / "words").write_text(f"WORD={name}\n", encoding="utf-8")
        (folder / "say.sh").write_text(WORK, encoding="utf-8")
        (folder / "say.sh").chmod(0o755)
        (folder / "job.yaml").write_text(f"name: {name}\nvertices:\n"
                                         "  - {name: say, command: [./say.sh], parallelism: 2}\n", encoding="utf-8")
        for file, text in more.items():
            (folder / file).write_bytes(text)
        return folder

    def run_it(self, master, *arguments):
        return subprocess.run(
            [os.environ["STELLWERK_PROGRAM"], "run", "-d", "-m", f"localhost:{master.port}", *map(str, arguments)],
            capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)

    def submit(self, master, *arguments):
        ran = self.run_it(master, *arguments)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        return re.search("JobID ([0-9a-f]{32})", ran.stdout)[1]

    def printed(self, workers, line):
        return sum(worker.complained().splitlines().count(line) for worker in workers)

    def fetched(self, worker):
        return (worker.folder / "log").read_text(encoding="utf-8").count("Fetching ")

    def stored(self):
        return {path for path in self.storage.rglob("blobs/*/*") if path.is_file()}

    def cached(self):
        """Folders of workers' caches that have something."""
        return {path for path in self.folder.glob("worker-*/**/artifacts/*") if path.is_dir()}

    def test_bundles_run_on_workers_that_have_nothing_of_them(self):
        leader, follower = self.cluster()
        workers = [self.worker(taskmanager__numberOfTaskSlots=1) for _ in range(2)]
        self.registered(leader, workers)
        folder = self.bundle()
        first = self.submit(follower, "-n", "nightly", folder)
        self.becomes(leader, first, "FINISHED")
        self.assertEqual(leader.ask(f"/jobs/{first}").json()["name"], "nightly")
        archive = shutil.make_archive(str(self.folder / "packed"), "zip", folder)
        self.becomes(leader, self.submit(leader, archive), "FINISHED")
        for subtask in range(2):
            wait_for("both said it", lambda line=f"say {subtask + 1}> words from {subtask}":
                     self.printed(workers, line) == 2)
        self.becomes(leader, self.submit(leader, folder), "FINISHED")
        for worker in workers:
            self.assertLessEqual(self.fetched(worker), 2, "the folder once, the zip once")

    def test_bundles_outlive_leaders_and_start_anew_on_other_workers(self):
        leader, follower = self.cluster(taskmanager__reconnect__timeout="500 ms")
        first = self.worker(taskmanager__numberOfTaskSlots=2)
        self.registered(leader, [first])
        folder = self.bundle()
        told = self.folder / "told"
        (folder / "say.sh").write_text(f"#!/bin/sh\nwhile [ ! -e {told} ]; do sleep 0.05; done\n. ./lib/words\necho $WORD\n",
                                       encoding="utf-8")
        job = self.submit(leader, folder)
        self.becomes(leader, job, "RUNNING")
        shutil.rmtree(folder)
        leader.kill()
        self.assertIs(self.leader([follower]), follower)
        second = self.worker(taskmanager__numberOfTaskSlots=2)
        self.registered(follower, [first, second])
        first.kill()
        wait_for("it is fetched from the new leader", lambda: self.fetched(second) == 1)
        told.touch()
        self.becomes(follower, job, "FINISHED")
        wait_for("both said it", lambda: self.printed([second], "say 1> words") == self.printed([second], "say 2> words") == 1)

    def test_bundles_that_are_bad_are_refused_and_harm_nobody(self):
        leader, _ = self.cluster(1)
        self.registered(leader, [self.worker(taskmanager__numberOfTaskSlots=2)])
        good = self.bundle()
        jobs = leader.jobs()
        bad = self.folder / "bad.tgz"
        bad.write_bytes(b"no archive at all")
        refused = self.run_it(leader, bad)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("it is not an archive", refused.stderr)
        linked = self.bundle("linked")
        (linked / "passwd").symlink_to("/etc/passwd")
        self.assertIn('"passwd" is a symbolic link', self.run_it(leader, linked).stderr)
        self.assertEqual(leader.jobs(), jobs)
        self.becomes(leader, self.submit(leader, good), "FINISHED")

    def test_bundles_whose_file_is_lost_or_wrong_fail_with_the_reason(self):
        leader, _ = self.cluster(1)
        worker = self.worker(taskmanager__numberOfTaskSlots=2)
        self.registered(leader, [worker])
        told = self.folder / "told"
        holds = self.bundle("holds")
        (holds / "say.sh").write_text(f"#!/bin/sh\nwhile [ ! -e {told} ]; do sleep 0.05; done\n", encoding="utf-8")
        running = self.submit(leader, holds)
        self.becomes(leader, running, "RUNNING")
        # All slots are taken by who waits for them; so the file is gone before the next one is fetched.
        before = self.stored()
        waiting = self.submit(leader, self.bundle("waits"))
        [stored] = self.stored() - before
        changed = bytearray(stored.read_bytes())
        changed[-1] ^= 1
        stored.write_bytes(changed)
        told.touch()
        self.becomes(leader, running, "FINISHED")
        self.becomes(leader, waiting, "FAILED")
        self.assertIn("could not fetch waits.tar.gz", self.why(leader, waiting))
        self.assertTrue(worker.runs())
        self.becomes(leader, self.submit(leader, self.bundle("after")), "FINISHED")

    def test_bundles_are_found_in_the_cache_by_the_next_process(self):
        leader, _ = self.cluster(1)
        worker = self.worker(taskmanager__numberOfTaskSlots=2)
        self.registered(leader, [worker])
        folder = self.bundle()
        self.becomes(leader, self.submit(leader, folder), "FINISHED")
        self.assertEqual(len(self.cached()), 1)
        half = pathlib.Path(f"{next(iter(self.cached())).parent}/{'a' * 64}.new")
        half.mkdir()
        worker.kill()
        worker.start()
        self.registered(leader, [worker])
        self.becomes(leader, self.submit(leader, folder), "FINISHED")
        self.assertEqual(self.fetched(worker), 1)
        self.assertFalse(half.exists())
