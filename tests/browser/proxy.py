"""A reverse proxy that serves a master below a path of its own, which it takes off."""

import http.client
import http.server
import threading

PIECE_BYTES = 65536
UPSTREAM_SECONDS_MAX = 60
OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "date", "server"}


class StrippingProxy:
    """Listens on a free port until close(). `upstream`: port and path of the master."""

    def __init__(self, path, port, upstream_path=""):
        self.path = path
        handler = type("Handler", (_Handler,), {"path_taken_off": path, "upstream": (port, upstream_path)})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"http://localhost:{self.server.server_address[1]}{self.path}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    path_taken_off = ""
    upstream = (0, "")

    def do_HEAD(self):  # pylint: disable=invalid-name
        self.do_GET()

    def do_GET(self):  # pylint: disable=invalid-name
        if not self.path.startswith(self.path_taken_off):
            self.send_error(404)
            return
        port, path = self.upstream
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=UPSTREAM_SECONDS_MAX)
        try:
            rest = self.path[len(self.path_taken_off):]
            headers = {name: value for name, value in self.headers.items() if name.lower() not in OF_ONE_CONNECTION}
            connection.request(self.command, path + (rest if rest.startswith("/") else "/" + rest), headers=headers)
            self._pass_on(connection.getresponse())
        except (OSError, http.client.HTTPException):
            pass  # one of the two is gone
        finally:
            connection.close()

    def _pass_on(self, response):
        self.send_response_only(response.status, response.reason)
        for name, value in response.getheaders():
            if name.lower() not in OF_ONE_CONNECTION:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        while piece := response.read1(PIECE_BYTES):
            self.wfile.write(piece)
            self.wfile.flush()

    def log_message(self, *_):
        pass
