# SPDX-License-Identifier: BSL-1.0
"""Makes a test program of the programs that stand in the documents.

usage: snippets.py OUTPUT DOCUMENT.md...

Each block ```cpp that defines program() becomes a test of its own: it is run in virtual time, and must
print what stands in the block ```text right below it. So does a whole program, with includes and a main
that makes its own run, in real time.
"""
import pathlib
import re
import sys

BLOCK = re.compile(r"^```cpp\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)

HEAD = """// Made by tests/docs/snippets.py.
#include <chrono>
#include <exception>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <coir/coir.hpp>
#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace {

std::string printed_by(void (*whole)()) {
  testing::internal::CaptureStdout();
  whole();
  return testing::internal::GetCapturedStdout();
}

std::string printed_in_a_run_by(void (*program)()) {
  testing::internal::CaptureStdout();
  coir::virtual_clock clock;
  coir::run({.clock = &clock}, program);
  return testing::internal::GetCapturedStdout();
}
"""


def tests(document):
    text = document.read_text()
    for match in BLOCK.finditer(text):
        code, shown = match.groups()
        line = text.count("\n", 0, match.start()) + 1
        printed = "printed_in_a_run_by"
        if code.startswith("#include"):  # a whole program
            printed = "printed_by"
            code = re.sub(r"^(#include|using namespace) .*", "", code, flags=re.MULTILINE)
            code = code.replace("int main()", "void program()")
        if "void program()" not in code:
            continue
        name = f"Line{line}"
        stem = document.stem.replace("-", "_")
        yield (f'\nnamespace {stem}_{name} {{\n#line {line + 1} "{document}"\n{code}}}\n\n'
               f"TEST({stem}, {name}) {{\n"
               f'  EXPECT_EQ({printed}({stem}_{name}::program), R"text({shown or ""})text");\n}}\n')


def main():
    output, *documents = map(pathlib.Path, sys.argv[1:])
    found = [test for document in documents for test in tests(document)]
    if not found:
        sys.exit("snippets.py: no program in " + ", ".join(map(str, documents)))
    output.write_text(HEAD + "".join(found) + "\n}  // namespace\n")


main()
