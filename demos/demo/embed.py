# SPDX-License-Identifier: BSL-1.0
"""Writes a C++ file that holds the text of the demos, for `coir demo NAME --source`.

usage: embed.py OUTPUT DEMO.cpp...
"""
import pathlib
import sys

LONGEST = 8000  # bytes of one literal: compilers take many, but not very long ones


def literal(text):
    """The text as string literals that the compiler joins."""
    parts = [text[at:at + LONGEST] for at in range(0, len(text), LONGEST)] or [""]
    return "\n".join(f'R"source({part})source"' for part in parts)


def main():
    output, *sources = map(pathlib.Path, sys.argv[1:])
    entries = ",\n".join(f'    {{"{path.stem}",\n{literal(path.read_text())}}}' for path in sources)
    output.write_text(
        "// Made by demos/demo/embed.py.\n"
        '#include "demo/sources.hpp"\n\n'
        "namespace demos {\n\n"
        "std::span<source const> all_sources() {\n"
        f"  static constexpr source all[] = {{\n{entries}}};\n"
        "  return all;\n"
        "}\n\n"
        "}  // namespace demos\n")


main()
