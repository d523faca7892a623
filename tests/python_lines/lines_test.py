"""The watch over lines, inside this interpreter. Usage: lines_test.py HARNESS.so [unittest's arguments]"""

import ctypes
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import tracemalloc
import unittest

HARNESS = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.environ["HARNESS"]
ROOT = tempfile.mkdtemp(prefix="lines")
sys.path.insert(0, ROOT)
sys.dont_write_bytecode = True

harness = ctypes.PyDLL(HARNESS)
harness.Start.restype = harness.Boundary.restype = ctypes.c_char_p
harness.Allocator.restype = ctypes.c_void_p
unlocked = ctypes.CDLL(HARNESS)
unlocked.HelperBoundary.restype = ctypes.c_char_p

LEAKY = """\
    import ctypes, dataclasses, json

    class Thing:
        def __init__(self, number):
            self.number = number
            self.text = "thing " + str(number)

    def keeper():
        held = []
        while True:
            held.append((yield))

    _keep = keeper()
    next(_keep)
    number = 1000

    def generator():
        global number
        for _ in range(3):
            number += 1
            made = Thing(number)  # LINE generator
            _keep.send(made)

    slots = (ctypes.py_object * 100000)()
    used = 0

    def array():
        global used
        slots[used] = "text %d" % used  # LINE array
        used += 1

    def nested():
        def deeper(depth):
            if depth > 0:
                return deeper(depth - 1)
            return json.loads('{"a": ["xyz%d", {"b": "uvw%d"}]}' % (used, used))  # LINE nested
        array.__globals__["used"] += 1
        _keep.send(deeper(5))

    def cycles():
        for _ in range(5):
            first, second = Thing(1), Thing(2)
            first.other, second.other = second, first
            first.table = {"name": "cycle %d" % id(first), "values": [1.5, "v%d" % id(second)]}
            def inner(depth):
                return inner(depth - 1) if depth else [str(depth) * 40]
            inner(3)
            parent = {"name": "parent %d" % id(first), "children": []}
            parent["children"].append({"parent": parent, "name": "child %d" % id(first)})
            @dataclasses.dataclass
            class Local:
                name: str
                def more(self):
                    return Local(self.name + " more")
            Local("local").more().again = Local
            own = ["own %d" % id(first)]
            own.append(own)
        try:
            raise ValueError("text " + str(number))
        except ValueError as error:
            kept = error
            first.error = kept

    last = None

    def quick():
        global last
        last = json.loads(json.dumps({"a": [str(i) for i in range(100)]}))
        last["itself"] = last

    def clean():
        made = [Thing(i) for i in range(300)]
        table = {str(i): (i, [i], {i: 1.5}) for i in range(500)}
        quick()
        cycles()
        return len(made) + len(table)
"""


def write_app(name, text):
    text = textwrap.dedent(text)
    with open(os.path.join(ROOT, name + ".py"), "w") as file:
        file.write(text)
    importlib.invalidate_caches()
    lines = {}
    for number, line in enumerate(text.splitlines(), 1):
        if "# LINE" in line:
            lines[line.split("# LINE")[1].strip()] = number
    return importlib.import_module(name), lines


HANDLERS = """\
import asyncio, collections, copy, ctypes, functools, json, re, threading, uuid

class Item:
    def __init__(self, number):
        self.number, self.parent, self.children = number, None, []

def keeper():
    held = []
    while True:
        held.append((yield))

_keep = keeper()
next(_keep)

def closure(window):
    _keep.send(Item(window))  # LINE closure

slots = (ctypes.py_object * 1000)()

def array(window):
    slots[window] = "text %d" % window  # LINE array

def exceptions(window):
    try:
        raise ValueError("text %d" % window)
    except ValueError as error:
        _keep.send(str(error) + "!")  # LINE exceptions

def answer(window):
    return json.dumps({"window": window, "id": str(uuid.uuid4())})

count, last = 0, None

def counts(window):
    global count, last
    count, last = count + 1, {"window": window, "text": "x" * (window % 97)}

def cycles(window):
    items = [Item(i) for i in range(3 + window % 5)]
    for one, other in zip(items, items[1:]):
        one.parent = other
        other.children.append(one)

def raises(window):
    try:
        raise ValueError("bad %d" % window)
    except ValueError as error:
        kept = error

def patterns(window):
    return re.sub("a+%d" % (window % 100), "b", "aaa1")

@functools.lru_cache(maxsize=128)
def cached(number):
    return ["value", str(number)]

def remembers(window):
    return cached(window)

recent = collections.deque(maxlen=100)

def keeps_some(window):
    recent.append({"window": window, "text": str(window)})

async def all_tasks():
    async def one(number):
        await asyncio.sleep(0)
        return number
    return await asyncio.gather(*(one(i) for i in range(5)))

def runs_tasks(window):
    return asyncio.run(all_tasks())

def runs_threads(window):
    thread = threading.Thread(target=lambda: [str(i) for i in range(100)])
    thread.start()
    thread.join()

def copies(window):
    return copy.deepcopy({"items": [Item(i) for i in range(5)]})
"""


class Watched:
    """Windows, one after another."""

    window = 0

    def __init__(self, boundary):
        self.boundary = boundary

    def end(self, wanted=False):
        Watched.window += 1
        return json.loads(self.boundary(Watched.window, int(wanted)))

    def watch(self, act, windows=5):
        """What a whole watch says of `act`, called once a window."""
        act()
        said = self.end(wanted=True)
        if not said["watching"]:
            raise AssertionError(said)
        for _ in range(windows):
            act()
            said = self.end()
        return said


def allocators():
    return harness.Allocator(1), harness.Allocator(2)


class LinesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        why = harness.Start(ROOT.encode()).decode()
        if why:
            raise unittest.SkipTest(why)
        cls.app, cls.lines = write_app("leaky", LEAKY)
        for act in (cls.app.generator, cls.app.array, cls.app.nested, cls.app.clean):
            act()
        cls.before = allocators()
        cls.windows = Watched(harness.Boundary)

    def tearDown(self):
        gc.collect()
        self.assertEqual(allocators(), self.before)

    def own(self, said):
        self.assertTrue(said["looked"], said)
        return [line for line in said["lines"] if line["own"]]

    def assert_names(self, act, lines, function=None):
        own = self.own(self.windows.watch(act))
        self.assertEqual(sorted({(line["file"], line["line"]) for line in own}), [("leaky.py", n) for n in lines])
        return own

    def test_names_the_line_that_a_generator_keeps_objects_of(self):
        # The text that it holds is made in a line of its own.
        in_class = LEAKY.splitlines().index('            self.text = "thing " + str(number)') + 1
        own = self.assert_names(self.app.generator, [in_class, self.lines["generator"]])
        made = next(line for line in own if line["line"] == self.lines["generator"])
        self.assertEqual(made["function"], "generator")
        for blocks in made["blocks"]:
            self.assertGreaterEqual(blocks, 3)

    def test_names_the_line_that_fills_an_array_of_c(self):
        own = self.assert_names(self.app.array, [self.lines["array"]])
        self.assertEqual(len(own[0]["blocks"]), 3)

    def test_charges_what_libraries_make_to_the_users_line(self):
        self.assert_names(self.app.nested, [self.lines["nested"]])

    def test_is_silent_about_what_is_freed_and_what_waits_to_be_collected(self):
        gc.disable()  # so that it does wait
        try:
            self.assertEqual(self.own(self.windows.watch(self.app.clean)), [])
        finally:
            gc.enable()

    def test_is_silent_about_cycles_under_the_collector(self):
        for _ in range(5):
            self.assertEqual(self.own(self.windows.watch(self.app.clean)), [])

    def test_works_from_a_helper_thread(self):
        own = self.own(Watched(unlocked.HelperBoundary).watch(self.app.array))
        self.assertEqual([line["line"] for line in own], [self.lines["array"]])

    def test_counts_small_blocks(self):
        before = self.windows.end()["small_blocks"]
        self.assertGreater(before, 1000)
        kept = [str(i) * 3 for i in range(5000)]
        after = self.windows.end()["small_blocks"]
        self.assertLess(abs(after - before - len(kept)), 300)

    def test_gives_up_where_windows_are_missed(self):
        self.windows.end(wanted=True)
        Watched.window += 2
        said = self.windows.end()
        self.assertFalse(said["looked"] or said["watching"])

    def test_code_that_ends_is_forgotten(self):
        def make_and_drop():
            for i in range(50):
                space = {}
                exec(compile("\n" * i + "def f(n): return [str(n)] * 9", ROOT + "/made.py", "exec"), space)
                space["f"](i)
            self.app.array()

        own = self.own(self.windows.watch(make_and_drop))
        self.assertEqual([line["file"] for line in own], ["leaky.py"])

    def test_tracemalloc_around_the_watch(self):
        tracemalloc.start()
        try:
            wrapped = allocators()
            own = self.own(self.windows.watch(self.app.array))
            self.assertEqual([line["line"] for line in own], [self.lines["array"]])
            self.assertEqual(allocators(), wrapped)
        finally:
            tracemalloc.stop()

    def test_tracemalloc_within_the_watch(self):
        def traced():
            tracemalloc.start()
            self.app.array()
            tracemalloc.stop()

        own = self.own(self.windows.watch(traced))
        self.assertEqual([line["line"] for line in own], [self.lines["array"]])

    def test_tracemalloc_that_outlasts_the_watch(self):
        self.windows.end(wanted=True)
        tracemalloc.start()
        self.app.array()
        said = self.windows.end()
        self.assertFalse(said["looked"] or said["watching"])
        self.assertFalse(self.windows.end(wanted=True)["watching"])  # it isn't known where ours is
        tracemalloc.stop()
        self.app.clean()
        self.assertNotEqual(allocators(), self.before)  # ours, that passes everything through
        self.windows.end()
        self.assertEqual(allocators(), self.before)
        self.assertEqual([line["line"] for line in self.own(self.windows.watch(self.app.array))],
                         [self.lines["array"]])

    def test_zz_tracemalloc_that_throws_the_watch_out(self):
        tracemalloc.start()
        self.windows.end(wanted=True)
        tracemalloc.stop()
        self.app.clean()
        said = self.windows.end()
        self.assertFalse(said["looked"] or said["watching"])
        own = self.own(self.windows.watch(self.app.array))
        self.assertEqual([line["line"] for line in own], [self.lines["array"]])

    def test_threads(self):
        stop = threading.Event()
        failed = []

        def work():
            try:
                while not stop.is_set():
                    self.app.Thing(1)
                    json.dumps({str(i): [i] for i in range(50)})
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(10):
            own = self.own(self.windows.watch(self.app.array))
            self.assertIn(("leaky.py", self.lines["array"]), [(each["file"], each["line"]) for each in own])
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])

    def test_a_child_of_fork_passes_everything_through(self):
        self.windows.end(wanted=True)
        pid = os.fork()
        if pid == 0:
            ok = True
            try:
                for _ in range(20):
                    self.app.clean()
                    self.app.generator()
                gc.collect()
            except BaseException:
                ok = False
            os._exit(0 if ok else 1)
        self.app.clean()
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        for _ in range(5):
            self.app.array()
            said = self.windows.end()
        self.assertEqual([line["line"] for line in self.own(said)], [self.lines["array"]])

    def test_silence(self):
        self.windows.end(wanted=True)
        harness.Silence()
        self.app.clean()
        said = self.windows.end()
        self.assertFalse(said["looked"] or said["watching"])

    def test_memory_stays_flat(self):
        libc = ctypes.CDLL(None)

        def resident():
            gc.collect()
            libc.malloc_trim(0)  # of this test's harness: the library has memory of its own
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1])

        for _ in range(60):
            self.windows.watch(self.app.quick)
        before = resident()
        for _ in range(200):
            self.windows.watch(self.app.quick)
        self.assertLess(resident() - before, 512)  # pages; marks left behind each time would be thousands

class ProcessTest(unittest.TestCase):
    def run_python(self, text, *options):
        done = subprocess.run(
            [sys.executable, *options, "-c", textwrap.dedent(START) + textwrap.dedent(text)],
            env=dict(os.environ, HARNESS=HARNESS, ROOT=ROOT), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout.decode())
        return done.stdout.decode()

    def test_the_interpreter_may_end_meanwhile(self):
        self.assertIn("watching", self.run_python("""
            import atexit, threading
            print("watching" if json.loads(harness.Boundary(1, 1))["watching"] else "not")
            atexit.register(lambda: [str(i) for i in range(10000)])
            class Last:
                def __del__(self):
                    self.more = [str(i) for i in range(1000)]
            last = Last(); last.own = last
            threading.Thread(target=lambda: [str(i) for i in range(300000)]).start()
        """))

    def test_other_allocators(self):
        for allocator in ("malloc", "debug", "malloc_debug", "pymalloc_debug"):
            text = """
                def act():
                    kept.append("text " + str(len(kept)))
                kept = []
                print(json.loads(harness.Boundary(1, 1))["watching"])
                for window in range(2, 7):
                    act()
                    said = json.loads(harness.Boundary(window, 0))
                print(said["looked"], len(said["lines"]) > 0)
            """
            with self.subTest(allocator):
                os.environ["PYTHONMALLOC"] = allocator
                try:
                    self.assertEqual(self.run_python(text).split(), ["True", "True", "True"])
                finally:
                    del os.environ["PYTHONMALLOC"]

    def run_windows(self, module, act, windows):
        """In an interpreter of its own, as the library does it: what it says, by window."""
        write_app(module, globals()[module.upper()])
        said = self.run_python("""
            import sys
            sys.path.insert(0, os.environ["ROOT"])
            import %s as app
            harness.Window.restype = ctypes.c_char_p
            for window in range(%d):
                for line in harness.Window(window).decode().splitlines():
                    print(window, line)
                app.%s(window)
        """ % (module, windows, act)).splitlines()
        return [line for line in said if not line.endswith("watches")], len(said)

    def test_a_leak_is_told_when_it_has_gone_on_for_some_windows(self):
        lines = {text.split("# LINE ")[1]: number
                 for number, text in enumerate(HANDLERS.splitlines(), 1) if "# LINE " in text}
        for act, line in (("closure", "closure"), ("array", "array"), ("exceptions", "exceptions")):
            with self.subTest(act):
                said, _ = self.run_windows("handlers", act, 14)
                self.assertTrue(any(
                    each.startswith("11 small Python objects born at handlers.py:%d stay, " % lines[line])
                    for each in said), said)

    def test_is_silent_on_clean_handlers(self):
        for act in ("answer", "counts", "cycles", "raises", "patterns", "remembers", "keeps_some", "runs_tasks",
                    "runs_threads", "copies"):
            with self.subTest(act):
                said, watches = self.run_windows("handlers", act, 300)
                self.assertEqual(said, [])
                self.assertLessEqual(watches, 3)

    def test_too_much_to_note_ends_the_watch(self):
        self.assertEqual(self.run_python("""
            print(json.loads(harness.Boundary(1, 1))["watching"])
            kept = [bytes(470) for i in range(570000)]
            said = json.loads(harness.Boundary(2, 0))
            print(said["looked"], said["watching"], said["left_out"] > 0)
        """).split(), ["True", "False", "False", "True"])

    def test_sub_interpreters(self):
        for module in ("_xxsubinterpreters", "_interpreters"):
            try:
                importlib.import_module(module)
            except ImportError:
                continue
            self.assertEqual(self.run_python("""
                import %s as interpreters
                interpreter = interpreters.create()
                print(json.loads(harness.Boundary(1, 1))["watching"])
                interpreters.destroy(interpreter)
                print(json.loads(harness.Boundary(2, 1))["watching"])
                import threading
                interpreter = interpreters.create()
                code = "x = [str(i) for i in range(100000)]; del x"
                runs = [threading.Thread(target=interpreters.run_string, args=(interpreter, code))]
                for run in runs: run.start()
                for _ in range(20): [str(i) for i in range(20000)]
                for run in runs: run.join()
                interpreters.destroy(interpreter)
                print(json.loads(harness.Boundary(3, 0))["watching"])
            """ % module).split(), ["False", "True", "True"])
            return
        self.skipTest("this interpreter has none")


START = """
    import ctypes, json, os
    harness = ctypes.PyDLL(os.environ["HARNESS"])
    harness.Start.restype = harness.Boundary.restype = ctypes.c_char_p
    assert harness.Start(os.environ["ROOT"].encode()) == b"", harness.Start(os.environ["ROOT"].encode())
"""

if __name__ == "__main__":
    unittest.main()
