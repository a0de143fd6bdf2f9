"""Whatever a document tells its readers to type is there: verbs, options, scripts, files, paths of REST, keys, YAML."""

import json
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest
import unittest.mock

import yaml

import documents
from documents import CLASSES, REASON, SOURCE

PROGRAM = os.environ.get("STELLWERK_PROGRAM", "stellwerk")
SECONDS_MAX = 60
COMMAND = re.compile(r"(?:^|(?<=[\s(|;`]))((?:[\w./-]*bin/)?stellwerk|[\w./-]*?(?:simulate|[\w-]+\.(?:sh|py)|curl))(?=\s|$)([^\n]*)", re.M)
OPTION = re.compile(r"(?<![\w/=.,<>:-])(-[A-Za-z](?=[^\w]|$)|-D(?=\w)|--[a-z][\w-]*)")
# Programs of Flink that documents name because readers know them.
FLINKS = {"historyserver.sh", "sql-client.sh", "yarn-session.sh", "kubernetes-session.sh", "zkCli.sh"}
FOLDERS = "scripts|deploy|docs|examples|src|tests|cmake|include"
VERB_SPAN = re.compile(r"(GET|POST|PATCH|PUT|DELETE|HEAD) (/\S*)")
# Of the port for workers, which openapi.yaml is not about.
OTHER_PORTS = {"/workers/gone"}


def run(*words, **options):
    return subprocess.run([PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=SECONDS_MAX, check=False, **options)


def simple_commands(text):
    """(program, words) of each call of something of ours in a text; shell comments are left out."""
    text = re.sub(r"(^|\s)#.*", "", text.replace("\\\n", " "), flags=re.M)
    for piece in re.split(r"\s(?:\||&&|\|\|)\s|;|\$\(|\)|\n", text):
        match = COMMAND.search(piece)
        if match and (match[1] != "stellwerk" or not piece[:match.start(1)].strip()):  # else a name of something, or a word of a log
            yield match[1], match[2]


class Texts:
    """Every place where a command can stand: (document, line, text)."""

    @staticmethod
    def of(name):
        for block in documents.read(name)[0]:
            for at, line in enumerate(block.lines if block.kind in ("text", "console run") else []):
                if not line.startswith("$ ") and block.kind == "console run":
                    continue
                yield name, block.line + 1 + at, line.removeprefix("$ ")
            if block.kind.startswith("sh "):
                for line, text, _ in block.commands():
                    yield name, line, text
        for line, text in documents.spans(name):
            yield name, line, text

    @staticmethod
    def all():
        for name in documents.names():
            yield from Texts.of(name)
        for name, line, text in documents.comments():
            yield name, line, text


class Routes:
    """The paths of openapi.yaml."""

    def __init__(self):
        paths = yaml.safe_load((SOURCE / "docs/openapi.yaml").read_text(encoding="utf-8"))["paths"]
        self.paths = {path: {method.upper() for method in methods} for path, methods in paths.items()}
        self.first = {path.split("/")[1] for path in paths} - {""}

    def knows(self, path, method=None):
        parts = re.sub(r"^/v1(?=/)", "", path.split("?")[0]).rstrip("/").split("/")
        for known, methods in self.paths.items():
            ours = known.rstrip("/").split("/")
            if len(ours) == len(parts) and (method in (None, "HEAD") or method in methods):
                if all(b == a or b.startswith("{") and a for a, b in zip(parts, ours)):
                    return True
        return False


def missing_on_purpose():
    """The lines of the one table that lists what is of Flink and not here."""
    found, name, inside = set(), "docs/rest-api.md", False
    for number, line in documents.read(name)[1]:
        if line.startswith("#"):
            inside = line.startswith("## What of Flink's is not there")
        elif inside:
            found.add((name, number))
    assert found
    return found


class CommandsTest(unittest.TestCase):

    def faults(self, found):
        found = [f"{name}:{line}: {what}" for name, line, what in found]
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_every_block_says_what_it_is(self):
        found = []
        for name in documents.names():
            for block in documents.read(name)[0]:
                if block.kind not in CLASSES:
                    found.append((name, block.line, f"'{block.kind}' is none of: {', '.join(sorted(CLASSES))}"))
                elif block.kind == "sh elsewhere" and not REASON.fullmatch(block.above):
                    found.append((name, block.line, "the line above does not say why it is not run: <!-- not run: ... -->"))
                elif block.kind.startswith("sh ") and documents.shell_faults(block.text):
                    found.append((name, block.line, documents.shell_faults(block.text)))
        self.faults(found)

    def test_verbs_and_options_are_there(self):
        helps, found = {}, []
        verbs = set(re.findall(r"^  ([a-z]+)  ", run("--help").stdout, re.M))
        self.assertIn("run", verbs)
        for name, line, text in Texts.all():
            for program, rest in simple_commands(text):
                if pathlib.PurePath(program).name != "stellwerk":
                    continue
                words = rest.split()
                if not words or words[0] in ("<ACTION>", "ACTION", "--help", "--version", "VERB"):
                    continue
                verb = words[0].strip("`,.")
                if verb not in verbs:
                    if re.fullmatch(r"[a-z-]+", verb):  # not `stellwerk 0.1.0` or the like
                        found.append((name, line, f"stellwerk {verb}: there is no such verb"))
                    continue
                if verb not in helps:
                    helps[verb] = run(verb, "--help").stdout
                rest = re.split(r"\s--(?:\s|$)|\.jar\s", rest)[0]
                for option in OPTION.findall(rest):
                    if not re.search(rf"(?<![\w-]){option}(?![\w-])", helps[verb]):
                        found.append((name, line, f"stellwerk {verb} has no option {option}"))
        self.faults(found)

    def test_scripts_and_their_options_are_there(self):
        found = []
        for name, line, text in Texts.all():
            for program, rest in simple_commands(text):
                path = pathlib.PurePath(program)
                if path.suffix not in (".sh", ".py") or path.name in FLINKS:
                    continue
                if path.parts[0] in ("bin", "dist") or len(path.parts) == 1:
                    places = [SOURCE / "scripts/cluster" / path.name, *SOURCE.glob(f"examples/*/{path.name}")]
                else:
                    places = [SOURCE / path, *SOURCE.glob(f"tests/*/{path}")]
                there = [place for place in places if place.is_file()]
                if not there:
                    found.append((name, line, f"{program} is not there"))
                elif path.parts[0] in ("scripts", "tests"):
                    said = there[0].read_text(encoding="utf-8")
                    for option in OPTION.findall(rest):
                        if not re.search(rf"{option}(?![\w-])", said):
                            found.append((name, line, f"{program} has no option {option}"))
                elif re.match(r" +[a-z]", rest) and (word := rest.split()[0].strip("`,.")):
                    if word not in there[0].read_text(encoding="utf-8"):
                        found.append((name, line, f"{program} has no '{word}'"))
        self.faults(found)

    def test_the_simulators_options_are_there(self):
        known = "".join(path.read_text(encoding="utf-8") for path in SOURCE.glob("tests/simulation/cluster/*.cc"))
        found = []
        for name, line, text in Texts.all():
            for program, rest in simple_commands(text):
                if pathlib.PurePath(program).name == "simulate":
                    found += [(name, line, f"simulate has no {option}") for option in OPTION.findall(rest) if f'"{option}"' not in known]
        self.faults(found)

    def test_files_that_are_named_are_there(self):
        found = []
        for name, line, text in Texts.all():
            for path in re.findall(rf"(?:^|(?<=[\s`'\"]))(?:dist/|/opt/stellwerk/)?((?:{FOLDERS})/[\w./*-]*[\w/*])", text):
                if not list(SOURCE.glob(path)) and not (name.startswith("docs/adr") or path.startswith("docs/model/complete")):
                    found.append((name, line, f"{path} is not there"))
        self.faults(found)

    def test_paths_of_rest_are_there(self):
        routes, found, missing = Routes(), [], missing_on_purpose()
        for name, line, text in Texts.all():
            if (name, line) in missing:
                continue
            asked = [(match[1], match[2]) for match in [VERB_SPAN.fullmatch(text)] if match]
            if re.fullmatch(r"/[\w:<>./-]+", text) and text.split("/")[1] in routes.first:
                asked.append((None, text))
            for program, rest in simple_commands(text):
                if program == "curl":
                    words = shlex.split(re.sub(r"\$\(.*", "", rest))
                    method = words[words.index("-X") + 1] if "-X" in words else \
                        "POST" if {"-F", "-d", "--data", "--data-binary"} & set(words) else "GET"
                    for word in words:
                        if match := re.fullmatch(r"(?:https?://)?[\w.-]+:\d+(/\S*)?", word):
                            asked.append((method, match[1] or "/"))
            for method, path in asked:
                path = path.rstrip(",.") or "/"
                if path not in OTHER_PORTS and "..." not in path and not routes.knows(path, method):
                    found.append((name, line, f"{method or ''} {path} is not in docs/openapi.yaml".strip()))
        self.faults(found)

    def test_keys_are_keys(self):
        """Those that documents name, and those that blocks of configuration set."""
        table = (SOURCE / "docs/configuration.md").read_text(encoding="utf-8")
        documented = set(re.findall(r"^\| `([\w.-]+)` \|", table, re.M))
        first = {key.split(".")[0] for key in documented if "." in key} - {"task"}
        places, found = {}, []
        for name, line, text in Texts.all():
            for key in re.findall(r"(?:^|(?<=\s)|(?<=-D)|(?<=-D ))((?:[a-z][\w-]*\.)+[A-Za-z][\w-]*)(?=$|[\s:=])", text):
                if key.split(".")[0] in first and pathlib.PurePath(key).suffix not in (".sh", ".yaml", ".json", ".md"):
                    places.setdefault(key, (name, line))
            for prefix in re.findall(r"(?:^|(?<=\s))((?:[a-z][\w-]*\.)+)\*", text):
                if prefix.split(".")[0] in first and not any(key.startswith(prefix) for key in documented):
                    places.setdefault(prefix + "x", (name, line))
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "config.yaml").write_text("rest.port: 8081\n", encoding="utf-8")
            said = run("config", "--check", "-c", folder, *(word for key in places for word in ("-D", f"{key}=1"))).stdout
        for key in re.findall(r"-D: (\S+) is not a (?:known )?key", said):
            found.append((*places[key], f"{key} is no key"))
        self.assertGreater(len(places), 50)
        self.faults(found)

    def test_lines_of_logs_are_said(self):
        """What the failure handbook quotes: half of its pairs of words at least stand in the sources, the rest is put together."""
        said = []
        for path in (*SOURCE.glob("src/**/*.cc"), *SOURCE.glob("src/**/*.h")):
            text = re.sub(r'"\s*\n\s*"', "", path.read_text(encoding="utf-8"))
            said += re.findall(r'"((?:[^"\\\n]|\\.)*)"', text)
        said, found = "\n".join(said), []
        for line, text in documents.spans("docs/failures.md"):
            words = re.findall(r"[A-Za-z'-]{2,}[:,;]?(?!\S)", re.sub(r"\([^)]*\)", "", text))
            pairs = [f"{one} {two}" for one, two in zip(words, words[1:])]
            if len(words) > 2 and not list(simple_commands(text)) and 2 * sum(pair in said for pair in pairs) < len(pairs):
                found.append(("docs/failures.md", line, f"nobody says '{text}'"))
        self.faults(found)

    def test_folders_are_those_of_the_sources(self):
        named = set(re.findall(r"^\| `(\w+)/` \|", (SOURCE / "docs/architecture.md").read_text(encoding="utf-8"), re.M))
        self.assertEqual(named, {path.name for path in (SOURCE / "src").iterdir() if path.is_dir()})

    def test_yaml_and_json_are_taken(self):
        found = []
        for name in documents.names():
            for block in documents.read(name)[0]:
                with tempfile.TemporaryDirectory() as folder:
                    if block.kind in ("yaml job", "yaml vertex"):
                        head = "name: a\nvertices:\n  - name: a\n    command: [\"true\"]\n" if block.kind == "yaml vertex" else ""
                        path = pathlib.Path(folder, "job.yaml")
                        path.write_text(head + block.text, encoding="utf-8")
                        done = run("info", str(path))
                    elif block.kind == "yaml config":
                        pathlib.Path(folder, "config.yaml").write_text(block.text, encoding="utf-8")
                        done = run("config", "--check", "-c", folder)
                        if "not a known key" in done.stdout:
                            found.append((name, block.line, done.stdout))
                    else:
                        if block.kind == "json":
                            json.loads(block.text)
                        continue
                    if done.returncode:
                        found.append((name, block.line, done.stdout))
        self.faults(found)


class ReadingTest(unittest.TestCase):
    """How documents are read."""

    def read(self, text):
        with tempfile.TemporaryDirectory() as folder, unittest.mock.patch.object(documents, "SOURCE", pathlib.Path(folder)):
            pathlib.Path(folder, "a.md").write_text(text, encoding="utf-8")
            return documents.read("a.md")[0], list(documents.spans("a.md"))

    def test_commands_of_several_lines(self):
        [block], _ = self.read("<!-- not run: why -->\n```sh elsewhere\n# first\ncat >a <<EOF\nb (\nEOF\n\nls \\\n  -l  # all\n```\n")
        self.assertEqual((block.kind, block.above), ("sh elsewhere", "<!-- not run: why -->"))
        self.assertEqual([(line, text) for line, text, _ in block.commands()], [(4, "cat >a <<EOF\nb (\nEOF"), (8, "ls \\\n  -l  # all")])

    def test_what_commands_are_said_to_print(self):
        [block], _ = self.read("```console run\n$ ls\na\nb\n$ true\n```\n")
        self.assertEqual(block.commands(), [(2, "ls", ["a", "b"]), (5, "true", [])])

    def test_a_command_without_an_end(self):
        [block], _ = self.read("```sh run\nif true\n```\n")
        with self.assertRaises(AssertionError):
            block.commands()
        self.assertTrue(documents.shell_faults("echo <job id>"))

    def test_code_in_running_text(self):
        blocks, spans = self.read("a `b c`\n```text\n`d`\n```\n| `e \\| f` |\n")
        self.assertEqual(([block.text for block in blocks], spans), (["`d`\n"], [(1, "b c"), (5, "e | f")]))

    def test_calls_of_ours(self):
        self.assertEqual(list(simple_commands("sudo bin/stellwerk run -d x | cat  # stellwerk no\nscripts/a.sh --b && curl -X POST h:1/x")),
                         [("bin/stellwerk", " run -d x"), ("scripts/a.sh", " --b"), ("curl", " -X POST h:1/x")])


if __name__ == "__main__":
    unittest.main()
