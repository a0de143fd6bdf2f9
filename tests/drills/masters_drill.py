"""Masters that are killed, stopped, woken, asked to end and restarted one by one."""

import http.client
import json
import os
import signal
import unittest

from drill import Drill, job_spec
from processes import ANSWER_SECONDS_MAX, wait_for


class MastersDrill(Drill):

    def after_loss_of(self, old, epoch):
        """Waits for the next leader, which knows every job and takes new ones."""
        leader = self.leader([m for m in self.masters if m is not old])
        self.assertGreater(leader.status()["epoch"], epoch)
        self.sees_jobs(leader)
        self.submit(leader)
        return leader

    def test_a_killed_leader_is_followed_and_comes_back_as_follower(self):
        leader, follower = self.cluster(zookeeper=self.zookeeper())
        self.submit(leader)
        self.submit(follower)
        epoch = leader.status()["epoch"]
        leader.kill()
        self.after_loss_of(leader, epoch)
        leader.start()
        wait_for("it follows", leader.follows)
        self.sees_jobs(leader)

    def test_a_killed_leader_of_type_local(self):
        leader, follower = self.cluster()
        self.submit(leader)
        self.submit(follower)
        epoch = leader.status()["epoch"]
        leader.kill()
        self.after_loss_of(leader, epoch)
        leader.start()
        wait_for("it follows", leader.follows)

    def test_a_killed_follower_harms_nothing(self):
        leader, follower = self.cluster(zookeeper=self.zookeeper())
        epoch = leader.status()["epoch"]
        follower.kill()
        self.submit(leader)
        follower.start()
        wait_for("it follows", follower.follows)
        self.sees_jobs(follower)
        self.assertEqual(leader.status()["epoch"], epoch)

    def test_a_stopped_leader_wakes_as_a_follower_and_acknowledges_nothing(self):
        leader, follower = self.cluster(zookeeper=self.zookeeper())
        self.submit(leader)
        epoch = leader.status()["epoch"]
        leader.freeze()
        self.after_loss_of(leader, epoch)
        # Asked while it stands still: what it answers is the first that it does.
        asked = [self._ask_frozen(leader, *what) for what in (
            ("GET", "/leader"), ("GET", "/leader"), ("POST", "/jobs"), ("GET", "/status"))]
        leader.thaw()
        first, second, written, status = [connection.getresponse() for connection in asked]
        self.assertEqual((first.status, second.status), (503, 503))
        body = json.loads(written.read())
        if written.status == 202:  # passed on to who leads now
            self.assertGreater(int(written.headers["Stellwerk-Epoch"]), epoch)
            self.jobs.add(body["jobid"])
        else:
            self.assertEqual(written.status, 503, body)
        self.assertFalse(json.loads(status.read())["acting"])
        for connection in asked:
            connection.close()
        wait_for("it follows", leader.follows)
        self.sees_jobs(leader)
        self.sees_jobs(follower)

    def _ask_frozen(self, master, method, path):
        connection = http.client.HTTPConnection("127.0.0.1", master.port, timeout=ANSWER_SECONDS_MAX)
        body = json.dumps(job_spec(os.urandom(16).hex())) if method == "POST" else None
        connection.request(method, path, body, {"Content-Type": "application/json"})
        return connection

    def test_masters_below_a_path_reach_each_other(self):
        leader, follower = self.cluster(rest__url_prefix="/behind/proxy/")
        self.assertEqual(leader.status()["rest"], leader.url)
        self.submit(follower)  # passed on
        self.sees_jobs(follower)
        wait_for("it is ready", lambda: follower.says("/readyz"))
        moved = leader.ask("/leader/transfer", "POST")
        self.assertEqual((moved.code, moved.json()["next"]), (202, follower.url))
        self.assertIs(self.leader(), follower)
        wait_for("it follows", leader.follows)
        self.submit(leader)
        epoch = follower.status()["epoch"]
        follower.kill()
        self.assertIs(self.after_loss_of(follower, epoch), leader)

    def test_sigterm_hands_over(self):
        leader, follower = self.cluster(zookeeper=self.zookeeper())
        self.submit(leader)
        epoch = leader.status()["epoch"]
        leader.signal(signal.SIGTERM)
        self.assertEqual(leader.ended(), 0)
        self.assertIs(self.after_loss_of(leader, epoch), follower)

    def test_all_killed_at_once_and_started_again(self):
        leader, follower = self.cluster(zookeeper=self.zookeeper())
        for _ in range(3):
            self.submit(follower)
        epoch = leader.status()["epoch"]
        for master in self.masters:
            master.kill()
        for master in self.masters:
            master.start()
        leader, follower = self.settled()
        self.assertGreater(leader.status()["epoch"], epoch)
        self.sees_jobs(leader)
        self.sees_jobs(follower)

    def test_a_rolling_restart_refuses_no_job_for_long(self):
        server = self.zookeeper()
        self.cluster(count=3, zookeeper=server)
        epoch = 0
        for master in list(self.masters):
            self.submit_somewhere()
            master.signal(signal.SIGTERM)
            self.submit_somewhere(other_than=master)
            self.assertEqual(master.ended(), 0)
            master.start()
            wait_for("it is ready", lambda m=master: m.says("/readyz"))
            now = self.leader().status()["epoch"]
            self.assertGreaterEqual(now, epoch)
            epoch = now
        for master in self.masters:
            self.sees_jobs(master)


if __name__ == "__main__":
    unittest.main()
