"""Wall clocks that are hours off, or jump, in both directions: nothing that anybody is told of a worker's is, and no
master's decides over anything but what is shown."""

import itertools
import os
import signal
import time

from checkpoints_drill import CountingDrill
from processes import wait_for

HOURS = 5


def now_ms():
    return int(time.time() * 1000)


def shifted(how):
    """What runs a program, and all that it starts, by another clock."""
    # Built with AddressSanitizer a program wants nothing to be loaded before that.
    sanitizer = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
    return ("env", f"LD_PRELOAD={os.environ['STELLWERK_SHIFTED_CLOCK']}", how, f"ASAN_OPTIONS={sanitizer}")


class ClocksDrill(CountingDrill):

    def off_by(self, hours, **more):
        """A worker, with its tasks."""
        worker = self.worker(start=False, taskmanager__numberOfTaskSlots=1, **more)
        worker.start(inside=shifted(f"SHIFTED_CLOCK_SECONDS={hours * 3600}"))
        return worker

    def assert_now(self, since, shown):
        """Times between `since` and now; 0 and -1 are none."""
        until = now_ms()
        for name, value in shown.items():
            self.assertTrue(value in (0, -1) or since <= value <= until, f"{name}: {since} <= {value} <= {until}")

    def assert_passed(self, since, shown):
        for name, value in shown.items():
            self.assertTrue(-1 <= value <= now_ms() - since, f"{name}: {value}")

    def look(self, master, job, since):
        """At all that is shown of times; when its tasks began to run."""
        subtasks = self.subtasks(master, job)
        for each in subtasks:
            self.assertEqual((each["status"], each["attempt"]), ("RUNNING", 0))
            self.assertGreater(each["start_time"], 0)
            self.assert_now(since, {key: each[key] for key in ("start_time", "end-time")})
            self.assert_passed(since, {"duration": each["duration"], **each["status-duration"]})
            self.assertGreater(each["status-duration"]["RUNNING"], 0)
        newest = self.checkpoints(master, job)["latest"]["completed"]["id"]
        details = master.ask(f"/jobs/{job}/checkpoints/details/{newest}").json()
        vertex, = details["tasks"]
        acknowledged = master.ask(f"/jobs/{job}/checkpoints/details/{newest}/subtasks/{vertex}").json()["subtasks"]
        for each in [details, *acknowledged]:
            self.assertGreater(each.get("ack_timestamp", each.get("latest_ack_timestamp")), 0)
            self.assert_now(since, {key: value for key, value in each.items() if key.endswith("_timestamp")})
            self.assert_passed(since, {"end_to_end_duration": each["end_to_end_duration"]})
        return [each["status-duration"]["RUNNING"] for each in subtasks]

    def test_workers_whose_clocks_are_hours_off_disturb_nothing(self):
        since = now_ms() - 1
        leader, _ = self.cluster(2)
        workers = [self.off_by(HOURS), self.off_by(-HOURS)]
        self.registered(leader, workers)
        job = self.counting(leader, "200 ms")
        self.completed(leader, job, 3)
        before = self.look(leader, job, since)
        leader.kill()
        heir = self.leader([master for master in self.masters if master is not leader])
        self.registered(heir, workers)
        self.completed(heir, job, self.checkpoints(heir, job)["counts"]["completed"] + 2)
        for earlier, later in zip(before, self.look(heir, job, since)):
            self.assertGreaterEqual(later, earlier, "they have run all the time")
        shown = self.checkpoints(heir, job)["counts"]
        self.assertEqual((shown["failed"], shown["restored"]), (0, 0))
        for worker in heir.workers().values():
            self.assert_now(since, {key: worker[key] for key in ("registered", "timeSinceLastHeartbeat")})
        self.assertEqual(heir.ask(f"/jobs/{job}?mode=cancel", "PATCH").code, 202)
        self.becomes(heir, job, "CANCELED")
        ended = heir.ask(f"/jobs/{job}").json()
        self.assert_now(since, {key: ended[key] for key in ("start-time", "end-time")} | ended["timestamps"])
        self.assert_passed(since, {"duration": ended["duration"]})


LOOK_SECONDS = 2
QUICK = {"heartbeat__interval": "300 ms", "heartbeat__timeout": "3 s", "taskmanager__reconnect__timeout": "2 s",
         "resourcemanager__at_most_one__lease": "6 s"}
FORGET_EVERY_SECONDS = 60  # how often a leader looks for what is old


class JumpingDrill(CountingDrill):

    def setUp(self):
        super().setUp()
        self.leader_now = None
        self.workers = []

    def jump(self, daemon, hours):
        """The clock of this daemon alone; the file is replaced, as it is read at any moment."""
        new = daemon.folder / "clock.new"
        new.write_text(str(hours * 3600), encoding="ascii")
        new.replace(daemon.folder / "clock")

    def begin(self, daemon):
        daemon.start(inside=shifted(f"SHIFTED_CLOCK_FILE={daemon.folder / 'clock'}"))
        return daemon

    def started(self):
        """Three masters and two workers; who leads."""
        server = self.zookeeper()
        for _ in range(3):
            self.jump(self.master(server, start=False, **QUICK), 0)
        for master in self.masters:
            self.begin(master)
        self.workers = [self.worker(start=False, taskmanager__numberOfTaskSlots=10) for _ in range(2)]
        for worker in self.workers:
            self.jump(worker, 0)
            self.begin(worker)
        leader, _ = self.settled()
        self.registered(leader, self.workers)
        return leader

    def service(self, master, strategy, **more):
        """A job of one task that runs for ever; its id."""
        job = self.run_job(master, {"name": "service", "restart-strategy": strategy, **more,
                                    "vertices": [{"name": "work", "command": ["sleep", "3600"]}]})
        self.attempt(master, job, 0)
        return job

    def attempt(self, master, job, number):
        """Waits until that attempt runs; its pid."""
        def look():
            shown = self.subtasks(master, job)[0]
            return shown["pid"] if (shown["status"], shown["attempt"]) == ("RUNNING", number) else None
        return wait_for(f"attempt {number} of {job} runs", look)

    def undisturbed(self, leader, counting, services):
        """For a while all goes on at its pace: no checkpoint is late or too many, nobody leaves, nothing begins again."""
        before = self.checkpoints(leader, counting)["counts"]
        pids = [self.subtasks(leader, job)[0]["pid"] for job in services]
        epoch = leader.status()["epoch"]
        time.sleep(LOOK_SECONDS)
        after = self.checkpoints(leader, counting)["counts"]
        taken = after["completed"] - before["completed"]
        self.assertTrue(2 <= taken <= 5 * LOOK_SECONDS + 1, f"{taken} checkpoints in {LOOK_SECONDS} s, one each 200 ms")
        self.assertEqual((after["failed"], after["restored"]), (before["failed"], before["restored"]))
        self.assertEqual([self.subtasks(leader, job)[0]["pid"] for job in services], pids)
        self.assertEqual(leader.status()["epoch"], epoch)
        self.assertFalse(any(each["away"] for each in leader.workers().values()))
        self.assertEqual(leader.ask("/jobs", "POST", {"name": "quick", "vertices": [
            {"name": "only", "command": ["true"]}]}).code, 202, "under an id that the master makes by its clock")


class ClockJumpsDrill(JumpingDrill):

    def test_clocks_that_jump_disturb_nothing(self):
        leader = self.started()
        services = [self.service(leader, {"type": "none"}, **more) for more in ({}, {"at-most-one": True})]
        counting = self.counting(leader, "200 ms")
        self.completed(leader, counting, 3)
        followers = [master for master in self.masters if master is not leader]
        for daemons, hours in (((leader,), HOURS), ((leader,), -HOURS), (followers, HOURS), (followers, -HOURS),
                               (self.workers, HOURS), (self.workers, -HOURS), ((leader, *self.workers), 2 * HOURS)):
            for daemon in daemons:
                self.jump(daemon, hours)
            self.undisturbed(leader, counting, services)
        # The next leader's clock is hours behind that one.
        pids = [self.subtasks(leader, job)[0]["pid"] for job in services]
        leader.kill()
        heir = self.leader(followers)
        self.registered(heir, self.workers)
        self.completed(heir, counting, self.checkpoints(heir, counting)["counts"]["completed"] + 1)
        self.undisturbed(heir, counting, services)
        self.assertEqual([self.subtasks(heir, job)[0]["pid"] for job in services], pids)

    def test_a_clock_that_jumps_fails_no_job(self):
        leader = self.started()
        interval = 2
        job = self.service(leader, {"type": "failure-rate", "max-failures-per-interval": 1,
                                    "failure-rate-interval": f"{interval} s", "delay": "500 ms"})
        for number, hours in zip(itertools.count(), (0, HOURS, -HOURS, 0, -2 * HOURS)):
            pid = self.attempt(leader, job, number)
            time.sleep(interval)  # the failure before is out of the interval
            self.jump(leader, hours)
            os.kill(pid, signal.SIGKILL)
            killed = time.monotonic()
            self.attempt(leader, job, number + 1)
            self.assertGreaterEqual(time.monotonic() - killed, 0.5, "its delay is measured, not told")


class ClockJumpsSoakDrill(JumpingDrill):

    def test_a_jump_that_is_taken_back_forgets_nothing(self):
        leader = self.started()
        job = self.run_job(leader, {"name": "old", "vertices": [{"name": "only", "command": ["true"]}]})
        self.becomes(leader, job, "FINISHED")
        for hours in (HOURS, 100 * HOURS):
            for master in self.masters:
                self.jump(master, hours)
            time.sleep(FORGET_EVERY_SECONDS + 5)
            self.becomes(leader, job, "FINISHED")
            for master in self.masters:
                self.jump(master, 0)
            self.becomes(leader, job, "FINISHED")
