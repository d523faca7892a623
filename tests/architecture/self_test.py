"""Each check of this folder, shown to fail on what it forbids and to be silent on its clean twin."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import hot_symbols
import include_table
import machine_paths
import shared_object


class Fixture(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def compile(self, output, source, *options):
        compiler = os.environ.get("CC", "cc")
        code = self.write(f"{output}.c", source)
        subprocess.run([compiler, *options, str(code), "-o", str(self.root / output)], check=True)
        return self.root / output


class IncludeTable(Fixture):
    def test_an_include_to_the_right_is_right(self):
        self.write("src/analysis/a.cc", '#include "record/r.h"\n#include <vector>\n#include "absl/strings/str_cat.h"\n')
        self.write("src/preload/p.cc", '#include "boundary/b.h"\n')
        self.write("tools/run/r.cc", '#include "report/report.h"\n#include "boundary/http_head.h"\n')
        self.assertEqual(include_table.complaints(self.root), [])

    def test_an_include_to_the_left_is_named(self):
        self.write("src/record/r.cc", '\n#include "report/report.h"\n')
        self.assertEqual(
            include_table.complaints(self.root),
            ["src/record/r.cc:2: record includes report/report.h, which is not to its right"],
        )

    def test_a_sibling_is_not_to_the_right(self):
        self.write("src/boundary/b.cc", '#include "record/r.h"\n')
        self.write("src/snapshot/s.h", "#  include <probe/p.h>\n")
        self.assertEqual(len(include_table.complaints(self.root)), 2)

    def test_a_way_around_the_table_is_named(self):
        self.write("src/base/b.cc", '#include "../report/report.h"\n')
        self.write("src/extra/e.cc", "")
        self.assertEqual(len(include_table.complaints(self.root)), 2)

    def test_tools_are_kept_out_of_the_process_looking_rooms(self):
        for name in ("preload/watch.h", "record/recorder.h", "snapshot/file_taker.h", "boundary/runtime_api_tap.h"):
            self.write("tools/run/r.cc", f'#include "{name}"\n')
            self.assertEqual(len(include_table.complaints(self.root)), 1, name)

    def test_a_room_does_not_include_tools(self):
        self.write("tools/emulator/e.h", "")
        self.write("src/report/r.cc", '#include "emulator/e.h"\n')
        self.assertEqual(len(include_table.complaints(self.root)), 1)


class SharedObject(Fixture):
    def setUp(self):
        super().setUp()
        self.list = self.write(
            "list.inc", "// INTERPOSED(int, commented, (void))\nINTERPOSED(int, one, (void))\nINTERPOSED_CALL(char*, two, (int), 7)\n"
        )
        self.header = self.write(
            "public.h", "/* cleanslate_no(); */\nvoid cleanslate_mark(const char* id) __attribute__((weak));\n"
        )

    def library(self, *names, options=()):
        source = "".join(f"int {name}(void) {{ return 0; }}\n" for name in names)
        return self.compile("lib.so", source, "-shared", "-fPIC", *options)

    def complaints(self, library):
        return shared_object.complaints(library, self.list, self.header)

    def test_the_listed_names_are_right(self):
        self.assertEqual(self.complaints(self.library("one", "two", "cleanslate_mark")), [])

    def test_a_missing_name_is_named(self):
        self.assertEqual(self.complaints(self.library("one", "cleanslate_mark")), ["two is listed but not exported"])

    def test_a_name_too_many_is_named(self):
        self.assertEqual(
            self.complaints(self.library("one", "two", "cleanslate_mark", "_ZN4absl3FooEv", "_Unwind_Resume")),
            ["_Unwind_Resume is exported but not listed", "_ZN4absl3FooEv is exported but not listed"],
        )

    def test_a_needed_library_is_named(self):
        library = self.library(
            "one", "two", "cleanslate_mark", options=("-Wl,--no-as-needed", "-l:libstdc++.so.6", "-lm")
        )
        self.assertEqual(self.complaints(library), ["libstdc++.so.6 is needed at run time"])

    def test_a_path_built_in_is_named(self):
        library = self.library("one", "two", "cleanslate_mark", options=("-Wl,-rpath,/opt/somewhere",))
        self.assertEqual(self.complaints(library), ["a path to search for libraries is built in"])

    def test_an_empty_list_proves_nothing(self):
        self.list.write_text("")
        self.header.unlink()
        self.assertEqual(len(self.complaints(self.library(options=("-nostartfiles",)))), 1)


class HotSymbols(Fixture):
    def archive(self, source):
        member = self.compile("member.o", source, "-c")
        subprocess.run(["ar", "rcs", str(self.root / "lib.a"), str(member)], check=True)
        return self.root / "lib.a"

    def test_a_call_on_the_list_and_a_call_of_ones_own_are_right(self):
        allow = self.write("allow", "# why\nread  # a system call\n")
        archive = self.archive("int read(void); int own(void) { return 1; } int f(void) { return read() + own(); }")
        self.assertEqual(hot_symbols.complaints(allow, [archive]), [])

    def test_any_other_call_is_named(self):
        allow = self.write("allow", "# printf\nread\n")
        archive = self.archive("int printf(const char*, ...); int f(int i) { return printf(\"%d\", i); }")
        self.assertEqual(
            hot_symbols.complaints(allow, [archive]), ["printf is called by HOT code and not on the list"]
        )


class MachinePaths(Fixture):
    def test_places_that_mean_the_same_everywhere_are_right(self):
        self.write("a.md", "/opt/lib /tmp/x /var/task/app.py /home/user/app $HOME/work/x build/work/y\n")
        self.assertEqual(machine_paths.complaints(self.root), [])

    def test_a_home_folder_is_named(self):
        self.write("a.cc", "\n// see /home/" + "somebody/notes\n")
        self.write("b.sh", "cd /ro" + "ot/x\n")
        self.assertEqual(machine_paths.complaints(self.root), ["a.cc:2: /ho" + "me/somebody", "b.sh:1: /ro" + "ot/"])


if __name__ == "__main__":
    unittest.main()
