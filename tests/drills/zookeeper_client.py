"""A few requests to a ZooKeeper server over its own protocol: what an operator types into zkCli."""

import socket
import struct

ANSWER_SECONDS_MAX = 10
SESSION_MS = 10_000
DELETE, GET_DATA, SET_DATA, LIST, CLOSE = 2, 4, 5, 8, -11
NO_NODE = -101
NOT_EMPTY = -111
DELETE_ALL_TRIES_MAX = 100


class ZookeeperError(Exception):
    """The server answered a request with this code."""

    def __init__(self, code):
        super().__init__(f"ZooKeeper answered {code}")
        self.code = code


class ZookeeperClient:
    """One session, from `with` to its end."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS_MAX)
        self._xid = 0
        self._send(struct.pack(">iqiqi16s?", 0, 0, SESSION_MS, 0, 16, bytes(16), False))
        self._receive()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._ask(CLOSE, b"")
        except (OSError, ZookeeperError):
            pass
        self._socket.close()

    def get(self, path):
        """The node's bytes."""
        answer = self._ask(GET_DATA, _text(path) + b"\0")
        (size,) = struct.unpack_from(">i", answer)
        return answer[4:4 + max(size, 0)]

    def set(self, path, data):
        self._ask(SET_DATA, _text(path) + struct.pack(">i", len(data)) + data + struct.pack(">i", -1))

    def children(self, path):
        answer = self._ask(LIST, _text(path) + b"\0")
        (count,), at, names = struct.unpack_from(">i", answer), 4, []
        for _ in range(count):
            (size,) = struct.unpack_from(">i", answer, at)
            names.append(answer[at + 4:at + 4 + size].decode())
            at += 4 + size
        return names

    def delete(self, path):
        self._ask(DELETE, _text(path) + struct.pack(">i", -1))

    def delete_all(self, path):
        """As `deleteall`, again and again: what others delete or add meanwhile is no error."""
        for _ in range(DELETE_ALL_TRIES_MAX):
            try:
                for child in self.children(path):
                    self.delete_all(f"{path}/{child}")
                return self.delete(path)
            except ZookeeperError as error:
                if error.code == NO_NODE:
                    return None
                if error.code != NOT_EMPTY:
                    raise
        raise ZookeeperError(NOT_EMPTY)

    def _ask(self, kind, payload):
        self._xid += 1
        self._send(struct.pack(">ii", self._xid, kind) + payload)
        answer = self._receive()
        _, _, code = struct.unpack_from(">iqi", answer)
        if code != 0:
            raise ZookeeperError(code)
        return answer[16:]

    def _send(self, packet):
        self._socket.sendall(struct.pack(">i", len(packet)) + packet)

    def _receive(self):
        (size,) = struct.unpack(">i", self._read(4))
        return self._read(size)

    def _read(self, size):
        got = b""
        while len(got) < size:
            piece = self._socket.recv(size - len(got))
            if not piece:
                raise OSError("ZooKeeper closed the connection")
            got += piece
        return got


def _text(text):
    data = text.encode()
    return struct.pack(">i", len(data)) + data
