# SPDX-License-Identifier: BSL-1.0
"""Builds and runs the small project program/ as a stranger would who uses coir.

usage: build.py WAY ROOT -- COMPILER...
  subproject  coir lies in the project's subprojects/ and dependency('coir') finds it
  installed   coir is installed under a prefix, and pkg-config tells the compiler about it
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(__file__).parent / "program"
OUTPUT = "Hello world\n"

# What is tested here is the way in, not the speed.
QUICKLY = ["-Doptimization=0", "-Ddebug=false"]

WRAP = """[wrap-file]
directory = coir

[provide]
coir = coir_dep
"""


def run(*command, **options):
    """Runs a command, returns what it printed; shows that and stops if the command fails."""
    result = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, **options)
    if result.returncode:
        sys.exit(f"{result.stdout}\n{command[0]} failed with {result.returncode}: {' '.join(map(str, command))}")
    return result.stdout


def check(program, **environment):
    """Runs the program and compares what it says."""
    said = run(program, env={**os.environ, **environment})
    if said != OUTPUT:
        sys.exit(f"{program} said {said!r}, not {OUTPUT!r}")


def subproject(root, temp, env):
    project = temp / "project"
    shutil.copytree(PROGRAM, project)
    shutil.copytree(root, project / "subprojects/coir", ignore=shutil.ignore_patterns("build", ".git", "__pycache__"))
    (project / "subprojects/coir.wrap").write_text(WRAP)
    run("meson", "setup", temp / "build", project, *QUICKLY, env=env)
    run("meson", "compile", "-C", temp / "build", env=env)
    check(temp / "build/greeters")


def installed(root, temp, env):
    prefix = temp / "prefix"
    run("meson", "setup", temp / "build", root, f"--prefix={prefix}", "--libdir=lib", *QUICKLY,
        "-Ddefault_library=both", "-Dtests=disabled", "-Ddemos=disabled", env=env)
    run("meson", "install", "-C", temp / "build", "--quiet", env=env)

    env = {**env, "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    flags = run("pkg-config", "--cflags", "--libs", "coir", env=env).split()
    compile_program = [*env["CXX"].split(), "-std=c++20", PROGRAM / "main.cpp", *flags, "-o"]

    run(*compile_program, temp / "with_shared")
    check(temp / "with_shared", LD_LIBRARY_PATH=str(prefix / "lib"))

    # Without the shared library the linker takes the static one, from the same flags.
    for library in (prefix / "lib").glob("libcoir.so*"):
        library.unlink()
    run(*compile_program, temp / "with_static")
    check(temp / "with_static")


def main():
    way, root, dashes, *compiler = sys.argv[1:]
    assert dashes == "--" and compiler, __doc__
    # The flags of whoever runs this test (a sanitizer's, say) are not the stranger's.
    env = {name: value for name, value in os.environ.items() if name not in ("CXXFLAGS", "CPPFLAGS", "LDFLAGS")}
    env["CXX"] = " ".join(compiler)
    with tempfile.TemporaryDirectory() as temp:
        {"subproject": subproject, "installed": installed}[way](pathlib.Path(root), pathlib.Path(temp), env)
    print(f"{way}: {OUTPUT}", end="")


main()
