# SPDX-License-Identifier: BSL-1.0
"""Compiles each public header alone, twice in one file, with warnings as errors.

Left out are those with a source file of their own that includes them first of all: each build compiles these
alone.

usage: compile_alone.py ROOT [HEADER_LEFT_OUT...] -- COMPILER...
"""
import os
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion",
         "-Wnon-virtual-dtor", "-Werror"]


def begins_its_source(root, header):
    """Whether lib/ROOM/x.cpp includes coir/ROOM/x.hpp before anything else."""
    source = root / "lib" / header.relative_to("coir").with_suffix(".cpp")
    if not source.is_file():
        return False
    first = next((line for line in source.read_text().splitlines() if line.startswith("#include")), "")
    return first == f"#include <{header}>"


def complaint(compiler, include, header):
    """What the compiler says about `header`; nothing when all is well."""
    line = f"#include <{header}>\n"
    run = subprocess.run([*compiler, *FLAGS, f"-I{include}", "-x", "c++", "-"],
                         input=line + line, capture_output=True, text=True)
    return run.stderr if run.returncode else ""


def main():
    assert "--" in sys.argv, __doc__
    root, *left_out = sys.argv[1:sys.argv.index("--")]
    root = pathlib.Path(root)
    include = root / "include"
    compiler = sys.argv[sys.argv.index("--") + 1:]
    assert compiler, __doc__
    headers = sorted(path.relative_to(include) for path in include.rglob("*.hpp"))
    headers = [header for header in headers if str(header) not in left_out and not begins_its_source(root, header)]
    if not headers:
        sys.exit(f"{include} holds no header")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = list(pool.map(lambda header: complaint(compiler, include, header), headers))
    for header, text in zip(headers, complaints):
        if text:
            print(f"{header} does not compile alone:\n{text}")
    print(f"{len(headers)} headers, {sum(map(bool, complaints))} failed")
    sys.exit(any(complaints))


main()
