"""`stellwerk fsck` on the files of real clusters: what it finds, and that they lead again afterwards."""

import json
import os
import subprocess
import unittest

from drill import Drill
from processes import wait_for

CLEAN, USAGE, FOUND = 0, 1, 4


class FsckDrill(Drill):

    def fsck(self, master, *arguments, code=CLEAN):
        """Its report, as JSON."""
        done = subprocess.run([os.environ["STELLWERK_PROGRAM"], "fsck", "--configDir", str(master.folder), "--json",
                               *arguments], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.said = done.stderr
        return json.loads(done.stdout) if done.stdout else None

    @property
    def journal(self):
        return self.storage / "drill" / "journal"

    def segment_with(self, text):
        return next(path for path in sorted(self.journal.glob("segment-*")) if text in path.read_text("utf-8"))

    def stop_all(self):
        for master in self.masters:
            master.kill()

    def flip(self, path, text, offset):
        """One bit, `offset` bytes from the beginning of the line that holds `text`."""
        data = bytearray(path.read_bytes())
        at = data.index(text.encode())
        data[data.rindex(b"\n", 0, at) + 1 + offset] ^= 1
        path.write_bytes(data)

    def faults(self, report, severity="error"):
        return [f"{fault['place']}: {fault['text']}" for fault in report["faults"] if fault["severity"] == severity]

    def test_fsck_finds_nothing_wrong_with_a_cluster_that_works(self):
        leader, _ = self.cluster(2, self.zookeeper())
        for _ in range(20):
            self.submit(leader)
            report = self.fsck(leader)
            self.assertTrue(report["clean"])
        self.assertEqual(report["jobs"]["not-ended"], len(self.jobs))
        self.assertEqual({job["id"] for job in self.fsck(leader, "--jobs")["job-list"]}, self.jobs)

    def test_fsck_repairs_nothing_while_masters_lead(self):
        leader, _ = self.cluster(2, self.zookeeper())
        self.submit(leader)
        path = self.segment_with(next(iter(self.jobs)))
        self.flip(path, "/spec ", 0)
        report = self.fsck(leader, "--repair", code=FOUND)
        self.assertFalse(report["repair"]["done"])
        self.assertIn("masters are running", report["repair"]["error"])
        self.assertTrue(leader.leads())
        self.submit(leader)

    def test_fsck_brings_back_a_cluster_whose_zookeeper_was_emptied(self):
        server = self.zookeeper()
        leader, follower = self.cluster(2, server)
        for _ in range(5):
            self.submit(leader)
        self.stop_all()
        server.kill()
        server.wipe()
        server.start()
        for master in self.masters:
            master.start()
            self.assertIn("stellwerk fsck --rebuild-head", self.message(master, "the register is empty but"))
        self.fsck(leader, code=FOUND)
        asked = self.fsck(leader, "--rebuild-head", "--repair", code=FOUND)
        self.assertIn("--last-segment", asked["repair"]["error"])
        report = self.fsck(leader, "--rebuild-head", "--last-segment", "keep", "--repair")
        self.assertTrue(report["repair"]["done"], report)
        found = self.leader()
        self.sees_jobs(found)
        self.submit(found)
        for master in (leader, follower):
            self.sees_jobs(master)
        self.assertTrue(self.fsck(leader)["clean"])

    def test_fsck_rebuilds_a_zookeeper_that_was_set_back(self):
        server = self.zookeeper()
        leader, _ = self.cluster(1, server)
        self.submit(leader)
        self.stop_all()
        server.kill()
        server.save("older")
        server.start()
        leader.start()
        wait_for("it leads", leader.leads)
        for _ in range(3):
            self.submit(leader)
        self.stop_all()
        server.kill()
        server.restore("older")
        server.start()
        self.assertIn("set back", "".join(self.faults(self.fsck(leader, code=FOUND))))
        self.fsck(leader, "--rebuild-head", "--last-segment", "keep", "--repair")
        leader.start()
        wait_for("it leads", leader.leads)
        self.sees_jobs(leader)

    def test_fsck_restores_a_job_whose_line_fails_its_checksum(self):
        leader, _ = self.cluster(1)
        self.submit(leader)
        hurt = next(iter(self.jobs))
        self.submit(leader)
        self.stop_all()
        self.flip(self.segment_with(hurt), f"jobs/{hurt}/spec ", 0)
        report = self.fsck(leader, code=FOUND)
        self.assertEqual([job["job"] for job in report["quarantined"]], [hurt])
        self.assertTrue(report["quarantined"][0]["records"][0]["copy"]["proven"])
        leader.start()
        wait_for("it leads", leader.leads)
        wait_for("it says so", lambda: [job["id"] for job in leader.status()["quarantined"]] == [hurt])
        self.stop_all()
        self.fsck(leader, "--restore", hurt, "--repair")
        leader.start()
        wait_for("it leads", leader.leads)
        self.assertEqual(leader.status()["quarantined"], [])
        self.sees_jobs(leader)
        self.assertTrue(leader.says(f"/jobs/{hurt}"))

    def test_fsck_gives_up_a_lost_commit_only_if_told(self):
        leader, _ = self.cluster(1)
        self.submit(leader)
        early = next(iter(self.jobs))
        self.submit(leader)
        lost = next(iter(self.jobs - {early}))
        self.submit(leader)
        self.stop_all()
        self.segment_with(lost).unlink()
        leader.start()
        self.assertIn("stellwerk fsck", self.message(leader, "gone"))
        self.stop_all()
        refused = self.fsck(leader, "--repair", code=FOUND)
        self.assertIn("--accept-loss", refused["repair"]["error"])
        report = self.fsck(leader, "--repair", "--accept-loss", "--keep", "all")
        self.assertTrue(report["repair"]["done"])
        self.assertEqual([job["job"] for job in report["quarantined"]], [early])
        leader.start()
        wait_for("it leads", leader.leads)
        self.jobs.remove(lost)
        self.sees_jobs(leader)
        self.submit(leader)

    def test_fsck_goes_on_from_the_head_before_a_damaged_one(self):
        leader, other = self.cluster(2)
        for _ in range(3):
            self.submit(leader)
        other.kill()  # first, or it claims, and the head before the damaged one tells more
        leader.kill()
        head = sorted((self.storage / "drill" / "coordination").glob("HEAD-*"))[-1]
        head.write_bytes(head.read_bytes()[:40])
        self.assertIn("is not a whole head", "".join(self.faults(self.fsck(leader, code=FOUND))))
        asked = self.fsck(leader, "--rebuild-head", "--repair", code=FOUND)
        self.assertIn("--last-segment", asked["repair"]["error"])
        self.assertIn("is not a whole head", "".join(self.faults(self.fsck(leader, code=FOUND))), "nothing was changed")
        for master in (leader, other):
            master.start()
            self.message(master, "is not a whole head")
        self.fsck(leader, "--rebuild-head", "--last-segment", "keep", "--repair")
        leader, _ = self.settled()  # without a restart
        self.sees_jobs(leader)

    def test_fsck_takes_a_head_that_was_saved(self):
        server = self.zookeeper()
        leader, _ = self.cluster(1, server)
        self.submit(leader)
        self.stop_all()
        saved = self.folder / "head.json"
        rebuilt = self.fsck(leader, "--rebuild-head")["rebuilt"]
        saved.write_text(json.dumps({
            "layout": 1, "cluster": rebuilt["cluster"], "stamp": {"process": "saved", "counter": 1},
            "epoch": rebuilt["epoch"], "leader": {"id": "saved", "rest": "", "rpc": ""},
            "seq": int(rebuilt["position"].split("-")[1]), "segments": rebuilt["segments"]}), "utf-8")
        server.kill()
        server.wipe()
        server.start()
        self.assertTrue(self.fsck(leader, "--head", str(saved))["clean"])
        self.fsck(leader, "--head", str(saved), "--repair")
        leader.start()
        wait_for("it leads", leader.leads)
        self.sees_jobs(leader)
        self.fsck(leader, "--head", str(self.folder / "none"), code=USAGE)
        self.assertIn("cannot read", self.said)


if __name__ == "__main__":
    unittest.main()
