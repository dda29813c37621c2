# SPDX-License-Identifier: BSL-1.0
"""Checks that each wrap has the form WrapDB gives it, and that each dependency of the build has a wrap.

usage: wraps.py ROOT    prints each breach, and fails if there is one
"""
import configparser
import pathlib
import re
import sys

SHA256 = re.compile(r"[0-9a-f]{64}")
DEPENDENCY = re.compile(r"\bdependency\('([^']+)'")
NOT_WRAPPED = {"threads"}  # comes with the compiler


def wrap_breaches(path, provided):
    """What is wrong with one wrap; what it provides is added to `provided`."""
    wrap = configparser.ConfigParser(interpolation=None)
    wrap.read(path)
    if not wrap.has_section("wrap-file"):
        yield "has no [wrap-file]"
        return
    fields = wrap["wrap-file"]
    for key in ("directory", "source_url", "source_filename", "source_hash"):
        if not fields.get(key):
            yield f"has no {key}"
    for key in ("source_hash", "patch_hash"):
        if key in fields and not SHA256.fullmatch(fields[key]):
            yield f"{key} is not a SHA-256: {fields[key]}"
    for key in ("source_url", "source_fallback_url", "patch_url"):
        if key in fields and not fields[key].startswith("https://"):
            yield f"{key} is not https: {fields[key]}"

    # A patch comes from WrapDB whole (name, address, hash) or from packagefiles/, never from both.
    patch = [key for key in ("patch_filename", "patch_url", "patch_hash") if key in fields]
    if len(patch) not in (0, 3):
        yield f"has only {', '.join(patch)} of patch_filename, patch_url, patch_hash"
    if "patch_directory" in fields:
        if patch:
            yield "has patch_directory and patch_url"
        if not (path.parent / "packagefiles" / fields["patch_directory"] / "meson.build").is_file():
            yield f"packagefiles/{fields['patch_directory']}/meson.build does not exist"

    if not wrap.has_section("provide") or not wrap["provide"]:
        yield "provides nothing"
    else:
        provided.update(wrap["provide"])


def breaches(root):
    """Every breach in the tree, one line each."""
    found, provided = [], set()
    for path in sorted((root / "subprojects").glob("*.wrap")):
        found += [f"{path.relative_to(root)}: {what}" for what in wrap_breaches(path, provided)]
    wanted = set(DEPENDENCY.findall((root / "meson.build").read_text())) - NOT_WRAPPED
    for name in sorted(wanted):
        if name.lower() not in provided:  # Meson looks names up in lower case
            found.append(f"meson.build: no wrap provides {name}")
    return found


if __name__ == "__main__":
    found = breaches(pathlib.Path(sys.argv[1]))
    print("\n".join(found))
    sys.exit(bool(found))
