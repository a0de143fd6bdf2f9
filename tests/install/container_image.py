"""The image of the Containerfile, built by buildah without a daemon, and containers of it."""

import json
import os
import pathlib
import shutil
import signal
import subprocess

from bare_root import only_child
from processes import Master, wait_for

SOURCE = pathlib.Path(os.environ["STELLWERK_SOURCE"])
BASES = ("docker.io/library/debian:12", "docker.io/library/debian:12-slim")  # what the Containerfile begins with
IMAGE = "stellwerk"
BUILD_SECONDS_MAX = 3000  # it compiles everything
COMMAND_SECONDS_MAX = 300
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# No registry is asked: a Debian of our own stands in for theirs.
MAKE_BASE = """
set -eu
. "$1/scripts/lib/root.sh"
make_root "$2"
tar --create --one-file-system --directory="$2" --exclude=./proc/* --exclude=./sys/* --exclude=./dev/* . | tar --extract --directory="$3"
point_apt "$3"
"""
# The mounts that a runtime makes for a container: a volume, and devices.
ENTER = 'mount --make-rprivate / && mount --bind "$1" "$2/ha" && mount --rbind /dev "$2/dev" && shift 2 && exec "$@"'


class Image:
    """Built in a folder that holds all of it, and goes with it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.config = {}

    def buildah(self, *words, limit=COMMAND_SECONDS_MAX):
        done = subprocess.run(["buildah", "--root", f"{self.folder}/storage", "--runroot", f"{self.folder}/run", *words],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit, check=False)
        assert done.returncode == 0, f"buildah {' '.join(words)}:\n{done.stdout[-8000:]}\n{done.stderr[-4000:]}"
        return done.stdout.strip()

    def make(self):
        self._make_base()
        sources = self.folder / "sources"
        self._copy_sources(sources)
        # What was compiled here before is taken from there; a runtime would begin with nothing.
        cache = subprocess.run(["ccache", "--get-config", "cache_dir"], capture_output=True, text=True, check=False).stdout.strip()
        volume = ["--volume", f"{cache}:/root/.cache/ccache"] if cache and os.path.isdir(cache) else []
        self.buildah("build", "--isolation", "chroot", "--pull-never", *volume, "--tag", IMAGE, "--file", f"{sources}/Containerfile",
                     str(sources), limit=BUILD_SECONDS_MAX)
        self.config = json.loads(self.buildah("inspect", "--type", "image", IMAGE))["OCIv1"]["config"]

    def _make_base(self):
        container = self.buildah("from", "scratch")
        done = subprocess.run(["bash", "-c", MAKE_BASE, "bash", str(SOURCE), os.environ["STELLWERK_BARE_ROOT"],
                               self.buildah("mount", container)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=BUILD_SECONDS_MAX, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        self.buildah("commit", container, BASES[0])
        self.buildah("tag", *BASES)
        self.buildah("rm", container)

    def _copy_sources(self, folder):
        """As a clone has them: nothing that was built, and what git knows of them."""
        if (SOURCE / ".git").exists():
            subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"file://{SOURCE}", str(folder)], check=True,
                           timeout=COMMAND_SECONDS_MAX)
        else:
            shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("build*", "dist"))

    def container(self, folder, volume, environment):
        return Container(self, folder, volume, environment)

    def remove(self):
        self.buildah("rm", "--all")
        self.buildah("rmi", "--all", "--force")
        shutil.rmtree(self.folder)


class Container(Master):
    """What a runtime makes of the image: its files, user and variables, and processes of its own. The network is the host's."""

    def __init__(self, image, folder, volume, environment):
        super().__init__(folder, {})
        self.image = image
        self.volume = volume
        self.environment = environment
        self.name = image.buildah("from", "--pull-never", IMAGE)
        self.root = image.buildah("mount", self.name)

    def begin(self, *arguments):
        """Its entry point with these arguments."""
        config = self.image.config
        user, _, group = config["User"].partition(":")
        variables = dict(each.split("=", 1) for each in config["Env"]) | self.environment
        self.run(["unshare", "--mount", "bash", "-c", ENTER, "bash", str(self.volume), self.root,
                  "unshare", "--pid", "--fork", "--kill-child", f"--root={self.root}", "--mount-proc", f"--setuid={user}",
                  f"--setgid={group}", f"--wd={config['WorkingDir']}", "env", "-i",
                  *(f"{name}={value}" for name, value in variables.items()),
                  *config["Entrypoint"], *(arguments or config["Cmd"])], {"PATH": PATH})

    def first(self):
        """Its pid 1, outside of it."""
        return only_child(self.child.pid)

    def kill(self):
        """All of it, as a runtime does: what entered it ends with its first process."""
        if wait_for("its first process", lambda: not self.runs() or self._has_first()) and self.runs():
            os.kill(self.first(), signal.SIGKILL)
            self.ended()

    def _has_first(self):
        children = pathlib.Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children")
        return self.child.poll() is None and children.read_text(encoding="ascii").strip() != ""

    def said(self):
        return (self.folder / "out").read_text(encoding="utf-8")
