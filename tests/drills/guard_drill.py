"""The guard beside each master: what it does for a master that is killed, stopped, or ends in order.

Sessions are asked for as long as a drill may take, so that what is seen here in time is the guard's doing.
"""

import os
import pathlib
import signal
import subprocess
import unittest

from drill import Drill
from processes import NAMESPACE, free_port, guards_of, runs, wait_for

SESSION = "60 s"
IN_TIME_SECONDS = 25


class GuardDrill(Drill):

    def cluster_of(self, count, zookeeper, more=None):
        """(leader, followers in line), with sessions that outlast the drill."""
        for _ in range(count):
            self.master(zookeeper, start=False)
        for master in self.masters:
            if zookeeper:
                master.settings["high-availability.zookeeper.client.session-timeout"] = SESSION
            master.settings.update(more or {})
            master.start()
            wait_for("it is in the queue", lambda at=master: at.status().get("eligible"))
        leader, _ = self.settled()
        return leader, [master for master in self.masters if master is not leader]

    def guard_of(self, master):
        return wait_for("a guard", lambda: guards_of(master.child.pid))[0]

    def log_says(self, master, text):
        wait_for(f"'{text}' in its log", lambda: text in (master.folder / "log").read_text(encoding="utf-8"))

    def another_leads(self, others):
        found = wait_for("another leads", lambda: next((m for m in others if m.leads()), None), IN_TIME_SECONDS)
        self.submit(found)
        return found

    def test_the_lock_of_a_killed_leader_is_free_at_once(self):
        leader, others = self.cluster_of(2, self.zookeeper())
        self.submit(leader)
        guard = self.guard_of(leader)
        leader.kill()
        self.another_leads(others)
        self.log_says(leader, "lockguard - ended the session of the dead master")
        wait_for("the guard ends", lambda: not runs(guard))
        self.sees_jobs(others[0])

    def test_a_stopped_leader_is_deposed_and_wakes_as_follower(self):
        leader, others = self.cluster_of(2, self.zookeeper())
        self.submit(leader)
        leader.freeze()
        self.another_leads(others)
        self.log_says(leader, "lockguard - removed the master's place in the queue")
        self.assertTrue(leader.runs(), "it is not killed")
        leader.thaw()
        wait_for("it follows", leader.follows)
        self.sees_jobs(leader)

    def test_a_stopped_next_in_line_does_not_hold_up_a_takeover(self):
        leader, others = self.cluster_of(3, self.zookeeper())
        members = [member["rest"] for member in leader.status()["masters"]]
        next_in_line = next(m for m in others if m.url == members[1])
        last = next(m for m in others if m is not next_in_line)
        next_in_line.freeze()
        self.log_says(next_in_line, "lockguard - removed the master's place in the queue")
        leader.kill()
        self.another_leads([last])
        next_in_line.thaw()
        wait_for("it follows", next_in_line.follows)

    def test_it_has_the_masters_credentials_and_knows_all_servers(self):
        server = self.zookeeper()
        leader, others = self.cluster_of(3, server, {
            "high-availability.zookeeper.client.acl": "creator",
            "high-availability.zookeeper.client.authorization": "digest:stellwerk:secret",
            "high-availability.zookeeper.quorum": f"127.0.0.1:{free_port()},127.0.0.1:{server.port}"})
        leader.freeze()
        second = self.another_leads(others)
        self.log_says(leader, "lockguard - removed the master's place in the queue")
        leader.kill()
        second.kill()
        self.another_leads([master for master in others if master is not second])
        self.log_says(second, "lockguard - ended the session of the dead master")
        for master in (leader, second):
            self.assertNotIn("secret", (master.folder / "log").read_text(encoding="utf-8"))

    def test_a_guard_that_is_killed_is_replaced(self):
        leader, others = self.cluster_of(2, self.zookeeper())
        first = self.guard_of(leader)
        os.kill(first, signal.SIGKILL)
        second = wait_for("another guard", lambda: [pid for pid in guards_of(leader.child.pid) if pid != first])[0]
        self.log_says(leader, "Started another guard")
        self.assertTrue(leader.leads())
        leader.kill()
        self.another_leads(others)
        wait_for("the guard ends", lambda: not runs(second))

    def test_signals_that_end_a_master_do_not_end_its_guard(self):
        leader, others = self.cluster_of(2, self.zookeeper())
        guard = self.guard_of(leader)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(guard, number)
        leader.kill()
        self.another_leads(others)
        self.log_says(leader, "lockguard - ended the session of the dead master")

    def test_killed_together_they_cost_the_sessions_timeout(self):
        server = self.zookeeper()
        leader, follower = self.cluster(zookeeper=server)
        guard = self.guard_of(leader)
        os.kill(guard, signal.SIGSTOP)
        os.kill(guard, signal.SIGKILL)
        leader.kill()
        wait_for("the other leads", follower.leads)
        self.submit(follower)
        self.assertNotIn("ended the session", (leader.folder / "log").read_text(encoding="utf-8"))

    def test_an_orderly_end_leaves_no_guard(self):
        leader, others = self.cluster_of(2, self.zookeeper())
        guards = [self.guard_of(master) for master in self.masters]
        for master in (leader, *others):
            master.signal(signal.SIGTERM)
        for master in (leader, *others):
            self.assertEqual(master.ended(), 0)
        for guard in guards:
            wait_for("the guard ends", lambda pid=guard: not runs(pid))
        self.assertNotIn("removed the master's place", (leader.folder / "log").read_text(encoding="utf-8"))

    def test_type_local_a_stopped_leader_is_killed(self):
        leader, others = self.cluster_of(2, None)
        self.submit(leader)
        leader.freeze()
        self.another_leads(others)
        self.assertEqual(leader.ended(), -signal.SIGKILL)
        self.log_says(leader, "lockguard - the master has not turned")

    def test_pid_1_of_a_namespace_guards_the_master_that_it_starts(self):
        server = self.zookeeper()
        self.master(server, start=False)
        boxed = self.masters[0]
        boxed.settings["high-availability.zookeeper.client.session-timeout"] = SESSION
        boxed.start(NAMESPACE)
        wait_for("it leads", boxed.leads)
        other = self.master(server)
        wait_for("it follows", other.follows)
        init = int(subprocess.run(["pgrep", "-P", str(boxed.child.pid)], capture_output=True, text=True,
                                  check=True).stdout)
        self.assertEqual(pathlib.Path(f"/proc/{init}/comm").read_text().strip(), "lockguard")
        master = int(subprocess.run(["pgrep", "-P", str(init)], capture_output=True, text=True, check=True).stdout)
        os.kill(master, signal.SIGKILL)
        self.another_leads([other])
        self.assertEqual(boxed.ended(), 128 + signal.SIGKILL)
        boxed.start(NAMESPACE)
        wait_for("it follows", boxed.follows)
        init = int(subprocess.run(["pgrep", "-P", str(boxed.child.pid)], capture_output=True, text=True,
                                  check=True).stdout)
        os.rename(boxed.folder / "log", boxed.folder / "log.1")
        os.kill(init, signal.SIGHUP)
        wait_for("a new log", (boxed.folder / "log").exists)
        self.log_says(boxed, "RECEIVED SIGNAL 1: SIGHUP. The log is opened anew.")
        os.kill(init, signal.SIGTERM)
        self.assertEqual(boxed.ended(), 0, "TERM is passed on, and the master's exit code is that of the container")


if __name__ == "__main__":
    unittest.main()
