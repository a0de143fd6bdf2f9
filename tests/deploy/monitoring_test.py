"""Alarms and dashboard: every metric that they name is on docs/metrics.md, whose own test asks running masters."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

SOURCE = pathlib.Path(os.environ["STELLWERK_SOURCE"])
MONITORING = SOURCE / "deploy"
SECONDS_MAX = 60
METRIC = re.compile(r"\b(?:stellwerk|flink|process)_\w+")


def documented():
    """Name -> (type, labels) of docs/metrics.md, a histogram under all its names."""
    found = {}
    for line in (SOURCE / "docs/metrics.md").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\| `(\w+)` \| (gauge|counter|histogram) \| ([^|]*)\|", line):
            name, kind, labels = match[1], match[2], set(re.findall(r"`(\w+)`", match[3]))
            for suffix in ("_bucket", "_sum", "_count") if kind == "histogram" else ("",):
                found[name + suffix] = (kind, labels)
    return found


def rules():
    return yaml.safe_load((MONITORING / "prometheus/stellwerk.rules.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]


class MonitoringTest(unittest.TestCase):

    def known(self, expression):
        names = set(METRIC.findall(expression))
        self.assertLessEqual(names, documented().keys(), expression)
        return names

    def test_alarms_use_what_is_there_and_are_explained(self):
        text, handbook = ((SOURCE / f"docs/{name}.md").read_text(encoding="utf-8") for name in ("metrics", "failures"))
        for rule in rules():
            self.assertTrue(self.known(rule["expr"]) or "up{" in rule["expr"], rule)
            self.assertIn(f"| `{rule['alert']}` |", text)
            self.assertIn(f"`{rule['alert']}`", handbook)
        self.assertEqual(set(re.findall(r"\| `(Stellwerk\w+)` \|", text)), {rule["alert"] for rule in rules()})

    def test_the_dashboard_uses_what_is_there(self):
        dashboard = json.loads((MONITORING / "grafana/stellwerk.json").read_text(encoding="utf-8"))
        ids = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        for panel in dashboard["panels"]:
            self.assertLessEqual(panel["gridPos"]["x"] + panel["gridPos"]["w"], 24)
            for target in panel.get("targets", []):
                self.assertTrue(self.known(target["expr"]), panel["title"])
                for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
                    labels = set().union(*(documented()[name][1] for name in METRIC.findall(target["expr"])))
                    self.assertIn(label, labels | {"instance"}, panel["title"])

    @unittest.skipUnless(shutil.which("promtool"), "needs promtool, of Debian's prometheus")
    def test_promtool_takes_the_questions_of_the_dashboard(self):
        dashboard = json.loads((MONITORING / "grafana/stellwerk.json").read_text(encoding="utf-8"))
        asked = [target["expr"].replace("$__rate_interval", "1m").replace("$cluster", "default")
                 for panel in dashboard["panels"] for target in panel.get("targets", [])]
        self.assertFalse([each for each in asked if "$" in each], "variables that Grafana would fill in")
        with tempfile.NamedTemporaryFile("w", suffix=".yml", encoding="utf-8") as file:
            yaml.safe_dump({"groups": [{"name": "dashboard", "rules": [
                {"record": f"panel:{number}", "expr": each} for number, each in enumerate(asked)]}]}, file)
            file.flush()
            done = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True,
                                  timeout=SECONDS_MAX, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @unittest.skipUnless(shutil.which("promtool"), "needs promtool, of Debian's prometheus")
    def test_promtool_takes_the_rules(self):
        for words in (("check", "rules", "stellwerk.rules.yml"), ("check", "config", "prometheus.yml"),
                      ("test", "rules", "stellwerk.rules.test.yml")):
            done = subprocess.run(["promtool", *words], cwd=MONITORING / "prometheus", capture_output=True, text=True,
                                  timeout=SECONDS_MAX, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
