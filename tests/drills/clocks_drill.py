"""Workers whose wall clocks are hours off, in both directions: nothing that anybody is told is."""

import os
import time

from checkpoints_drill import CountingDrill
from processes import wait_for

HOURS = 5


def now_ms():
    return int(time.time() * 1000)


class ClocksDrill(CountingDrill):

    def off_by(self, hours, **more):
        """A worker, with its tasks."""
        worker = self.worker(start=False, taskmanager__numberOfTaskSlots=1, **more)
        # Built with AddressSanitizer a program wants nothing to be loaded before that.
        sanitizer = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
        worker.start(inside=("env", f"LD_PRELOAD={os.environ['STELLWERK_SHIFTED_CLOCK']}",
                             f"SHIFTED_CLOCK_SECONDS={hours * 3600}", f"ASAN_OPTIONS={sanitizer}"))
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
