"""Processes under measurement: started here, looked at through /proc, ended by pid."""

import contextlib
import os
import signal
import socket
import subprocess
import time

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
END_SECONDS_MAX = 20
LOOK_EVERY_SECONDS = 0.0005


class Failure(Exception):
    """What could not be measured, in one sentence."""


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def memory_mb(pid):
    """Resident set, and its part that no other process shares."""
    rss = private = 0
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as maps:
        for line in maps:
            if line.startswith("Rss:"):
                rss = int(line.split()[1])
            elif line.startswith("Private_"):
                private += int(line.split()[1])
    return rss / 1024, private / 1024


class Process:
    """A child with its output in a file. `began` is when it was asked for, by time.monotonic()."""

    def __init__(self, argv, log, environment=None):
        self.log = log
        with open(log, "ab") as out:
            self.began = time.monotonic()
            self.child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                          env={**os.environ, **(environment or {})})

    @property
    def pid(self):
        return self.child.pid

    def runs(self):
        return self.child.poll() is None

    def cpu_seconds(self):
        return cpu_seconds(self.pid)

    def memory_mb(self):
        return memory_mb(self.pid)

    def guard(self):
        """Pid of the guard that this master has started."""
        for pid in os.listdir("/proc"):
            if not pid.isdigit():
                continue
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii") as text:
                    before, _, after = text.read().rpartition(")")
            except OSError:
                continue
            if before.endswith("(lockguard") and after.split()[0] != "Z" and int(after.split()[1]) == self.pid:
                return int(pid)
        raise Failure("there is no guard")

    def end(self, how=signal.SIGTERM):
        """Returns when it was told, by time.monotonic()."""
        told = time.monotonic()
        if self.runs():
            self.child.send_signal(how)
            try:
                self.child.wait(END_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        return told

    def tell(self, how):
        told = time.monotonic()
        self.child.send_signal(how)
        return told


class Asker:
    """Requests with small answers over one connection that stays open, as cheap for the server as can be."""

    def __init__(self, port):
        self.port = port
        self.connection = None

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def get(self, path):
        """(status, body); status 0 if nobody answers."""
        return self._ask(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")

    def post(self, path, body):
        return self._ask(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                         f"Content-Length: {len(body)}\r\n\r\n{body}")

    def _ask(self, request):
        try:
            if not self.connection:
                self.connection = socket.create_connection(("127.0.0.1", self.port), 5)
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connection.sendall(request.encode())
            return self._read()
        except OSError:
            self.close()
            return 0, b""

    def _read(self):
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
        while len(body) < length:
            body += self._more()
        if b"\r\nConnection: close" in head:
            self.close()
        return int(head[9:12]), body

    def _more(self):
        piece = self.connection.recv(65536)
        if not piece:
            raise ConnectionError("the connection was closed")
        return piece

    def until_ok(self, path, seconds):
        """Asks until the answer is 200; returns when that was, by time.monotonic()."""
        limit = time.monotonic() + seconds
        while True:
            status, _ = self.get(path)
            now = time.monotonic()
            if status == 200:
                return now
            if now > limit:
                raise Failure(f"port {self.port} did not answer {path} with 200 within {seconds} s")
            time.sleep(LOOK_EVERY_SECONDS)
