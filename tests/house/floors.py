# SPDX-License-Identifier: BSL-1.0
"""Reads the #include lines of include/ and lib/ and checks that the house stands on its floors.

- a room includes its own floor and lower ones only;
- rooms of one floor do not include each other in a circle;
- Boost.Context is known to the room `context` alone, Boost.Fiber to model/boost_fibers* alone.

usage: floors.py ROOT    prints each breach, and fails if there is one
"""
import pathlib
import re
import sys

FLOORS = [
    ["base", "time", "sys"],
    ["context"],
    ["wait"],
    ["timer", "reactor"],
    ["cancel"],
    ["model"],
    ["task"],
    ["sync", "queue"],
    ["combine", "bridge", "pool", "shared"],
    ["net", "fs", "os", "inspect", "testing"],
]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS, 1) for room in rooms}
UMBRELLA = "coir.hpp"  # includes everybody; inside the house nobody includes it

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)


def includes_of(path):
    """(is it quoted?, name) of every #include in a file."""
    return [(mark == '"', name) for mark, name in INCLUDE.findall(path.read_text())]


def room_named(path, root):
    """The room a file of ours lies in, or the umbrella, or None for a file of nobody's."""
    for top in (root / "include/coir", root / "lib"):
        if path.is_relative_to(top):
            return path.relative_to(top).parts[0]
    return None


def room_included(quoted, name, file, root):
    """The room that an #include of `file` reaches into; None if it leaves the house."""
    if name.startswith("coir/"):
        return name.split("/")[1]
    if not quoted:
        return None
    for folder in (file.parent, root / "lib", root / "include"):  # where the compiler looks, in its order
        target = (folder / name).resolve()
        if target.is_file():
            return room_named(target, root)
    return None


def foreign_breach(file, name, where):
    if name.startswith("boost/context/") and where.parts[0] != "context":
        return f"{file}: only the room `context` may include <{name}>"
    if name.startswith("boost/fiber/") and not str(where).startswith("model/boost_fibers"):
        return f"{file}: only model/boost_fibers* may include <{name}>"
    return None


def circle(edges):
    """Some circle in a graph {room: {room, ...}}, as a list of rooms; else None."""
    def walk(room, path):
        if room in path:
            return path[path.index(room):] + [room]
        return next(filter(None, (walk(other, path + [room]) for other in sorted(edges.get(room, ())))), None)

    return next(filter(None, (walk(room, []) for room in sorted(edges))), None)


def breaches(root):
    """Every breach in the tree, one line each."""
    root = root.resolve()
    found = []
    level = {}  # room -> rooms of the same floor that it includes
    for top in (root / "include/coir", root / "lib"):
        for path in sorted(p for p in top.rglob("*") if p.suffix in (".hpp", ".cpp")):
            where, file = path.relative_to(top), path.relative_to(root)
            room = where.parts[0]
            if room == UMBRELLA:
                continue
            if room not in FLOOR_OF:
                found.append(f"{file}: `{room}` stands on no floor; give it one in {pathlib.Path(__file__).name}")
                continue
            for quoted, name in includes_of(path):
                breach = foreign_breach(file, name, where)
                if breach:
                    found.append(breach)
                other = room_included(quoted, name, path, root)
                if other is None or other == room:
                    continue
                if FLOOR_OF.get(other, len(FLOORS) + 1) > FLOOR_OF[room]:
                    found.append(f"{file}: `{room}` (floor {FLOOR_OF[room]}) includes {name} "
                                 f"(floor {FLOOR_OF.get(other, 'above all')})")
                elif FLOOR_OF[other] == FLOOR_OF[room]:
                    level.setdefault(room, set()).add(other)
    loop = circle(level)
    if loop:
        found.append("rooms of one floor include each other in a circle: " + " -> ".join(loop))
    return found


if __name__ == "__main__":
    found = breaches(pathlib.Path(sys.argv[1]))
    print("\n".join(found))
    sys.exit(bool(found))
