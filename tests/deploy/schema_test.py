"""docs/job.schema.json against the program's own reader, which `stellwerk info FILE` asks without any master.

For each field values of each type, at its bounds and beyond: what the reader takes the schema must take; what the schema
refuses the reader must refuse. Where only the reader refuses, the field is named here with the reason.
"""

import copy
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import yaml
import jsonschema

SOURCE = pathlib.Path(os.environ["STELLWERK_SOURCE"])
SCHEMA = json.loads((SOURCE / "docs/job.schema.json").read_text(encoding="utf-8"))
SECONDS_MAX = 60
FULL = {
    "name": "full", "jobId": "ab" * 16, "at-most-one": True,
    "vertices": [
        {"name": "a", "command": ["sh", "-c", "true"], "env": {"A": "b"}, "parallelism": 2, "ports": ["in"], "labels": ["gpu"],
         "limits": {"memory": "512 MiB", "cpus": 1.5, "processes": 20, "open-files": 100, "file-size": "1g", "core-size": 0}},
        {"name": "b", "command": ["true"], "inputs": [{"from": "a", "exchange": "blocking", "output": "durable"}]}],
    "restart-strategy": {"type": "exponential-delay", "initial-backoff": "1 s", "max-backoff": "1 min", "backoff-multiplier": 2,
                         "reset-backoff-threshold": "1 h", "jitter-factor": 0.1, "attempts-before-reset-backoff": 5},
    "checkpointing": {"interval": "10 s", "timeout": "10 min", "min-pause": 0, "num-retained": 3},
    "artifact": {"sha256": "0" * 64, "size": 10, "name": "a.tgz", "kind": "bundle"}}
OTHERS = [{"type": "fixed-delay", "attempts": 3, "delay": "1 s"}, {"type": "none"},
          {"type": "failure-rate", "max-failures-per-interval": 2, "failure-rate-interval": "1 min", "delay": 5}]
# What no schema says: the value depends on other fields, or on how much time a text means.
BY_THE_READER = re.compile(r"/(from|exchange|initial-backoff|max-backoff|name)$|duration|/command/0$")
VALUES = [None, True, "", "text", " blank", "a/b", "10 s", "1 fortnight", "-1 s", "5 kib", 0, 1, 9, 10, -1, 0.5, 1.25, 15, 16, 1000, 1001,
          1048575, 1048576, 2 ** 31, 32768, 32769, 4194305, 67108865, "none", "fixed-delay", "pipelined", "jar", "x" * 200, "x" * 300,
          [], ["x"], ["x", 1], [""], {}, {"x": "y"}, {"STELLWERK_X": "y"}, {"1x": "y"}]


def places(value, path=()):
    """Of all values in it."""
    yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from places(member, (*path, key))


def changed(spec, path, change):
    spec = copy.deepcopy(spec)
    parent = spec
    for key in path[:-1]:
        parent = parent[key]
    change(parent, path[-1])
    return spec


class SchemaTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="stellwerk-schema-")
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "job.json"
        (pathlib.Path(folder.name) / "config.yaml").write_text("", encoding="utf-8")
        self.validator = jsonschema.Draft7Validator(SCHEMA)

    def reader(self, spec):
        """Whether the program takes it, and what it says."""
        self.file.write_text(json.dumps(spec), encoding="utf-8")
        done = subprocess.run([os.environ["STELLWERK_PROGRAM"], "info", "--json", "--configDir", str(self.file.parent), str(self.file)],
                              capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
        return done.returncode == 0, done.stderr

    def compare(self, spec, place, strict=True):
        taken, said = self.reader(spec)
        fits = self.validator.is_valid(spec)
        if taken or (strict and not BY_THE_READER.search(place)):
            self.assertEqual(fits, taken, f"{place}: {json.dumps(spec)[:2000]}: {said}")

    def test_the_schema_itself_is_one(self):
        jsonschema.Draft7Validator.check_schema(SCHEMA)

    def test_what_is_complete_and_what_is_shipped_fits(self):
        for strategy in [FULL["restart-strategy"], *OTHERS, "none", "fixed-delay"]:
            spec = {**FULL, "restart-strategy": strategy}
            self.assertTrue(self.validator.is_valid(spec), strategy)
            self.assertTrue(self.reader(spec)[0], self.reader(spec)[1])
        for path in (SOURCE / "examples").glob("*/job.yaml"):
            self.validator.validate(yaml.safe_load(path.read_text(encoding="utf-8")))

    def test_missing_and_unknown_fields(self):
        for strategy in [FULL["restart-strategy"], *OTHERS]:
            full = {**FULL, "restart-strategy": strategy}
            for path in places(full):
                if path and isinstance(path[-1], str):
                    self.compare(changed(full, path, lambda parent, key: parent.pop(key)), "/".join(map(str, ("", *path))))
                    # A field of another place, which nobody knows here; env knows all.
                    if "env" not in path:
                        self.compare(changed(full, path, lambda parent, key: parent.update({"unheard-of": 1})), "unknown field")

    def test_values_of_each_type_at_the_bounds_and_beyond(self):
        for strategy in [FULL["restart-strategy"], *OTHERS[:1], *OTHERS[2:]]:
            full = {**FULL, "restart-strategy": strategy}
            for path in places(full):
                if not path or (strategy is not FULL["restart-strategy"] and path[0] != "restart-strategy"):
                    continue
                place = "/".join(map(str, ("", *path)))
                for value in VALUES:
                    def put(parent, key, value=value):
                        parent[key] = value
                    self.compare(changed(full, path, put), place, strict=not isinstance(value, str))


if __name__ == "__main__":
    unittest.main()
