"""The Debian package of this build: what stands in it, and in which files it says so."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

MAKING_SECONDS_MAX = 240


def said(*words):
    return subprocess.run(words, capture_output=True, text=True, timeout=MAKING_SECONDS_MAX, check=True).stdout


class DebianTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="stellwerk-debian-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        said(os.environ["STELLWERK_CPACK"], "-G", "DEB", "--config", f"{os.environ['STELLWERK_BUILD']}/CPackConfig.cmake",
             "-B", str(cls.folder / "made"))
        cls.package = next((cls.folder / "made").glob("stellwerk_*.deb"))
        cls.tree = cls.folder / "tree"
        cls.control = cls.folder / "control"
        said("dpkg-deb", "--extract", str(cls.package), str(cls.tree))
        said("dpkg-deb", "--control", str(cls.package), str(cls.control))
        cls.contents = said("dpkg-deb", "--contents", str(cls.package))

    def test_its_files_belong_to_root_and_stand_where_debian_has_them(self):
        for line in self.contents.splitlines():
            self.assertEqual(line.split()[1], "root/root", line)
        for name in ("opt/stellwerk/bin/stellwerk", "opt/stellwerk/libexec/stellwerk-guard", "opt/stellwerk/bin/jobmanager.sh",
                     "lib/systemd/system/stellwerk-master.service", "lib/systemd/system/stellwerk-worker.service",
                     "etc/stellwerk/config.yaml", "opt/stellwerk/docs/operations.md", "usr/share/doc/stellwerk/copyright",
                     "usr/share/bash-completion/completions/stellwerk"):
            self.assertTrue((self.tree / name).is_file(), name)
        for name, target in (("usr/bin/stellwerk", "/opt/stellwerk/bin/stellwerk"), ("opt/stellwerk/conf", "/etc/stellwerk"),
                             ("opt/stellwerk/log", "/var/log/stellwerk")):
            self.assertEqual(os.readlink(self.tree / name), target)
        self.assertFalse((self.tree / "opt/stellwerk/lib").exists(), "the host's own libraries are used")

    def test_what_is_below_etc_is_configuration_that_an_upgrade_keeps(self):
        below = {f"/{path.relative_to(self.tree)}" for path in (self.tree / "etc").rglob("*") if path.is_file()}
        self.assertEqual(set((self.control / "conffiles").read_text(encoding="ascii").split()), below)

    def test_it_names_the_libraries_that_the_program_needs(self):
        field = said("dpkg-deb", "--field", str(self.package), "Depends")
        needed = said("objdump", "-p", str(self.tree / "opt/stellwerk/bin/stellwerk"))
        self.assertIn("libc6 (>= 2.36)", field)
        for library, package in (("libyaml-cpp", "libyaml-cpp0.7"), ("libspdlog", "libspdlog1.10"), ("libz.", "zlib1g")):
            self.assertIn(f"NEEDED               {library}", needed)
            self.assertIn(package, field)

    def test_its_scripts_are_scripts_and_start_nothing(self):
        for name in ("postinst", "prerm", "postrm"):
            path = self.control / name
            self.assertTrue(os.access(path, os.X_OK), name)
            said("sh", "-n", str(path))
            self.assertNotRegex(path.read_text(encoding="utf-8"), r"systemctl .*\b(start|enable)\b")

    def test_the_units_are_sound_and_leave_the_guards_alone(self):
        for name in ("master", "worker"):
            unit = self.tree / f"lib/systemd/system/stellwerk-{name}.service"
            text = unit.read_text(encoding="utf-8")
            # mixed would kill the guard with its daemon (docs/adr/0019-guards-and-systemd.md).
            self.assertRegex(text, r"(?m)^KillMode=(control-group|process)$")
            program = re.search(r"(?m)^ExecStart=.*exec (/opt/\S+) ", text)[1]
            self.assertTrue((self.tree / program.lstrip("/")).is_file(), program)
            if shutil.which("systemd-analyze"):
                # Where the program is not installed, that alone is told.
                done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True,
                                      timeout=MAKING_SECONDS_MAX, check=False)
                told = [line for line in done.stderr.splitlines() if "is not executable" not in line]
                self.assertEqual([line for line in told if f"stellwerk-{name}" in line], [])
        self.assertIn("\nDelegate=yes\n", text)


if __name__ == "__main__":
    unittest.main()
