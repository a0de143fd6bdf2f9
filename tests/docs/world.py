"""A host of its own for one document: its commands are typed into a shell there, as they stand.

Mounts, processes and network are namespaces of their own (root): /tmp, /opt and /srv are empty, all ports are free, and
what was started ends with it. So nothing is substituted but ids (PLACEHOLDERS).
"""

import pathlib
import re
import shutil
import signal
import subprocess
import tarfile
import time

import documents
from processes import die_with_parent, wait_for

COMMAND_SECONDS_MAX = 180
END_SECONDS_MAX = 30
AGAIN_SECONDS = 0.3
MARK = "--- ended with"
CLONE = "/srv/clone"  # where a document begins: the scripts of a clone, the archive, and in dist/ what it holds
PATH = f"{CLONE}/dist/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/srv/stand-ins"
PLACEHOLDERS = re.compile(r"\bJOBID\b|\bWORKERID\b|\b019fd5f3a1b200112233445566778899\b")
# What goes on until Ctrl-C: it goes on beside the rest, and has to print something (nc: what is typed there is read).
FOLLOWS = re.compile(r"nc -lk|tail -f|\S*stellwerk logs -f")
# What only looks, and the kill of who leads: tried again until there is something to see, as a reader would.
LOOKS = re.compile(r"\S*stellwerk (status|list|ps|info|workers|logs)\b|pgrep |kill |curl (?!-)")
STAND_INS = {  # where the host has no such program: they come last in PATH
    "sudo": '#!/bin/sh\nexec "$@"\n',
    "nc": "#!/usr/bin/env python3\nimport socket, sys\nserver = socket.create_server(('', int(sys.argv[-1])))\ntaken, _ = server.accept()\n"
          "for line in sys.stdin:\n    taken.sendall(line.encode())\n",
}


class World:

    def __init__(self, folder, archive):
        folder = pathlib.Path(folder)
        self.out, self.newest_job, self.followed = folder / "shell", None, 0
        self._furnish(folder / "srv", archive)
        script = f"set -e; mount --bind {folder}/srv /srv; mount -t tmpfs tmpfs /opt; mount -t tmpfs tmpfs /tmp; " \
                 f"ip link set lo up; cd {CLONE}; exec bash --norc"
        with open(self.out, "wb") as out:
            self.shell = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--mount-proc", "bash", "-c", script],
                stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT, preexec_fn=die_with_parent,
                env={"PATH": PATH, "HOME": "/srv/home", "CURL_HOME": "/srv/home", "USER": "root", "LANG": "C.UTF-8"})

    @staticmethod
    def _furnish(srv, archive):
        for name in ("clone", "home", "stand-ins"):
            (srv / name).mkdir(parents=True)
        for name, text in STAND_INS.items():
            (srv / "stand-ins" / name).write_text(text, encoding="utf-8")
            (srv / "stand-ins" / name).chmod(0o755)
        # Of an answer that is an error curl is to say so.
        (srv / "home/.curlrc").write_text("silent\nshow-error\nfail-with-body\n", encoding="utf-8")
        shutil.copytree(documents.SOURCE / "scripts", srv / "clone/scripts")
        shutil.copy(archive, srv / "clone")
        with tarfile.open(archive) as opened:
            opened.extractall(srv / "clone")
            (srv / "clone" / opened.getmembers()[0].name).rename(srv / "clone/dist")

    def end(self):
        self.shell.send_signal(signal.SIGKILL)  # the kernel then ends all that is in there
        self.shell.stdin.close()
        self.shell.wait(END_SECONDS_MAX)

    def type(self, command, until=lambda said: True):
        """Types it, to its end; what it says. `until` says whether that is what a reader waits for."""
        command = PLACEHOLDERS.sub(self._id, command)
        if FOLLOWS.match(command):
            return self._follow(command, until)
        expected = int((re.search(r"# .*exit code (\d+)", command) or "00")[1])
        end = time.monotonic() + COMMAND_SECONDS_MAX
        while True:
            code, said = self._enter(f"{{ {command}\n}} </dev/null")
            if code == expected and until(said):
                for job in re.findall(r"JobID ([0-9a-f]{32})$|\"jobid\":\"([0-9a-f]{32})\"", said, re.M):
                    self.newest_job = "".join(job)
                return said
            if not LOOKS.match(command) or time.monotonic() > end:
                raise AssertionError(f"$ {command}\n{said}\nended with {code}")
            time.sleep(AGAIN_SECONDS)

    def _follow(self, command, until):
        """Lets it go on; what it has said as soon as that is something, and what is waited for."""
        self.followed += 1
        path = f"/srv/home/follows-{self.followed}"
        self._enter(f"( while sleep 0.2; do echo hello; done | {{ {command}\n}} ) >{path} 2>&1 &")
        return "" if command.startswith("nc ") else self.type(f"curl file://{path}", until=lambda said: said.strip() and until(said))

    def _id(self, placeholder):
        if placeholder[0] == "WORKERID":
            return re.findall(r'"id":"([^"]+)"', self.type("curl localhost:8081/taskmanagers", until=lambda said: '"id"' in said))[0]
        assert self.newest_job, "no job was submitted yet"
        return self.newest_job

    def _enter(self, text):
        begin = self.out.stat().st_size
        self.shell.stdin.write(f"{text}\nprintf '\\n{MARK} %d\\n' $?\n".encode())
        self.shell.stdin.flush()

        def ended():
            with open(self.out, "rb") as opened:
                opened.seek(begin)
                said = opened.read().decode(errors="replace")
            assert self.shell.poll() is None, f"the shell has ended: {said}"
            return re.fullmatch(rf"(.*?)\n{MARK} (\d+)\n", said, re.S)
        match = wait_for(f"the end of: {text}", ended, COMMAND_SECONDS_MAX)
        return int(match[2]), match[1]
