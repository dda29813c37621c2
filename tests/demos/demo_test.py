# SPDX-License-Identifier: BSL-1.0
"""The command `coir demo`: what each program must show, exactly in virtual time, and by order and
lower bounds on the other models."""

import concurrent.futures
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import unittest

COIR = sys.argv.pop()
MODELS = ["fibers", "threads"]
if subprocess.run([COIR, "demo", "sum", "--model", "boost_fibers", "--unit", "1us"], capture_output=True).returncode == 0:
    MODELS.append("boost_fibers")
ON_PROCESSES = ["sum", "rocket", "count", "breakfast", "squares", "say_after", "generators", "factorials", "users",
                "first_of", "task", "too_slow", "hello", "blocking", "chess"]


def demo(*words):
    return subprocess.run([COIR, "demo", *words], capture_output=True, text=True, timeout=100)


def names():
    return re.findall(r"^  (\w+)", demo("--list").stdout, re.MULTILINE)


class Case(unittest.TestCase):
    def lines(self, *words):
        """What it printed, without the line that says what was to be seen; that is `self.seen`."""
        done = demo(*words)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.warned = done.stderr
        *lines, self.seen = done.stdout.splitlines()
        self.assertTrue(self.seen.startswith("=> "), self.seen)
        return lines

    def figures(self):
        """The seconds that the last line tells."""
        return [float(each) for each in re.findall(r"(\d+\.\d{3}) s", self.seen)]

    def exactly(self, name, lines, figures, *words):
        self.assertEqual(self.lines(name, "--virtual", *words), lines)
        self.assertEqual(self.figures(), figures)

    def ways(self, unit):
        """To play in virtual time, and in real time on each model."""
        return [["--virtual"], *(["--model", model, "--unit", unit] for model in MODELS)]

    def no_sooner(self, figures):
        for measured, least in zip(self.figures(), figures, strict=True):
            self.assertGreaterEqual(measured, least)


class FirstSteps(Case):
    def test_hello(self):
        begin = ["Hello", "World"] * 2
        end = ["World", "Hello"] * 2 + ["Hello"] * 3 + ["world!"] * 3 + ["Hello World"]
        for model in ["fibers", *(["boost_fibers"] if "boost_fibers" in MODELS else [])]:
            self.assertEqual(self.lines("hello", "--model", model, "--unit", "40ms"), begin + ["Hello", "World"] + end)
            self.no_sooner([0.6, 0.6, 0.5, 0.5])
            self.assertRegex(self.warned, r"coir: task hello ran for .* without letting others run")
        lines = self.lines("hello", "--model", "threads", "--unit", "200ms")
        self.assertEqual(lines[:8], begin + ["World", "Hello"] * 2)  # each blocks a thread of its own
        self.assertEqual(lines[10:], end[4:])
        self.no_sooner([0.6, 0.5, 0.5, 0.5])

    def test_round_robin(self):
        self.exactly("round_robin", ["0", "1", "2", "Go!", "3", "4"] * 2, [])

    def test_generators(self):
        before = ["0 1 2 3 4"] * 2 + ["0", "2", "3", "2", "42", "84", "0", "1", "2"]
        self.exactly("generators", before + ["A 2", "B 3", "A 1", "B 2", "B 1"], [3, 3])
        for model in MODELS:
            lines = self.lines("generators", "--model", model, "--unit", "20ms")
            self.assertEqual(lines[:len(before)], before)
            self.assertEqual(sorted(lines[len(before):]), ["A 1", "A 2", "B 1", "B 2", "B 3"])
            self.no_sooner([3, 3])

    def test_sum(self):
        self.exactly("sum", ["Compute... 1 + 2 = 3"], [1])

    def test_rocket(self):
        self.exactly("rocket", ["1", "2", "3", "Go!"], [3])

    def test_count(self):
        lines = ["One"] * 3 + ["Two"] * 3
        self.exactly("count", lines, [1])
        for model in MODELS:
            self.assertEqual(self.lines("count", "--model", model, "--unit", "20ms"), lines)
            self.no_sooner([1])
        self.assertEqual(self.lines("count", "--model", "serial", "--unit", "1ms"), ["One", "Two"] * 3)
        self.no_sooner([3])

    def test_say_after(self):
        lines = ["hello", "world", "hello", "world", "hello"]
        self.assertEqual(self.lines("say_after", "--virtual")[:-1], lines)
        self.assertEqual(self.figures(), [3, 2, 1])
        for model in MODELS:
            self.assertEqual(self.lines("say_after", "--model", model, "--unit", "20ms")[:-1], lines)
            self.no_sooner([3, 2, 1])


class Tasks(Case):
    def test_task(self):
        for how in self.ways("20ms"):
            lines = [re.sub(r"task-\d+", "task-N", line) for line in self.lines("task", *how)]
            self.assertEqual(lines, [
                "<Task pending name='greeting'>",
                "result: Hello",
                "<Task finished name='greeting' result='Hello'>",
                "cancel after the end: false",
                "<Task pending name='task-N'>",
                "<Task pending name='named later'>",
                "<Task cancelled name='named later'>",
                "<Task finished name='limited' exception='timed out'>",
                "done={World} pending={Hello}",
                "caught: division by zero",
                "<Task finished name='asked' exception='division by zero'>",
                "nobody asked unasked: division by zero",
                "called back: <Task finished name='called' result='Hello World!'>",
                "one", "two", "three",
            ])

    def kitchen(self, lines):
        """The talk of each of the five breakfasts."""
        talks = "\n".join(lines).split("-- ")[1:]
        return [talk.splitlines()[1:] for talk in talks]

    def test_breakfast(self):
        lines = self.lines("breakfast", "--virtual")
        self.assertEqual(self.figures(), [18, 18, 9, 9, 9])
        talks = self.kitchen(lines)
        self.assertEqual([talk[-1] for talk in talks],
                         [f"Elapsed time: {time}.00" for time in [18, 18, 9, 9, 9]])
        self.assertEqual(talks[4], [
            "Pouring coffee", "Coffee is ready", "Warming the egg pan...",
            "Putting 3 slices of bacon in the pan", "Cooking first side of bacon...",
            "Putting a slice of bread in the toaster", "Putting a slice of bread in the toaster",
            "Start toasting...", "Flipping a slice of bacon", "Flipping a slice of bacon",
            "Flipping a slice of bacon", "Cooking the second side of bacon...",
            "Remove toast from toaster", "Putting butter on the toast", "Putting jam on the toast",
            "Toast is ready", "Cracking 2 eggs", "Cooking the eggs ...", "Putting bacon on plate",
            "Bacon is ready", "Putting eggs on plate", "Eggs are ready", "Pouring orange juice",
            "Orange juice is ready", "Breakfast is ready!", "Elapsed time: 9.00",
        ])
        for talk in talks:
            self.assertEqual(sorted(talk[:-1]), sorted(talks[4][:-1]))

    def test_breakfast_in_real_time(self):
        for model in MODELS:
            talks = self.kitchen(self.lines("breakfast", "--model", model, "--unit", "20ms"))
            self.no_sooner([18, 18, 9, 9, 9])
            ready = [line for line in talks[4] if re.match("(Toast|Bacon|Eggs) ", line)]
            self.assertEqual(ready, ["Toast is ready", "Bacon is ready", "Eggs are ready"])

    def test_squares(self):
        lines = ["1", "4", "9", "16", "25"] * 2 + ["[1, 4, 9, 16, 25]"]
        self.exactly("squares", lines, [5, 1, 1])
        for model in [*MODELS, "processes"]:
            said = self.lines("squares", "--model", model, "--unit", "50ms")
            self.assertEqual(said[:5] + sorted(said[5:10], key=int) + said[10:], lines)
            self.no_sooner([5, 1, 1])

    def test_on_processes_tasks_say_what_they_say_elsewhere(self):
        def said(name, *how):
            lines = [re.sub(r"task-\d+", "task-N", line) for line in self.lines(name, *how)]
            return sorted(line for line in lines if not line.startswith("Elapsed"))

        for name in ON_PROCESSES:
            if name not in ["too_slow", "hello", "blocking", "chess"]:
                # Where time decides what is said, it must be long beside the start of a process.
                unit = {"first_of": "500ms", "task": "300ms"}.get(name, "20ms")
                self.assertEqual(said(name, "--model", "processes", "--unit", unit), said(name, "--virtual"))
        for name in ["too_slow", "hello"]:  # more is said, and less, in virtual time
            self.assertEqual(said(name, "--model", "processes", "--unit", "20ms"),
                             said(name, "--model", "threads", "--unit", "20ms"))
        for name, least, *words in [
                ("too_slow", [5, 1]), ("hello", [0.6, 0.5, 0.5, 0.5]), ("blocking", [1, 1, 1]),
                ("chess", [], "--opponents", "3", "--pairs", "2")]:
            self.lines(name, "--model", "processes", "--unit", "20ms", *words)
            self.no_sooner(least)

    def test_factorials(self):
        self.exactly("factorials", [
            "Task A: Compute factorial(2)...", "Task B: Compute factorial(2)...",
            "Task C: Compute factorial(2)...", "Task A: factorial(2) = 2",
            "Task B: Compute factorial(3)...", "Task C: Compute factorial(3)...",
            "Task B: factorial(3) = 6", "Task C: Compute factorial(4)...", "Task C: factorial(4) = 24",
            "Factorial(2) = 2", "Factorial(3) = 6", "Factorial(4) = 24", "Factorial(5) = 120",
        ], [3, 4])
        for model in MODELS:
            lines = self.lines("factorials", "--model", model, "--unit", "20ms")
            self.assertEqual([line for line in lines if line.startswith("Fact")],
                             [f"Factorial({n}) = {f}" for n, f in [(2, 2), (3, 6), (4, 24), (5, 120)]])

    def test_users(self):
        for how in self.ways("20ms"):
            lines = self.lines("users", *how)
            self.assertEqual(lines[0], "error: cannot connect to 4")
            self.assertEqual(sorted(lines[1:4]), [f"test sent to {user}" for user in [1, 2, 3]])
            self.assertEqual(lines[-1], "[ok, ok, ok, error: cannot connect to 4]")
            self.no_sooner([1, 2])

    def test_first_of(self):
        lines = ["hello ...", "done={hello} pending={world}", "... world!"] * 2 + [
            "hello ...", "... world!", "done={hello, world} pending={}"]
        self.exactly("first_of", lines, [1, 1.5, 2])
        for model in MODELS:
            self.assertEqual(self.lines("first_of", "--model", model, "--unit", "50ms"), lines)

    def test_chain(self):
        self.exactly("chain", [
            "part1(1) sleeping for 4 seconds.",
            "part1(2) sleeping for 4 seconds.",
            "part1(3) sleeping for 0 seconds.",
            "Returning part1(3) == result3-1.",
            "part2(3, 'result3-1') sleeping for 4 seconds.",
            "Returning part1(1) == result1-1.",
            "part2(1, 'result1-1') sleeping for 7 seconds.",
            "Returning part1(2) == result2-1.",
            "part2(2, 'result2-1') sleeping for 4 seconds.",
            "Returning part2(3, 'result3-1') == result3-2 derived from result3-1.",
            "-->Chained result3 => result3-2 derived from result3-1 (took 4.00 seconds).",
            "Returning part2(2, 'result2-1') == result2-2 derived from result2-1.",
            "-->Chained result2 => result2-2 derived from result2-1 (took 8.00 seconds).",
            "Returning part2(1, 'result1-1') == result1-2 derived from result1-1.",
            "-->Chained result1 => result1-2 derived from result1-1 (took 11.00 seconds).",
            "Program finished in 11.00 seconds.",
        ], [11], "--seed", "444")
        self.assertEqual(self.lines("chain", "7", "--virtual")[0], "part1(7) sleeping for 4 seconds.")
        for model in MODELS:
            lines = self.lines("chain", "--model", model, "--unit", "5ms", "--seed", "444")
            for n in [1, 2, 3]:
                own = [line.split(" ")[0] for line in lines if re.search(rf"\({n}[),]|result{n} ", line)]
                self.assertEqual(own, [f"part1({n})", "Returning", f"part2({n},", "Returning", f"-->Chained"])

    def test_random(self):
        """Line for line what Python prints, with its own generator seeded alike."""
        self.exactly("random", [
            "Initiated makerandom(0).",
            "makerandom(0) == 4 too low; retrying.",
            "Initiated makerandom(1).",
            "makerandom(1) == 4 too low; retrying.",
            "Initiated makerandom(2).",
            "makerandom(2) == 0 too low; retrying.",
            "makerandom(0) == 4 too low; retrying.",
            "makerandom(1) == 7 too low; retrying.",
            "makerandom(0) == 4 too low; retrying.",
            "makerandom(2) == 4 too low; retrying.",
            "makerandom(0) == 8 too low; retrying.",
            "---> Finished: makerandom(1) == 10",
            "makerandom(0) == 7 too low; retrying.",
            "makerandom(0) == 8 too low; retrying.",
            "makerandom(2) == 4 too low; retrying.",
            "makerandom(0) == 7 too low; retrying.",
            "makerandom(0) == 1 too low; retrying.",
            "makerandom(0) == 6 too low; retrying.",
            "---> Finished: makerandom(2) == 9",
            "makerandom(0) == 3 too low; retrying.",
            "makerandom(0) == 9 too low; retrying.",
            "makerandom(0) == 7 too low; retrying.",
            "---> Finished: makerandom(0) == 10",
            "",
            "r1: 10, r2: 10, r3: 9",
        ], [12], "--seed", "444")
        for model in MODELS:
            lines = self.lines("random", "--model", model, "--unit", "1ms", "--seed", "7")
            for place, threshold in enumerate([9, 8, 7]):
                drawn = re.findall(rf"makerandom\({place}\) == (\d+)", "\n".join(lines))
                self.assertTrue(all(int(each) <= threshold for each in drawn[:-1]), drawn)
                self.assertGreater(int(drawn[-1]), threshold)

    def test_random_is_in_colour_on_a_terminal(self):
        for environment, coloured in [({}, True), ({"NO_COLOR": "1"}, False)]:
            ours, its = pty.openpty()
            surroundings = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
            subprocess.run([COIR, "demo", "random", "--virtual"], stdout=its, check=True, timeout=100,
                           env={**surroundings, **environment})
            os.close(its)
            with open(ours, "rb", buffering=0) as terminal:
                shown = b""
                try:
                    while more := terminal.read(4096):
                        shown += more
                except OSError:  # so ends what a terminal has to say
                    pass
            for place, colour in enumerate([b"\x1b[36m", b"\x1b[91m", b"\x1b[35m"]):
                line = b"Initiated makerandom(%d)." % place
                self.assertIn(b"\n" + (colour + line + b"\x1b[0m" if coloured else line) + b"\r\n", b"\n" + shown)


class EndingThings(Case):
    def test_too_slow(self):
        self.exactly("too_slow", ["caught timeout", "timeout!", "not yet, and let be", "the job's result"],
                     [5, 1, 360])
        for model in MODELS:
            self.assertEqual(self.lines("too_slow", "--model", model, "--unit", "20ms"),
                             ["caught timeout", "timeout!"])
            self.no_sooner([5, 1])

    def test_shield(self):
        lines = ["cancelled!", "the work is complete", "the work is complete",
                 "cancelled, but not before the work was complete"]
        self.exactly("shield", lines, [0.5, 2, 2])
        for model in MODELS:
            self.assertEqual(self.lines("shield", "--model", model, "--unit", "50ms"), lines)


class Sharing(Case):
    def test_lock(self):
        for model in [*MODELS, "serial"]:
            self.assertEqual(self.lines("lock", "--model", model, "--tasks", "7", "--rounds", "30"),
                             ["locked and unlocked by hand: 210", "locked by std::scoped_lock: 210"])

    def test_producers(self):
        for how in self.ways("1ms"):
            for crew in [["-p", "5", "-c", "10"], ["-p", "2", "-c", "1"], ["-p", "0"]]:
                lines = self.lines("producers", *crew, *how)
                put = re.findall(r"^Producer \d+ added <([0-9a-f]{10})> to queue\.$", "\n".join(lines), re.M)
                got = re.findall(r"^Consumer \d+ got element <([0-9a-f]{10})> in \d+\.\d{5} seconds\.$",
                                 "\n".join(lines), re.M)
                self.assertEqual(sorted(put), sorted(got))
                self.assertRegex(lines[-1], r"^Program completed in \d+\.\d{5} seconds\.$")
                self.assertIn(f"{len(put)} elements put, each got exactly once", self.seen)


class Work(Case):
    def test_chess(self):
        self.assertEqual(self.lines("chess", "--virtual"),
                         ["One game after the other: 12:00:00", "From table to table: 1:00:00"])
        self.lines("chess", "--virtual", "--opponents", "3", "--pairs", "2")
        self.assertIn("0:06:00 one after the other, 0:01:15 from table to table", self.seen)
        for model in MODELS:
            self.lines("chess", "--model", model, "--opponents", "3", "--pairs", "2", "--unit", "1ms")

    def test_blocking(self):
        for model in MODELS:
            self.lines("blocking", "--model", model, "--unit", "20ms")
            self.no_sooner([1 if model == "threads" else 10, 1, 1])

    def test_books(self):
        with tempfile.NamedTemporaryFile("w") as book:
            book.write("one\ntwo\nthree\n")
            book.flush()
            head, whole, by_line = self.lines("books", "--times", "3", "--file", book.name)
            self.assertEqual(head.split(), ["seconds", "serial", "fibers", "boost_fibers", "threads"])
            self.assertRegex(whole, r"^whole( +(\d+\.\d{3}|-)){4}$")
            self.assertRegex(by_line, r"^line by line( +(\d+\.\d{3}|-)){4}$")
            self.assertIn("9 lines read line by line", self.seen)


    def test_requests(self):
        head, ten, twenty = self.lines("requests", "10", "20")
        self.assertEqual(re.split(r"  +", head.strip()),
                         ["requests", "one at a time", "a thread each", "a task each", "a process each"])
        for count, line in [(10, ten), (20, twenty)]:
            self.assertRegex(line, rf"^ *{count}( +\d+/s +\d+\.\d MiB){{4}}$")
            one_at_a_time, thread, task, _ = [int(each) for each in re.findall(r"(\d+)/s", line)]
            self.assertLessEqual(one_at_a_time, 500)  # two milliseconds each
            self.assertGreater(min(thread, task), 0)
        self.no_sooner([0.002, 0.002])
        _, many = self.lines("requests", "20000", "--unit", "1us")
        self.assertEqual(len(re.findall(r" -(?= |$)", many)), 3)

    def test_pipeline(self):
        head, *ways = self.lines("pipeline", "--pieces", "4", "--steps", "100", "--unit", "20ms")
        self.assertEqual(head.split(), ["seconds", "producer", "late", "by", "ms"])
        for how, line in zip(["fibers for both", "threads for both", "fibers, the work on threads",
                              "fibers, the work in processes"], ways, strict=True):
            self.assertRegex(line, rf"^{how} +\d+\.\d{{3}} +\d+\.\d$")
        self.no_sooner([4 * 0.002] * 4)


class CtrlC(unittest.TestCase):
    """SIGINT as soon as the first line is there: it ends at once, and nothing is left."""

    # Most say something and then wait; these would be over at once, or wait first.
    WORDS = {
        **{name: ["--unit", "1s"] for name in ["hello", "sum", "say_after", "squares", "users", "first_of", "shield"]},
        "too_slow": ["--unit", "400ms"],
        "blocking": ["--unit", "200ms"],
        "chess": ["--opponents", "2", "--pairs", "2", "--unit", "2ms"],
        "books": ["--times", "400"],
        "requests": ["100", "1000", "100000"],
        "pipeline": ["--pieces", "1000"],
    }
    # It may be at its very end when the signal comes, and for that moment the answer is the system's: the same to a shell.
    NO_WAIT_AFTER_IT = [(name, model) for name in ["sum", "round_robin"] for model in [*MODELS, "serial", "processes"]]
    # To offer the CPU takes a microsecond when nobody wants it, and a thousand times as long when many do.
    NO_WAIT_AFTER_IT += [("lock", "threads"), ("lock", "serial")]

    def interrupted(self, name, model):
        with tempfile.TemporaryDirectory() as room:
            words = self.WORDS.get(name, ["--unit", "60min"])
            if name == "lock":  # for a second or so after the first line, where a turn takes about the same time always
                words = {"fibers": ["--tasks", "3000", "--rounds", "10000"],
                         "boost_fibers": ["--tasks", "1000", "--rounds", "10000"]}.get(model, ["--tasks", "100", "--rounds", "40"])
            if model:
                words = [*words, "--model", model]
            with subprocess.Popen([COIR, "demo", name, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True, env={**os.environ, "TMPDIR": room}) as run:
                first = run.stdout.readline()
                run.send_signal(signal.SIGINT)
                try:
                    rest, errors = run.communicate(timeout=100)  # ends when nobody holds its output any more
                except subprocess.TimeoutExpired:
                    run.kill()
                    raise AssertionError(f"{name} on {model} has not ended after {first!r}") from None
            return name, model, run.returncode, first, rest, errors, os.listdir(room)

    def test_ends_every_demo_on_every_model(self):
        compare_models = ["books", "requests", "pipeline"]
        no_serial = ["task", "shield", "producers"]
        scenes = [(name, None) for name in compare_models]
        for name in names():
            if name not in compare_models:
                scenes += [(name, model) for model in MODELS]
                if name not in no_serial:
                    scenes.append((name, "serial"))
                if name in ON_PROCESSES:
                    scenes.append((name, "processes"))
        with concurrent.futures.ThreadPoolExecutor(8) as crew:
            for name, model, code, first, rest, errors, left in crew.map(lambda each: self.interrupted(*each), scenes):
                with self.subTest(name=name, model=model, first=first, rest=rest):
                    self.assertNotEqual(first, "")
                    self.assertEqual(errors, "")
                    self.assertEqual(left, [])
                    if (name, model) in self.NO_WAIT_AFTER_IT:
                        self.assertIn(code, [0, 130, -signal.SIGINT])
                    else:
                        self.assertEqual(code, 130)
                        self.assertNotIn("=> ", rest)

    def test_ends_all(self):
        with subprocess.Popen([COIR, "demo", "--all"], stdout=subprocess.PIPE, text=True) as run:
            for line in run.stdout:
                if line == "World\n":
                    break
            run.send_signal(signal.SIGINT)
            self.assertNotIn("=> ", run.stdout.read())
        self.assertEqual(run.returncode, 130)

    def test_ends_a_demo_in_virtual_time(self):
        with subprocess.Popen([COIR, "demo", "lock", "--virtual", "--tasks", "1000", "--rounds", "10000"],
                              stdout=subprocess.PIPE, text=True) as run:
            run.stdout.readline()
            run.send_signal(signal.SIGINT)
            run.stdout.read()
        self.assertEqual(run.returncode, 130)


class Command(unittest.TestCase):
    def refused(self, words, *told):
        done = demo(*words)
        self.assertEqual(done.returncode, 2, done.stderr)
        for each in told:
            self.assertIn(each, done.stderr)

    def test_plays_all_in_virtual_time(self):
        done = demo("--all", "--virtual")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(re.findall(r"^== (\w+)", done.stdout, re.M), names())
        self.assertEqual(len(re.findall(r"^=> ", done.stdout, re.M)), len(names()))

    def test_plays_all_on_serial(self):
        done = demo("--all", "--model", "serial", "--unit", "1us")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(re.findall(r"^=> ", done.stdout, re.M)), len(names()))

    def test_prints_a_demo_s_own_source(self):
        for name in names():
            source = demo(name, "--source").stdout
            self.assertTrue(source.startswith("// SPDX"), name)
            self.assertIn(f"demo const {name}_demo", source)

    def test_refuses_what_it_cannot_play(self):
        self.refused(["breakfst"], "'breakfst'", "did you mean 'breakfast'")
        self.refused(["count", "--bogus"], "--bogus")
        self.refused(["count", "--unit", "fast"], "'fast'", "100ms")
        self.refused(["count", "--unit", "-1s"], "'-1s'")
        self.refused(["count", "--model", "fibres"], "'fibres'", "did you mean 'fibers'")
        self.refused(["count", "--model", "threads", "--virtual"], "--virtual", "fibers only")
        self.refused(["producers", "--model", "serial"], "producers", "serial")
        self.refused(["producers", "-c", "0"], "-c")
        self.refused(["books", "--virtual"], "books", "leave out --virtual")
        self.refused(["books", "--model", "fibers"], "books", "leave out --model")
        self.refused(["squares", "--model", "serial", "--seed", "x"], "--seed = x: no number")
        self.refused(["lock", "--model", "processes"], "lock", "share memory", "use fibers or threads")
        self.refused([], "--list")

    def test_names_the_commands(self):
        for words, told in [([], "name a command: compare, demo"), (["dmeo"], "unknown command 'dmeo'; valid: compare")]:
            done = subprocess.run([COIR, *words], capture_output=True, text=True, timeout=100)
            self.assertEqual(done.returncode, 2)
            self.assertIn(told, done.stderr)


if __name__ == "__main__":
    unittest.main()
