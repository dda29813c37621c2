# SPDX-License-Identifier: BSL-1.0
"""Breaks each rule of the house once, in a small house of its own, and sees that it is caught."""
import pathlib
import tempfile
import unittest

import cases
import floors
import form
import wraps

HEAD = "// SPDX-License-Identifier: BSL-1.0\n/// A file.\n"
WRAP = """[wrap-file]
directory = x-1
source_url = https://example.org/x-1.tar.gz
source_filename = x-1.tar.gz
source_hash = {hash}
{patch}
[provide]
x = x_dep
"""

CLEAN = {
    "meson.build": "dependency('threads')\ndependency('X', required: true)\n",
    "subprojects/x.wrap": WRAP.format(hash="0" * 64, patch="patch_directory = x\n"),
    "subprojects/packagefiles/x/meson.build": "",
    "include/coir/coir.hpp": HEAD + "#include <coir/queue/queue.hpp>\n",
    "include/coir/base/list.hpp": HEAD,
    "include/coir/context/stack.hpp": HEAD + "#include <boost/context/detail/fcontext.hpp>\n",
    "include/coir/wait/node.hpp": HEAD + "#include <coir/base/list.hpp>\n",
    "include/coir/sync/mutex.hpp": HEAD + "#include <coir/wait/node.hpp>\n",
    "include/coir/queue/queue.hpp": HEAD + '#include "coir/sync/mutex.hpp"\n',
    "lib/wait/core.hpp": HEAD,
    "lib/wait/node.cpp": HEAD + '#include "core.hpp"\n#include "wait/core.hpp"\n',
    "lib/wait/meson.build": "# SPDX-License-Identifier: BSL-1.0\ncoir_sources += files('node.cpp')\n",
    "lib/model/boost_fibers.hpp": HEAD + "#include <boost/fiber/all.hpp>\n",
    "tests/wait/node_test.cpp": HEAD + "// std::this_thread::sleep_for is not for tests\ncoir::sleep_for(1s);\n",
    "tests/wait/meson.build": "# SPDX-License-Identifier: BSL-1.0\nroom_tests += {'wait': files('node_test.cpp')}\n",
}


class RulesTest(unittest.TestCase):
    def breaches_of(self, rule, **planted):
        """What `rule` finds in the clean house with `planted` put into it."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**CLEAN, **planted.get("files", {})}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return rule.breaches(root)

    def assert_caught(self, rule, files, *words):
        """`files` breach the rule once, and the message has all of `words`."""
        found = self.breaches_of(rule, files=files)
        self.assertEqual(len(found), 1, found)
        for word in words:
            self.assertIn(word, found[0])

    def test_clean_house_passes(self):
        for rule in (cases, floors, form, wraps):
            self.assertEqual(self.breaches_of(rule), [])

    # ---- cases ----

    def test_case_names_no_test(self):
        self.assert_caught(cases, {"tests/contract/README.md": "| QUE-01 | `QueueOn.QUE_01_X` |\n"}, "QUE-01")

    def test_case_without_row(self):
        files = {"tests/contract/README.md": "| QUE-02 | not here: it is the system's |\n",
                 "tests/contract/queue_test.cpp": HEAD + "TEST_P(QueueOn, QUE_01_QUE_02_X) {}\n"}
        found = self.breaches_of(cases, files=files)
        self.assertEqual(len(found), 2, found)

    def test_case_with_two_rows(self):
        row = "| QUE-02 | not here: it is the system's |\n"
        self.assert_caught(cases, {"tests/contract/README.md": row + row}, "two rows")

    # ---- floors ----

    def test_lower_floor_includes_higher(self):
        for line in ("#include <coir/sync/mutex.hpp>\n", '#include "coir/sync/mutex.hpp"\n',
                     '  #  include "../../include/coir/sync/mutex.hpp"\n'):
            self.assert_caught(floors, {"lib/wait/node.cpp": HEAD + line}, "lib/wait/node.cpp", "sync")

    def test_private_header_of_higher_floor(self):
        self.assert_caught(floors, {"lib/base/x.cpp": HEAD + '#include "wait/core.hpp"\n'}, "base", "wait")

    def test_umbrella_inside_the_house(self):
        self.assert_caught(floors, {"lib/queue/queue.cpp": HEAD + "#include <coir/coir.hpp>\n"}, "above all")

    def test_circle_on_one_floor(self):
        back = {"lib/sync/mutex.cpp": HEAD + "#include <coir/queue/queue.hpp>\n"}
        self.assert_caught(floors, back, "queue -> sync -> queue")

    def test_room_without_floor(self):
        self.assert_caught(floors, {"lib/utils/x.cpp": HEAD}, "`utils`")

    def test_boost_context_outside_its_room(self):
        self.assert_caught(floors, {"lib/task/x.cpp": HEAD + "#include <boost/context/fiber.hpp>\n"}, "task/x.cpp")

    def test_boost_fiber_outside_its_model(self):
        self.assert_caught(floors, {"lib/model/fibers.cpp": HEAD + "#include <boost/fiber/all.hpp>\n"}, "boost_fibers*")

    # ---- form ----

    def test_no_licence_line(self):
        self.assert_caught(form, {"include/coir/base/x.hpp": "#pragma once\n/// A file.\n"}, "x.hpp", "line 1")

    def test_no_caption(self):
        self.assert_caught(form, {"include/coir/base/x.hpp": HEAD.replace("///", "//")}, "x.hpp", "line 2")

    def test_script_without_licence(self):
        self.assert_caught(form, {"tests/house/x.py": "pass\n"}, "x.py")

    def test_sleeping_test(self):
        for sleep in ("std::this_thread::sleep_for(1s);", "usleep(1);", "::sleep(1);", "sleep (1);", "::nanosleep(&t, 0);"):
            self.assert_caught(form, {"tests/wait/node_test.cpp": HEAD + sleep + "\n"}, "node_test.cpp:3")

    def test_forgotten_source(self):
        self.assert_caught(form, {"lib/wait/queue.cpp": HEAD}, "lib/wait/queue.cpp", "not named")

    def test_forgotten_test(self):
        self.assert_caught(form, {"tests/sync/mutex_test.cpp": HEAD}, "mutex_test.cpp", "not named")

    # ---- wraps ----

    def test_bad_hash(self):
        wrap = WRAP.format(hash="1234", patch="")
        self.assert_caught(wraps, {"subprojects/x.wrap": wrap}, "SHA-256", "1234")

    def test_half_a_patch(self):
        wrap = WRAP.format(hash="0" * 64, patch="patch_url = https://example.org/p.zip\n")
        self.assert_caught(wraps, {"subprojects/x.wrap": wrap}, "only patch_url")

    def test_missing_packagefiles(self):
        wrap = WRAP.format(hash="0" * 64, patch="patch_directory = y\n")
        self.assert_caught(wraps, {"subprojects/x.wrap": wrap}, "packagefiles/y")

    def test_dependency_without_wrap(self):
        self.assert_caught(wraps, {"meson.build": "dependency('y')\n"}, "no wrap provides y")


if __name__ == "__main__":
    unittest.main()
