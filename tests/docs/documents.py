"""What the documents say: blocks of code with their class, commands, code in running text."""

import os
import pathlib
import re
import subprocess

SOURCE = pathlib.Path(os.environ.get("STELLWERK_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
TRANSLATION = ".zh-CN.md"  # has the same blocks as the document: scripts/lib/structure.py

# What may stand behind ``` in a document; docs/testing.md explains it.
CLASSES = {
    "sh run",  # typed line by line, by played_test.py
    "sh elsewhere",  # cannot be run on any one machine: why not stands above it; looked at by commands_test.py
    "console run",  # `$ command` and what it prints: typed, and the beginning of what it prints compared
    "text",  # what a program prints, or how it is called
    "yaml job", "yaml vertex", "yaml config", "json",
}
REASON = re.compile(r"<!-- not run: \S.*\S -->")


def names():
    """All documents whose commands count, as paths in the sources."""
    found = [*SOURCE.glob("*.md"), *SOURCE.glob("docs/*.md"), SOURCE / "examples/README.md"]
    return sorted(str(path.relative_to(SOURCE)) for path in found if path.name != "CHANGELOG.md")


class Block:

    def __init__(self, document, line, kind, above):
        self.document, self.line, self.kind, self.above, self.lines = document, line, kind, above, []

    def __repr__(self):
        return f"{self.document}:{self.line}"

    @property
    def text(self):
        return "\n".join(self.lines) + "\n"

    def commands(self):
        """(line, command, what it is said to print or None) of a block of commands; a command may have several lines."""
        if self.kind == "console run":
            said = [(at, line) for at, line in enumerate(self.lines) if line.startswith("$ ")]
            ends = [at for at, _ in said[1:]] + [len(self.lines)]
            return [(self.line + 1 + at, line[2:], self.lines[at + 1:end]) for (at, line), end in zip(said, ends)]
        found, begin = [], 0
        for at in range(len(self.lines)):
            text = "\n".join(self.lines[begin:at + 1])
            if not text.strip() or re.fullmatch(r"\s*#.*", text):
                begin = at + 1
            elif not shell_faults(text):
                found.append((self.line + 1 + begin, text, None))
                begin = at + 1
        assert begin == len(self.lines), f"{self}: the last command does not end"
        return found


def shell_faults(text):
    """What bash says of a text that it cannot read to its end."""
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, timeout=60, check=False)
    # The word that ends a here-document may be missing for bash, but not here.
    return done.stderr.strip() if done.returncode or done.stderr else "it goes on" if text.endswith("\\") else ""


def read(name):
    """The blocks of a document, and its other lines as (number, text)."""
    blocks, prose, open_block, above = [], [], None, ""
    for number, line in enumerate((SOURCE / name).read_text(encoding="utf-8").split("\n"), 1):
        mark = re.match(r"\s*```(.*)", line)
        if mark and open_block is None:
            open_block = Block(name, number, mark[1].strip(), above)
        elif mark:
            blocks.append(open_block)
            open_block = None
        elif open_block:
            open_block.lines.append(line)
        else:
            prose.append((number, line))
        above = line
    assert open_block is None, f"{open_block}: the block does not end"
    return blocks, prose


def spans(name):
    """(line, text) of each `code` in running text; a | that a table escapes is one."""
    for number, line in read(name)[1]:
        for text in re.findall(r"`([^`]+)`", line):
            yield number, text.replace("\\|", "|")


def comments():
    """(name, line, text) of the commands in comments of what is there to be copied: examples, deploy/, conf/."""
    for path in sorted([*SOURCE.glob("examples/*/job.yaml"), *SOURCE.glob("deploy/**/*"), *SOURCE.glob("conf/*"), SOURCE / "Containerfile"]):
        if path.is_file():
            for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
                if match := re.match(r"\s*#\s+((?:bin|scripts|dist)/\S.*|(?:stellwerk|curl|podman|docker|kubectl|promtool) .*)", line):
                    yield str(path.relative_to(SOURCE)), number, re.sub(r"\s{2,}\S.*", "", match[1])
