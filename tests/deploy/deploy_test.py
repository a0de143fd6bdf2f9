"""Files for containers: their YAML, and that what they name is there."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import yaml

SOURCE = pathlib.Path(os.environ["STELLWERK_SOURCE"])
SECONDS_MAX = 60


def text(name):
    return (SOURCE / "deploy" / name).read_text(encoding="utf-8")


def paths():
    """The paths that masters answer."""
    document = yaml.safe_load((SOURCE / "docs/openapi.yaml").read_text(encoding="utf-8"))
    return set(document["paths"])


def check_configuration(case, files, environment=None):
    """What `stellwerk config --check` says about these: name in conf -> text. It must have nothing against them."""
    with tempfile.TemporaryDirectory(prefix="stellwerk-deploy-") as folder:
        for name, content in files.items():
            (pathlib.Path(folder) / name).write_text(content, encoding="utf-8")
        env = {key: value for key, value in os.environ.items() if key != "STELLWERK_PROPERTIES"}
        done = subprocess.run([os.environ["STELLWERK_PROGRAM"], "config", "--check", "--configDir", folder, "--host", "m1"],
                              env={**env, **(environment or {})}, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
        case.assertEqual(done.returncode, 0, done.stderr)
        told = [line for line in done.stdout.splitlines()
                if line.startswith("[") and "without authentication" not in line]
        case.assertEqual(told, [])


class ContainersTest(unittest.TestCase):

    def test_compose_starts_masters_that_have_each_others_names(self):
        document = yaml.safe_load(text("container/compose.yaml"))
        services = document["services"]
        masters = {name for name, service in services.items() if service.get("command") == "jobmanager"}
        self.assertEqual(len(masters), 2)
        for name, service in services.items():
            if service.get("image") != "stellwerk":
                continue
            self.assertEqual(service["hostname"], name)
            environment = service["environment"]
            self.assertEqual(set(environment["STELLWERK_MASTERS"].split()), {f"{master}:8081" for master in masters})
            check_configuration(self, {"config.yaml": ""}, {"STELLWERK_PROPERTIES": environment["FLINK_PROPERTIES"]})
            for volume in service.get("volumes", []):
                self.assertIn(volume.split(":")[0], document["volumes"])

    def test_the_image_has_the_entry_point_and_its_arguments(self):
        container = (SOURCE / "Containerfile").read_text(encoding="utf-8")
        program = re.search(r'^ENTRYPOINT \["/opt/stellwerk/bin/([^"]+)"\]$', container, re.M)[1]
        self.assertTrue(os.access(SOURCE / "scripts/cluster" / program, os.X_OK))

    def test_kubernetes_probes_and_ports_are_those_of_the_program(self):
        documents = {(each["kind"], each["metadata"]["name"]): each
                     for each in yaml.safe_load_all(text("kubernetes/stellwerk.yaml"))}
        files = documents["ConfigMap", "stellwerk"]["data"]
        check_configuration(self, files)
        known = paths()
        for kind, name in (("StatefulSet", "stellwerk-master"), ("StatefulSet", "stellwerk-worker")):
            pod = documents[kind, name]["spec"]["template"]
            self.assertGreaterEqual(pod["spec"]["terminationGracePeriodSeconds"], 20)
            container = pod["spec"]["containers"][0]
            ports = {port["name"] for port in container["ports"]}
            for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
                if probe not in container:
                    continue
                how = container[probe].get("httpGet") or container[probe]["tcpSocket"]
                self.assertIn(how["port"], ports)
                self.assertIn(how.get("path", "/livez"), known)
            for mount in container["volumeMounts"]:
                self.assertIn(mount["name"], {volume["name"] for volume in pod["spec"]["volumes"]})
            self.assertIn(("Service", documents[kind, name]["spec"]["serviceName"]), documents)
        replicas = documents["StatefulSet", "stellwerk-master"]["spec"]["replicas"]
        self.assertEqual(files["masters"].split(),
                         [f"stellwerk-master-{number}.stellwerk-masters:8081" for number in range(replicas)])


if __name__ == "__main__":
    unittest.main()
