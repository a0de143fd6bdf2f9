#!/usr/bin/env python3
"""Runs clang-tidy over src/, on what changed since it last passed.

usage: tidy.py [--light] [--build DIR] [--jobs N] [FILE...]

FILEs narrow the run (default: every .cc file of src/ in the build's compile_commands.json). A build that
compiles several files at once (preset `check`) has them looked at so too: in a third of the time, with the
same findings but unused using-declarations, which structure.py looks for. --light leaves out the static
analyzer, which takes more than half of the time. A pass is remembered in <build>/tidy/ under a hash of the options, the compile command and every file of
the repository that the unit includes (as ninja recorded it), so a second run is quick. Exit code 1
if a file has findings.
"""

import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE_SECONDS_MAX = 600
# The build is GCC's; clang need not know all of its warnings.
GCC_FLAGS = ["--extra-arg=-Wno-unknown-warning-option"]
LIGHT = ["--checks=-clang-analyzer-*"]


INCLUDED = re.compile(r'^#include "(.+)"$', re.M)


def sources(unit, build):
    """The files of src/ that a unit compiles: itself, or those that CMake's unity file includes."""
    path = pathlib.Path(unit["file"])
    names = [path] if not path.is_relative_to(build) else map(pathlib.Path, INCLUDED.findall(path.read_text()))
    return [name.resolve() for name in names if name.is_relative_to(ROOT / "src")]


def recorded_dependencies(build):
    """Object file -> files of the repository it was compiled from."""
    listing = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], capture_output=True, text=True).stdout
    dependencies, current = {}, None
    for line in listing.split("\n"):
        if line and not line.startswith(" "):
            current = dependencies.setdefault(line.split(":")[0], set())
        elif line.strip():
            path = (build / line.strip()).resolve()
            if path.is_relative_to(ROOT):
                current.add(path)
    return dependencies


def fingerprint(unit, dependencies):
    """None when the unit was never compiled, so that nobody knows what it includes."""
    words = shlex.split(unit["command"])
    files = dependencies.get(words[words.index("-o") + 1])
    if not files:
        return None
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes() + unit["command"].encode())
    for path in sorted(files):
        digest.update(path.read_bytes() if path.exists() else b"gone")
    return digest.hexdigest()


def check(unit, build, known, light):
    """Returns the findings, empty if there are none. `known` is the unit's fingerprint or None."""
    full_mark, light_mark = build / "tidy" / f"{known}", build / "tidy" / f"{known}-light"
    if known and (full_mark.exists() or (light and light_mark.exists())):
        return ""
    result = subprocess.run(["clang-tidy", "--quiet", *GCC_FLAGS, "-p", str(build), *(LIGHT if light else []), unit["file"]],
                            capture_output=True, text=True, timeout=FILE_SECONDS_MAX)
    if result.returncode != 0:
        return result.stdout + result.stderr
    if known:
        full_mark.parent.mkdir(exist_ok=True)
        (light_mark if light else full_mark).touch()
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--light", action="store_true")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    build = options.build.resolve()
    database = build / "compile_commands.json"
    if not database.exists():
        sys.exit(f"{database} is missing: cmake --preset dev")
    wanted = {(ROOT / name).resolve() for name in options.files}
    units = [(unit, len(own)) for unit in json.loads(database.read_text())
             if (own := sources(unit, build)) and (not wanted or wanted.intersection(own))]
    dependencies = recorded_dependencies(build)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [pool.submit(check, unit, build, fingerprint(unit, dependencies), options.light) for unit, _ in units]
        for run in concurrent.futures.as_completed(runs):
            if run.result():
                failed += 1
                print(run.result())
    print(f"{sum(count for _, count in units)} files in {len(units)} units, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
