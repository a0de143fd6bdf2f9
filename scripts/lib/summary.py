#!/usr/bin/env python3
"""Counts what a ctest run did.

usage: summary.py JUNIT_XML [GTEST_XML_DIR]

Prints `<passed> <failed>`. A program that wrote a GoogleTest report <GTEST_XML_DIR>/<name>.xml counts
with its test cases, any other as one. One that ctest calls failed although its report does not (it
crashed at the end, or ran out of time) counts as one failure more.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


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


if __name__ == "__main__":
    print(*count(sys.argv[1], pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None))
