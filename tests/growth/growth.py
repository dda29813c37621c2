# SPDX-License-Identifier: BSL-1.0
"""What one spawn, wake or cancel costs does not grow with how many there are; a timer's cost may, as the
logarithm. Counted in instructions, under valgrind: no clock decides.

usage: growth.py PROGRAM
"""

import math
import re
import subprocess
import sys
import unittest

FEW, MANY = 500, 8_000
SLACK = 1.25  # an allocator's refill, a table that doubles

program = sys.argv.pop()


def instructions(operation, n):
    command = ['valgrind', '--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null',
               program, operation, str(n)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return int(re.search(r'I\s+refs:\s+([\d,]+)', said).group(1).replace(',', ''))


def each_among(operation, n):
    """What one more costs among `n`: the program's beginning and end are in both counts."""
    return (instructions(operation, n) - instructions(operation, n // 2)) / (n - n // 2)


class Growth(unittest.TestCase):

    def check(self, operation, factor=1.0):
        few, many = each_among(operation, FEW), each_among(operation, MANY)
        counted = f'{operation}: {few:.0f} instructions among {FEW}, {many:.0f} among {MANY}'
        print(counted)
        self.assertGreater(few, 0, counted)
        self.assertLess(many, few * factor * SLACK, counted)

    def test_spawn(self):
        self.check('spawn')

    def test_wake(self):
        self.check('wake')

    def test_cancel(self):
        self.check('cancel')

    def test_sleep(self):
        self.check('sleep', math.log(MANY) / math.log(FEW))


if __name__ == '__main__':
    unittest.main()
