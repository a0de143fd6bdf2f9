"""Flink's own dashboard: where its files come from, and what goes wrong while it is looked at."""

import hashlib
import os
import pathlib
import re
import subprocess
import zipfile

from processes import wait_for

ARTIFACT = "org.apache.flink:flink-runtime-web:1.20.5"
SHA256 = "948e1b0d42fe99288cfddc3b10d7f7d20ee6a59a5ccae6d241807a8c25a12d88"
FETCH_SECONDS_MAX = 300

# What a page shows instead of a value that it did not get. Flink's own words for "not known" are N/A, - and 0.
BROKEN = re.compile(r"\b(NaN|undefined|null|Infinity|Invalid date|loading)\b|\[object|Sampling in progress")
# Its notes of what the server refused, and other messages.
NOTES = ".ant-notification-notice, .ant-message-notice"


def files_of_dashboard():
    """The folder with index.html, fetched by Maven on the first call."""
    folder = pathlib.Path(os.environ["STELLWERK_DASHBOARD_FOLDER"])
    _, name, version = ARTIFACT.split(":")
    jar = folder / f"{name}-{version}.jar"
    if not jar.exists():
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["mvn", "-B", "-q", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}"],
                              capture_output=True, text=True, timeout=FETCH_SECONDS_MAX, check=False)
        assert done.returncode == 0, f"Maven could not fetch {ARTIFACT}:\n{done.stdout}{done.stderr}"
    seen = hashlib.sha256(jar.read_bytes()).hexdigest()
    assert seen == SHA256, f"{jar} has the SHA-256 {seen}"
    web = folder / f"{name}-{version}"
    with zipfile.ZipFile(jar) as archive:
        archive.extractall(web, [each for each in archive.namelist() if each.startswith("web/")])
    return web / "web"


class Dashboard:
    """One browser in front of the dashboard at `base`; every page is opened anew."""

    def __init__(self, browser, base):
        self.browser = browser
        self.base = base
        self.answered = []
        self.faults = []

    def _look(self):
        """Takes what happened since the last look."""
        for method, url, status in self.browser.network():
            if not url.startswith(self.base):
                continue
            path = url[len(self.base) - 1:].partition("?")[0]
            self.answered.append((method, path))
            if not isinstance(status, int) or status >= 400:
                self.faults.append(f"{method} {path}: {status}")
        self.faults += [f"{level} {text}" for level, text in self.browser.console()]

    def has_answer(self, path, method="GET"):
        self._look()
        return (method, path) in self.answered

    def open(self, route, asked, shows):
        """Opens a page and waits until all of `asked` were answered and `shows`, some words, can be read on it."""
        self.browser.open("about:blank")
        self._look()
        self.answered.clear()
        self.browser.open(f"{self.base}#{route}")
        self.wait(route, asked, shows)

    def wait(self, what, asked, shows, again=None):
        """`again`: a script that may run any number of times until then, as a click on a tab that is not ready yet."""
        def look():
            self._look()
            there = all(("GET", path) in self.answered for path in asked) and all(word in self.text() for word in shows)
            if again and not there:
                self.browser.run(again)
            return there
        try:
            wait_for(what, look)
        except AssertionError as error:
            missing = [path for path in asked if ("GET", path) not in self.answered]
            raise AssertionError(f"{what}: not asked for or not answered: {missing}; faults: {self.faults}; "
                                 f"instead of {shows} it shows\n{self.text()}") from error

    def text(self):
        return self.browser.run("return document.body ? document.body.innerText : ''").replace("\u00a0", " ")

    def wrong(self):
        """Everything that went wrong up to now, and what can be seen of it on this page."""
        self._look()
        notes = [f"it notes: {note}" for note in self.browser.texts(NOTES)]
        broken = [f"it shows: {line}" for line in self.text().splitlines() if BROKEN.search(line)]
        return self.faults + notes + broken
