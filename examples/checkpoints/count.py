"""Counts, and goes on where its newest checkpoint stands; nothing but Python's standard library is needed.

On its control channel (docs/job-spec.md) it hears "checkpoint", writes its count to a file, and answers "ack" with the
file's name: the handle. Who begins after a failure finds the handle of the newest completed checkpoint in its
environment. The files are its own: it removes those that are older than any that is kept.
"""

import json
import os
import pathlib
import socket
import sys
import time

PACE = float(os.environ.get("PACE", "0.1"))  # seconds between two counts
FOLDER = pathlib.Path(os.environ["FOLDER"], os.environ["STELLWERK_JOB_ID"])
WHO = f"{os.environ['STELLWERK_VERTEX']}-{os.environ['STELLWERK_SUBTASK']}"


class Channel:
    """One JSON object per line, both ways."""

    def __init__(self):
        self.socket = socket.socket(fileno=int(os.environ["STELLWERK_CONTROL_FD"]))
        self.socket.set_inheritable(False)
        self.bytes = b""

    def say(self, **words):
        self.socket.sendall(json.dumps(words).encode() + b"\n")

    def hear(self, seconds):
        """What came within this time."""
        self.socket.settimeout(max(seconds, 0.001))
        try:
            more = self.socket.recv(65536)
            if not more:
                sys.exit("the worker is gone; nobody would know how this ends")
            self.bytes += more
        except TimeoutError:
            pass
        *lines, self.bytes = self.bytes.split(b"\n")
        return [json.loads(line) for line in lines]


def path_of(number):
    return FOLDER / f"{WHO}.{number}"


def store(number, count):
    """On the disk before it is acknowledged: another process may have to begin from it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = path_of(number)
    with open(path, "w", encoding="ascii") as file:
        file.write(str(count))
        file.flush()
        os.fsync(file.fileno())
    return path


def remove_before(oldest):
    for path in FOLDER.glob(f"{WHO}.*"):
        if int(path.suffix[1:]) < oldest:
            path.unlink(missing_ok=True)


def main():
    channel = Channel()
    channel.say(type="hello", words=["ready", "checkpoint"])
    handle = os.environ.get("STELLWERK_RESTORE_HANDLE")
    count = int(pathlib.Path(handle).read_text(encoding="ascii")) if handle else 0
    print(f"begins at {count}", flush=True)
    channel.say(type="ready")
    while True:
        until = time.monotonic() + PACE
        while (left := until - time.monotonic()) > 0:
            for word in channel.hear(left):
                if word["type"] == "checkpoint":
                    path = store(word["checkpoint"], count)
                    channel.say(type="ack", checkpoint=word["checkpoint"], handle=str(path), size=path.stat().st_size)
                elif word["type"] == "completed":
                    remove_before(word["oldest"])
                elif word["type"] == "stop":
                    return
        count += 1
        channel.say(type="progress", text=f"counted to {count}")
        print(count, flush=True)


if __name__ == "__main__":
    main()
