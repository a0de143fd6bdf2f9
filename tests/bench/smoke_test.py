"""That the benchmarks run: a master of type local, asked and given jobs for a moment. No time is judged."""

import contextlib
import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts" / "bench"))
import cli_figures  # noqa: E402
import cluster  # noqa: E402
import compare  # noqa: E402
import plot  # noqa: E402
import report  # noqa: E402
import run  # noqa: E402
import soak_report  # noqa: E402
import worker_figures  # noqa: E402
import workers  # noqa: E402

LATENCIES = {"count", "min", "median", "p90", "p99", "p999", "max", "mean"}


class Smoke(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def load(self, master, *arguments):
        found = cluster.tool("bench_load", "--port", master.port, "--warmup", 0, *arguments)
        self.assertEqual(set(found), {"requests", "seconds", "per_second", "unsent", "statuses", "latency_ms"})
        self.assertEqual(set(found["latency_ms"]), LATENCIES)
        self.assertEqual(found["requests"], sum(found["statuses"].values()))
        return found

    def test_load_and_what_a_master_says(self):
        with contextlib.closing(cluster.Cluster(self.folder, None, masters=1)) as one:
            master = one.leader()
            self.assertEqual(set(self.load(master, "--seconds", 0.2, "--connections", 4)["statuses"]), {"200"})
            self.assertEqual(set(self.load(master, "--seconds", 0.2, "--rate", 100)["statuses"]), {"200"})
            one.fill(20)
            self.assertEqual(len(master.json("/jobs")["jobs"]), 20)
            resident, own = master.process.memory_mb()
            self.assertGreater(resident, own)
            self.assertGreaterEqual(master.process.cpu_seconds(), 0)
            self.assertIsNotNone(master.metric("stellwerk_loop_turn_longest_seconds"))

    def test_limits(self):
        found = cluster.tool("bench_limits", "--storage", self.folder, "--count", 3)
        self.assertEqual({key: value["count"] for key, value in found.items()},
                         {"put_ms": 3, "zookeeper_ms": 0, "both_ms": 0})
        self.assertEqual(set(found["put_ms"]), LATENCIES)

    def test_tasks(self):
        found = cluster.tool("bench_tasks", "--folder", self.folder, "--count", 20)
        self.assertGreater(found.pop("longest_turn_ms"), 0)
        self.assertEqual({key: value["count"] for key, value in found.items()},
                         {"start_alone_ms": 2, "start_beside_ms": 2, "end_ms": 20})

    def test_growth_is_drawn(self):
        figure = {"min": 1, "median": 2.5, "max": 0.9e4, "p99": 3, "runs": 3, "unit": "ms", "target": None}
        figures = {f"kill -9, next leader at {size} jobs": figure for size in ("10", "1,000", "100,000")}
        figures["kill -9, first job durable at 10 jobs"] = {"failed": "nobody leads"}
        self.assertEqual(plot.draw({"figures": figures}, self.folder), ["growth-takeover"])
        drawn = xml.etree.ElementTree.parse(self.folder / "growth-takeover.svg").getroot()
        line = drawn.find("{http://www.w3.org/2000/svg}polyline").get("points").split()
        self.assertEqual(len(line), 3)
        self.assertEqual(plot.draw({"figures": {}}, self.folder), [])

    def test_tables_are_renewed_by_group(self):
        page = "a\n<!-- figures: one two -->\nold\n<!-- end of figures -->\nb\n<!-- figures: three -->\nkept\n<!-- end of figures -->\n"
        machine = {"time": "2026-11-23T07:00:00Z", "stellwerk": "Commit ID: 0abc", "processor": "p", "cores": 2, "kernel": "k",
                   "storage": "s", "tick-ms": 2000, "load-before": 0.5, "load-after": 1}
        figure = {"min": 1, "median": 2, "p99": 3, "max": 3, "unit": "ms", "runs": 3, "target": "<= 5"}
        results = [{"machine": machine, "figures": {f"figure {group}": figure | {"group": group} for group in ("two", "one")}}]
        renewed, missing = report.fill(page, report.by_group(results))
        self.assertEqual(missing, ["three"])
        self.assertIn("| figure one | 1.00 | 2.00 | 3.00 | 3.00 | ms | 3 | ≤ 5 |\n| figure two |", renewed)
        self.assertIn("2026-11-23, commit 0abc", renewed)
        self.assertNotIn("old", renewed)
        self.assertIn("kept", renewed)
        self.assertEqual(report.fill(renewed, report.by_group(results))[0], renewed)

    def test_what_long_drills_showed(self):
        history = {key: 7 for key, _ in soak_report.COUNTED} | {"violations": 0}
        rounds = [{"fault": "kill-leader", "leads-ms": 5.0 + number, "first-write-ms": None, "client-ms": 9.5, "worker-back-ms": 12.0}
                  for number in range(3)]
        sound = {"arguments": ["mixed"], "exit_code": 0, "seconds": 9.0, "rounds": [],
                 "story": {"sound": True, "seed": 5, "rounds": rounds, "history": history}}
        mute = {"arguments": ["kill-all"], "exit_code": 1, "seconds": 9.0, "rounds": [], "story": None}
        page = soak_report.render({"cores": 2}, [sound, mute], None)
        self.assertIn("| `mixed` | 3 | 6.0 / 7.0 / 7.0 |  | 9.5 / 9.5 / 9.5 | 12.0 / 12.0 / 12.0 |", page)
        self.assertIn("Ended without a word: kill-all.", page)
        self.assertFalse(soak_report.sound(mute))
        self.assertEqual(soak_report.in_words(sound), "3 rounds in 9 s, 7 jobs, 0 violations")

    def test_workers_without_processes(self):
        with contextlib.closing(cluster.Cluster(self.folder, None, masters=1, host="127.0.0.1")) as one, \
                contextlib.closing(worker_figures.Crowd(one, 3, 2)) as crowd:
            self.assertEqual(crowd.heard["workers"], 3)
            workers.submit(one.leader(), workers.job(["x"], 6))
            workers.until("6 tasks", lambda: worker_figures.running_tasks(one.leader()) == 6)
            self.assertGreater(worker_figures.stored(one), 0)

    def test_a_failure_is_said(self):
        with self.assertRaisesRegex(cluster.Failure, "connecting to port 1"):
            cluster.tool("bench_load", "--port", 1)

    def test_commands(self):
        with contextlib.closing(cluster.Cluster(self.folder, None, masters=1)) as one:
            for _, words in cli_figures.commands(one):
                took, spent = cli_figures.starts(words, 2)
                self.assertEqual((len(took), len(spent)), (2, 2), words)
        with self.assertRaisesRegex(cluster.Failure, "info nonsense: exit code 1"):
            cli_figures.starts(["info", "nonsense"], 1)

    def test_all_are_named(self):
        usage = (cluster.ROOT / "scripts/bench/run.sh").read_text(encoding="utf-8").partition("# NAME: ")[2].partition(";")[0]
        self.assertEqual(set(usage.replace("#", "").split()), set(run.ALL))

    def test_what_is_quoted(self):
        self.assertEqual(run.quoted([3, 1, 2]), {"min": 1, "median": 2, "p99": 3, "max": 3, "runs": 3})
        self.assertEqual(run.judged("<= 2", run.quoted([3, 1, 2])), "met")
        self.assertEqual(run.judged("max <= 2", run.quoted([3, 1, 2])), "MISSED")
        self.assertTrue(callable(compare.show))


if __name__ == "__main__":
    unittest.main()
