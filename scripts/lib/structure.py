#!/usr/bin/env python3
"""Checks what no compiler sees: layers, purity, size, words that must not stay.

usage: structure.py [--root DIR]

Prints one line per rule (`ok   <rule>` or `FAIL <rule>`), below a failed one its findings as
`file:line: what is wrong`, and warnings as `warn file: ...`. Exit code 1 if a rule failed.
"""

import argparse
import itertools
import pathlib
import re
import subprocess
import sys

# What a folder of src/ may include directly; what these may, it may too. The table of
# docs/architecture.md ("Layers"); a change belongs there first. link, worker and guard are planned:
# what they may use is settled before they exist.
MAY_USE = {
    "include": [],
    "base": ["include"],
    "archive": ["base"],
    "loop": ["base"],
    "model": ["base"],
    "config": ["model"],
    "leadership": ["model"],
    "journal": ["model"],
    "jobs": ["model"],
    "history": ["model"],
    "fsck": ["journal", "jobs"],
    "master": ["leadership", "journal", "jobs", "link"],
    "link": ["model"],
    "worker": ["model", "link"],
    "processes": ["base"],
    "tasks": ["worker", "loop", "processes"],
    "zookeeper": ["base"],
    "coordination": ["leadership", "config", "loop", "zookeeper"],
    "guard": ["include", "zookeeper", "processes"],
    "storage": ["config"],
    "artifacts": ["worker", "storage", "archive", "http"],
    "identity": ["worker", "storage"],
    "http": ["loop"],
    "websocket": ["http", "link"],
    "page": ["base"],
    "logs": ["http"],
    "api": ["http", "master", "config", "page", "logs"],
    "cli": ["model", "config", "http", "archive"],
    "drill": ["cli", "history", "processes"],
}
ANYTHING = {"app"}  # the only place where parts are put together

PURE = ("leadership", "journal", "jobs", "history", "fsck", "master", "link", "worker")
IMPURE_INCLUDES = re.compile(
    r"^(thread|mutex|condition_variable|future|random|fstream|iostream|filesystem|unistd\.h|fcntl\.h"
    r"|sys/.*|boost/asio.*|boost/beast.*|spdlog.*|zookeeper/.*)$")
IMPURE_CALLS = re.compile(
    r"\w*_clock\s*::\s*now\b|\bgetenv\s*\(|(?<!\w)(?:std\s*)?::\s*time\s*\(|(?<![\w.>:])time\s*\(\s*(?:nullptr|NULL|0|&)"
    r"|\brandom_device\b|(?<![\w.>:])s?rand\s*\(")

LINES_WARN, LINES_MAX = 400, 600
SIZED = (".cc", ".h", ".py", ".sh", ".bash", ".bats", ".cmake", "CMakeLists.txt")
# Written in pieces so that this file passes its own rules.
BANNED_IN_TESTS = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|GTEST_" r"SKIP)\b|\bDISABLED_")
LEFTOVERS = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b")
MACHINE_PATHS = re.compile(r"(?<![\w.:$}/-])/(?:work|root|Users|home)/")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
USING = re.compile(r"^\s*using (?:\w+::)+(\w+);")
# A type that a header offers to others, and any name that a file gives to something of its own.
DEFINED = re.compile(r"^(?:class|struct|enum class) (\w+)(?: final)?(?: :[^;{]*)? \{", re.M)
DECLARED = re.compile(r"\b(?:enum class|class|struct|enum|using|concept|typename|class\.\.\.|typename\.\.\.) (\w+)")
RAW_TEXT = re.compile(r'R"(\w*)\(.*?\)\1"', re.S)
WORD = re.compile(r"(?<![\w.>])[A-Z]\w+")
DEPS = re.compile(r"stellwerk_library\(\s*(\w+)(.*?)\)", re.S)


class Tree:
    """The files of the repository: what git knows or would add; without git, all but build/ and dist/."""

    def __init__(self, root):
        self.root = root
        listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z", "-co", "--exclude-standard"],
                                capture_output=True, text=True)
        if listed.returncode == 0:
            names = {n for n in listed.stdout.split("\0") if n}
        else:
            names = {str(p.relative_to(root)) for p in root.rglob("*")}
            names = {n for n in names if n.split("/")[0] not in ("build", "dist", ".git")}
        self.names = sorted(n for n in names if (root / n).is_file() and not (root / n).is_symlink())

    def text(self, name):
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def select(self, under=(), endings=()):
        for name in self.names:
            if (not under or name.split("/")[0] in under) and (not endings or name.endswith(tuple(endings))):
                yield name

    def code(self, folder):
        """The C++ files of src/<folder>; of the contracts for "include"."""
        top = "include/" if folder == "include" else f"src/{folder}/"
        return (n for n in self.names if n.startswith(top) and n.endswith((".cc", ".h")))


def without_comments(text):
    """The code with comments and string contents blanked; line numbers stay."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)
    return pattern.sub(lambda m: "\n" * m.group().count("\n") if m.group()[0] == "/" else '""', text)


def grep(pattern, text, what):
    for number, line in enumerate(text.split("\n"), 1):
        found = pattern.search(line)
        if found:
            yield number, what.format(found.group().strip())


def closure(folder):
    reached, todo = set(), [folder]
    while todo:
        for dep in MAY_USE.get(todo.pop(), []):
            if dep not in reached:
                reached.add(dep)
                todo.append(dep)
    return reached


def includes(tree, name):
    for number, line in enumerate(tree.text(name).split("\n"), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1), found.group(2)


def rule_layers(tree):
    """an include or a library of a folder that the layer table does not allow"""
    folders = {n.split("/")[1] for n in tree.select(under=["src"]) if n.count("/") >= 2}
    for folder in sorted(folders):
        if folder not in MAY_USE and folder not in ANYTHING:
            yield f"src/{folder}: not in the layer table (scripts/lib/structure.py, MAY_USE)"
    for folder in [*sorted(folders & MAY_USE.keys()), "include"]:
        allowed = closure(folder) | {folder}
        for name in tree.code(folder):
            for number, quote, path in includes(tree, name):
                top = "include" if path.startswith("stellwerk/") else path.split("/")[0]
                if top in folders | {"include"} and "/" in path and top not in allowed:
                    yield f"{name}:{number}: {folder} may not use {top} (includes {path})"
                if quote == '"' and "/" not in path:
                    yield f'{name}:{number}: write "<folder>/{path}"; the folder tells the layer'
        build = f"src/{folder}/CMakeLists.txt"
        if build in tree.names:
            for library, arguments in DEPS.findall(tree.text(build)):
                deps = re.split(r"\b(?:SOURCES|LIBS)\b", arguments.partition("DEPS")[2])[0].split()
                for dep in sorted(set(deps) - allowed - {library}):
                    yield f"{build}: {folder} may not link {dep}"


def rule_purity(tree):
    """a pure folder reaches for a clock, thread, file, socket, logger or random device"""
    for folder in PURE:
        for name in tree.code(folder):
            for number, _, path in includes(tree, name):
                if IMPURE_INCLUDES.match(path):
                    yield f"{name}:{number}: {folder} is pure and may not include <{path}>"
            for number, what in grep(IMPURE_CALLS, without_comments(tree.text(name)), "'{}'"):
                yield f"{name}:{number}: {folder} is pure; {what} is an input to be passed in"


def rule_file_length(tree):
    """a file of more than 600 lines"""
    for name in tree.select(endings=SIZED):
        lines = tree.text(name).count("\n")
        if lines > LINES_MAX:
            yield f"{name}: {lines} lines, at most {LINES_MAX}"
        elif lines > LINES_WARN:
            print(f"warn {name}: {lines} lines; over {LINES_WARN} is seldom right")


def rule_tests_wait_and_run(tree):
    """a test that sleeps or is switched off"""
    for name in tree.select(under=["tests"], endings=(".cc", ".h")):
        for number, what in grep(BANNED_IN_TESTS, without_comments(tree.text(name)), "'{}'"):
            yield f"{name}:{number}: {what} in a test"


def rule_unused_using(tree):
    """a using-declaration that names what the file does not use; clang-tidy cannot see it where it reads several files at once"""
    for name in tree.select(under=["src", "tests"], endings=(".cc",)):
        code = without_comments(tree.text(name))
        for number, line in enumerate(code.split("\n"), 1):
            using = USING.match(line)
            if using and len(re.findall(rf"\b{using.group(1)}\b", code)) < 2:
                yield f"{name}:{number}: '{line.strip()}' is not used"


def rule_own_includes(tree):
    """a file that names a type whose header it does not include; where several files are compiled at once no compiler sees it"""
    headers = {n.split("/", 1)[1]: n for n in tree.select(under=["src", "include"], endings=(".h",))}
    code = {n: without_comments(RAW_TEXT.sub('""', tree.text(n))) for n in tree.select(under=["src", "include"], endings=(".cc", ".h"))}
    declared = {n: set(DECLARED.findall(text)) for n, text in code.items()}
    at_home = {}
    for path, name in headers.items():
        for type_name in DEFINED.findall(code[name]):
            at_home.setdefault(type_name, set()).add(path)
    reached = {}

    def reach(name):
        if name not in reached:
            reached[name] = {name}
            for _, _, path in includes(tree, name):
                if path in headers:
                    reached[name] |= reach(headers[path])
        return reached[name]

    for name in code:
        used = set(WORD.findall(code[name])) & at_home.keys()
        for type_name in sorted(used - set().union(*(declared[each] for each in reach(name)))):
            line = code[name][:re.search(rf"\b{type_name}\b", code[name]).start()].count("\n") + 1
            yield f"{name}:{line}: {type_name} is in {', '.join(sorted(at_home[type_name]))}, which is not included"


def rule_leftovers(tree):
    """a note to finish something later"""
    for name in tree.select(under=["src", "include", "tests", "scripts", "cmake", "conf", "examples", "model"]):
        for number, what in grep(LEFTOVERS, tree.text(name), "{}"):
            yield f"{name}:{number}: {what}: finish it, or open an issue"


def rule_machine_paths(tree):
    """a path that exists on one machine only"""
    for name in tree.names:
        for number, what in grep(MACHINE_PATHS, tree.text(name), "{}"):
            yield f"{name}:{number}: '{what}...' exists on somebody's machine only"


def outline(text):
    """The depths of a Markdown text's headings, and its blocks: what stands behind ```, and the code without comments."""
    depths, blocks, fence = [], [], None
    for line in text.split("\n"):
        mark = re.match(r"\s*(```+|~~~+)(.*)", line)
        if mark and fence is None:
            fence = mark.group(1)
            blocks.append([mark.group(2).strip()])
        elif mark and mark.group(1).startswith(fence):
            fence = None
        elif fence:
            blocks[-1].append(re.sub(r"(^|\s+)#.*", "", line).rstrip())
        elif heading := re.match(r"(#{1,6}) ", line):
            depths.append(len(heading.group(1)))
    return depths, blocks


def rule_languages(tree):
    """a document and its translation (.zh-CN.md) with different headings, or with blocks that differ in more than comments"""
    for translated in tree.select(endings=[".zh-CN.md"]):
        pair = (translated.replace(".zh-CN.md", ".md"), translated)
        (headings, blocks), (headings_zh, blocks_zh) = (outline(tree.text(name)) for name in pair)
        if headings != headings_zh:
            yield f"{pair[1]}: headings by depth {headings_zh}, in {pair[0]} {headings}"
        if len(blocks) != len(blocks_zh):
            yield f"{pair[1]}: {len(blocks_zh)} code blocks, in {pair[0]} {len(blocks)}"
        for number, (block, block_zh) in enumerate(zip(blocks, blocks_zh), 1):
            for line, line_zh in itertools.zip_longest(block, block_zh):
                if line != line_zh:
                    yield f"{pair[1]}: block {number} has '{line_zh}', in {pair[0]} it is '{line}'"
                    break


def prose(text):
    """A Markdown text without its blocks of code, line by line."""
    return re.sub(r"^\s*```.*?^\s*```", lambda m: "\n" * m.group().count("\n"), text, flags=re.S | re.M).split("\n")


def anchors(text):
    """What links may name behind # in a Markdown text, as GitHub makes it of the headings."""
    found = set()
    for line in prose(text):
        if heading := re.match(r"#{1,6} (.*)", line):
            shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.group(1)).strip().lower()
            name = re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")
            count = next(n for n in itertools.count() if (f"{name}-{n}" if n else name) not in found)
            found.add(f"{name}-{count}" if count else name)
    return found


def rule_links(tree):
    """a relative link in a document that leads nowhere"""
    known = {}
    for name in tree.select(endings=[".md"]):
        for number, line in enumerate(prose(tree.text(name)), 1):
            for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
                path, _, anchor = target.partition("#")
                if "://" in target or target.startswith("mailto:"):
                    continue
                place = (tree.root / name).parent.joinpath(path) if path else tree.root / name
                if not place.exists():
                    yield f"{name}:{number}: nothing at '{target}'"
                elif anchor and place.suffix == ".md":
                    if place not in known:
                        known[place] = anchors(place.read_text(encoding="utf-8"))
                    if anchor not in known[place]:
                        yield f"{name}:{number}: no heading for '{target}'"


RULES = [rule_layers, rule_purity, rule_file_length, rule_tests_wait_and_run, rule_unused_using,
         rule_own_includes, rule_leftovers,
         rule_machine_paths, rule_languages, rule_links]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    tree = Tree(parser.parse_args().root.resolve())
    failed = False
    for rule in RULES:
        name = rule.__name__.removeprefix("rule_").replace("_", "-")
        findings = list(rule(tree))
        failed |= bool(findings)
        print(f"FAIL {name}: {rule.__doc__}" if findings else f"ok   {name}")
        for finding in findings:
            print(f"  {finding}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
