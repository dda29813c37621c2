# SPDX-License-Identifier: BSL-1.0
"""Counts what the benchmark's operations consist of: instructions and cache lines, by function, under
valgrind. No clock is read, so this may run on a busy machine.

usage: count.py PROGRAM FILE
PROGRAM is the tests' growth_program; FILE is written, as JSON.
"""

import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

FEW, MANY = 40_000, 80_000  # times; what both counts hold in common is not counted
NAMED = 0.03                # of an operation's instructions; functions below this are `others`

# The first and the second level of an EPYC core. What lies further away is a cold line.
CACHES = ['--cache-sim=yes', '--D1=32768,8,64', '--LL=524288,8,64']


def plain(function):
    """`task_group::spawn` of `coir::task<int> coir::task_group::spawn<T>(T&&)`"""
    name = function.replace('(anonymous namespace)::', '').replace('operator()', 'call')
    while (inner := re.sub(r'<[^<>]*>', '', name)) != name:
        name = inner
    name = name.split('(', 1)[0].split()[-1] if name.split('(', 1)[0].split() else function
    for room in ('coir::', 'detail::', 'std::', 'demos::bench::'):
        name = name.replace(room, '')
    return name.split('@', 1)[0]


def by_function(program, operation, times):
    """{function: (instructions, lines that were not in the first level, not in the second)}"""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / 'out'
        subprocess.run(['valgrind', '--tool=cachegrind', *CACHES, f'--cachegrind-out-file={out}', program,
                        operation, str(times)], capture_output=True, check=True)
        counts, function = collections.Counter(), ''
        events = None
        for line in out.read_text().splitlines():
            key, _, rest = line.partition('=')
            if line.startswith('events:'):
                events = line.split()[1:]
            elif key == 'fn':
                function = plain(rest)
            elif line[:1].isdigit():
                figures = dict(zip(events, map(int, line.split()[1:])))
                counts[function, 'instructions'] += figures['Ir']
                counts[function, 'lines'] += figures['D1mr'] + figures['D1mw']
                counts[function, 'cold'] += figures['DLmr'] + figures['DLmw']
        return counts


def count(program, operation):
    few, many = by_function(program, operation, FEW), by_function(program, operation, MANY)
    times = MANY - FEW
    each = {}
    for (function, event), total in many.items():
        each.setdefault(function, {})[event] = (total - few[function, event]) / times
    sums = {event: sum(one.get(event, 0) for one in each.values()) for event in ('instructions', 'lines', 'cold')}
    named, others = [], {'function': 'others', 'instructions': 0, 'lines': 0, 'cold': 0}
    for function, one in sorted(each.items(), key=lambda item: -item[1]['instructions']):
        if one['instructions'] >= NAMED * sums['instructions']:
            named.append({'function': function, **{event: round(value, 2) for event, value in one.items()}})
        else:
            for event, value in one.items():
                others[event] += value
    named.append({event: value if event == 'function' else round(value, 2) for event, value in others.items()})
    return {**{event: round(value, 2) for event, value in sums.items()}, 'functions': named}


def main():
    program, file = sys.argv[1:]
    listed = subprocess.run([program, '--list'], capture_output=True, text=True, check=True).stdout
    rows = [{'name': name, 'what': what, **count(program, name)}
            for name, what in (line.split('\t') for line in listed.splitlines())]
    pathlib.Path(file).write_text(json.dumps({'caches': CACHES, 'times': [FEW, MANY], 'rows': rows}, indent=1) + '\n')


if __name__ == '__main__':
    main()
