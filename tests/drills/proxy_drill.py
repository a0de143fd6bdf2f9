"""Masters behind a load balancer, with the files of deploy/: a leader that is killed costs no client an answer."""

import http.client
import json
import os
import pathlib
import re
import shutil
import threading
import unittest

from drill import Drill, job_spec
from processes import Process, free_port, wait_for

DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"
ROUNDS = 3
CLIENTS = 4
ANSWERS_BETWEEN = 60  # of all clients, before and after each kill
ANSWER_SECONDS_MAX = 30


class Balancer(Process):
    """One HAProxy or nginx, as deploy/ has it but for names and ports."""

    def __init__(self, folder, masters):
        super().__init__(folder)
        self.port = free_port()
        self.masters = masters

    def fill(self, text, server):
        """`server`: a pattern of the lines that name masters; these are replaced, the first one is the form."""
        lines = re.findall(server, text, re.M)
        assert len(lines) == 2, lines
        named = [lines[0].replace("master1:8081", f"127.0.0.1:{master.port}").replace("master1", f"master{number}")
                 for number, master in enumerate(self.masters, 1)]
        return text.replace("\n".join(lines), "\n".join(named))


class Haproxy(Balancer):

    def start(self, change=lambda text: text):
        assert shutil.which("haproxy"), "haproxy is missing: apt-get install haproxy"
        text = (DEPLOY / "haproxy/haproxy.cfg").read_text(encoding="utf-8")
        text = self.fill(text, r"^    server \S+ \S+$").replace("bind :8080", f"bind 127.0.0.1:{self.port}")
        (self.folder / "haproxy.cfg").write_text(change(text), encoding="utf-8")
        self.run(["haproxy", "-db", "-f", str(self.folder / "haproxy.cfg")])


class Nginx(Balancer):

    def start(self, name="stellwerk.conf", change=lambda text: text):
        text = change((DEPLOY / "nginx" / name).read_text(encoding="utf-8"))
        text = self.fill(text, r"^    server \S+ max_fails.*$").replace("listen 8080", f"listen 127.0.0.1:{self.port}")
        folder = self.folder
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            f"daemon off; {user} pid {folder}/pid; error_log {folder}/log;\nevents {{}}\nhttp {{\naccess_log off; include /etc/nginx/mime.types;\n" +
            "".join(f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) +
            text + "}\n", encoding="utf-8")
        self.run(["nginx", "-p", str(folder), "-e", str(folder / "log"), "-c", str(folder / "nginx.conf")])


class Client(threading.Thread):
    """Submits, reads and cancels through the balancer, over and over; each request is on a connection of its own."""

    def __init__(self, port, writes):
        super().__init__(daemon=True)
        self.port = port
        self.writes = writes
        self.answers = 0
        self.failed = []
        self.accepted = set()
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            if self.writes:
                job = os.urandom(16).hex()
                if self.ask("POST", "/jobs", job_spec(job), {"Stellwerk-Job-Id": job}, 202):
                    self.accepted.add(job)
            self.ask("GET", "/jobs/overview", None, {}, 200)
            self.ask("GET", "/status", None, {}, 200)

    def ask(self, method, path, body, headers, expected):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS_MAX)
        try:
            connection.request(method, path, json.dumps(body) if body else None,
                               {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != expected:
                self.failed.append(f"{method} {path}: {answer.status} {text[:200]}")
        except (OSError, http.client.HTTPException) as error:
            self.failed.append(f"{method} {path}: {error!r}")
        finally:
            connection.close()
        self.answers += 1
        return not self.failed


class ProxyDrill(Drill):

    def masters_behind(self, kind):
        for _ in range(3):
            self.master(rest__await_leader_timeout="20 s")
        self.settled()
        balancer = kind(self.folder / "balancer", self.masters)
        self.processes.append(balancer)
        return balancer

    def answers(self, balancer):
        """Waits until it does; a client of it."""
        probe = Client(balancer.port, False)

        def look():
            self.assertTrue(balancer.runs(), "it has ended")
            return probe.ask("GET", "/status", None, {}, 200) or probe.failed.clear()
        wait_for("the balancer answers", look)
        return probe

    def hit(self, balancer, writes=True):
        """Kills leaders while clients ask; no answer may be other than the client expects."""
        self.answers(balancer)
        clients = [Client(balancer.port, writes) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
            self.addCleanup(client.over.set)

        def more():
            begin = sum(client.answers for client in clients)
            wait_for("answers", lambda: sum(client.answers for client in clients) >= begin + ANSWERS_BETWEEN)
        for _ in range(ROUNDS):
            leader = self.leader()
            more()
            leader.kill()
            self.leader([master for master in self.masters if master is not leader])
            more()
            leader.start()
            wait_for("it follows", leader.follows)
        for client in clients:
            client.over.set()
        for client in clients:
            client.join()
            self.assertEqual(client.failed[:3], [], balancer.tail())
            self.jobs |= client.accepted
        self.sees_jobs(self.leader())

    def test_haproxy_hides_the_death_of_leaders(self):
        balancer = self.masters_behind(Haproxy)
        balancer.start()
        self.hit(balancer)

    def test_haproxy_with_a_bare_httpchk_works_too(self):
        balancer = self.masters_behind(Haproxy)
        balancer.start(lambda text: text.replace("option httpchk GET /readyz", "option httpchk"))
        self.hit(balancer)

    def test_haproxy_is_no_way_around_the_operators_paths(self):
        balancer = self.masters_behind(Haproxy)
        balancer.start()
        probe = self.answers(balancer)
        self.assertTrue(probe.ask("POST", "/leader/transfer", None, {}, 403), probe.failed)
        self.assertTrue(probe.ask("DELETE", "/cluster", None, {}, 403), probe.failed)

    @unittest.skipUnless(shutil.which("nginx"), "needs nginx")
    def test_nginx_hides_the_death_of_leaders_from_readers(self):
        balancer = self.masters_behind(Nginx)
        balancer.start()
        self.hit(balancer, writes=False)
