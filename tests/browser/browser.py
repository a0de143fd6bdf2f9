"""A real browser, without a screen, over the WebDriver protocol: chromedriver and chromium of Debian."""

import base64
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess

from processes import LIMIT_SECONDS, die_with_parent, free_port, wait_for

DRIVER = "/usr/bin/chromedriver"
BROWSER = "/usr/bin/chromium"
ANSWER_SECONDS_MAX = 60
ARGUMENTS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --disable-extensions --hide-scrollbars "
    "--no-proxy-server --remote-debugging-pipe").split()


class Browser:
    """One window with a profile of its own, in a folder that is there for nothing else."""

    def __init__(self, folder, language="en-US"):
        for path, package in ((DRIVER, "chromium-driver"), (BROWSER, "chromium")):
            assert os.path.exists(path), f"{path} is missing: apt-get install {package}"
        folder = pathlib.Path(folder)
        (folder / "profile").mkdir(parents=True)
        self.port = free_port()
        with open(folder / "out", "ab") as out:
            # A group of its own, so that it ends with all that it starts; should we be killed, it is too, and then
            # the browser, whose pipe to it breaks.
            # pylint: disable=subprocess-popen-preexec-fn
            self.driver = subprocess.Popen([DRIVER, f"--port={self.port}"], stdin=subprocess.DEVNULL, stdout=out,
                                           stderr=out, env={**os.environ, "HOME": str(folder)},
                                           start_new_session=True, preexec_fn=die_with_parent)
        self.session = None
        self._asked = {}
        try:
            wait_for("chromedriver listens", self._listens)
            answer = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": self._wishes(folder, language)}})
            self.session = f"/session/{answer['sessionId']}"
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _wishes(folder, language):
        languages = f"{language},{language.split('-')[0]}"
        return {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "goog:chromeOptions": {
                "binary": BROWSER,
                "args": [*ARGUMENTS, f"--user-data-dir={folder / 'profile'}", f"--lang={language}",
                         f"--accept-lang={languages}"],
                "prefs": {"intl.accept_languages": languages},
            },
        }

    def _listens(self):
        assert self.driver.poll() is None, "chromedriver ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self):
        if self.session:
            try:
                self._ask("DELETE", self.session)
            except (OSError, http.client.HTTPException, AssertionError):
                pass
        try:
            os.killpg(self.driver.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.driver.wait(timeout=LIMIT_SECONDS)

    def _ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS_MAX)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Content-Type": "application/json"})
            response = connection.getresponse()
            value = json.loads(response.read())["value"]
            assert response.status == 200, f"{method} {path}: {value}"
            return value
        finally:
            connection.close()

    # ---- pages

    def open(self, url):
        self._ask("POST", f"{self.session}/url", {"url": url})

    def run(self, script, *arguments):
        """What a piece of JavaScript returns."""
        return self._ask("POST", f"{self.session}/execute/sync", {"script": script, "args": list(arguments)})

    def tell(self, command, **parameters):
        """A command of Chromium's own protocol."""
        return self._ask("POST", f"{self.session}/goog/cdp/execute", {"cmd": command, "params": parameters})

    def size(self, width, height=800):
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, name):
        """"light" or "dark"."""
        self.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def picture(self, path):
        """The whole page as PNG: for people."""
        answer = self.tell("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        pathlib.Path(path).write_bytes(base64.b64decode(answer["data"]))

    def console(self):
        """What was written to the console since it was asked last: [(level, text)]."""
        return [(entry["level"], entry["message"])
                for entry in self._ask("POST", f"{self.session}/se/log", {"type": "browser"})]

    def network(self):
        """What was answered since it was asked last, and what was not: [(method, url, status, or what went wrong)]."""
        done = []
        for entry in self._ask("POST", f"{self.session}/se/log", {"type": "performance"}):
            event = json.loads(entry["message"])["message"]
            about = event["params"]
            if event["method"] == "Network.requestWillBeSent":
                self._asked[about["requestId"]] = (about["request"]["method"], about["request"]["url"])
            elif event["method"] == "Network.responseReceived":
                method, _ = self._asked.get(about["requestId"], ("GET", ""))
                done.append((method, about["response"]["url"], about["response"]["status"]))
            elif event["method"] == "Network.loadingFailed":
                # One that the page itself broke off, as when it goes elsewhere, is no fault.
                if not about.get("canceled"):
                    done.append((*self._asked.get(about["requestId"], ("GET", "")), about["errorText"]))
        return done

    # ---- what a person sees and does

    def text(self, selector):
        """The text of the first such element that can be seen; empty if there is none."""
        return self.run("const e = document.querySelector(arguments[0]);"
                        "return e && e.getClientRects().length ? e.innerText : '';", selector)

    def texts(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])]"
                        ".filter(e => e.getClientRects().length).map(e => e.innerText);", selector)

    def shows(self, selector, text):
        """Waits for it; the whole text then."""
        return wait_for(f"'{text}' in {selector}: {self.text(selector)!r}",
                        lambda: (lambda seen: seen if text in seen else None)(self.text(selector)))

    def _element(self, selector):
        return next(iter(self._ask("POST", f"{self.session}/element",
                                   {"using": "css selector", "value": selector}).values()))

    def click(self, selector):
        self._ask("POST", f"{self.session}/element/{self._element(selector)}/click", {})

    def choose_file(self, selector, path):
        """As in the dialog that such an element opens; it need not be seen itself."""
        self._ask("POST", f"{self.session}/element/{self._element(selector)}/value", {"text": str(path)})

    def write(self, selector, text):
        """In place of what stood there."""
        element = self._element(selector)
        self._ask("POST", f"{self.session}/element/{element}/clear", {})
        if text:
            self._ask("POST", f"{self.session}/element/{element}/value", {"text": text})
