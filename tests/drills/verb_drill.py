"""`stellwerk drill` for real: each fault, a running cluster, and that nothing is left of a drill that is ended."""

import json
import os
import pathlib
import signal
import subprocess

from drill import Drill
from processes import LIMIT_SECONDS, die_with_parent, wait_for

FAULTS = {"kill-leader", "freeze-leader", "sigterm-leader", "transfer", "kill-worker", "kill-guard", "kill-both", "kill-all",
          "restart-zookeeper", "freeze-zookeeper", "lose-quorum", "lose-storage"}
# Those that need namespaces and mounts.
ROOT_FAULTS = {"kill-container", "partition", "full-disk"}


def may_make_namespaces():
    return subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork", "true"], check=False,
                          capture_output=True).returncode == 0


def standing_in(folder):
    """Processes that stand in that folder or below it."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and (os.readlink(f"/proc/{entry}/cwd") + "/").startswith(f"{folder}/"):
                found.append(int(entry))
        except OSError:
            continue
    return found


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return None


class VerbDrill(Drill):

    def begin(self, *arguments, rights=True):
        # pylint: disable=subprocess-popen-preexec-fn,consider-using-with
        without = [] if rights or not may_make_namespaces() else ["setpriv", "--bounding-set", "-sys_admin"]
        child = subprocess.Popen([*without, os.environ["STELLWERK_PROGRAM"], "drill", *arguments], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder,
                                 env={**os.environ, "TMPDIR": str(self.folder)}, preexec_fn=die_with_parent)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        return child

    def drill(self, *arguments, code=0):
        """What it printed, as JSON."""
        child = self.begin(*arguments, "--json")
        out, err = child.communicate(timeout=3 * LIMIT_SECONDS)
        self.assertEqual(child.returncode, code, out + err)
        return json.loads(out) if out else err

    def keeps_its_promises(self, told, rounds):
        self.assertTrue(told["sound"], told)
        self.assertEqual(len(told["rounds"]), rounds)
        self.assertGreater(told["history"]["acknowledged"], 0)
        self.assertGreater(told["history"]["reads"], 0)
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("stellwerk-drill-")], [],
                         "its folder is gone")

    def test_a_drill_with_each_fault_once(self):
        faults = FAULTS | (ROOT_FAULTS if may_make_namespaces() else set())
        told = self.drill("mixed", "--rounds", str(len(faults)), "--seed", "1")
        self.keeps_its_promises(told, len(faults))
        self.assertEqual({each["fault"] for each in told["rounds"]}, faults)
        self.assertEqual(told["coordination"], "zookeeper")
        for each in told["rounds"]:
            self.assertIsNotNone(each["client-ms"], each)

    def test_a_drill_without_zookeeper_and_without_rights(self):
        child = self.begin("mixed", "--rounds", "9", "--no-zookeeper", "--masters", "2", "--workers", "1", "--seed", "2",
                           "--json", rights=False)
        out, err = child.communicate(timeout=3 * LIMIT_SECONDS)
        self.assertEqual(child.returncode, 0, out + err)
        told = json.loads(out)
        self.keeps_its_promises(told, 9)
        self.assertEqual({each["fault"] for each in told["rounds"]},
                         {fault for fault in FAULTS if "zookeeper" not in fault and fault != "lose-quorum"})
        self.assertIn("Left out: restart-zookeeper, freeze-zookeeper, lose-quorum, because there is no ZooKeeper.", err)
        for fault in ROOT_FAULTS:
            self.assertRegex(err, rf"Left out: .*{fault}.*, because .* needs the rights of root")

    def test_partitions_of_a_cluster_of_type_local(self):
        if not may_make_namespaces():
            self.assertIn("needs the rights of root", self.drill("partition", "--no-zookeeper", code=1))
            return
        told = self.drill("partition", "--rounds", "2", "--no-zookeeper", "--workers", "1", "--seed", "1")
        self.keeps_its_promises(told, 2)
        self.assertTrue(all(each["victim"].startswith("worker-1") for each in told["rounds"]), told)

    def test_a_drill_repeats_by_its_seed(self):
        faults = [[each["fault"] for each in self.drill("mixed", "--rounds", "3", "--seed", "5", "--no-zookeeper",
                                                          "--workers", "0")["rounds"]] for _ in range(2)]
        self.assertEqual(*faults)

    def test_a_drill_of_a_running_cluster(self):
        leader, follower = self.cluster()
        worker = self.worker(taskmanager__numberOfTaskSlots=20)
        self.registered(leader, [worker])
        masters = f"localhost:{leader.port},localhost:{follower.port}"
        self.assertIn("add --yes", self.drill("transfer", "--target", masters, code=1))
        for fault in ("transfer", "kill-guard"):
            self.keeps_its_promises(self.drill(fault, "--rounds", "2", "--target", masters, "--yes"), 2)
        self.assertIn("not possible here", self.drill("freeze-zookeeper", "--target", masters, "--yes", code=1))
        jobs = leader.ask("/jobs/overview").json()["jobs"]
        self.assertGreater(len(jobs), 0)
        self.assertEqual({job["state"] for job in jobs} - {"CANCELED", "FINISHED"}, set(), "it leaves nothing running")

    def test_a_drill_waits_until_a_running_cluster_is_whole_again(self):
        leader, follower = self.cluster()
        child = self.begin("kill-leader", "--rounds", "1", "--target",
                           f"localhost:{leader.port},localhost:{follower.port}", "--yes", "--json")
        leader.ended()
        leader.start()
        out, err = child.communicate(timeout=LIMIT_SECONDS)
        self.assertEqual(child.returncode, 0, out + err)
        self.assertTrue(json.loads(out)["sound"])

    def test_a_drill_that_is_interrupted_leaves_nothing(self):
        for end in (signal.SIGINT, signal.SIGHUP):
            with self.subTest(end=end):
                self.leaves_nothing_after(end)

    def leaves_nothing_after(self, end):
        child = self.begin("kill-leader", "--rounds", "1000")
        child.stdout.readline()
        self.assertIn("kill-leader", child.stdout.readline())
        place, = pathlib.Path(self.folder).glob("stellwerk-drill-*")
        self.assertNotEqual(standing_in(place), [])
        child.send_signal(end)
        child.communicate(timeout=LIMIT_SECONDS)
        self.assertEqual(child.returncode, 130)
        self.assertEqual(standing_in(place), [])
        self.assertFalse(place.exists())

    def test_a_drill_that_is_killed_leaves_no_process(self):
        child = self.begin("kill-leader", "--rounds", "1000")
        child.stdout.readline()
        child.stdout.readline()
        place, = pathlib.Path(self.folder).glob("stellwerk-drill-*")
        child.kill()
        # But for the guards of workers, which look for a master to tell, for two minutes at most.
        wait_for("the end of all that it had started",
                 lambda: {name_of(pid) for pid in standing_in(place)} <= {"taskguard", None})
        child.communicate()
