"""ZooKeeper killed, frozen, emptied, set back, changed by hand, and not there yet."""

import unittest

from drill import Drill
from processes import wait_for
from zookeeper_client import ZookeeperClient

BASE = "/stellwerk/drill"


class ZookeeperDrill(Drill):

    def setUp(self):
        super().setUp()
        self.server = self.zookeeper()

    def assert_serves(self, epoch=0):
        """Somebody leads and knows every job, the other follows."""
        leader, follower = self.settled()
        self.assertGreaterEqual(leader.status()["epoch"], epoch)
        self.submit(follower)
        self.sees_jobs(leader)
        self.sees_jobs(follower)
        return leader

    def coordination(self, state):
        for master in self.masters:
            wait_for(f"coordination is {state}",
                     lambda m=master: m.status().get("coordination", {}).get("state") == state)

    def test_killed_and_started_again(self):
        leader, follower = self.cluster(zookeeper=self.server)
        self.submit(leader)
        self.sees_jobs(follower)
        epoch = leader.status()["epoch"]
        self.server.kill()
        self.coordination("suspended")
        wait_for("it may not act", lambda: leader.says("/leader", 503))
        self.refuses(follower)
        self.assertTrue(leader.says("/livez"))
        for master in self.masters:
            self.assertEqual(master.jobs(), self.jobs, "reads are answered")
        self.server.start()
        self.assert_serves(epoch)

    def test_frozen_and_thawed(self):
        leader, _ = self.cluster(zookeeper=self.server)
        self.submit(leader)
        epoch = leader.status()["epoch"]
        self.server.freeze()
        wait_for("it may not act", lambda: leader.says("/leader", 503))
        wait_for("the message says so", lambda: "may not act" in leader.status().get("message", ""))
        self.server.thaw()
        self.assert_serves(epoch)

    def test_emptied(self):
        leader, follower = self.cluster(zookeeper=self.server)
        self.submit(leader)
        self.sees_jobs(follower)
        self.server.kill()
        self.server.save("before")
        self.server.wipe()
        self.server.start()
        for master in self.masters:
            self.message(master, "it was emptied or is another one; nobody leads")
        self.assert_nobody_leads()
        self.assertEqual(follower.jobs(), self.jobs, "what it knows is still shown")
        self.server.kill()
        self.server.restore("before")
        self.server.start()
        self.assert_serves()

    def test_emptied_while_no_master_runs(self):
        leader, _ = self.cluster(zookeeper=self.server)
        self.submit(leader)
        for master in self.masters:
            master.kill()
        self.server.kill()
        self.server.wipe()
        self.server.start()
        for master in self.masters:
            master.start()
            self.message(master, "it was emptied or is another one; nobody leads")
        self.assert_nobody_leads()

    def test_restored_from_an_older_copy(self):
        leader, _ = self.cluster(zookeeper=self.server)
        self.submit(leader)
        self.server.kill()
        self.server.save("older")
        self.server.start()
        leader, _ = self.settled()
        for _ in range(3):
            self.submit(leader)
        self.server.kill()
        self.server.save("newest")
        self.server.restore("older")
        self.server.start()
        for master in self.masters:
            self.message(master, "the register was set back to an older copy; nobody leads")
        self.assert_nobody_leads()
        self.server.kill()
        self.server.restore("newest")
        self.server.start()
        self.assert_serves()

    def test_delete_head_while_leading(self):
        leader, _ = self.cluster(zookeeper=self.server)
        self.submit(leader)
        epoch = leader.status()["epoch"]
        with ZookeeperClient(self.server.port) as client:
            client.delete(f"{BASE}/head")
        wait_for("a later epoch", lambda: any(m.leads() and m.status()["epoch"] > epoch for m in self.masters))
        self.assert_serves(epoch + 1)

    def test_deleteall_leader(self):
        leader, _ = self.cluster(zookeeper=self.server)
        self.submit(leader)
        with ZookeeperClient(self.server.port) as client:
            client.delete_all(f"{BASE}/leader")
        self.assert_serves()
        with ZookeeperClient(self.server.port) as client:
            wait_for("both stand again", lambda: len(client.children(f"{BASE}/leader/latch")) == 2)

    def test_deleteall_of_the_cluster(self):
        leader, _ = self.cluster(zookeeper=self.server)
        self.submit(leader)
        with ZookeeperClient(self.server.port) as client:
            client.delete_all(BASE)
        # The leader's own copy of the head is the newest there is: it may go on, in a later epoch; or
        # it finds the register empty and nobody leads. In no case is a job lost or is there a second cluster.
        wait_for("it settles", lambda: any(m.leads() for m in self.masters) or all(
            "nobody leads" in m.status().get("eligible-reason", "") for m in self.masters))
        for master in self.masters:
            self.assertEqual(master.jobs(), self.jobs)


class LateZookeeperDrill(Drill):

    def test_an_unreachable_quorum_at_start(self):
        server = self.zookeeper(start=False)
        for _ in range(2):
            self.master(server)
        for master in self.masters:
            self.message(master, f"127.0.0.1:{server.port}: Connection refused")
            self.assertTrue(master.says("/livez"))
            self.assertTrue(master.says("/leader", 503))
        self.assert_nobody_leads()
        server.start()
        leader, follower = self.settled()
        self.submit(follower)
        self.sees_jobs(leader)

    def test_bad_members_in_the_list(self):
        server = self.zookeeper()
        master = self.master(server, start=False)
        master.settings["high-availability.zookeeper.quorum"] = (
            f"127.0.0.1:1,no-such-host.invalid:2181,127.0.0.1:{server.port}")
        master.start()
        self.submit(self.leader())

    def test_two_clusters_on_one_ensemble(self):
        server = self.zookeeper()
        blue = self.master(server)
        green = self.master(server, high_availability__cluster_id="/green")
        for master in (blue, green):
            wait_for("it leads", master.leads)
            self.submit(master)
        self.assertEqual(len(blue.jobs()), 1)
        self.assertNotEqual(blue.jobs(), green.jobs())

    def test_acl_creator(self):
        server = self.zookeeper()
        creator = {"high-availability.zookeeper.client.acl": "creator",
                   "high-availability.zookeeper.client.authorization": "digest:stellwerk:secret"}
        owner = self.master(server, start=False)
        owner.settings.update(creator)
        owner.start()
        wait_for("it leads", owner.leads)
        self.submit(owner)
        stranger = self.master(server)
        self.message(stranger, "I cannot take part: ")
        self.message(stranger, "check the node's ACL and our credentials")
        self.assertTrue(stranger.says("/leader", 503))
        self.assertTrue(owner.leads())


if __name__ == "__main__":
    unittest.main()
