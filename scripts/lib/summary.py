#!/usr/bin/env python3
"""Counts what a ctest run did.

usage: summary.py [--failures] JUNIT_XML [GTEST_XML_DIR]

Prints `<passed> <failed>`, or with --failures what failed and how it said so. A program that wrote a GoogleTest report <GTEST_XML_DIR>/<name>.xml counts
with its test cases, any other as one. One that ctest calls failed although its report does not (it
crashed at the end, or ran out of time) counts as one failure more.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree

SHOWN_LINES = 12  # of what one failure said
SHOWN_FAILURES = 20


def cases(report):
    """(passed, failed) of a GoogleTest report, None if there is none or it was cut short."""
    try:
        top = ElementTree.parse(report).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    failed = int(top.get("failures", 0)) + int(top.get("errors", 0))
    return int(top.get("tests", 0)) - int(top.get("disabled", 0)) - failed, failed


def count(junit, reports):
    passed = failed = 0
    for program in ElementTree.parse(junit).getroot().iter("testcase"):
        good = program.get("status") == "run" and program.find("failure") is None
        counted = cases(reports / f"{program.get('name')}.xml") if reports else None
        ok, bad = counted or ((1, 0) if good else (0, 1))
        passed += ok
        failed += bad if good or bad else 1
    return passed, failed


def messages(report):
    """(case, text) of what a GoogleTest report says has failed."""
    try:
        cases_of = ElementTree.parse(report).getroot().iter("testcase")
    except (OSError, ElementTree.ParseError):
        return []
    return [(f"{case.get('classname')}.{case.get('name')}", failure.get("message") or "")
            for case in cases_of for failure in case.findall("failure")]


def failures(junit, reports):
    """Lines for a reader who has nothing but them."""
    found = []
    for program in ElementTree.parse(junit).getroot().iter("testcase"):
        if program.get("status") == "run" and program.find("failure") is None:
            continue
        said = messages(reports / f"{program.get('name')}.xml") if reports else []
        if not said:
            output = program.findtext("system-out") or ""
            said = [("", "\n".join(output.rstrip().splitlines()[-SHOWN_LINES:]))]
        found += [(f"{program.get('name')} {case}".rstrip(), text) for case, text in said]
    lines = []
    for name, text in found[:SHOWN_FAILURES]:
        lines += [f"{name}:"] + [f"  {line}" for line in text.splitlines()[:SHOWN_LINES]]
    if len(found) > SHOWN_FAILURES:
        lines.append(f"and {len(found) - SHOWN_FAILURES} more")
    return lines


def main(arguments):
    wants_failures = arguments[:1] == ["--failures"]
    junit, *rest = arguments[wants_failures:]
    reports = pathlib.Path(rest[0]) if rest else None
    if wants_failures:
        print(*failures(junit, reports), sep="\n")
    else:
        print(*count(junit, reports))


if __name__ == "__main__":
    main(sys.argv[1:])
