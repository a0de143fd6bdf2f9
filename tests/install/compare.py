#!/usr/bin/env python3
"""Whether two archives of one commit are the same.

usage: compare.py ARCHIVE ARCHIVE

They are, byte for byte, if they were built with the same packages. Where licenses/packages.txt differs, only what
comes from those packages may differ. Prints `ok <what>` or `FAIL <what>`; exit code 1 if something failed.
"""

import pathlib
import subprocess
import sys
import tarfile

# Their code stands in the program or in the guard itself.
LINKED_IN = {"libarchive-dev", "libboost-json1.81.0", "libbz2-dev", "libc6", "libcli11-dev", "libgcc-s1", "liblzma-dev",
             "libspdlog1.10", "libstdc++6", "libzookeeper-st-dev", "libzstd-dev"}
VERSIONS = "licenses/packages.txt"


def members(path):
    """Name below the top -> (what kind with which mode, bytes or target)."""
    with tarfile.open(path) as opened:
        found = {}
        for member in opened:
            name = member.name.partition("/")[2]
            content = opened.extractfile(member).read() if member.isfile() else member.linkname
            found[name] = ((member.type, member.mode), content)
        return found


def versions(tree):
    lines = tree[VERSIONS][1].decode().splitlines()
    return {tuple(line.split()[2:4]) for line in lines if not line.startswith("#")}


def may_differ(name, packages):
    """Whether that file comes from one of these."""
    if not packages:
        return False
    if name == VERSIONS or name in {f"licenses/{package}.txt" for package in packages}:
        return True
    if name in ("bin/stellwerk", "libexec/stellwerk-guard"):
        return bool(packages & LINKED_IN)
    said = subprocess.run(["dpkg-query", "-S", f"*/{pathlib.PurePath(name).name}"], capture_output=True, text=True, check=False)
    return name.startswith("lib/") and bool({line.split(":")[0] for line in said.stdout.splitlines()} & packages)


def main(first, second):
    one, other = members(first), members(second)
    changed = {package for package, _ in versions(one) ^ versions(other)}
    names = sorted(name for name in one.keys() | other.keys() if name not in one or name not in other)
    differing = sorted(name for name in one.keys() & other.keys() if one[name] != other[name])
    wrong = [name for name in differing if one[name][0] != other[name][0] or not may_differ(name, changed)]
    same = pathlib.Path(first).read_bytes() == pathlib.Path(second).read_bytes()
    if changed:
        print(f"The packages differ: {', '.join(sorted(changed))}; so these files may: {', '.join(differing)}")
    print(f"{'FAIL' if names else 'ok  '} the same names" + "".join(f"\n  {name}" for name in names))
    print(f"{'FAIL' if wrong else 'ok  '} the same contents" + "".join(f"\n  {name}" for name in wrong))
    if not changed:
        print(f"{'ok  ' if same else 'FAIL'} the same bytes")
    return 1 if names or wrong or not (same or changed) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]) if len(sys.argv) == 3 else __doc__)
