"""Adds up by folder what gcovr found in a build folder; see ../coverage.sh."""

import collections
import json
import pathlib
import subprocess
import sys


def gcovr(build):
    done = subprocess.run(["gcovr", "--root", ".", "--object-directory", str(build), "--filter", "src/",
                           "--exclude-throw-branches", "--exclude-unreachable-branches", "--json"],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"gcovr failed: {done.stderr.strip()}")
    return json.loads(done.stdout)["files"]


def share(part, whole):
    return f"{100 * part / whole:5.1f} %" if whole else "      -"


def main():
    build = pathlib.Path(sys.argv[1])
    folders = collections.defaultdict(lambda: [0, 0, 0, 0])
    never = []
    for found in gcovr(build):
        lines = [line for line in found["lines"] if not line.get("gcovr/noncode")]
        branches = [branch for line in lines for branch in line["branches"]]
        counts = (sum(line["count"] > 0 for line in lines), len(lines),
                  sum(branch["count"] > 0 for branch in branches), len(branches))
        for which in (str(pathlib.Path(found["file"]).parent), "all"):
            folders[which] = [a + b for a, b in zip(folders[which], counts)]
        never += [f"{found['file']}:{line['line_number']}" for line in lines if line["count"] == 0]
    print(f"{'':24}{'lines':>8}{'':9}{'branches':>8}")
    for name in sorted(folders, key=lambda each: (each == "all", each)):
        ran, lines, taken, branches = folders[name]
        print(f"{name:24}{lines:8}{share(ran, lines)}  {branches:8}{share(taken, branches)}")
    (build / "uncovered.txt").write_text("\n".join(never) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
