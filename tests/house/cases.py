# SPDX-License-Identifier: BSL-1.0
"""Checks the list of cases in tests/contract/README.md against the tests that it names.

usage: cases.py ROOT    prints each breach, and fails if there is one

A row is `| ID | `Suite.Test`, ... |` or `| ID | a reason why not |`. Each test that is named must exist, and each
test whose name begins with the ID of a case must stand in that case's row.
"""
import pathlib
import re
import sys

ROW = re.compile(r"^\| ([A-Z]{2,4}-\d\d) \| (.*) \|$", re.MULTILINE)
NAMED = re.compile(r"`(\w+\.\w+)`")
TEST = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)")
CASE = re.compile(r"([A-Z]{2,4})_(\d\d)_")


def breaches(root):
    listed = root / "tests/contract/README.md"
    if not listed.exists():
        return []
    found = []
    rows = {}
    for case, text in ROW.findall(listed.read_text()):
        if case in rows:
            found.append(f"{case} has two rows")
        rows[case] = text
    tests = {f"{suite}.{name}" for path in root.glob("tests/**/*_test.cpp")
             for suite, name in TEST.findall(path.read_text())}
    for case, text in rows.items():
        found += [f"{case} names {test}, which does not exist"
                  for test in NAMED.findall(text) if test not in tests]
    for test in sorted(tests):
        name = test.partition(".")[2]
        while match := CASE.match(name):
            case = f"{match[1]}-{match[2]}"
            if f"`{test}`" not in rows.get(case, ""):
                found.append(f"{test} is missing from the row of {case}")
            name = name[match.end():]
    return found


if __name__ == "__main__":
    faults = breaches(pathlib.Path(sys.argv[1]))
    print(*faults, sep="\n", end="\n" if faults else "")
    sys.exit(bool(faults))
