"""The page at `/`, in a real browser, on real masters."""

import gzip
import http.client
import os
import unittest

from browser import Browser
from drill import Drill
from processes import ANSWER_SECONDS_MAX, wait_for
from proxy import StrippingProxy

HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'> & \"quoted\""
LONG = "a-name-without-any-place-to-break-it-" * 5
FONT_PX_MIN = 14
MORE_THAN_AT_FIRST = 60
WARNING = "2026-11-21 06:44:17,000 WARN  Test - a warning"

# Every visible text, with the size that it is set in; and what lies outside the window.
SMALL_TEXTS = """
const small = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const element = walk.currentNode.parentElement;
  if (!walk.currentNode.data.trim() || !element.getClientRects().length) continue;
  if (element.matches("script, style, noscript")) continue;
  const size = parseFloat(getComputedStyle(element).fontSize);
  if (size < arguments[0]) small.push(`${size}: ${walk.currentNode.data.trim()}`);
}
return small;
"""


# answering("status", change): what the page gets for that path, until it is loaded again.
FETCH = """
window.answering = (path, change) => {
  const ask = window.fetch;
  window.fetch = async (url, options) => {
    const answer = await ask(url, options);
    return new URL(url).pathname === `/${path}` ? change(answer) : answer;
  };
};
"""


class PageTest(Drill):

    def setUp(self):
        super().setUp()
        self.lost_are_expected = False

    def browser(self, language="en-US"):
        browser = Browser(self.folder / f"browser-{next(self._numbers)}", language)
        self.addCleanup(browser.close)
        self.addCleanup(self.assert_quiet, browser)
        browser.size(1280)
        return browser

    def opened(self, master, **more):
        browser = self.browser(**more)
        browser.open(master.url + "/")
        return browser

    def assert_quiet(self, browser):
        """Nothing in the console: no error, no violation of the policy; but for a master that is gone."""
        said = [text for _, text in browser.console()]
        if self.lost_are_expected:
            said = [text for text in said if "Failed to load resource: net::ERR_" not in text]
        self.assertEqual(said, [])

    def submit_named(self, master, name):
        answer = master.ask("/jobs", "POST", {"name": name, "vertices": [{"name": "only", "command": ["true"]}]})
        self.assertEqual(answer.code, 202, answer.body)
        return answer.json()["jobid"]

    # ---- what it shows

    def test_a_leader_and_a_follower_say_what_they_are(self):
        leader, follower = self.cluster()
        page = self.opened(leader)
        page.shows("#role-text", "This master leads.")
        page.shows("#role-more", "Epoch 1, since ")
        page.shows("#live[data-state=live]", "Live")
        page.open(follower.url + "/")
        page.shows("#role-text", f"This master follows; localhost:{leader.port} leads.")
        self.assertEqual(page.run("return document.querySelector('#role-text a').href"), leader.url + "/")
        page.shows("#facts", "local · connected")
        wait_for("two masters", lambda: len(page.texts("#master-list li")) == 2)
        first, second = page.texts("#master-list li")
        self.assertIn(f"localhost:{leader.port}\nleads", first)
        self.assertIn(f"localhost:{follower.port}\nnext in line\nthis master", second)
        self.assertIn("follower · localhost", page.run("return document.title"))
        wait_for("the takeover with its first write", lambda: len(page.texts("#takeover-list li dd")) == 4)
        self.assertIn(f"localhost:{leader.port}, the first leader", page.text("#takeover-list li"))

    def test_jobs_are_shown_as_text_and_followed(self):
        leader, follower = self.cluster()
        page = self.opened(follower)
        page.shows("#job-count", "There are no jobs.")
        hostile = self.submit_named(leader, HOSTILE)
        self.submit_named(leader, "word-count")
        page.shows(f"tr[data-job='{hostile}']", HOSTILE)
        page.shows(f"tr[data-job='{hostile}']", "CREATED")
        page.shows("#job-count", "2 of 2 jobs")
        self.assertEqual(page.run("return document.querySelectorAll('#jobs img, #jobs script').length"), 0)
        self.assertIsNone(page.run("return window.hacked"))
        page.write("#job-filter", "WORD")
        page.shows("#job-count", "1 of 2 jobs")
        self.assertIn("word-count", page.text("#job-rows"))
        page.write("#job-filter", "")
        self.assertEqual(leader.ask(f"/jobs/{hostile}", "PATCH").code, 202)
        page.shows(f"tr[data-job='{hostile}']", "CANCELED")
        page.click("button[data-state=CANCELED]")
        page.shows("#job-count", "1 of 2 jobs")
        self.assertIn(hostile, page.text("#job-rows"))
        page.shows("#facts", "Jobs not ended\n1")

    def test_many_jobs_are_shown_in_part(self):
        leader, _ = self.cluster(1)
        for number in range(MORE_THAN_AT_FIRST):
            self.submit_named(leader, f"job-{number}")
        page = self.opened(leader)
        page.shows("#job-count", f"50 of {MORE_THAN_AT_FIRST} jobs")
        self.assertEqual(page.text("#more-jobs"), "Show 10 more")
        page.click("#more-jobs")
        page.shows("#job-count", f"{MORE_THAN_AT_FIRST} of {MORE_THAN_AT_FIRST} jobs")
        self.assertEqual(len(page.texts("#job-rows tr")), MORE_THAN_AT_FIRST)

    def test_the_log_is_searched_and_followed(self):
        leader, follower = self.cluster()
        page = self.opened(follower)
        page.shows("#log-lines", "Rest endpoint listening")
        lines = page.texts("#log-lines p")
        page.write("#log-search", "rest ENDPOINT")
        page.shows("#log-count", "1 of ")
        self.assertEqual(page.texts("#log-lines mark"), ["Rest endpoint"])
        page.write("#log-search", "no line says this")
        page.shows("#log-count", f"0 of {len(lines)} lines")
        page.write("#log-search", "granted leadership")
        self.assertEqual(leader.ask("/leader/transfer", "POST").code, 202)
        page.shows("#log-lines", f"{follower.url} was granted leadership")
        page.write("#log-search", "")
        page.shows("#log-lines", "Rest endpoint listening")
        page.click("#log-bad")
        said = [line for line in self.log_of(follower).read_text(encoding="utf-8").splitlines() if " WARN " in line]
        self.append(follower, WARNING + "\nafter it\n")
        wait_for("the warnings", lambda: page.texts("#log-lines p") == [*said, WARNING])

    def test_an_emptied_log_is_followed(self):
        leader, _ = self.cluster(1)
        page = self.opened(leader)
        page.shows("#log-lines", "Rest endpoint listening")
        # As rotation by copying does.
        os.truncate(self.log_of(leader), 0)
        page.shows("#log-count", "0 of 0 lines")
        self.append(leader, "the first line\n")
        wait_for("one line", lambda: page.texts("#log-lines p") == ["the first line"])
        self.append(leader, "the second line\n")
        wait_for("two lines", lambda: page.texts("#log-lines p") == ["the first line", "the second line"])

    def log_of(self, master):
        return master.folder / "log"

    def append(self, master, text):
        with open(self.log_of(master), "a", encoding="utf-8") as log:
            log.write(text)

    def test_files_that_could_not_be_listed_are_asked_for_again(self):
        self.lost_are_expected = True
        leader, _ = self.cluster(1)
        page = self.browser()
        page.tell("Page.addScriptToEvaluateOnNewDocument", source=FETCH + """
window.failures = 0;
answering("jobmanager/logs", (answer) => {
  window.failures += 1;
  return window.failures < 3 ? Promise.reject(new TypeError("away")) : answer;
});""")
        page.open(leader.url + "/")
        wait_for("the files", lambda: page.run("return document.querySelectorAll('#log-file option').length") >= 2)
        self.assertEqual(page.run("return window.failures"), 3)

    def test_languages(self):
        leader, follower = self.cluster()
        page = self.opened(follower, language="zh-CN")
        page.shows("#role-text", f"本 master 是 follower，leader 是 localhost:{leader.port}。")
        self.assertEqual(page.run("return document.documentElement.lang"), "zh-CN")
        page.shows("#job-count", "没有作业。")
        page.open(leader.url + "/")
        page.shows("#role-text", "本 master 是 leader。")
        page = self.opened(leader, language="de-DE")
        page.shows("#role-text", "This master leads.")

    # ---- what it follows

    def test_an_answer_older_than_an_event_takes_nothing_back(self):
        leader, _ = self.cluster(1)
        job = self.submit_named(leader, "word-count")
        page = self.opened(leader)
        page.shows(f"tr[data-job='{job}']", "CREATED")
        page.shows("#live[data-state=live]", "Live")
        page.run(FETCH + """
answering("jobs/overview", (answer) => new Promise((release) => {
  window.release = () => release(answer);
}));""")
        # What the page knows nothing of makes it ask.
        self.submit_named(leader, "another")
        wait_for("an answer on its way", lambda: page.run("return Boolean(window.release)"))
        self.assertEqual(leader.ask(f"/jobs/{job}", "PATCH").code, 202)
        page.shows(f"tr[data-job='{job}']", "CANCELED")
        page.run("window.release()")
        page.shows("#job-count", "2 of 2 jobs")
        self.assertIn("CANCELED", page.text(f"tr[data-job='{job}']"))

    def test_two_versions_in_turn_do_not_make_it_load_again_and_again(self):
        leader, _ = self.cluster(1)
        page = self.opened(leader)
        page.shows("#role-text", "This master leads.")
        page.run(FETCH + """
window.same = true;
window.answers = 0;
answering("status", async (answer) => {
  window.answers += 1;
  const status = await answer.json();
  return Response.json({...status, version: `other-${window.answers}`});
});""")
        wait_for("other versions", lambda: page.run("return window.answers") > 2)
        self.assertIs(page.run("return window.same"), True)
        page.run("performance.now = () => 1e9;")
        wait_for("a new page", lambda: page.run("return window.same") is None)
        page.shows("#role-text", "This master leads.")

    def test_a_takeover_is_followed(self):
        for _ in range(3):
            self.master()
        leader, _ = self.settled()
        in_line = [master["rest"] for master in leader.status()["masters"]]
        following, last = [next(m for m in self.masters if m.url == url) for url in in_line[1:]]
        page, heir = self.opened(last), self.opened(following)
        for each in (page, heir):
            each.shows("#role-text", f"localhost:{leader.port} leads.")
            each.run("window.unloaded = false")
        leader.kill()
        page.shows("#role-text", f"This master follows; localhost:{following.port} leads.")
        page.shows("#role-more", "Epoch 2, since ")
        heir.shows("#role-text", "This master leads.")
        wait_for("two masters", lambda: len(page.texts("#master-list li")) == 2)
        page.shows("#takeover-list li", f"localhost:{leader.port} → localhost:{following.port}")
        wait_for("its first write", lambda: len(page.texts("#takeover-list li:first-child dd")) == 4)
        self.submit_named(following, "afterwards")
        page.shows("#job-rows", "afterwards")
        for each in (page, heir):
            self.assertIs(each.run("return window.unloaded"), False, "it is the same page")

    def test_a_master_that_is_gone_is_said_to_be_and_comes_back(self):
        self.lost_are_expected = True
        leader, follower = self.cluster()
        page = self.opened(follower)
        page.shows("#role-text", "This master follows")
        page.shows("#log-lines", "Rest endpoint listening")
        wait_for("two masters", lambda: len(page.texts("#master-list li")) == 2)
        follower.kill()
        page.shows("#role-text", "This master does not answer.")
        page.shows("#live", "No answer")
        page.shows("#lost", f"Look at another master: localhost:{leader.port}")
        self.assertEqual(page.run("return document.querySelector('#lost a').href"), leader.url + "/")
        follower.start()
        page.shows("#role-text", "This master follows")
        page.shows("#live[data-state=live]", "Live")
        self.assertEqual(page.text("#lost"), "")

    # ---- where it is served

    def test_below_a_prefix_and_behind_a_proxy(self):
        leader, follower = self.cluster(rest__url_prefix="/behind/proxy/")
        self.submit_named(leader, "word-count")
        proxy = StrippingProxy("/outer/path", follower.port, "/behind/proxy")
        self.addCleanup(proxy.close)
        page = self.browser()
        for url in (follower.url, follower.url + "/", follower.url + "/v1/", proxy.url, proxy.url + "/"):
            with self.subTest(url):
                page.open(url)
                page.shows("#role-text", f"localhost:{leader.port}/behind/proxy leads.")
                page.shows("#job-rows", "word-count")
                page.shows("#log-lines", "Rest endpoint listening")
                page.shows("#live[data-state=live]", "Live")
                link = page.run("return document.querySelector('footer a').href")
                self.assertEqual(link, url.rstrip("/") + "/status")

    def test_what_is_sent(self):
        leader, _ = self.cluster(1)
        accept = {"Accept": "text/html,*/*;q=0.8"}
        plain = self.sent(leader, "GET", accept)
        self.assertEqual((plain.status, plain.headers.get_content_type()), (200, "text/html"))
        self.assertIn("script-src 'sha256-", plain.headers["Content-Security-Policy"])
        self.assertEqual(set(plain.headers.get_all("Vary")), {"Accept", "Accept-Encoding"})
        packed = self.sent(leader, "GET", {**accept, "Accept-Encoding": "gzip"})
        self.assertEqual(packed.headers["Content-Encoding"], "gzip")
        self.assertEqual(gzip.decompress(packed.content), plain.content)
        head = self.sent(leader, "HEAD", accept)
        self.assertEqual((head.status, head.content), (200, b""))
        self.assertEqual(head.headers["Content-Length"], str(len(plain.content)))
        known = self.sent(leader, "GET", {**accept, "If-None-Match": plain.headers["ETag"]})
        self.assertEqual((known.status, known.content), (304, b""))
        self.assertEqual(self.sent(leader, "GET", {}).headers.get_content_type(), "application/json")

    def sent(self, master, method, headers):
        connection = http.client.HTTPConnection("127.0.0.1", master.port, timeout=ANSWER_SECONDS_MAX)
        self.addCleanup(connection.close)
        connection.request(method, "/", headers=headers)
        response = connection.getresponse()
        response.content = response.read()
        return response

    # ---- how it looks

    def test_it_fits_every_screen_and_is_big_enough_to_read(self):
        leader, follower = self.cluster(rest__url_prefix="/" + "long-" * 10)
        for name in (LONG, HOSTILE, "每日汇总" * 20):
            self.submit_named(leader, name)
        for language in ("en-US", "zh-CN"):
            page = self.opened(follower, language=language)
            wait_for("all is there", lambda p=page: len(p.texts("#job-rows tr")) == 3 and p.texts("#log-lines p"))
            for width in (360, 768, 1280):
                with self.subTest(language=language, width=width):
                    page.size(width)
                    widths = page.run("return [innerWidth, document.documentElement.scrollWidth]")
                    self.assertEqual(widths, [width, width])
                    self.assertEqual(page.run(SMALL_TEXTS, FONT_PX_MIN), [])


if __name__ == "__main__":
    unittest.main()
