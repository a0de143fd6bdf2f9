"""The image: built as people build it, and a cluster of its containers with a real ZooKeeper."""

import os
import pathlib
import signal
import tempfile

from container_image import Image
from drill import Drill, SESSION
from processes import free_port, wait_for

HERE = "127.0.0.1"


class ImageTest(Drill):

    @classmethod
    def setUpClass(cls):
        # On a disk: layers are large, and overlays on a file system in memory are not for everybody.
        folder = tempfile.mkdtemp(prefix="image-", dir=pathlib.Path(os.environ["STELLWERK_BUILD"]))
        cls.image = Image(folder)
        cls.addClassCleanup(cls.image.remove)
        cls.image.make()

    def setUp(self):
        super().setUp()
        server = self.zookeeper()
        uid, _, gid = self.image.config["User"].partition(":")
        os.chown(self.storage, int(uid), int(gid))
        self.ports = [free_port(), free_port()]
        self.properties = {"high-availability.type": "zookeeper", "high-availability.zookeeper.quorum": f"{HERE}:{server.port}",
                           "high-availability.zookeeper.client.session-timeout": SESSION,
                           "high-availability.storageDir": "/ha", "taskmanager.numberOfTaskSlots": 2}

    def container(self, *arguments, port=None):
        environment = {
            "POD_IP": HERE, "STELLWERK_MASTERS": " ".join(f"{HERE}:{each}" for each in self.ports),
            "FLINK_PROPERTIES": "".join(f"{key}: {value}\n" for key, value in
                                        (self.properties | ({"rest.port": port} if port else {})).items())}
        made = self.image.container(self.folder / f"container-{len(self.processes)}", self.storage, environment)
        made.port = port or made.port
        self.processes.append(made)
        made.begin(*arguments)
        return made

    def said(self, *arguments, code=0):
        """By a container that ends by itself."""
        made = self.container(*arguments)
        self.assertEqual(made.ended(), code, made.said())
        return made.said()

    def test_a_cluster_of_containers(self):
        self.assertIn("Usage: docker-entrypoint.sh (jobmanager|taskmanager|", self.said("help"))
        self.assertIn("There is nothing to run", self.said("standalone-job", code=1))
        # No arguments are those of the image: a master.
        self.masters = [self.container(port=self.ports[0]), self.container("jobmanager", port=self.ports[1])]
        leader, follower = self.settled()
        worker = self.container("taskmanager")
        wait_for("the worker is registered", lambda: len(leader.workers() or {}) == 1)
        job = self.said("stellwerk", "run", "-d", "--", "sleep", "100000").split()[-1]
        task = self.task(follower, job)
        self.assertIn(f"Uid:\t{self.image.config['User'].partition(':')[0]}\t", task)
        self.assertIn(f" : {job} : sleep (RUNNING)", self.said("stellwerk", "list"))
        # As a runtime kills: the guard goes along, and the session has to time out.
        leader.kill()
        wait_for("the other one leads", follower.leads)
        wait_for("the worker is back", lambda: len(follower.workers() or {}) == 1)
        self.assertEqual(self.task(follower, job), task)
        # As a runtime ends: its first process is told, which is the guard.
        for container, name in ((worker, "taskguard"), (follower, "lockguard")):
            first = container.first()
            self.assertEqual(pathlib.Path(f"/proc/{first}/comm").read_text(encoding="utf-8"), name + "\n")
            os.kill(first, signal.SIGTERM)
            self.assertEqual(container.ended(), 0, container.tail())
        # A job with a master of its own; the first process is the script here.
        apart = "-Dhigh-availability.cluster-id=/once"
        self.container("taskmanager", apart)
        once = self.container("standalone-job", apart, "--", "true", port=self.ports[0])
        self.assertEqual(once.ended(), 0, once.tail())
        self.assertIn("has finished", once.said())

    def task(self, master, job):
        """Of the only one, as soon as it runs: which process it is, and whose."""
        def look():
            answer = master.ask(f"/jobs/{job}")
            if answer is None or answer.code != 200:
                return None
            vertex = answer.json()["vertices"][0]["id"]
            subtask, = master.ask(f"/jobs/{job}/vertices/{vertex}").json()["subtasks"]
            return subtask if subtask["status"] == "RUNNING" else None
        wait_for("its task runs", look)
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if (path / "cmdline").read_bytes() == b"sleep\x00100000\x00" and f"STELLWERK_JOB_ID={job}".encode() in (
                        path / "environ").read_bytes():
                    status = (path / "status").read_text(encoding="utf-8").splitlines()
                    return "\n".join(line for line in status if line.startswith(("Pid:", "Uid:"))) + "\n"
            except OSError:
                continue
        raise AssertionError("there is no such process")
