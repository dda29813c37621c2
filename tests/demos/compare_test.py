# SPDX-License-Identifier: BSL-1.0
"""The command `coir compare`, as a user types it: its rows, its errors, its exit codes."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

COIR = sys.argv.pop()


def compare(*words, **more):
    return subprocess.run([COIR, "compare", *words], capture_output=True, text=True, timeout=100, **more)


class Errors(unittest.TestCase):
    def refused(self, words, *told):
        done = compare(*words)
        self.assertEqual(done.returncode, 2, done.stderr)
        for each in told:
            self.assertIn(each, done.stderr)

    def test_names_the_valid_workloads(self):
        self.refused(["nonesuch"], "'nonesuch'", "sleepers", "books", "ping_pong", "cpu")

    def test_suggests_the_nearest_model(self):
        self.refused(["cpu", "--models", "fibres"], "'fibres'", "did you mean 'fibers'")

    def test_refuses_counts_that_are_none(self):
        for count in ["0", "-3", "x", "1000000000000"]:
            self.refused(["cpu", "--tasks", count], "--tasks")

    def test_refuses_an_unknown_option(self):
        self.refused(["cpu", "--bogus"], "--bogus")


class Tutorials(unittest.TestCase):
    def test_each_gives_the_same_result_on_every_model(self):
        named = ["squares", "breakfast", "requests", "blocking", "producers", "pipeline", "chess"]
        done = compare(*named, "--models", "fibers,threads", "--tasks", "4")
        self.assertEqual(done.returncode, 0, done.stderr)
        for each in named:
            self.assertRegex(done.stdout, rf"(?m)^{each}  ")
        self.assertEqual(done.stdout.count("→ 4 tasks") + done.stdout.count("→ Of 4 requests"), 7)


class Books(unittest.TestCase):
    def setUp(self):
        self.room = tempfile.TemporaryDirectory()
        self.text = os.path.join(self.room.name, "text.txt")
        with open(self.text, "w") as out:
            out.write("one two  three\nfour\tfive " * 5000)

    def tearDown(self):
        self.room.cleanup()

    def test_counts_the_words_alike_on_every_model(self):
        done = compare("books", "--file", self.text, "--models", "serial,fibers,threads", "--tasks", "1,3")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("25,000 words", done.stdout)
        self.assertNotIn("\x1b", done.stdout + done.stderr)

    def test_a_bad_file_is_told_and_the_others_are_counted(self):
        for bad in [os.path.join(self.room.name, "gone"), self.room.name]:
            done = compare("books", "--file", bad, "--file", self.text, "--models", "fibers", "--tasks", "2")
            self.assertEqual(done.returncode, 1)
            self.assertIn(bad, done.stderr)
            self.assertIn("25,000 words", done.stdout)


class Rows(unittest.TestCase):
    def test_json_holds_every_cell_and_sleepers_sleep(self):
        with tempfile.TemporaryDirectory() as room:
            path = os.path.join(room, "out.json")
            done = compare("sleepers", "--tasks", "100", "--models", "fibers,threads", "--repeat", "2", "--json", path)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(path) as file:
                text = json.dumps(json.load(file))
            for word in ["sleepers", "fibers", "threads", "std"]:
                self.assertIn(word, text)

    def test_a_model_that_cannot_says_why(self):
        done = compare("ping_pong", "--models", "serial", "--tasks", "2")
        self.assertIn("queue::get can never end", " ".join(done.stdout.split()))

    def test_a_cell_over_the_limit_is_stopped_and_says_so(self):
        done = compare("sleepers", "--models", "serial", "--tasks", "10000", "--limit", "1")
        self.assertIn("stopped at 1 s", done.stdout)


class Interrupt(unittest.TestCase):
    def test_ends_quietly_and_leaves_no_child(self):
        run = subprocess.Popen([COIR, "compare", "sleepers", "--models", "serial", "--tasks", "10000", "--limit", "60"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        children = f"/proc/{run.pid}/task/{run.pid}/children"
        child = ""
        until = time.monotonic() + 60
        while not child and time.monotonic() < until:
            with open(children) as file:
                child = file.read().strip()
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 130, errors)
        for pid in child.split():
            self.assertFalse(os.path.exists(f"/proc/{pid}"))


if __name__ == "__main__":
    unittest.main()
