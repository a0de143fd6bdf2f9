"""A Debian 12 with nothing but its minimal packages, and processes in it."""

import os
import pathlib
import subprocess

from processes import Process, wait_for

MAKING_SECONDS_MAX = 300
COMMAND_SECONDS_MAX = 60
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}


def only_child(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    assert len(children) == 1, children
    return int(children[0])


class BareRoot(Process):
    """Made once and kept for the next run; what is written below /srv and /tmp is in memory and goes with it.

    Its processes are of a namespace of their own, so that they end with it, whoever started them. The network is
    the host's.
    """

    def __init__(self, folder):
        super().__init__(folder)
        self.root = pathlib.Path(os.environ["STELLWERK_BARE_ROOT"])
        self.first = None

    def start(self):
        source = os.environ["STELLWERK_SOURCE"]
        done = subprocess.run(["bash", "-c", '. "$1/scripts/lib/root.sh"; make_root "$2"', "bash", source, str(self.root)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=MAKING_SECONDS_MAX, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        # Its first process reaps what others leave; it is bash, and waits for ever.
        script = "mount -t tmpfs tmpfs /srv && mount -t tmpfs tmpfs /tmp && mkfifo /tmp/never && echo ready && read -r _ <>/tmp/never"
        self.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", f"--root={self.root}",
                  "/bin/bash", "-c", script], ENVIRONMENT)
        wait_for("the root is entered", lambda: self._is_ready() or not self.runs())
        assert self.runs(), self.tail()
        self.first = only_child(self.child.pid)

    def _is_ready(self):
        return "ready" in (self.folder / "out").read_text(encoding="utf-8")

    def command(self, *words, given=None, code=0):
        """Runs it in there to its end; what it said."""
        done = subprocess.run(["nsenter", "--target", str(self.first), "--mount", "--pid", "--root", "--wd", "--", *words],
                              stdin=given or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=ENVIRONMENT, timeout=COMMAND_SECONDS_MAX, check=False)
        assert done.returncode == code, f"{words} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def write(self, path, text):
        self.command("/bin/bash", "-c", 'printf %s "$1" >"$2"', "bash", text, path)

    def processes(self):
        """The command lines of all that lives in there, without its first process."""
        mine = os.readlink(f"/proc/{self.first}/ns/pid")
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if int(path.name) != self.first and os.readlink(path / "ns/pid") == mine:
                    found.append((path / "cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " "))
            except OSError:
                pass  # it has just ended
        return found
