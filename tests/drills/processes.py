"""Real processes for drills: ZooKeeper servers and masters, each in a folder of its own.

Every process dies with its drill, and is only ever signalled by the pid that we started.
"""

import ctypes
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

LIMIT_SECONDS = 60  # what has not happened after this long never will
LOOK_EVERY_SECONDS = 0.02
ANSWER_SECONDS_MAX = 10
JAVA = "/usr/bin/java"
JARS = "/usr/share/java"
JAR_NAMES = (
    "zookeeper zookeeper-jute slf4j-api slf4j-log4j12 log4j-1.2 netty-common netty-handler netty-transport netty-buffer "
    "netty-codec netty-resolver netty-transport-native-epoll netty-transport-native-unix-common metrics-core "
    "snappy-java commons-cli").split()
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


# Runs a command as pid 1 of its own processes.
NAMESPACE = ["unshare", "--fork", "--pid", "--kill-child", "--mount-proc"]
if os.geteuid() != 0:
    NAMESPACE += ["--user", "--map-root-user"]


def die_with_parent():
    """Between fork and exec: the kernel kills this process when the one that started it ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def wait_for(what, look, limit=LIMIT_SECONDS):
    """Looks until it sees something true, which it returns."""
    end = time.monotonic() + limit
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > end:
            raise AssertionError(f"within {limit} s not seen: {what}")
        time.sleep(LOOK_EVERY_SECONDS)


def free_port():
    """Not in use now, and below what the system gives to outgoing connections."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as text:
        first = int(text.read().split()[0])
    while True:
        port = 10_000 + int.from_bytes(os.urandom(3), "big") % max(1, first - 10_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def guards_of(pid, name="lockguard"):
    """Pids of the guards that this daemon has started."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        try:
            if not folder.name.isdigit() or (folder / "comm").read_text(encoding="utf-8").strip() != name:
                continue
            state = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            if int(state[1]) == pid and state[0] != "Z":
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def runs(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Process:
    """One program, started and ended as often as a drill likes; its output goes on in one file."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.child = None

    def run(self, command, env=None):
        assert not self.runs(), "it runs already"
        with open(self.folder / "out", "ab") as out:
            # pylint: disable=subprocess-popen-preexec-fn
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env,
                                          cwd=self.folder, preexec_fn=die_with_parent)

    def runs(self):
        return self.child is not None and self.child.poll() is None

    def signal(self, number):
        self.child.send_signal(number)

    def kill(self):
        if self.runs():
            self.signal(signal.SIGKILL)
            self.ended()

    def freeze(self):
        """Frozen when it returns: the kernel says so."""
        self.signal(signal.SIGSTOP)
        wait_for("the process stands still", lambda: self._state() == "T")

    def thaw(self):
        self.signal(signal.SIGCONT)

    def ended(self):
        """Waits for its end; its exit code."""
        return self.child.wait(timeout=LIMIT_SECONDS)

    def _state(self):
        text = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text(encoding="ascii")
        return text.rpartition(")")[2].split()[0]

    def tail(self):
        """The end of what it wrote, for a drill that failed."""
        parts = []
        for path in sorted(self.folder.glob("*")):
            if path.name in ("out", "log") and path.is_file():
                lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-25:]
                parts.append(f"--- the end of {path.parent.name}/{path.name}\n" + "\n".join(lines))
        return "\n".join(parts)


class Zookeeper(Process):
    """One server. Its port and data stay the same from start to start."""

    TICK_MS = 100

    def __init__(self, folder):
        super().__init__(folder)
        self.port = free_port()
        self.data = self.folder / "data"
        (self.folder / "zoo.cfg").write_text(
            f"tickTime={self.TICK_MS}\nminSessionTimeout=200\nmaxSessionTimeout=60000\ndataDir={self.data}\n"
            f"clientPort={self.port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n"
            "4lw.commands.whitelist=*\nmaxClientCnxns=0\n", encoding="ascii")
        (self.folder / "log4j.properties").write_text(
            "log4j.rootLogger=WARN, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\n"
            "log4j.appender.out.layout=org.apache.log4j.PatternLayout\n"
            "log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %-5p %c{1}: %m%n\n", encoding="ascii")

    def start(self):
        for path, package in ((JAVA, "openjdk-17-jre-headless"), (f"{JARS}/zookeeper.jar", "libzookeeper-java")):
            assert os.path.exists(path), f"{path} is missing: apt-get install {package}"
        self.data.mkdir(exist_ok=True)
        self.run([JAVA, "-Xmx96m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
                  "-Dzookeeper.forceSync=no", "-Dzookeeper.preAllocSize=64",
                  f"-Dlog4j.configuration=file:{self.folder}/log4j.properties",
                  "-cp", ":".join(f"{JARS}/{name}.jar" for name in JAR_NAMES),
                  "org.apache.zookeeper.server.quorum.QuorumPeerMain", str(self.folder / "zoo.cfg")])
        wait_for("ZooKeeper serves", self._serves)

    def _serves(self):
        assert self.runs(), "ZooKeeper ended:\n" + self.tail()
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_SECONDS_MAX) as connection:
                connection.sendall(b"srvr")
                return b"Mode: " in connection.recv(4096)
        except OSError:
            return False

    # Only while it does not run:
    def save(self, name):
        shutil.copytree(self.data, self.folder / name)

    def wipe(self):
        shutil.rmtree(self.data)

    def restore(self, name):
        self.wipe()
        shutil.copytree(self.folder / name, self.data)


class Answer:
    """What a master said."""

    def __init__(self, code, headers, body):
        self.code = code
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)


class Master(Process):
    """One `stellwerk master`; its port stays the same from start to start."""

    def __init__(self, folder, settings):
        super().__init__(folder)
        self.port = free_port()
        # Of type NONE; elsewhere any free port is the default.
        self.settings = {"jobmanager.rpc.port": free_port(), **settings}
        self.prefix = self.settings.get("rest.url-prefix", "/").rstrip("/")

    @property
    def url(self):
        return f"http://localhost:{self.port}{self.prefix}"

    def start(self, inside=()):
        """`inside`: a command that runs it."""
        (self.folder / "config.yaml").write_text(
            "".join(f"{key}: {value}\n" for key, value in self.settings.items()), encoding="utf-8")
        program = os.environ["STELLWERK_PROGRAM"]
        env = {key: value for key, value in os.environ.items() if not key.startswith("STELLWERK_")}
        self.run([*inside, program, "master", "--configDir", str(self.folder), "--host", "localhost", "--webui-port",
                  str(self.port), "--log-file", str(self.folder / "log")], env)

    def ask(self, path, method="GET", body=None, limit=ANSWER_SECONDS_MAX):
        """An Answer, or nothing if there is none within `limit` seconds."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=limit)
        try:
            headers = {"Content-Type": "application/json"} if body else {}
            connection.request(method, self.prefix + path, json.dumps(body) if body else None, headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def says(self, path, code=200):
        answer = self.ask(path)
        return answer is not None and answer.code == code

    def status(self):
        answer = self.ask("/status")
        return answer.json() if answer is not None and answer.code == 200 else {}

    def leads(self):
        return self.says("/leader")

    def follows(self):
        """It knows a leader that is not itself, and could take its place."""
        status = self.status()
        return status.get("role") == "follower" and status["leader"] is not None and status["eligible"]

    def jobs(self):
        answer = self.ask("/jobs/overview")
        if answer is None or answer.code != 200:
            return None
        return {job["jid"] for job in answer.json()["jobs"]}

    def workers(self):
        """The workers that the leader shows, by id; nothing if there is no answer."""
        answer = self.ask("/taskmanagers")
        if answer is None or answer.code != 200 or answer.headers["Stellwerk-Stale-Ms"] is not None:
            return None
        return {worker["id"]: worker for worker in answer.json()["taskmanagers"]}


class Worker(Process):
    """One `stellwerk worker`, which is told where masters are and keeps its working directory."""

    def __init__(self, folder, masters, settings):
        super().__init__(folder)
        self.masters = masters
        self.settings = {"process.working-dir": str(self.folder / "work"), **settings}

    def start(self, inside=()):
        """`inside`: a command that runs it."""
        (self.folder / "config.yaml").write_text(
            "".join(f"{key}: {value}\n" for key, value in self.settings.items()), encoding="utf-8")
        (self.folder / "masters").write_text(
            "".join(f"localhost:{master.port}\n" for master in self.masters), encoding="ascii")
        program = os.environ["STELLWERK_PROGRAM"]
        env = {key: value for key, value in os.environ.items() if not key.startswith("STELLWERK_")}
        self.run([*inside, program, "worker", "--configDir", str(self.folder), "--log-file", str(self.folder / "log")], env)

    def said(self):
        log = self.folder / "log"
        return log.read_text(encoding="utf-8") if log.exists() else ""

    def complained(self):
        """What it wrote to its console."""
        return (self.folder / "out").read_text(encoding="utf-8")

    def identity(self):
        """Of the only folder in its working directory."""
        found = list(pathlib.Path(self.settings["process.working-dir"]).glob("tm_*/identity.json"))
        assert len(found) == 1, found
        return json.loads(found[0].read_text(encoding="utf-8"))
