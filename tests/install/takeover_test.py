"""The archive unpacked in a Debian without anything: start, kill the leader, stop, move, start again."""

import json
import os
import pathlib
import re
import signal

import archive
from bare_root import BareRoot, ENVIRONMENT, only_child
from drill import Drill, SESSION
from processes import Master, free_port, wait_for

PID_FILE = "/tmp/stellwerk-root-standalonesession.pid"


class Installed(Master):
    """A master that bin/start-cluster.sh has started; `number` is its line in conf/masters and in the pid file."""

    def __init__(self, folder, number):
        super().__init__(folder, {})
        self.number = number
        self.up = False

    def runs(self):
        return self.up

    def kill(self):
        """Nothing to do at the end: the root takes it along."""


class TakeoverTest(Drill):

    def setUp(self):
        super().setUp()
        self.root = BareRoot(self.folder / "root")
        self.processes.append(self.root)
        self.root.start()
        self.archive = archive.make(self.folder / "made")
        self.home = f"/srv/an odd place/{self.archive.name.removesuffix('.tgz')}"

    def unpack(self):
        folder = str(pathlib.PurePath(self.home).parent)
        self.root.command("mkdir", folder)
        with open(self.archive, "rb") as given:
            self.root.command("tar", "--extract", "--gzip", "-C", folder, given=given)
        # Whatever this Debian has itself, nothing but glibc is taken from it.
        lines = [line.split() for line in self.root.command("ldd", f"{self.home}/bin/stellwerk").splitlines()]
        found = {words[0]: " ".join(words[2:]) for words in lines if "=>" in words}
        self.assertIn("libnettle.so.8", found)
        for name, path in found.items():
            if not archive.GLIBC.fullmatch(name):
                self.assertTrue(path.startswith(self.home), f"{name} is {path}")

    def configure(self, count, **settings):
        self.masters = [Installed(self.folder / f"installed-{number}", number) for number in range(1, count + 1)]
        lines = {"high-availability.storageDir": "file:///srv/ha", "rest.await-leader-timeout": "2 s"}
        lines.update({key.replace("_", "-").replace("--", "."): value for key, value in settings.items()})
        self.root.command("mkdir", "/srv/ha")
        self.root.write(f"{self.home}/conf/config.yaml", "".join(f"{key}: {value}\n" for key, value in lines.items()))
        self.root.write(f"{self.home}/conf/masters", "".join(f"localhost:{master.port}\n" for master in self.masters))

    def start_cluster(self):
        said = self.root.command(f"{self.home}/bin/start-cluster.sh")
        self.assertIn(f"Starting HA cluster with {len(self.masters)} masters.", said)
        for master in self.masters:
            master.up = True
        return self.settled()

    def stop_cluster(self):
        self.root.command(f"{self.home}/bin/stop-cluster.sh")
        for master in self.masters:
            master.up = False
        wait_for("nothing is left", lambda: not self.root.processes())
        self.root.command("test", "!", "-e", PID_FILE)

    def kill_leader(self, leader):
        epoch = leader.status()["epoch"]
        self.root.command("/bin/bash", "-c", f'kill -9 "$(sed -n {leader.number}p {PID_FILE})"')
        leader.up = False
        heir = self.leader()
        self.assertGreater(heir.status()["epoch"], epoch)
        self.sees_jobs(heir)
        return heir

    def drill(self):
        leader, follower = self.start_cluster()
        said = self.root.command(f"{self.home}/bin/stellwerk", "run", "-d", "-m", f"localhost:{follower.port}",
                                 f"{self.home}/examples/batch/job.yaml")
        self.jobs.add(said.split()[-1])
        heir = self.kill_leader(leader)
        self.submit(heir)
        self.stop_cluster()

    def log(self):
        return self.root.command("/bin/bash", "-c", 'cat "$1"/log/*.log', "bash", self.home)

    def move(self):
        old, self.home = self.home, "/srv/elsewhere"
        self.root.command("mv", old, self.home)

    def test_takeover_in_a_bare_root_with_zookeeper(self):
        server = self.zookeeper()
        self.unpack()
        self.configure(3, high_availability__type="zookeeper", high_availability__zookeeper__quorum=f"127.0.0.1:{server.port}",
                       high_availability__zookeeper__client__session_timeout=SESSION)
        self.drill()
        self.assertIn("ended the session of the dead master", self.log())  # so the guard runs there too
        self.move()
        self.drill()

    def test_what_a_container_runs(self):
        """The image's command as the first process of its own namespace, as its user: the guard, and the master below."""
        text = (pathlib.Path(os.environ["STELLWERK_SOURCE"]) / "Containerfile").read_text(encoding="utf-8")
        words = [json.loads(re.search(rf"^{name} (\[.*\])$", text, re.M)[1]) for name in ("ENTRYPOINT", "CMD")]
        user = re.search(r"^USER (\d+):(\d+)$", text, re.M)
        self.home = str(pathlib.PurePath(words[0][0]).parents[1])
        self.root.command("mount", "-t", "tmpfs", "tmpfs", "/opt")
        self.root.command("mkdir", self.home)
        with open(self.archive, "rb") as given:
            self.root.command("tar", "--extract", "--gzip", "--strip-components=1", "-C", self.home, given=given)
        self.root.command("install", "--directory", f"--owner={user[1]}", f"--group={user[2]}", "/srv/ha")
        container = Master(self.folder / "container", {})
        self.processes.append(container)
        container.run(["nsenter", "--target", str(self.root.first), "--mount", "--", "unshare", "--mount", "--pid", "--fork",
                       "--kill-child", f"--root={self.root.root}", "--mount-proc", f"--setuid={user[1]}", f"--setgid={user[2]}",
                       *words[0], *words[1], "--host", "localhost", "--webui-port", str(container.port)],
                      {**ENVIRONMENT, "FLINK_PROPERTIES": "high-availability.type: local\nhigh-availability.storageDir: /srv/ha"})
        self.leader([container])
        self.submit(container)
        first = only_child(container.child.pid)
        self.assertEqual(pathlib.Path(f"/proc/{first}/comm").read_text(encoding="utf-8"), "lockguard\n")
        self.assertIn(f"{self.home}/bin/stellwerk\0master\0", pathlib.Path(f"/proc/{only_child(first)}/cmdline").read_text(encoding="utf-8"))
        os.kill(first, signal.SIGTERM)
        self.assertEqual(container.ended(), 0)

    def test_takeover_in_a_bare_root_on_one_host(self):
        self.unpack()
        self.configure(2, high_availability__type="local")
        self.drill()
        self.move()
        self.drill()
