"""A storageDir that fails for all masters, or comes back as an older copy, while jobs run and end and masters start."""

import errno
import os
import shutil
import subprocess

from drill import Drill
from processes import wait_for
from sick_disk import SickDisk


class LostStorageDrill(Drill):

    def begin(self):
        """Two masters over disks that can fail, and a worker: the leader and the disks."""
        self.server = self.zookeeper()
        self.disks = {}
        for _ in range(2):
            self.one_more()
        leader, _ = self.settled()
        self.registered(leader, [self.worker(taskmanager__numberOfTaskSlots=4)])
        return leader

    def one_more(self, **how):
        master = self.master(self.server, start=False)
        self.disks[master] = SickDisk(master, self.storage)
        self.disks[master].is_so(**how)
        master.start(inside=self.disks[master].inside)
        return master

    def restart(self, master):
        master.start(inside=self.disks[master].inside)

    def runs_for(self, master, seconds):
        job = self.run_job(master, {"name": f"for {seconds} s", "vertices": [{"name": "v", "command": ["sleep", seconds]}]})
        self.jobs.add(job)
        self.becomes(master, job, "RUNNING")
        return job

    def follow_all(self):
        for master in self.masters:
            wait_for("it leads or follows", lambda master=master: master.leads() or master.follows())
            self.sees_jobs(master)

    def assert_sound(self, master):
        """What storage and register hold, by fsck."""
        done = subprocess.run([os.environ["STELLWERK_PROGRAM"], "fsck", "--configDir", str(master.folder)],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_stale_mount_of_all_masters_loses_nothing(self):
        leader = self.begin()
        self.submit(leader)
        ends, stays = self.runs_for(leader, "3"), self.runs_for(leader, "600")
        for disk in self.disks.values():
            disk.is_so(error=errno.ESTALE)
        refused = self.try_submit(leader)
        self.assertIn(refused.code, (503, 504), refused.body)
        late = self.one_more(error=errno.ESTALE)
        self.message(late, "Stale file handle")
        self.assertFalse(late.leads())
        # Meanwhile the task of one job ends, which cannot be written down.
        worker = self.processes[-2]
        wait_for("its task has ended", lambda: '"ended"' in self.attempts(worker) or "exit" in self.attempts(worker))
        for master in self.masters:
            self.assertEqual(master.ask("/jobs/overview").code, 200)
            self.assertEqual(self.refused(master), 503)
        for disk in self.disks.values():
            disk.is_so()
        self.submit_somewhere()
        self.follow_all()
        heir = self.leader()
        self.becomes(heir, ends, "FINISHED")
        self.assertEqual(self.status(heir, stays), "RUNNING")
        self.assertEqual(heir.ask(f"/jobs/{ends}/exceptions").json()["all-exceptions"], [])
        self.assert_sound(heir)

    def attempts(self, worker):
        return "".join(path.read_text(encoding="utf-8") for path in worker.folder.rglob("attempts.jsonl"))

    def refused(self, master):
        """Nothing is accepted that cannot be stored."""
        answer = self.try_submit(master)
        return 503 if answer is not None and answer.code in (503, 504) else answer

    def test_an_older_copy_is_made_good_from_memory(self):
        leader = self.begin()
        self.submit(leader)
        stays = self.runs_for(leader, "600")
        older, lost = self.folder / "older", self.folder / "lost"
        shutil.copytree(self.storage, older)
        ends = self.runs_for(leader, "1")
        self.becomes(leader, ends, "FINISHED")
        for _ in range(5):
            self.submit(leader)
        epoch = leader.status()["epoch"]
        self.storage.rename(lost)
        older.rename(self.storage)
        # Who starts now cannot read what the register names, until somebody who knows it has written it again.
        late = self.one_more()
        self.submit(leader)
        wait_for("it follows", late.follows)
        self.assertIn("is gone from", (leader.folder / "log").read_text(encoding="utf-8"))
        self.submit(leader)
        self.follow_all()
        self.assertEqual(leader.status()["epoch"], epoch)
        self.assert_sound(leader)
        for master in self.masters:
            master.kill()
        for master in self.masters:
            self.restart(master)
        heir, _ = self.settled()
        self.sees_jobs(heir)
        self.assertEqual(self.status(heir, ends), "FINISHED")
        self.becomes(heir, stays, "RUNNING")
        self.submit(heir)

    def test_an_empty_folder_in_its_place_is_nobodys(self):
        leader = self.begin()
        self.submit(leader)
        stays = self.runs_for(leader, "600")
        away = self.folder / "away"
        self.storage.rename(away)
        self.storage.mkdir()
        late = self.one_more()
        self.message(late, "storageDir is not the cluster's")
        for master in self.masters[:2]:
            wait_for("it is noticed", lambda master=master: self.refused(master) == 503 and not master.status()["eligible"])
        shutil.rmtree(self.storage)
        away.rename(self.storage)
        self.submit_somewhere()
        self.follow_all()
        heir = self.leader()
        self.becomes(heir, stays, "RUNNING")
        self.assert_sound(heir)
