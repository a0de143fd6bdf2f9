"""What a worker says to masters, by hand: a WebSocket and the messages of a worker that runs nothing."""

import base64
import json
import os
import socket
import struct

from processes import ANSWER_SECONDS_MAX

TEXT, CLOSE = 1, 8
MESSAGE_BYTES_MAX = 4 << 20


class LinkClosed(Exception):
    """The other side has ended the connection."""


class Link:
    """One connection to a master's port for workers."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS_MAX)
        self.bytes = b""
        self._greet(address)

    def close(self):
        self.socket.close()

    def send(self, kind, **members):
        payload = json.dumps({"type": kind, **members}).encode()
        mask = os.urandom(4)
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + struct.pack(">H", size)
        body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self.socket.sendall(bytes([0x80 | TEXT]) + length + mask + body)

    def receive(self):
        """The next message, a dict."""
        first, size = self._take(2)
        if size == 126:
            size = struct.unpack(">H", self._take(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self._take(8))[0]
        assert first & 0x80 and size <= MESSAGE_BYTES_MAX, "masters send whole messages without a mask"
        payload = self._take(size)
        if first & 0x0F == CLOSE:
            raise LinkClosed
        assert first & 0x0F == TEXT
        return json.loads(payload)

    def _greet(self, address):
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET / HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.bytes:
            self._more()
        head, _, self.bytes = self.bytes.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head

    def _take(self, count):
        while len(self.bytes) < count:
            self._more()
        taken, self.bytes = self.bytes[:count], self.bytes[count:]
        return taken

    def _more(self):
        more = self.socket.recv(65536)
        if not more:
            raise LinkClosed
        self.bytes += more


class StandIn:
    """A worker that offers slots and runs nothing."""

    def __init__(self, name, slots):
        self.name = name
        self.slots = slots
        self.process = os.urandom(8).hex()
        self.cluster = ""
        self.epoch = 0
        self.link = None

    def register(self, address):
        """Asks one master; its last word, a dict."""
        self.leave_rudely()
        self.link = Link(address)
        self.link.send("hello", v=1, worker=self.name, incarnation=1, process=self.process, host="localhost",
                       pid=os.getpid(), slots=self.slots, version="drill", cluster=self.cluster, epoch=self.epoch,
                       tasks=[], ended=[], labels=[], home="", **{"data-port": 0})
        answer = self.link.receive()
        while answer["type"] == "wait":
            answer = self.link.receive()
        if answer["type"] == "welcome":
            self.cluster, self.epoch = answer["cluster"], answer["epoch"]
        return answer

    def beat(self):
        """One heartbeat and its echo."""
        self.link.send("heartbeat", **{"sent-us": 5, "memory-total": 1 << 30, "memory-free": 1 << 29, "resident": 1 << 20,
                                       "processors": 4, "load-permille": 250})
        answer = self.link.receive()
        while answer["type"] == "masters":  # told whenever one comes or goes
            answer = self.link.receive()
        return answer

    def leave(self):
        self.link.send("leaving")
        self.leave_rudely()  # after that word it is none

    def leave_rudely(self):
        if self.link is not None:
            self.link.close()
            self.link = None
