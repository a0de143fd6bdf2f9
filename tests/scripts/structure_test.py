"""Every rule of scripts/lib/structure.py finds what it is for, and only that."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts/lib"))
import structure  # noqa: E402
import summary  # noqa: E402


class Rules(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def findings(self, rule):
        with contextlib.redirect_stdout(io.StringIO()) as self.printed:
            return list(rule(structure.Tree(self.root)))

    def test_layers_include_of_a_folder_above(self):
        self.write("src/model/job.h", '#include "base/ids.h"\n#include "api/view.h"\n#include <boost/json.hpp>\n')
        self.write("src/api/view.h", '#include "jobs/job.h"\n#include "model/job.h"\n#include <stellwerk/result.h>\n')
        self.write("src/base/ids.h", '#include <api/view.h>\n')
        self.write("src/jobs/job.h", "")
        self.assertEqual(self.findings(structure.rule_layers),
                         ["src/base/ids.h:1: base may not use api (includes api/view.h)",
                          "src/model/job.h:2: model may not use api (includes api/view.h)"])

    def test_layers_contracts_know_nothing(self):
        self.write("include/stellwerk/result.h", '#include "base/ids.h"\n')
        self.write("src/base/ids.h", "")
        self.assertEqual(len(self.findings(structure.rule_layers)), 1)

    def test_layers_link_graph(self):
        self.write("src/jobs/CMakeLists.txt",
                   "stellwerk_library(jobs\n  SOURCES\n    a.cc\n  DEPS model base storage\n  LIBS Boost::json)\n")
        self.write("src/app/CMakeLists.txt", "stellwerk_library(app SOURCES a.cc DEPS jobs http)\n")
        self.assertEqual(self.findings(structure.rule_layers),
                         ["src/jobs/CMakeLists.txt: jobs may not link storage"])

    def test_layers_unknown_folder_and_bare_include(self):
        self.write("src/base/a.cc", '#include "a.h"\n')
        self.write("src/misc/b.cc", "")
        found = self.findings(structure.rule_layers)
        self.assertEqual(len(found), 2)
        self.assertIn("src/misc: not in the layer table", found[0])

    def test_purity(self):
        self.write("src/journal/a.cc", "#include <thread>\n#include <boost/asio/post.hpp>\n#include <vector>\n"
                   "auto a = std::chrono::steady_clock::now();\n"
                   "// std::getenv(x) and steady_clock::now() in a comment\n"
                   'auto text = "getenv(x)";\nauto b = std::getenv("HOME");\nauto c = ::time(nullptr);\n'
                   "auto d = executor.time(0);\nTime time(int x);\n")
        lines = [int(f.split(":")[1]) for f in self.findings(structure.rule_purity)]
        self.assertEqual(lines, [1, 2, 4, 7, 8])

    def test_purity_elsewhere_is_free(self):
        self.write("src/storage/a.cc", "#include <thread>\n#include <unistd.h>\n")
        self.assertEqual(self.findings(structure.rule_purity), [])

    def test_file_length(self):
        self.write("src/base/long.cc", "\n" * 601)
        self.write("src/base/longish.cc", "\n" * 401)
        self.assertEqual(self.findings(structure.rule_file_length), ["src/base/long.cc: 601 lines, at most 600"])
        self.assertIn("warn src/base/longish.cc", self.printed.getvalue())

    def test_tests_that_wait_or_do_not_run(self):
        self.write("tests/unit/a_test.cc", "std::this_thread::sleep" "_for(1s);\nGTEST" "_SKIP();\n"
                   "TEST(A, DISABLED" "_b) {}\n// about sleep" "_for\n")
        self.assertEqual(len(self.findings(structure.rule_tests_wait_and_run)), 3)

    def test_own_includes(self):
        self.write("src/base/a.h", "class Alpha final {\n};\nenum class Beta { x };\n")
        self.write("src/base/b.h", '#include "base/a.h"\n')
        self.write("src/base/far.cc", '#include "base/b.h"\nAlpha a;\nBeta b;\n')
        self.write("src/base/own.cc", "struct Alpha {\n};\nAlpha a;  // Beta\nauto text = R\"(\nBeta)\";\n")
        self.write("src/base/lacks.cc", "\nAlpha a;\n")
        self.assertEqual(self.findings(structure.rule_own_includes),
                         ["src/base/lacks.cc:2: Alpha is in base/a.h, which is not included"])

    def test_leftovers(self):
        self.write("src/base/a.cc", "// TO" "DO: later\n// nothing todo here\n")
        self.assertEqual(len(self.findings(structure.rule_leftovers)), 1)

    def test_machine_paths(self):
        self.write("docs/a.md", "see /ro" "ot/build and https://host/ho" "me/x and $HOME/ho" "me/\n")
        self.assertEqual(len(self.findings(structure.rule_machine_paths)), 1)

    def test_languages(self):
        self.write("README.md", "# a\n## b\n```\n# no heading\n```\n")
        self.write("README.zh-CN.md", "# a\n```\n```\n```\n```\n")
        self.assertEqual(len(self.findings(structure.rule_languages)), 3)
        self.write("README.md", "# a\n## b\n```sh run\nls  # all\n```\n")
        self.write("README.zh-CN.md", "# 一\n## 二\n```sh run\nls # 全部\n```\n")
        self.assertEqual(self.findings(structure.rule_languages), [])
        self.write("README.zh-CN.md", "# 一\n## 二\n```sh run\nls -l # 全部\n```\n")
        self.assertEqual(self.findings(structure.rule_languages),
                         ["README.zh-CN.md: block 1 has 'ls -l', in README.md it is 'ls'"])

    def test_links(self):
        self.write("docs/a.md", "# Top\n[b](b.md#a-part-2) [c](c.md) [d](https://example.org/d#x) [top](#top) `[f](g)`\n```\n[x](y)\n```\n"
                   "[e](b.md#part) [twice](b.md#two-1)\n[h](#b)\n")
        self.write("docs/b.md", "# A `part`, 2\n## Two\n## Two\n```\n# part\n```\n")
        self.assertEqual(self.findings(structure.rule_links),
                         ["docs/a.md:2: nothing at 'c.md'", "docs/a.md:6: no heading for 'b.md#part'", "docs/a.md:7: no heading for '#b'"])


class Summary(unittest.TestCase):
    def count(self, junit, **reports):
        return self.of_run(summary.count, junit, **reports)

    def of_run(self, function, junit, **reports):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in reports.items():
                pathlib.Path(folder, f"{name}.xml").write_text(text)
            path = pathlib.Path(folder, "ctest.xml")
            path.write_text(f"<testsuite>{junit}</testsuite>")
            return function(path, pathlib.Path(folder))

    def test_cases_count_where_they_are_known(self):
        junit = '<testcase name="a" status="run"/><testcase name="b" status="run"/>'
        self.assertEqual(self.count(junit, a='<testsuites tests="7" failures="0" disabled="1"/>'), (7, 0))

    def test_failures(self):
        junit = '<testcase name="a" status="fail"><failure/></testcase>'
        self.assertEqual(self.count(junit, a='<testsuites tests="7" failures="2"/>'), (5, 2))

    def test_crash_after_or_before_the_report(self):
        junit = '<testcase name="{}" status="fail"><failure/></testcase>'
        self.assertEqual(self.count(junit.format("a"), a='<testsuites tests="7" failures="0"/>'), (7, 1))
        self.assertEqual(self.count(junit.format("a")), (0, 1))
        self.assertEqual(self.count(junit.format("a"), a="<testsuites te"), (0, 1))

    def failures(self, junit, **reports):
        return self.of_run(summary.failures, junit, **reports)

    def test_what_failed_is_told_by_case(self):
        junit = '<testcase name="a" status="fail"><failure/></testcase><testcase name="b" status="run"/>'
        report = ('<testsuites><testsuite><testcase name="good" classname="A"/><testcase name="bad" classname="A">'
                  '<failure message="x.cc:1&#10;no"/></testcase></testsuite></testsuites>')
        self.assertEqual(self.failures(junit, a=report), ["a A.bad:", "  x.cc:1", "  no"])

    def test_what_failed_without_a_report_is_told_by_its_last_words(self):
        lines = "&#10;".join(str(i) for i in range(30))
        junit = f'<testcase name="a" status="fail"><failure/><system-out>{lines}</system-out></testcase>'
        told = self.failures(junit)
        self.assertEqual((told[0], told[-1], len(told)), ("a:", "  29", 1 + summary.SHOWN_LINES))
        self.assertEqual(len(self.failures(junit * 25)), summary.SHOWN_FAILURES * (1 + summary.SHOWN_LINES) + 1)


if __name__ == "__main__":
    unittest.main()
