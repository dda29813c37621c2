# SPDX-License-Identifier: BSL-1.0
"""Checks the form of our own files.

- a C++ file opens with its licence line and then its caption: what a reader and a tool see first;
- scripts and build files carry the licence line too;
- a test never sleeps: its time is virtual, or it waits for the event itself;
- every source and every test is named in the meson.build beside it, so that none is left out in silence.

usage: form.py ROOT    prints each breach, and fails if there is one
"""
import pathlib
import re
import sys

FOLDERS = ["include", "lib", "demos", "tests"]
LICENCE = "SPDX-License-Identifier: BSL-1.0"
COMMENT = re.compile(r"//.*")
SLEEP = re.compile(r"\bthis_thread::sleep_\w+|\b(?:usleep|nanosleep|clock_nanosleep)\s*\(|(?<![\w:.])(?:::)?sleep\s*\(")


def files(root, *patterns):
    return sorted(path for folder in FOLDERS for pattern in patterns for path in (root / folder).rglob(pattern))


def opening_breaches(root):
    for path in files(root, "*.hpp", "*.cpp"):
        first, second = (path.read_text().split("\n") + [""])[:2]
        if first != f"// {LICENCE}":
            yield f"{path.relative_to(root)}: line 1 is not `// {LICENCE}`"
        if not re.match(r"/// \S", second):
            yield f"{path.relative_to(root)}: line 2 is not a caption (`/// What this file holds.`)"
    for path in files(root, "meson.build", "*.py"):
        if LICENCE not in "".join(path.read_text().splitlines()[:2]):
            yield f"{path.relative_to(root)}: no `# {LICENCE}` at its head"


def sleep_breaches(root):
    for path in sorted((root / "tests").rglob("*.[ch]pp")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            sleep = SLEEP.search(COMMENT.sub("", line))
            if sleep:
                yield f"{path.relative_to(root)}:{number}: a test does not sleep: {sleep.group()}"


def unlisted_breaches(root):
    for path in sorted((root / "lib").glob("*/*.cpp")) + sorted((root / "tests").glob("*/*_test.cpp")):
        build = path.parent / "meson.build"
        if not build.is_file() or f"'{path.name}'" not in build.read_text():
            yield f"{path.relative_to(root)}: not named in {build.relative_to(root)}"


def breaches(root):
    """Every breach in the tree, one line each."""
    return [*opening_breaches(root), *sleep_breaches(root), *unlisted_breaches(root)]


if __name__ == "__main__":
    found = breaches(pathlib.Path(sys.argv[1]))
    print("\n".join(found))
    sys.exit(bool(found))
