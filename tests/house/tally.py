# SPDX-License-Identifier: BSL-1.0
"""Counts the test cases of one run of `meson test` and prints `N passed, N failed`.

usage: tally.py BUILD_DIR    reads the newest JSON log that Meson wrote there

The cases of a Google Test program are read from what it printed, for only that tells the truth about a
program that crashed or was stopped half-way: a case that began and did not end well has failed. Any
other test is one case. Skipped cases count as neither.
"""
import json
import pathlib
import re
import sys

CASE = re.compile(r"^\[ ([ A-Z]{8}) \] (\S+\.\S+?)(?:,| \(|$)", re.MULTILINE)
GOOD = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP", "IGNORED"}


def tally(test):
    """(passed, failed) of one test."""
    seen = {}  # how each case ended, by name: RUN until it ended
    for state, case in CASE.findall(test["stdout"] or ""):
        if state.strip() in ("RUN", "OK", "FAILED", "SKIPPED"):
            seen[case] = state.strip()
    passed = sum(state == "OK" for state in seen.values())
    failed = sum(state in ("RUN", "FAILED") for state in seen.values())
    if test["result"] in SKIPPED:
        return 0, 0
    if test["result"] in GOOD:
        return max(passed, 0 if seen else 1), failed
    return passed, max(failed, 1)  # it may have failed after its last case, on a leak say


def main():
    logs = pathlib.Path(sys.argv[1]).glob("meson-logs/testlog*.json")
    newest = max(logs, key=lambda log: log.stat().st_mtime, default=None)
    tallies = [tally(json.loads(line)) for line in newest.open()] if newest else []
    passed, failed = map(sum, zip(*tallies)) if tallies else (0, 0)
    print(f"{passed} passed, {failed} failed")


main()
