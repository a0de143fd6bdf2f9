"""What is in the archive, and that the same build gives the same bytes."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import archive
from archive import Archive, GLIBC

SOURCE = pathlib.Path(os.environ["STELLWERK_SOURCE"])


class ArchiveTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        # In memory where there is some: this is about bytes, not about the disk.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        folder = tempfile.TemporaryDirectory(prefix="stellwerk-archive-", dir=memory)
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        made = os.environ.get("STELLWERK_ARCHIVE")  # one that was made elsewhere
        cls.path = pathlib.Path(made) if made else archive.make(cls.folder / "made")
        cls.archive = Archive(cls.path, cls.folder / "tree")
        cls.programs = cls.archive.programs()

    def test_what_is_in_the_archive(self):
        for check in (self._members, self._contents, self._programs, self._glibc, self._licenses, self._links, self._paths,
                      self._version):
            with self.subTest(check.__name__):
                check()

    def _members(self):
        names = [member.name for member in self.archive.members]
        self.assertEqual(self.path.name, self.archive.top + ".tgz")
        self.assertRegex(self.archive.top, r"^stellwerk-\d+\.\d+\.\d+-linux-\w+$")
        self.assertTrue(all(name == self.archive.top or name.startswith(self.archive.top + "/") for name in names))
        self.assertEqual(names, sorted(names, key=lambda name: name.split("/")))
        self.assertEqual({(m.uid, m.gid, m.uname, m.gname) for m in self.archive.members}, {(0, 0, "", "")})
        self.assertEqual(len({member.mtime for member in self.archive.members}), 1)
        for member in self.archive.members:
            if member.issym():
                self.assertNotIn("/", member.linkname, member.name)
            else:
                self.assertIn(oct(member.mode), ("0o755",) if member.isdir() else ("0o644", "0o755"), member.name)

    def _contents(self):
        names = self.archive.names()
        scripts = {f"bin/{path.name}" for path in (SOURCE / "scripts/cluster").glob("*.sh")}
        settings = {f"conf/{path.name}" for path in (SOURCE / "conf").iterdir()}
        self.assertLessEqual(
            scripts | settings | {"bin/stellwerk", "libexec/stellwerk-guard", "log", "LICENSE", "README.md",
                                  "CHANGELOG.md", "share/bash-completion/completions/stellwerk", "docs/operations.md", "examples/batch/job.yaml",
                                  "examples/control-channel/control-channel"}, names)
        self.assertEqual({name.partition("/")[0] for name in names},
                         {"", "bin", "conf", "deploy", "docs", "examples", "lib", "libexec", "licenses", "log", "share", "LICENSE", "README.md",
                          "README.zh-CN.md", "CHANGELOG.md", "CONTRIBUTING.md"})
        for name in ("bin/stellwerk", "bin/start-cluster.sh", "libexec/stellwerk-guard",
                     "examples/control-channel/control-channel"):
            self.assertTrue(os.access(self.archive.tree / name, os.X_OK), name)

    def _programs(self):
        """What they need is in lib/, or glibc, and the program says where; the guard needs nothing."""
        shipped = {path.name for path in (self.archive.tree / "lib").iterdir()}
        needed = set()
        for name, program in self.programs.items():
            needed |= set(program.needed)
            self.assertFalse([n for n in program.needed if n not in shipped and not GLIBC.fullmatch(n)], name)
            self.assertFalse(program.has_debug, name)
            # One of the old kind in the program counts for its libraries too; none of these has its own.
            self.assertEqual(program.run_path, ["$ORIGIN/../lib"] if name == "bin/stellwerk" else [], name)
        self.assertFalse([name for name in shipped if GLIBC.fullmatch(name)])
        self.assertEqual(self.programs["libexec/stellwerk-guard"].needed, [])
        real = {name for name in shipped if not (self.archive.tree / "lib" / name).is_symlink()}
        links = {os.readlink(self.archive.tree / "lib" / name) for name in shipped - real if name in needed}
        self.assertFalse(real - needed - links, "nothing needs these")

    def _glibc(self):
        """The documents name the oldest glibc that will do."""
        oldest = max(program.glibc for program in self.programs.values())
        text = (SOURCE / "docs/installation.md").read_text(encoding="utf-8")
        said = {(int(major), int(minor)) for major, minor in re.findall(r"glibc (\d+)\.(\d+) or later", text)}
        self.assertEqual(said, {oldest})

    def _licenses(self):
        """A text for each package of which something is in lib/."""
        texts = {path.stem for path in (self.archive.tree / "licenses").glob("*.txt")}
        versions = (self.archive.tree / "licenses/packages.txt").read_text(encoding="utf-8")
        for path in (self.archive.tree / "lib").iterdir():
            said = subprocess.run(["dpkg-query", "-S", f"*/{path.name}"], capture_output=True, text=True, check=True).stdout
            # A compiler for another processor may bring a library of the same name, of another package.
            named = {line.split(":")[0] for line in said.splitlines()} & texts
            self.assertTrue(named, f"{path.name} is of a package without a text: {said}")
            self.assertTrue(any(f" {package} " in versions for package in named), path.name)
        for text in (self.archive.tree / "licenses").glob("*.txt"):
            for name in re.findall(r"/usr/share/common-licenses/([A-Za-z]+-[\d.]*\d)", text.read_text(encoding="utf-8")):
                self.assertTrue((self.archive.tree / "licenses/common-licenses" / name).is_file(), f"{text.name}: {name}")

    def _links(self):
        for document in self.archive.tree.rglob("*.md"):
            for target in archive.links(document.read_text(encoding="utf-8")):
                self.assertTrue((document.parent / target).exists(), f"{document.name}: {target}")

    def _paths(self):
        """Nothing names where it was built. (A debug build's assertions do.)"""
        if os.environ.get("STELLWERK_ARCHIVE"):
            for path in self.archive.files():
                text = path.read_bytes()
                self.assertFalse(bytes(SOURCE) in text, path)
                self.assertFalse(path.parent.name != "lib" and b"../src/" in text, path)

    def _version(self):
        said = subprocess.run([self.archive.tree / "bin/stellwerk", "--version"], capture_output=True, text=True, check=True)
        self.assertIn(self.archive.top.split("-")[1], said.stdout)

    def test_the_same_build_gives_the_same_archive(self):
        before = os.umask(0o077)
        try:
            again = archive.make(self.folder / "again", {"TZ": "Asia/Tokyo", "LC_ALL": "C"})
        finally:
            os.umask(before)
        self.assertEqual(again.read_bytes(), self.path.read_bytes())


if __name__ == "__main__":
    unittest.main()
