"""Workers and masters: registered with the leader, found again after a takeover."""

import urllib.request
import urllib.error

from drill import Drill
from link_client import StandIn
from processes import wait_for


class WorkersDrill(Drill):

    def stand_in(self, name="w-1", slots=3):
        worker = StandIn(name, slots)
        self.addCleanup(worker.leave_rudely)
        return worker

    def test_a_worker_is_sent_to_the_leader_and_to_the_next_one(self):
        leader, follower = self.cluster(3)
        worker = self.stand_in()
        refused = worker.register(follower.status()["rpc"])
        self.assertEqual(refused["type"], "refused")
        self.assertEqual(refused["leader"], leader.status()["rpc"])
        self.assertIn(follower.status()["rpc"], refused["masters"])
        welcome = worker.register(refused["leader"])
        self.assertEqual(welcome["type"], "welcome")
        self.assertEqual(welcome["epoch"], leader.status()["epoch"])
        self.assertEqual(worker.beat(), {"type": "echo", "epoch": welcome["epoch"], "sent-us": 5})

        leader.kill()
        heir = self.leader([master for master in self.masters if master is not leader])
        again = worker.register(heir.status()["rpc"])
        self.assertEqual(again["type"], "welcome")
        self.assertGreater(again["epoch"], welcome["epoch"])
        self.assertEqual(again["cluster"], welcome["cluster"])
        self.assertEqual(worker.beat()["epoch"], again["epoch"])

    def test_workers_are_shown_by_every_master(self):
        leader, follower = self.cluster(high_availability__stall_timeout="0")
        workers = [self.stand_in(f"w-{i}", slots=i) for i in (1, 2)]
        for worker in workers:
            self.assertEqual(worker.register(leader.status()["rpc"])["type"], "welcome")
            worker.beat()
        self.sees(leader, workers=2, slots=3)
        wait_for("what the heartbeats said", lambda: self.processors(leader) == [4, 4])
        for path in ("/taskmanagers", "/taskmanagers/w-1", "/overview"):
            asked, passed = leader.ask(path), follower.ask(path)
            self.assertEqual((passed.code, passed.json()), (200, asked.json()))
            self.assertIsNone(passed.headers["Stellwerk-Stale-Ms"])
        self.assertEqual([(worker["id"], worker["freeSlots"]) for worker in self.shown(follower)],
                         [("w-1", 1), ("w-2", 2)])
        self.assertEqual(follower.ask("/taskmanagers/w-3").code, 404)
        self.assertIn(b"\nflink_jobmanager_taskSlotsTotal 3\n", leader.ask("/metrics").body)

        workers[0].leave()
        self.sees(follower, workers=1, slots=2)
        workers[1].leave_rudely()
        self.sees(follower, workers=1, slots=2, free=0)  # it may come back
        follower.ask("/taskmanagers")
        leader.freeze()
        stale = follower.ask("/taskmanagers")
        self.assertEqual((stale.code, len(stale.json()["taskmanagers"])), (200, 1))
        self.assertIsNotNone(stale.headers["Stellwerk-Stale-Ms"])

    def shown(self, master):
        return master.ask("/taskmanagers").json()["taskmanagers"]

    def processors(self, master):
        return [worker["hardware"]["cpuCores"] for worker in self.shown(master)]

    def sees(self, master, workers, slots, free=None):
        def look():
            overview = master.ask("/overview").json()
            return (overview["taskmanagers"], overview["slots-total"], overview["slots-available"]) == (
                workers, slots, slots if free is None else free)
        wait_for(f"{workers} workers with {slots} slots", look)

    def test_the_port_of_one_master_is_fixed_and_for_workers_alone(self):
        master = self.master(start=False, high_availability__type="NONE")
        master.start()
        rpc = master.settings["jobmanager.rpc.port"]
        wait_for("it leads", master.leads)
        self.assertEqual(master.status()["rpc"], f"localhost:{rpc}")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://localhost:{rpc}/status", timeout=10)
        self.assertEqual(refused.exception.code, 426)
        self.assertIn(b"for the workers of Stellwerk", refused.exception.read())
        refused.exception.close()
        other = self.master(start=False, storage=self.folder, high_availability__type="NONE")
        other.settings["jobmanager.rpc.port"] = rpc
        other.start()
        self.assertEqual(other.ended(), 1)
        self.assertIn(f'jobmanager.rpc.port: no port of "{rpc}" is free on 127.0.0.1; in use: {rpc}',
                      (other.folder / "log").read_text(encoding="utf-8"))
        master.child.terminate()
        self.assertEqual(master.ended(), 0)
