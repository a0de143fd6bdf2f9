"""The archive: how it is made of a build, and what stands in it."""

import os
import pathlib
import re
import subprocess
import tarfile

MAKING_SECONDS_MAX = 240
GLIBC = re.compile(r"(ld-linux.*|libc|libm|libdl|librt|libpthread|libresolv|libutil)\.so\.\d+")


def make(folder, environment=None):
    """Packs the build that the environment names; where the archive is."""
    done = subprocess.run(
        [os.environ["STELLWERK_CPACK"], "--config", f"{os.environ['STELLWERK_BUILD']}/CPackConfig.cmake", "-B", str(folder)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=MAKING_SECONDS_MAX, check=False,
        env={**os.environ, **(environment or {})})
    assert done.returncode == 0, done.stdout + done.stderr
    archives = list(pathlib.Path(folder).glob("stellwerk-*.tgz"))
    assert len(archives) == 1, archives
    return archives[0]


class Program:
    """A program or library: what it needs of others."""

    def __init__(self, path):
        said = subprocess.run(["objdump", "-p", "-h", str(path)], capture_output=True, text=True, check=True).stdout
        self.needed = re.findall(r"^\s+NEEDED\s+(\S+)", said, re.M)
        self.run_path = re.findall(r"^\s+R(?:UN)?PATH\s+(\S*)", said, re.M)
        self.sections = re.findall(r"^\s+\d+ (\S+)", said, re.M)
        versions = re.findall(r"\bGLIBC_(\d+)\.(\d+)", said.partition("Version References:")[2])
        self.glibc = max(((int(major), int(minor)) for major, minor in versions), default=(0, 0))

    @property
    def has_debug(self):
        return any(section.startswith(".debug") for section in self.sections)


class Archive:
    """An archive that was unpacked."""

    def __init__(self, path, folder):
        with tarfile.open(path) as opened:
            self.members = opened.getmembers()
            opened.extractall(folder)
        self.top = self.members[0].name
        self.tree = pathlib.Path(folder) / self.top

    def files(self):
        return [path for path in sorted(self.tree.rglob("*")) if path.is_file() and not path.is_symlink()]

    def names(self):
        return {member.name.partition("/")[2] for member in self.members}

    def programs(self):
        """Name in the tree -> Program."""
        found = {}
        for path in self.files():
            with open(path, "rb") as opened:
                if opened.read(4) == b"\x7fELF":
                    found[str(path.relative_to(self.tree))] = Program(path)
        return found


def links(text):
    """What a document refers to in its own tree."""
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.S)):
        path = target.split("#")[0]
        if path and "://" not in target and not target.startswith("mailto:"):
            yield path
