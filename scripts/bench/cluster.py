"""A ZooKeeper server and masters for one measurement, in a directory of their own."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from processes import Asker, Failure, Process, free_port

TICK_MS = 2000
SESSION_SECONDS = 4
START_SECONDS_MAX = 60
ROOT = pathlib.Path(__file__).resolve().parents[2]
# The smoke test measures what its own build tree holds.
DIST = ROOT / "build" / "bench" / "dist"
PROGRAM = pathlib.Path(os.environ.get("STELLWERK_BENCH_PROGRAM", DIST / "bin" / "stellwerk"))
TOOLS = pathlib.Path(os.environ.get("STELLWERK_BENCH_TOOLS", ROOT / "build" / "release" / "tests" / "bench"))


def tool(name, *arguments):
    """Runs a bench program; what it prints, as JSON."""
    done = subprocess.run([str(TOOLS / name), *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{name}: {done.stderr.strip()}")
    return json.loads(done.stdout)


class ZooKeeper:
    """A stock server: ticks of 2 s, every write synced."""

    def __init__(self, folder, number=1, peers=""):
        """`peers`: the lines that name the servers of an ensemble."""
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        conf = folder / f"zookeeper-conf-{number}"
        data = folder / f"zookeeper-{number}"
        conf.mkdir()
        data.mkdir()
        (conf / "zoo.cfg").write_text(f"tickTime={TICK_MS}\ninitLimit=10\nsyncLimit=5\ndataDir={data}\n"
                                      f"clientPort={self.port}\nclientPortAddress=127.0.0.1\n"
                                      f"4lw.commands.whitelist=srvr\nadmin.enableServer=false\n{peers}")
        self.process = Process([str(DIST / "bin" / "zookeeper.sh"), "start-foreground", str(number)],
                               folder / f"zookeeper-{number}.log", {"STELLWERK_CONF_DIR": str(conf)})
        if not peers:
            self.wait()

    def wait(self):
        limit = time.monotonic() + START_SECONDS_MAX
        while "Mode:" not in self.ask("srvr"):
            if not self.process.runs() or time.monotonic() > limit:
                raise Failure("ZooKeeper does not start: " + self.process.log.read_text()[-500:])
            time.sleep(0.05)

    def ask(self, word):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as connection:
                connection.sendall(word.encode())
                return connection.recv(4096).decode()
        except OSError:
            return ""

    def version(self):
        return self.ask("srvr").partition("\n")[0].partition(": ")[2].partition("-")[0]

    def close(self):
        self.process.end()


class Ensemble:
    """Three such servers on this host."""

    def __init__(self, folder):
        folder = folder / "ensemble"
        folder.mkdir()
        peers = "".join(f"server.{n}=127.0.0.1:{free_port()}:{free_port()}\n" for n in (1, 2, 3))
        self.servers = [ZooKeeper(folder, n, peers) for n in (1, 2, 3)]
        for server in self.servers:
            server.wait()
        self.address = ",".join(server.address for server in self.servers)

    def close(self):
        for server in self.servers:
            server.close()


class Master:
    def __init__(self, cluster, port, worker_port):
        self.port = port
        self.worker_port = worker_port
        self.process = Process([str(cluster.program), "master", "--configDir", str(cluster.conf), "--host", cluster.host,
                                "--webui-port", str(port), "-D", f"high-availability.jobmanager.port={worker_port}",
                                "--log-file", str(cluster.folder / f"master-{port}.log")],
                               cluster.folder / f"master-{port}.out")
        self.asker = Asker(port)

    def until(self, path, seconds=START_SECONDS_MAX):
        return self.asker.until_ok(path, seconds)

    def json(self, path):
        status, body = self.asker.get(path)
        if status != 200:
            raise Failure(f"{path} of port {self.port}: status {status}")
        return json.loads(body)

    def metric(self, name):
        """A sample of /metrics by its name and labels; None if there is none."""
        _, body = self.asker.get("/metrics")
        for line in body.decode().split("\n"):
            if line.startswith(name + " "):
                return float(line.split(" ")[-1])
        return None

    def close(self):
        self.asker.close()
        self.process.end()


class Cluster:
    """Masters over one storage folder. With `zookeeper` None: type local."""

    count = 0

    def __init__(self, folder, zookeeper, masters=2, session_seconds=SESSION_SECONDS, program=PROGRAM,
                 storage=None, host="localhost", settings=()):
        """`settings`: more lines of its configuration."""
        self.program = program
        self.host = host
        Cluster.count += 1
        self.id = f"bench-{Cluster.count}"
        self.folder = pathlib.Path(folder) / self.id
        self.conf = self.folder / "conf"
        self.storage = storage or self.folder / "storage"
        for made in (self.conf, self.storage):
            made.mkdir(parents=True, exist_ok=True)
        lines = [f"high-availability.cluster-id: /{self.id}", f"high-availability.storageDir: file://{self.storage}"]
        if zookeeper:
            lines += ["high-availability.type: zookeeper",
                      f"high-availability.zookeeper.quorum: {zookeeper.address}",
                      f"high-availability.zookeeper.client.session-timeout: {session_seconds} s"]
        else:
            lines += ["high-availability.type: local"]
        lines += settings
        (self.conf / "config.yaml").write_text("\n".join(lines) + "\n")
        self.masters = []
        for _ in range(masters):
            self.add()
            self.masters[0].until("/leader")
        for follower in self.masters[1:]:
            follower.until("/readyz")

    def add(self, port=None, worker_port=None):
        self.masters.append(Master(self, port or free_port(), worker_port or free_port()))
        return self.masters[-1]

    def again(self, dead):
        """Starts a master in the place of one that ended, and waits until it may lead."""
        self.masters.remove(dead)
        dead.asker.close()
        fresh = self.add()
        fresh.until("/readyz")
        return fresh

    def leader(self):
        """On a busy host there may be none for a moment."""
        limit = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < limit:
            for master in self.masters:
                if master.asker.get("/leader")[0] == 200:
                    return master
            time.sleep(0.01)
        raise Failure("nobody leads")

    def follower(self):
        leader = self.leader()
        return next(master for master in self.masters if master is not leader)

    def next_in_line(self):
        limit = time.monotonic() + START_SECONDS_MAX
        while len(queue := self.leader().json("/status")["masters"]) < 2:
            if time.monotonic() > limit:
                raise Failure("nobody stands in line")
            time.sleep(0.01)
        return next(master for master in self.masters if queue[1]["rest"].endswith(f":{master.port}"))

    def fill(self, jobs, spec_bytes=1024):
        """Submits so many jobs."""
        done = tool("bench_load", "--port", self.leader().port, "--path", "/jobs", "--spec-bytes", spec_bytes,
                    "--connections", 64, "--requests", jobs, "--seconds", 300)
        if done["statuses"] != {"202": jobs}:
            raise Failure(f"{jobs} jobs were submitted and answered {done['statuses']}")

    def close(self):
        for master in self.masters:
            master.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Bench:
    """What all measurements of one run share."""

    def __init__(self, runs, quick):
        self.runs = runs
        self.quick = quick
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="stellwerk-bench-"))
        self.server = None
        self.servers = None

    def zookeeper(self):
        if not self.server:
            self.server = ZooKeeper(self.folder)
        return self.server

    def ensemble(self):
        if not self.servers:
            self.servers = Ensemble(self.folder)
        return self.servers

    def cluster(self, masters=2, local=False, ensemble=False, **more):
        zookeeper = None if local else self.ensemble() if ensemble else self.zookeeper()
        return Cluster(self.folder, zookeeper, masters, **more)

    def limits(self, zookeeper=True, ensemble=False):
        """The durable put and ZooKeeper write of this moment."""
        storage = self.folder / f"limits-{time.monotonic_ns()}"
        storage.mkdir()
        server = self.ensemble() if ensemble else self.zookeeper() if zookeeper else None
        asked = ["--zookeeper", server.address] if server else []
        found = tool("bench_limits", "--storage", storage, "--count", 20 if self.quick else 200, *asked)
        shutil.rmtree(storage)
        return found

    def close(self):
        for server in (self.server, self.servers):
            if server:
                server.close()
        shutil.rmtree(self.folder, ignore_errors=True)
