# SPDX-License-Identifier: BSL-1.0
"""Writes docs/benchmarks.md and its charts from what `coir bench` and `coir compare crossing` measured and
count.py counted.

usage: write.py [--check]
Reads bench.json, counted.json and crossing.json beside this file. With --check nothing is written: fails unless all that
it would write is there already.
"""

import json
import pathlib
import statistics
import sys

import svg

HERE = pathlib.Path(__file__).resolve().parent

PAGE = """# Benchmarks

<!-- Written by docs/benchmarks/write.py from bench.json, counted.json and crossing.json in docs/benchmarks: change those. -->

Measured on {date} on one of {cores} cores ({cpu}), {kernel}, {compiler}, coir {coir}, Boost {boost};
a release build in which everything is in force: cancellation, exceptions, guard pages, names. {note}

A **floor** is one raw `jump_fcontext` switch between two contexts, {floor:.2f} ns here. Each repetition is
divided by the floor measured right before and after it. In the table stands the median of {repetitions}
repetitions (fewer where one takes seconds), with the least and the most. *One thread* is a process that
has never had a second thread; in *threads have lived* it has had one, so that every word that others may
see is changed by a locked instruction. Boost.Fiber does the same in the same run.

Repeat it on a machine that does nothing else:

```
./dev docs
```

## Operations, in floors

| operation | ns | one thread | threads have lived | Boost.Fiber |
|---|--:|--:|--:|--:|
{operations}

![The same as bars](benchmarks/operations.svg)

## Whole programs and memory

| program | one thread | threads have lived | Boost.Fiber |
|---|--:|--:|--:|
{programs}

## Processes

Microseconds of an operation that is the system's more than coir's, on all cores, and beside each the same
done by hand in the same run.

| operation | µs | beside | µs | coir takes |
|---|--:|---|--:|--:|
{processes}

## Where the time goes

What each operation consists of, counted by valgrind: instructions, and cache lines that were not in a first
level of {first} KiB, nor in a second of {second} KiB. A line that is in neither is a *cold* one.
By function: instructions, and in brackets the cold lines where there are any.

| operation | instructions | not in L1 | cold | of these |
|---|--:|--:|--:|---|
{counted}

## What one costs among many

In floors, the second time in a run. The rise from a thousand to a million is the memory's: the tasks of a
thousand lie in the processor's cache. The number of instructions does not grow, which a test counts.

| operation | {sizes} |
|---|{rules}
{growth}

![The same as lines](benchmarks/growth.svg)

## Fibers, threads and std, from one task to a million

`coir compare crossing`: tasks that are all alive at once, each until all are there; the time of one, with the
process's first use of its memory. A line ends where its model could go no further within {limit:g} s.

![The time of one task](benchmarks/crossing.svg)

{crossing}
"""


def read(name):
    return json.loads((HERE / name).read_text())


def spread(side, row):
    """(median, least, most) of a side of a row, in its unit; None: not measured."""
    figures = side.get('figure') or []
    if not figures:
        return None
    if row['unit'] == 'ns':
        figures = [figure / floor for figure, floor in zip(figures, side['floor_ns']) if floor > 0]
    # As the command does: the upper of two in the middle.
    return statistics.median_high(figures), min(figures), max(figures)


def three(some, digits=2):
    if some is None:
        return '–'
    median, least, most = some
    if least == most:
        return f'{median:,.{digits}f}'
    return f'{median:,.{digits}f} ({least:,.{digits}f}–{most:,.{digits}f})'


SIDES = ['coir', 'coir_once_a_thread_lived']
NAMES = ['coir, one thread', 'coir, threads have lived', 'Boost.Fiber']


def beside(row, digits=2):
    """What the peers of a row took, each by its name but for the one that the column is named after."""
    cells = []
    for peer in row['peers']:
        name = '' if peer['name'] == 'Boost.Fiber' else f"{peer['name']}: "
        cells.append(name + three(spread(peer, row), digits))
    return '<br>'.join(cells) or '–'


def operations(rows):
    table, groups = [], []
    for row in rows:
        sides = [spread(row[side], row) for side in SIDES]
        ns = statistics.median_high(row['coir']['figure'])
        table.append(f"| {row['what']} | {ns:,.1f} | " + ' | '.join(map(three, sides)) + f' | {beside(row)} |')
        boost = [spread(peer, row) for peer in row['peers'] if peer['name'] == 'Boost.Fiber']
        groups.append((row['what'], sides + (boost or [None])))
    return '\n'.join(table), svg.bars('floors', NAMES, groups)


def programs(rows):
    table = []
    for row in rows:
        digits = 1 if row['unit'] == 'ms' else 0
        cells = []
        for side in SIDES:
            cell = three(spread(row[side], row), digits)
            cpu = row[side].get('cpu_ms')
            if cpu:
                cell += f', {statistics.median_high(cpu):.0f} ms CPU'
            cells.append(cell)
        table.append(f"| {row['what']}, {row['unit']} | " + ' | '.join(cells) + f' | {beside(row, digits)} |')
    return '\n'.join(table)


def processes(rows):
    table = []
    for row in rows:
        own = spread(row['coir'], row)
        what, figure = row['what'], three([value / 1e3 for value in own])
        for peer in row['peers']:
            theirs = spread(peer, row)
            ratio = f'{own[0] / theirs[0]:.2f} ×' if theirs else '–'
            table.append(f"| {what} | {figure} | {peer['name']} | "
                         f"{three(theirs and [value / 1e3 for value in theirs])} | {ratio} |")
            what = figure = ''
    return '\n'.join(table)


def growth(rows):
    by_name = {}
    for row in rows:
        _, name, size = row['name'].split('/')
        by_name.setdefault(name, (row['what'].split(', among')[0], []))[1].append(
            (int(size), spread(row['coir'], row)))
    sizes = [size for size, _ in next(iter(by_name.values()))[1]]
    table = [f'| {what} | ' + ' | '.join(three(some, 1) for _, some in points) + ' |'
             for what, points in by_name.values()]
    chart = svg.lines('tasks', 'floors, each',
                      [(what, [(size, some[0]) for size, some in points]) for what, points in by_name.values()])
    return {
        'sizes': ' | '.join(f'{size:,}' for size in sizes),
        'rules': '--:|' * len(sizes),
        'growth': '\n'.join(table)
    }, chart


def counted(measured):
    table = []
    for row in measured['rows']:
        parts = []
        for part in row['functions']:
            cold = part['cold']
            name = part['function'] if part['function'] == 'others' else f"`{part['function']}`"
            parts.append(f"{name} {part['instructions']:.0f}" + (f' ({cold:.1f})' if cold >= 0.05 else ''))
        # Two counts of the same that differ by a line or two may leave a little less than nothing.
        lines, cold = max(row['lines'], 0), max(row['cold'], 0)
        table.append(f"| {row['what']} | {row['instructions']:,.0f} | {lines:.1f} | {cold:.1f} | "
                     f"{', '.join(parts)} |")
    sizes = [int(option.split('=')[1].split(',')[0]) // 1024 for option in measured['caches'][1:]]
    return {'counted': '\n'.join(table), 'first': sizes[0], 'second': sizes[1]}


def micros(value):
    return f'{value:.3g}' if value < 1000 else f'{value:,.0f}'


def crossing(measured):
    points = {}
    for cell in measured['cells']:
        if cell['ending'] == 'finished':
            points.setdefault(cell['model'], {}).setdefault(cell['tasks'], []).append(cell['wall_seconds'])
    series = [(model, [(tasks, statistics.median_high(walls) / tasks * 1e6) for tasks, walls in sizes.items()])
              for model, sizes in points.items()]
    sizes = sorted({x for _, some in series for x, _ in some})
    table = ['| model | ' + ' | '.join(f'{size:,}' for size in sizes) + ' |']
    table.append('|---|' + '--:|' * len(sizes))
    for model, some in series:
        at = dict(some)
        table.append(f'| {model} | ' + ' | '.join(f'{micros(at[size])} µs' if size in at else '–' for size in sizes) + ' |')
    return '\n'.join(table), svg.lines('tasks', 'µs, each', series)


def pages():
    """What is to be written: {file: text}."""
    measured, crossed = read('bench.json'), read('crossing.json')
    rows = measured['rows']
    grows = [row for row in rows if row['name'].startswith('grow/')]
    singles = [row for row in rows if row['unit'] == 'ns' and row not in grows]
    table, bars = operations(singles)
    growing, growth_lines = growth(grows)
    crossing_table, crossing_lines = crossing(crossed)
    floors = [floor for row in singles for floor in row['coir']['floor_ns']]
    machine = measured['machine']
    page = PAGE.format(**machine, **growing, **counted(read('counted.json')), date=measured['date'], floor=statistics.median_high(floors),
                       repetitions=measured['repetitions'], operations=table,
                       note=f"These figures mean little: {machine['build']}." if machine['build'] else '',
                       programs=programs([row for row in rows if row['unit'] in ('ms', 'bytes')]),
                       processes=processes([row for row in rows if row['unit'] == 'ns of the system']),
                       limit=crossed['limit_seconds'], crossing=crossing_table)
    return {
        HERE.parent / 'benchmarks.md': '\n'.join(each.rstrip() for each in page.splitlines()) + '\n',
        HERE / 'operations.svg': bars,
        HERE / 'growth.svg': growth_lines,
        HERE / 'crossing.svg': crossing_lines,
    }


def main():
    failed = False
    for file, content in pages().items():
        if sys.argv[1:] != ['--check']:
            file.write_text(content)
        elif not file.exists() or file.read_text() != content:
            print(f'{file} is not what docs/benchmarks/write.py makes of the figures; run that')
            failed = True
    return failed


if __name__ == '__main__':
    sys.exit(main())
