"""Crowds of connections, clients that do not read, few descriptors, no memory."""

import os
import resource
import signal
import socket
import unittest

from drill import Drill
from processes import ANSWER_SECONDS_MAX, guards_of, wait_for

MB = 1 << 20
CROWD = 300
LOG_BYTES = 20 * MB
READERS = 40
# What 40 answers of 16 MB would take, and do not.
GROWS_AT_MOST = 450 * MB


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as text:
        return int(text.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def limited(number):
    return ("prlimit", f"--nofile={number}")


class Resources(Drill):
    def crowd(self, master, count, begun=b"", buffer=None):
        """Connections that have sent so much, and are silent then."""
        for _ in range(count):
            one = socket.socket()
            self.addCleanup(one.close)
            if buffer:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            one.settimeout(ANSWER_SECONDS_MAX)
            one.connect(("127.0.0.1", master.port))
            one.sendall(begun)
            yield one

    def answers_all(self, master):
        for path in ("/livez", "/readyz", "/leader"):
            answer = master.ask(path)
            self.assertIsNotNone(answer, path)
            self.assertEqual(answer.code, 200, (path, answer.body))

    def metric(self, master, name):
        text = master.ask("/metrics").body.decode()
        return next(float(line.split()[1]) for line in text.split("\n") if line.startswith(name + " "))


class ResourcesDrill(Resources):
    """Connections and descriptors."""

    def test_a_crowd_that_asks_for_nothing_takes_nothing_from_others(self):
        zookeeper = self.zookeeper()
        for _ in range(2):
            self.master(zookeeper, start=False).start(limited(128))
        leader, follower = self.settled()
        worker = self.worker()
        self.registered(leader, [worker])
        epoch = leader.status()["epoch"]
        before = descriptors(leader.child.pid)
        crowd = list(self.crowd(leader, CROWD))
        crowd += self.crowd(leader, CROWD, b"GET /livez HT")
        self.answers_all(leader)
        self.submit(leader)
        self.submit(follower)  # passed on
        self.assertGreater(self.metric(leader, "stellwerk_http_connections_dropped_total"), 0)
        self.assertLess(descriptors(leader.child.pid), 128)
        self.assertIn("128 file descriptors (ulimit -n)", (leader.folder / "log").read_text(encoding="utf-8"))
        for one in crowd:
            one.close()
        wait_for("its descriptors are free again", lambda: descriptors(leader.child.pid) <= before + 8)
        self.assertEqual(leader.status()["epoch"], epoch)
        self.registered(leader, [worker])

    def test_too_few_descriptors_are_refused_in_one_sentence(self):
        zookeeper = self.zookeeper()
        master = self.master(zookeeper, start=False)
        master.start(limited(64))
        self.assertEqual(master.ended(), 1)
        said = (master.folder / "out").read_text(encoding="utf-8")
        self.assertIn("may have 64 file descriptors (ulimit -n), and a master takes", said)

    def test_a_worker_without_descriptors_for_tasks_does_not_start(self):
        leader, _ = self.cluster(1)
        worker = self.worker(start=False)
        worker.start(limited(128))
        self.assertEqual(worker.ended(), 1)
        self.assertIn("may have 128 file descriptors (ulimit -n), and a worker of so many slots takes 134",
                      worker.complained())
        small = self.worker(start=False, taskmanager__numberOfTaskSlots=60)
        small.start(limited(256))
        self.registered(leader, [small])
        self.assertIn("enough for 21 tasks at a time; for all slots it takes 488", small.said())


class MemoryDrill(Resources):
    """How much memory there is, and what becomes of a daemon without any. Not with AddressSanitizer, whose own allocator keeps
    what is freed, and ends a process in its own way.
    """

    def test_who_does_not_read_takes_bounded_memory(self):
        leader, _ = self.cluster(1)
        worker = self.worker()
        self.registered(leader, [worker])
        with open(worker.folder / "log", "ab") as log:
            log.write((b"x" * 99 + b"\n") * (LOG_BYTES // 100))
        name = next(iter(leader.workers()))
        ask = f"GET /taskmanagers/{name}/log HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        before = resident(leader.child.pid)
        most = 0
        readers = []
        # A few at a time, as they are fetched from the worker; more at once are answered 503.
        for _ in range(READERS // 4):
            asked = list(self.crowd(leader, 4, ask, buffer=4096))
            for one in asked:
                one.recv(1)
            readers += asked
            most = max(most, resident(leader.child.pid))
        self.assertGreater(self.metric(leader, "stellwerk_http_readers_dropped_total"), 0)
        self.assertLess(most - before, GROWS_AT_MOST)
        self.answers_all(leader)
        for one in readers:
            one.close()
        wait_for("its memory is free again", lambda: resident(leader.child.pid) < before + 100 * MB)
        wait_for("it knows that", lambda: self.metric(leader, "stellwerk_http_answer_bytes") == 0)

    def test_a_leader_without_memory_ends_and_the_next_one_leads(self):
        zookeeper = self.zookeeper()
        leader, follower = self.cluster(2, zookeeper)
        self.submit(leader)
        pid = leader.child.pid
        wait_for("its guard", lambda: guards_of(pid))
        with open(f"/proc/{pid}/statm", encoding="ascii") as text:
            mapped = int(text.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.prlimit(pid, resource.RLIMIT_AS, (mapped + 16 * MB, mapped + 16 * MB))
        one = next(self.crowd(leader, 1, b"POST /jars/upload HTTP/1.1\r\nHost: localhost\r\n"
                              b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 60000000\r\n\r\n"))
        try:
            one.sendall(b"x" * 60_000_000)
        except OSError:
            pass  # it is gone
        self.assertEqual(leader.ended(), -signal.SIGABRT)
        self.assertIn("Out of memory: this master ends at once", (leader.folder / "log").read_text(encoding="utf-8"))
        self.assertIn("Out of memory", leader.tail())
        self.leader(among=[follower])
        self.sees_jobs(follower)


if __name__ == "__main__":
    unittest.main()
