"""Files that jobs bring along: uploaded to any master, kept over takeovers, fetched from any master."""

import hashlib
import http.client
import io
import itertools
import json
import os
import subprocess
import tarfile
import threading
import urllib.parse

from drill import Drill
from processes import ANSWER_SECONDS_MAX, Answer, wait_for

SPEC = "name: count\nvertices:\n  - {name: work, command: [./work.sh]}\n"


def archive(files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            info.mode = 0o755
            tar.addfile(info, io.BytesIO(text.encode()))
    return packed.getvalue()


def form(name, content):
    """As browsers and curl -F send a file: type and body."""
    head = f'--XBOUND\r\nContent-Disposition: form-data; name="jarfile"; filename="{name}"\r\n\r\n'
    return "multipart/form-data; boundary=XBOUND", head.encode() + content + b"\r\n--XBOUND--\r\n"


def send(port, method, path, body=None, content_type="application/json"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
    try:
        connection.request(method, path, body, {"Content-Type": content_type} if body else {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


class UploadsDrill(Drill):

    def upload(self, master, content, name="count.tar.gz"):
        content_type, body = form(name, content)
        answer = send(master.port, "POST", "/jars/upload", body, content_type)
        self.assertEqual(answer.code, 200, answer.body)
        self.assertEqual(answer.json()["status"], "success")
        return answer.json()["filename"].rpartition("/")[2]

    def listed(self, master):
        return {file["id"] for file in master.ask("/jars").json()["files"]}

    def fetch(self, master, sha256):
        port = int(master.status()["rpc"].rpartition(":")[2])
        return send(port, "GET", f"/artifacts/{sha256}")

    def fsck(self, master):
        return subprocess.run([os.environ["STELLWERK_PROGRAM"], "fsck", "--configDir", str(master.folder)],
                              capture_output=True, text=True, timeout=60, check=False)

    def stored(self):
        """Names of files, without their folders."""
        return {path.name for path in self.storage.glob("drill/blobs/*/*")}

    def test_an_upload_outlives_leaders_and_runs(self):
        leader, follower = self.cluster(3, zookeeper=self.zookeeper())
        content = archive({"job.yaml": SPEC, "work.sh": "#!/bin/sh\nsleep 1000\n"})
        sha256 = hashlib.sha256(content).hexdigest()
        jar = self.upload(follower, content)
        for master in (leader, follower):
            wait_for("it is listed", lambda each=master: self.listed(each) == {jar})
            self.assertEqual(self.fetch(master, sha256).body, content)
            self.assertEqual(self.fetch(master, "0" * 64).code, 404)
        leader.kill()
        heir = self.leader([master for master in self.masters if master is not leader])
        self.assertEqual(self.listed(heir), {jar})
        self.assertEqual(self.fetch(heir, sha256).body, content)
        plan = heir.ask(f"/jars/{jar}/plan").json()["plan"]
        self.assertEqual([node["parallelism"] for node in plan["nodes"]], [1])
        answer = send(heir.port, "POST", f"/jars/{jar}/run?parallelism=3", "{}")
        self.assertEqual(answer.code, 200, answer.body)
        job = answer.json()["jobid"]
        shown = heir.ask(f"/jobs/{job}").json()
        self.assertEqual([vertex["parallelism"] for vertex in shown["vertices"]], [3])
        self.assertEqual(send(heir.port, "DELETE", f"/jars/{jar}").code, 200)
        self.assertEqual(self.listed(heir), set())
        self.assertEqual(self.fetch(heir, sha256).body, content, "the job needs it")
        self.assertEqual(len(self.stored()), 1)
        self.assertEqual(self.fsck(heir).returncode, 0)
        next(self.storage.glob("drill/blobs/*/*")).unlink()
        self.assertIn("it is needed by job " + job, self.fsck(heir).stdout)

    def test_uploads_beside_takeovers_lose_nothing(self):
        self.cluster(3, zookeeper=self.zookeeper())
        accepted, content_of, stop = set(), {}, threading.Event()

        def upload_on_and_on():
            for number in itertools.count():
                if stop.is_set():
                    return
                content = archive({"job.yaml": SPEC, "number": str(number % 5)})
                content_type, body = form(f"{number}.tar.gz", content)
                master = self.masters[number % len(self.masters)]
                try:
                    answer = send(master.port, "POST", "/jars/upload", body, content_type)
                except (OSError, http.client.HTTPException):
                    continue
                if answer.code == 200:
                    accepted.add(answer.json()["id"])
                    content_of[answer.json()["sha256"]] = content
                else:
                    self.assertIn(answer.code, (503, 504), answer.body)

        uploader = threading.Thread(target=upload_on_and_on)
        uploader.start()
        try:
            for _ in range(3):
                before = len(accepted)
                wait_for("some uploads", lambda least=before + 10: len(accepted) >= least)
                leader = self.leader()
                leader.kill()
                self.leader([master for master in self.masters if master is not leader])
                leader.start()
                wait_for("it follows", leader.follows)
        finally:
            stop.set()
            uploader.join()
        heir, _ = self.settled()
        self.assertLessEqual(accepted, self.listed(heir))
        for sha256, content in content_of.items():
            for master in self.masters:
                self.assertEqual(self.fetch(master, sha256).body, content)
        self.assertEqual(self.fsck(heir).returncode, 0)

    def test_what_is_no_bundle_is_refused_in_a_sentence(self):
        leader, _ = self.cluster(1)
        for content, words in [(b"hello", "archive"), (archive({"work.sh": "exit"}), "job.yaml"),
                               (archive({"job.yaml": "name: x\n"}), "vertices"),
                               (archive({"job.yaml": SPEC, "../x": "y"}), "..")]:
            content_type, body = form("bad.tar.gz", content)
            answer = send(leader.port, "POST", "/jars/upload", body, content_type)
            self.assertEqual(answer.code, 400, answer.body)
            self.assertIn(words, answer.json()["errors"][0])
        name = urllib.parse.quote("a b.jar")
        self.assertEqual(send(leader.port, "POST", f"/jars/upload?name={name}").code, 400, "no file")
        spec = {"name": "x", "vertices": [{"name": "v", "command": ["true"]}],
                "artifact": {"sha256": "0" * 64, "size": 1, "name": "x.zip", "kind": "bundle"}}
        self.assertEqual(send(leader.port, "POST", "/jobs", json.dumps(spec)).code, 404)
        self.assertEqual(self.stored(), set())
