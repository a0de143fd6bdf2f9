"""Masters and workers of two versions: what a later one wrote is refused with one sentence, or kept, and never changed."""

import json
import pathlib
import re
import unittest

from drill import Drill
from link_client import Link, StandIn
from processes import wait_for
from zookeeper_client import ZookeeperClient

BASE = "/stellwerk/drill"
CRC32C = 0x82F63B78
SERVICE = {"name": "service", "vertices": [{"name": "work", "command": ["sleep", "3600"]}]}


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (CRC32C if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def line(text):
    return f"{crc32c(text.encode()):08x} {text}\n"


class VersionsDrill(Drill):

    def setUp(self):
        super().setUp()
        self.server = self.zookeeper()
        self.journal = self.storage / "drill" / "journal"

    # ---- the register and the journal, as a later version would leave them

    def head(self):
        with ZookeeperClient(self.server.port) as client:
            return json.loads(client.get(f"{BASE}/head"))

    def set_head(self, head):
        with ZookeeperClient(self.server.port) as client:
            client.set(f"{BASE}/head", compact(head).encode())

    def commit(self, records, **more):
        """As the leader of the next epoch: one segment of these records and the head that names it."""
        head = self.head()
        last = head["segments"][-1] if head["segments"] else head["snapshot"]
        epoch, seq = head["epoch"] + 1, head["seq"] + 1
        header = {"kind": "segment", "layout": 1, "cluster": head["cluster"], "epoch": epoch, "seq": seq,
                  "previous": f"{last['epoch']}-{head['seq']}", "records": len(records), "keys": list(records), **more}
        lines = [line(compact(header))]
        for key, value in records.items():
            lines.append(line(f'{key} {{"op":"put","value":{compact(value)}}}'))
        file = self.journal / f"segment-{epoch:010}-{seq:020}.jsonl"
        file.write_text("".join([*lines, lines[0]]), encoding="utf-8")
        segments = [*head["segments"], {"epoch": epoch, "from": seq, "to": seq}]
        self.set_head(head | {"epoch": epoch, "seq": seq, "segments": segments})
        return head, file

    def value(self, key):
        """Of the newest line that names it in the journal."""
        for file in sorted(self.journal.iterdir(), reverse=True, key=lambda path: path.name.rpartition("-")[2]):
            for each in file.read_text(encoding="utf-8").splitlines():
                name, _, rest = each[9:].partition(" ")
                if name == key:
                    return json.loads(rest)["value"]
        return None

    # ---- what masters do with it

    def refused(self, sentence):
        """Every master says so, none leads, and a write is refused: nothing happened."""
        for master in self.masters:
            self.message(master, sentence)
        self.assert_nobody_leads()

    def untouched(self, sentence):
        """Refused by masters that run, and by those that start; and what was written is as it was."""
        with ZookeeperClient(self.server.port) as client:
            before = client.get(f"{BASE}/head")
        files = {path: path.read_bytes() for path in self.journal.iterdir()}
        self.refused(sentence)
        self.masters[0].kill()
        self.masters[0].start()
        self.refused(sentence)
        with ZookeeperClient(self.server.port) as client:
            self.assertEqual(client.get(f"{BASE}/head"), before)
        self.assertEqual({path: path.read_bytes() for path in self.journal.iterdir()}, files)

    def started(self):
        leader, _ = self.cluster(zookeeper=self.server)
        self.submit(leader)
        for master in self.masters:
            self.sees_jobs(master)
        return leader

    def test_a_register_of_a_later_version(self):
        self.started()
        before = self.head()
        for newer, sentence in (
                ({"layout": 2}, "the register was written by a newer version (layout 2; this version reads up to 1)"),
                ({"leases": []}, 'the register was written by a newer version (this one does not know "leases")')):
            self.set_head(before | newer)
            self.untouched(sentence)
            self.set_head(before)
            self.settled()
            for master in self.masters:
                self.sees_jobs(master)
            self.submit_somewhere()
            before = self.head()

    def test_a_journal_of_a_later_version(self):
        self.started()
        job = self.run_job(self.leader(), SERVICE)
        self.jobs.add(job)
        state = self.value(f"jobs/{job}/state")
        for records, header, sentence in (
                ({}, {"layout": 2}, "it was written by a newer version (layout 2)"),
                ({f"jobs/{job}/state": state | {"v": 2}}, {}, "a job's state was written by a newer version (schema 2)"),
                ({f"jobs/{job}/state": state | {"priority": 7}}, {},
                 'a job\'s state was written by a newer version (this one does not know "priority")'),
                ({"evicted": {"count": 0, "up-to": 0, "v": 2}}, {}, "the eviction record was written by a newer version (schema 2)")):
            before, file = self.commit(records, **header)
            self.untouched(sentence)
            # It never was.
            file.unlink()
            self.set_head(before | {"epoch": before["epoch"] + 2})
            self.settled()
            for master in self.masters:
                self.sees_jobs(master)
            self.submit_somewhere()

    def test_records_that_only_a_later_version_knows_are_kept(self):
        self.started()
        key, value = "reservations/blue", {"slots": 7, "v": 3}
        before, _ = self.commit({key: value})
        leader, _ = self.settled(newer_than=before["epoch"] + 1)
        self.submit_somewhere()
        leader.kill()
        self.leader([master for master in self.masters if master is not leader])
        self.submit_somewhere()
        self.assertEqual(self.value(key), value)
        leader.start()
        self.settled()

    def test_a_layout_of_a_later_version(self):
        leader = self.started()
        with ZookeeperClient(self.server.port) as client:
            client.set(f"{BASE}/layout", compact({"product": "stellwerk", "layout": 2}).encode())
        sentence = f"{BASE}/layout says layout 2, this version knows only 1; run the version that wrote it"
        self.try_submit(leader)  # who leads notices when it writes
        self.master(self.server)
        self.refused(sentence)
        with ZookeeperClient(self.server.port) as client:
            self.assertEqual(json.loads(client.get(f"{BASE}/layout"))["layout"], 2)
            client.set(f"{BASE}/layout", compact({"product": "stellwerk", "layout": 1}).encode())
        for master in self.masters:
            master.kill()
            master.start()
        self.settled()
        for master in self.masters:
            self.sees_jobs(master)

    # ---- workers

    def test_a_worker_of_another_version(self):
        leader = self.started()
        address = leader.status()["rpc"]
        for protocol in (0, 2):
            link = Link(address)
            link.send("hello", v=protocol, anything={"else": True})
            answer = link.receive()
            self.assertEqual((answer["type"], answer["why"]), (
                "rejected", f"it speaks protocol {protocol}, here it is 1; use the same version of Stellwerk"))
            link.close()
        known = StandIn("later", 1)
        self.assertEqual(known.register(address)["type"], "welcome")
        known.link.send("heartbeat", **{"sent-us": 5, "memory-total": 1, "memory-free": 1, "resident": 1, "processors": 1,
                                        "load-permille": 1, "later": {"than": "this"}})
        wait_for("a heartbeat with more in it counts", lambda: known.link.receive()["type"] == "echo")
        known.link.send("dance", steps=3)
        wait_for("the log says what it knows", lambda: re.search(
            'The connection to worker later .*"type" must be one of hello, ', (leader.folder / "log").read_text("utf-8")))
        known.leave_rudely()

    def test_a_workers_folder_of_a_later_version(self):
        leader = self.started()
        worker = self.worker()
        self.registered(leader, [worker])
        worker.kill()
        file, = pathlib.Path(worker.settings["process.working-dir"]).glob("tm_*/identity.json")
        newer = json.loads(file.read_text("utf-8")) | {"layout": 2}
        file.write_text(compact(newer), encoding="utf-8")
        worker.start()
        self.assertEqual(worker.ended(), 1)
        self.assertIn("it has layout 2, this version reads 1", worker.complained())
        self.assertEqual(json.loads(file.read_text("utf-8")), newer)


if __name__ == "__main__":
    unittest.main()
