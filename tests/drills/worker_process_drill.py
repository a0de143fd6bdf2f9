"""Real workers with real masters: killed, stopped, told to end, started again, and started by the scripts."""

import json
import os
import pathlib
import signal
import subprocess
import time

from drill import Drill
from processes import LIMIT_SECONDS, free_port, wait_for

NEVER = "1 h"
TURNS = 3


class WorkerProcessDrill(Drill):

    def test_workers_follow_a_killed_leader(self):
        leader, _ = self.cluster(3, zookeeper=self.zookeeper())
        workers = [self.worker(), self.worker(taskmanager__numberOfTaskSlots=4)]
        for master in self.masters:
            self.registered(master, workers)
        self.assertEqual(sorted(each["slotsNumber"] for each in leader.workers().values()), [1, 4])
        for _ in range(2):
            before = set(leader.workers())
            leader.kill()
            killed = time.monotonic()
            heir = self.leader([master for master in self.masters if master is not leader])
            led = time.monotonic()
            self.registered(heir, workers)
            print(f"after kill -9 of the leader: the next one leads after {1000 * (led - killed):.0f} ms, "
                  f"shows all workers after {1000 * (time.monotonic() - killed):.0f} ms (looked at every 20 ms)")
            self.assertEqual(set(heir.workers()), before, "the same workers")
            leader.start()
            wait_for("it follows", leader.follows)
            leader = heir
        for worker in workers:
            self.assertEqual(worker.identity()["epoch"], leader.status()["epoch"])

    def test_workers_outlive_all_masters(self):
        leader, _ = self.cluster()
        worker = self.worker()
        self.registered(leader, [worker])
        for master in self.masters:
            master.kill()
        wait_for("it has lost its leader", lambda: "Lost the leader of epoch" in worker.said())
        for master in self.masters:
            master.start()  # each at another port for workers
        self.registered(self.leader(), [worker])

    def test_a_killed_worker_comes_back_as_itself(self):
        leader, _ = self.cluster(taskmanager__reconnect__timeout=NEVER, heartbeat__timeout=NEVER)
        worker, other = self.worker(), self.worker()
        self.registered(leader, [worker, other])
        before = worker.identity()
        worker.kill()
        wait_for("its guard has said so", lambda: before["id"] not in leader.workers())
        worker.start()
        self.registered(leader, [worker, other])
        after = worker.identity()
        self.assertEqual(leader.workers()[before["id"]]["pid"], worker.child.pid)
        self.assertEqual(after["id"], before["id"])
        self.assertGreater(after["incarnation"], before["incarnation"])

    def test_a_worker_that_is_told_to_stop_is_gone_at_once(self):
        leader, _ = self.cluster(taskmanager__reconnect__timeout=NEVER, heartbeat__timeout=NEVER)
        worker, other = self.worker(), self.worker()
        self.registered(leader, [worker, other])
        worker.signal(signal.SIGTERM)
        self.assertEqual(worker.ended(), 0)
        self.registered(leader, [other])
        self.assertIn("RECEIVED SIGNAL 15: SIGTERM. Shutting down as requested.", worker.said())
        self.assertIn("Worker ended with exit code 0", worker.said())

    def test_a_worker_that_stands_still_comes_back(self):
        leader, _ = self.cluster(heartbeat__interval="100 ms", heartbeat__timeout="1 s", taskmanager__reconnect__timeout="1 s")
        worker, other = self.worker(), self.worker()
        self.registered(leader, [worker, other])
        worker.freeze()
        self.registered(leader, [other])
        worker.thaw()
        self.registered(leader, [worker, other])

    def test_a_worker_leaves_a_leader_that_stands_still(self):
        leader, _ = self.cluster(zookeeper=self.zookeeper(), heartbeat__interval="100 ms", heartbeat__timeout="1 s")
        worker = self.worker()
        self.registered(leader, [worker])
        leader.freeze()
        heir = self.leader([master for master in self.masters if master is not leader])
        self.registered(heir, [worker])
        leader.thaw()
        wait_for("it follows", leader.follows)
        self.registered(heir, [worker])
        self.assertEqual(worker.identity()["epoch"], heir.status()["epoch"])

    def test_a_worker_that_meets_another_cluster_begins_anew(self):
        first = self.master()
        worker = self.worker()
        self.registered(self.leader([first]), [worker])
        before = worker.identity()
        worker.signal(signal.SIGTERM)
        self.assertEqual(worker.ended(), 0)
        storage = self.folder / "another"
        storage.mkdir()
        second = self.master(storage=storage)
        worker.masters = [second]
        worker.start()
        self.registered(self.leader([second]), [worker])
        after = worker.identity()
        self.assertEqual(after["id"], before["id"])
        self.assertNotEqual(after["cluster"], before["cluster"])
        self.assertEqual(after["cluster"], second.status()["cluster"])
        self.assertIn(f"this worker belonged to {before['cluster']} and begins anew", worker.said())

    def test_workers_share_no_folder(self):
        leader = self.leader([self.master()])
        work = self.folder / "work"
        first = self.worker(process__working_dir=work)
        self.registered(leader, [first])
        second = self.worker(process__working_dir=work)
        self.registered(leader, [first, second])
        self.assertEqual(sorted(path.name for path in work.iterdir()), ["tm_default-worker-0", "tm_default-worker-1"])
        self.assertEqual(len(leader.workers()), 2, "two names")
        named = self.worker(process__working_dir=work, taskmanager__resource_id="w-7")
        self.registered(leader, [first, second, named])
        self.assertIn("w-7", leader.workers())
        again = self.worker(process__working_dir=work, taskmanager__resource_id="w-7")
        self.assertEqual(again.ended(), 1)
        self.assertIn(f"another worker (pid {named.child.pid}) has {work}/tm_w-7", again.complained())

    def test_a_damaged_identity_is_set_aside(self):
        leader = self.leader([self.master()])
        worker = self.worker(taskmanager__resource_id="w-7")
        self.registered(leader, [worker])
        worker.kill()
        file = worker.folder / "work" / "tm_w-7" / "identity.json"
        file.write_text("{", encoding="ascii")
        worker.start()
        self.registered(leader, [worker])
        self.assertEqual((file.parent / "identity.json.damaged-1").read_text(encoding="ascii"), "{")
        self.assertIn("is damaged", worker.said())
        self.assertEqual(worker.identity()["id"], "w-7")

    def test_a_worker_without_a_place_to_write_does_not_start(self):
        self.master()
        (self.folder / "file").write_text("", encoding="ascii")
        worker = self.worker(process__working_dir=self.folder / "file" / "work")
        self.assertEqual(worker.ended(), 1)
        self.assertIn(f"making {self.folder}/file/work failed (Not a directory)", worker.complained())

    def test_a_worker_that_never_finds_a_leader_ends(self):
        worker = self.worker([self.master(start=False)], taskmanager__registration__timeout="300 ms")
        self.assertEqual(worker.ended(), 1)
        self.assertIn("Could not find a master: ", worker.said())
        self.assertIn("no leader within 300 ms; no master is known", worker.said())

    def test_a_worker_of_one_master_needs_its_port_alone(self):
        master = self.master(start=False, high_availability__type="NONE")
        worker = self.worker(high_availability__type="NONE", jobmanager__rpc__address="localhost",
                             jobmanager__rpc__port=master.settings["jobmanager.rpc.port"])
        master.start()
        self.registered(master, [worker])
        master.kill()
        master.start()
        self.registered(master, [worker])


class ScriptsDrill(Drill):
    """The scripts with the real program, in a tree as it is installed."""

    def setUp(self):
        super().setUp()
        self.home = self.installed()
        (self.home / "conf").mkdir()
        ports = [free_port(), free_port()]
        self.write("masters", "".join(f"localhost:{port}\n" for port in ports))
        self.write("workers", "localhost\nlocalhost\n")
        self.write("config.yaml", f"high-availability.type: local\nhigh-availability.storageDir: file://{self.storage}\n"
                   f"process.working-dir: {self.folder}/work\nenv.pid.dir: {self.folder}/pids\n")
        for port in ports:
            self.master(start=False).port = port
        self.addCleanup(self.kill_all)

    def write(self, name, text):
        (self.home / "conf" / name).write_text(text, encoding="utf-8")

    def script(self, name, *arguments):
        env = {key: value for key, value in os.environ.items() if not key.startswith("STELLWERK_")}
        env.update(STELLWERK_IDENT_STRING="drill", HOSTNAME="host1")
        ended = subprocess.run([str(self.home / "bin" / name), *arguments], env=env, capture_output=True, text=True,
                               stdin=subprocess.DEVNULL, timeout=LIMIT_SECONDS, check=False)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        return ended.stdout

    def pids(self, daemon):
        file = self.folder / "pids" / f"stellwerk-drill-{daemon}.pid"
        return [int(line) for line in file.read_text(encoding="ascii").split()] if file.exists() else []

    def kill_all(self):
        """Of a drill that failed: they are no children of ours."""
        for pid in self.pids("taskexecutor") + self.pids("standalonesession"):
            if b"stellwerk" in command_line(pid):
                os.kill(pid, signal.SIGKILL)

    def test_the_scripts_start_and_stop_masters_and_workers(self):
        self.assertEqual(self.script("start-cluster.sh"), """Starting HA cluster with 2 masters.
Starting standalonesession daemon on host host1.
[INFO] 1 instance(s) of standalonesession are already running on host1.
Starting standalonesession daemon on host host1.
Starting taskexecutor daemon on host host1.
[INFO] 1 instance(s) of taskexecutor are already running on host1.
Starting taskexecutor daemon on host host1.
""")
        workers = self.pids("taskexecutor")
        for master in self.masters:
            wait_for("both workers", lambda m=master: sorted(
                each["pid"] for each in (m.workers() or {}).values()) == sorted(workers))
        ids = set(self.masters[0].workers())
        self.assertEqual(self.script("taskmanager.sh", "stop"),
                         f"Stopping taskexecutor daemon (pid: {workers[1]}) on host host1.\n")
        wait_for("one worker", lambda: len(self.masters[0].workers() or ()) == 1)
        self.script("taskmanager.sh", "start")
        wait_for("the same workers", lambda: set(self.masters[0].workers() or ()) == ids)
        second = self.pids("taskexecutor")[1]
        masters = self.pids("standalonesession")
        self.assertEqual(self.script("stop-cluster.sh"), "".join(
            [f"Stopping taskexecutor daemon (pid: {pid}) on host host1.\n" for pid in (second, workers[0])] +
            [f"Stopping standalonesession daemon (pid: {pid}) on host host1.\n" for pid in reversed(masters)]))
        for pid in [*workers, *masters, second]:
            self.assertEqual(command_line(pid), b"")

    def leftovers(self):
        """Command lines of all that runs here: tasks stand in this folder, daemons name it."""
        here = str(self.folder)
        return [command_line(pid) for pid in filter(str.isdigit, os.listdir("/proc"))
                if here.encode() in command_line(pid) or place_of(pid).startswith(here)]

    def test_a_cluster_that_is_stopped_and_started_again_and_again(self):
        self.script("start-cluster.sh")
        job = self.run_job(self.leader_here(), {
            "name": "service", "vertices": [{"name": "work", "parallelism": 2, "command": ["sleep", "3600"]}]})
        for _ in range(TURNS):
            self.all_run(job)
            ids = set(self.leader_here().workers())
            self.script("stop-cluster.sh")
            wait_for("nothing is left", lambda: not self.leftovers())
            self.assertEqual(self.pids("taskexecutor") + self.pids("standalonesession"), [])
            self.script("start-cluster.sh")
            wait_for("the same workers", lambda ids=ids: set(self.leader_here().workers() or ()) == ids)
        self.all_run(job)
        self.assertEqual(len(list((self.folder / "work").glob("tm_*"))), 2, "one folder for each worker")
        self.script("stop-cluster.sh")

    def leader_here(self):
        return wait_for("a leader", lambda: next((master for master in self.masters if master.leads()), None))

    def all_run(self, job):
        """Both of its tasks, once each."""
        def look():
            answer = self.leader_here().ask(f"/jobs/{job}")
            return answer and answer.code == 200 and answer.json()["vertices"][0]["tasks"]["RUNNING"] == 2
        wait_for("both tasks run", look)
        wait_for("two processes", lambda: len([each for each in self.leftovers() if each.startswith(b"sleep")]) == 2)

    def test_a_worker_that_cannot_start_says_why(self):
        self.write("config.yaml", f"process.working-dir: {self.folder}/file\nenv.pid.dir: {self.folder}/pids\n")
        (self.folder / "file").write_text(json.dumps("in the way"), encoding="ascii")
        with self.assertRaises(AssertionError) as failed:
            self.script("taskmanager.sh", "start")
        self.assertIn("Error starting taskexecutor daemon.", str(failed.exception))
        self.assertIn(f"making {self.folder}/file failed", str(failed.exception))
        self.assertEqual(self.pids("taskexecutor"), [])


def place_of(pid):
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
