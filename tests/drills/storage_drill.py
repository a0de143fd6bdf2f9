"""A storageDir that is shared with others, missing, or lost by one master while another has it."""

import unittest

from drill import Drill
from processes import wait_for


class StorageDrill(Drill):

    def own_way(self, number):
        """A path of one master alone to the shared folder: what a mount is."""
        way = self.folder / f"mount-{number}"
        way.symlink_to(self.storage)
        return way

    def test_a_second_ensemble_refuses_the_storage_of_the_first(self):
        first = self.master(self.zookeeper())
        wait_for("it leads", first.leads)
        self.submit(first)
        second = self.master(self.zookeeper())
        said = self.message(second, "the register is empty but")
        self.assertIn("it was emptied or is another one; nobody leads", said)
        self.assertTrue(second.says("/leader", 503))
        self.submit(first)

    def test_two_ensembles_with_clusters_of_their_own_refuse_each_others_storage(self):
        blue_server, green_server = self.zookeeper(), self.zookeeper()
        other = self.folder / "other"
        other.mkdir()
        blue = self.master(blue_server)
        green = self.master(green_server, storage=other)
        for master in (blue, green):
            wait_for("it leads", master.leads)
        self.submit(blue)
        green.kill()
        green.settings["high-availability.storageDir"] = f"file://{self.storage}"
        green.start()
        said = self.message(green, "belongs to cluster")
        self.assertIn("set another high-availability.cluster-id or storageDir", said)
        self.assertTrue(green.says("/leader", 503))
        self.assertTrue(blue.leads())

    def test_a_master_without_its_mount_stands_in_nobodys_way(self):
        server = self.zookeeper()
        missing = self.folder / "mount-later"
        first = self.master(server, storage=missing)
        self.message(first, str(missing))
        self.assertTrue(first.says("/livez"))
        second = self.master(server)
        wait_for("it leads", second.leads)
        self.submit(second)
        self.assertFalse(first.status()["eligible"])
        missing.symlink_to(self.storage)
        wait_for("it follows", first.follows)
        self.sees_jobs(first)

    def test_a_leader_that_loses_its_mount_makes_way(self):
        server = self.zookeeper()
        mounts = {self.master(server, storage=self.own_way(number)): self.folder / f"mount-{number}"
                  for number in range(2)}
        leader, follower = self.settled()
        self.submit(leader)
        epoch = leader.status()["epoch"]
        mounts[leader].unlink()
        # Who only leads and writes nothing needs no storage; what is written shows what is missing.
        def other_leads():
            self.try_submit(follower)
            return follower.leads()
        wait_for("the other leads", other_leads)
        self.assertGreater(follower.status()["epoch"], epoch)
        self.submit(follower)
        self.sees_jobs(follower)
        self.assertFalse(leader.status()["eligible"])
        mounts[leader].symlink_to(self.storage)
        wait_for("it follows", leader.follows)
        self.sees_jobs(leader)

    def test_an_empty_folder_in_place_of_the_mount_is_noticed(self):
        server = self.zookeeper()
        first, second = self.master(server, storage=self.own_way(0)), self.master(server, storage=self.own_way(1))
        leader, follower = self.settled()
        self.assertEqual({leader, follower}, {first, second})
        self.submit(leader)
        follower.kill()
        empty = self.folder / "empty"
        empty.mkdir()
        follower.settings["high-availability.storageDir"] = f"file://{empty}"
        follower.start()
        self.message(follower, "storageDir is not the cluster's; is it shared?")
        self.assertFalse(follower.status()["eligible"])
        self.assertTrue(leader.leads())


if __name__ == "__main__":
    unittest.main()
