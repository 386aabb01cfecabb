#!/usr/bin/env python3
"""Counts the cases of all suites and prints one line for each, and last `N passed, N failed`.

    test_summary.py FOLDER

Each suite is a folder in FOLDER with `exit_code`, and perhaps `*.json` (GoogleTest), `*.ctest` (which of its programs
failed), `*.xml` (pytest's JUnit) and `*.exit_code` (programs that are one case, such as fuzz targets). A skipped case counts
as failed: what a test needs is there, or something is wrong. A program that failed without a failed case, by a crash, counts
as one, and so does a suite, by a compiler error.
The exit code is 0 only if nothing failed and something passed.
"""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import NamedTuple


class Count(NamedTuple):
    passed: int
    failed: int

    def __add__(self, other: object) -> Count:
        if not isinstance(other, Count):
            return NotImplemented
        return Count(self.passed + other.passed, self.failed + other.failed)


def count_googletest(path: Path) -> Count:
    """Cases of one GoogleTest program: https://google.github.io/googletest/advanced.html#generating-a-json-report"""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError:
        return Count(0, 1)
    cases = [case for suite in report.get("testsuites", []) for case in suite["testsuite"]]
    passed = sum(case["result"] == "COMPLETED" and "failures" not in case for case in cases)
    return Count(passed, len(cases) - passed)


def count_junit(path: Path) -> Count:
    """Cases of one pytest run. A case whose teardown fails as well is one case."""
    try:
        cases = list(ElementTree.parse(path).iter("testcase"))
    except ElementTree.ParseError:
        return Count(0, 1)
    passed = sum(all(case.find(bad) is None for bad in ("failure", "error", "skipped")) for case in cases)
    return Count(passed, len(cases) - passed)


def count_crashed(path: Path) -> Count:
    """Programs that failed and reported no failed case: NAME.json beside the file is missing, or says that all is well."""
    try:
        programs = list(ElementTree.parse(path).iter("testcase"))
    except ElementTree.ParseError:
        return Count(0, 1)
    failed = [program.get("name", "") for program in programs if program.get("status") == "fail"]
    reports = [path.with_name(f"{name}.json") for name in failed]
    return Count(0, sum(not report.exists() or count_googletest(report).failed == 0 for report in reports))


def exit_code(path: Path) -> int:
    return int(path.read_text(encoding="utf-8") or "1")


def count_suite(folder: Path) -> Count:
    count = Count(0, 0)
    for path in sorted(folder.iterdir()):
        if path.suffix == ".json":
            count += count_googletest(path)
        elif path.suffix == ".ctest":
            count += count_crashed(path)
        elif path.suffix == ".xml":
            count += count_junit(path)
        elif path.suffix == ".exit_code":
            count += Count(0, 1) if exit_code(path) else Count(1, 0)
    if exit_code(folder / "exit_code") != 0 and count.failed == 0:
        count += Count(0, 1)
    elif count == Count(0, 0):
        count = Count(1, 0)
    return count


def main() -> int:
    total = Count(0, 0)
    print()
    for ended in sorted(Path(sys.argv[1]).glob("*/exit_code"), key=lambda path: path.stat().st_mtime_ns):
        count = count_suite(ended.parent)
        total += count
        print(f"{ended.parent.name:10} {count.passed:5} passed {count.failed:5} failed")
    print(f"{total.passed} passed, {total.failed} failed")
    return 0 if total.failed == 0 and total.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
