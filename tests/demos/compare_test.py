# SPDX-License-Identifier: BSL-1.0
"""The command `coir compare`, as a user types it: its rows, its errors, its exit codes."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

COIR = sys.argv.pop()


def compare(*words, **more):
    return subprocess.run([COIR, "compare", *words], capture_output=True, text=True, timeout=100, **more)


MARK = f"COIR_COMPARE_TEST={os.getpid()}"
os.environ.update([MARK.split("=")])


def left_behind():
    """Those who have inherited our mark: nobody does but what we have started, however far from us."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ") as environ:
                if int(pid) != os.getpid() and MARK in environ.read().split("\0"):
                    found.append(pid)
        except OSError:  # gone, or not ours
            pass
    return found


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
        done = compare(*named, "--models", "fibers,threads,processes", "--tasks", "4")
        self.assertEqual(done.returncode, 0, done.stderr)
        for each in named:
            self.assertRegex(done.stdout, rf"(?m)^{each}  ")
        self.assertEqual(done.stdout.count("→ 4 tasks") + done.stdout.count("→ Of 4 requests"), 7)
        self.assertEqual(len(re.findall(r"(?m)^ .* processes +\d", done.stdout)), 7, done.stdout)


class Processes(unittest.TestCase):
    def test_play_whatever_the_others_play_and_leave_nobody_behind(self):
        done = compare("sleepers", "ping_pong", "cpu", "crossing", "--models", "processes", "--tasks", "6")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(re.findall(r"(?m)^ .* processes +\d", done.stdout)), 4, done.stdout)
        self.assertEqual(left_behind(), [])

    def test_what_they_use_is_counted(self):
        with tempfile.TemporaryDirectory() as room:
            path = os.path.join(room, "out.json")
            done = compare("cpu", "--models", "serial,processes", "--tasks", "4", "--json", path)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(path) as file:
                serial, processes = json.load(file)["cells"]
        # Who asked them has done nothing but wait; so the processor's time is that of the four.
        self.assertGreater(processes["cpu_seconds"], serial["cpu_seconds"] / 2)
        self.assertGreater(processes["voluntary_switches"], 4)

    def test_more_than_a_machine_bears_are_not_tried(self):
        done = compare("crossing", "--models", "processes", "--tasks", "1000000")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("more than 200 processes at once are not tried", done.stdout)

    def test_over_the_limit_they_end_too(self):
        done = compare("chess", "--models", "processes", "--tasks", "200", "--limit", "0.5")
        self.assertIn("stopped at 0.5 s", done.stdout)
        self.assertEqual(left_behind(), [])


class Books(unittest.TestCase):
    def setUp(self):
        self.room = tempfile.TemporaryDirectory()
        self.text = os.path.join(self.room.name, "text.txt")
        with open(self.text, "w") as out:
            out.write("one two  three\nfour\tfive " * 5000)

    def tearDown(self):
        self.room.cleanup()

    def test_counts_the_words_alike_on_every_model(self):
        done = compare("books", "--file", self.text, "--models", "serial,fibers,threads,processes", "--tasks", "1,3")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("25,000 words", done.stdout)
        self.assertNotIn("\x1b", done.stdout + done.stderr)

    def test_a_bad_file_is_told_and_the_others_are_counted(self):
        for bad in [os.path.join(self.room.name, "gone"), self.room.name]:
            done = compare("books", "--file", bad, "--file", self.text, "--models", "fibers,processes", "--tasks", "2")
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

    def test_ends_the_processes_of_a_cell(self):
        run = subprocess.Popen([COIR, "compare", "chess", "--models", "processes", "--tasks", "24", "--limit", "60",
                                "--repeat", "1000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + 60
        while len(left_behind()) < 10 and time.monotonic() < until:
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 130, errors)
        while left_behind() and time.monotonic() < until:
            time.sleep(0.01)  # they were killed, and the system may need a moment
        self.assertEqual(left_behind(), [])


if __name__ == "__main__":
    unittest.main()
