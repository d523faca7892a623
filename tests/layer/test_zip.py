"""The zips of the layer: what is in them, and that the library in them loads on the oldest C library that Lambda has."""

import hashlib
import json
import os
import pathlib
import re
import stat
import subprocess
import tempfile
import unittest
import zipfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("CLEANSLATE_BUILD", SOURCE / "build"))

# Which file of glibc 2.26 has which functions: what isn't named here is in libc.so.6.
ELSEWHERE = {
    "libdl.so.2": r"dlsym|dlvsym|dladdr1?|dlerror|dlopen|dlclose|dlinfo",
    "libpthread.so.0": r"pthread_.*|__pthread_.*|sem_.*",
    "libm.so.6": r"(ceil|floor|trunc|pow|round|log2?|exp2?|fmod|ldexp|frexp)f?",
    "ld-linux-x86-64.so.2": r"__tls_get_addr",
    "ld-linux-aarch64.so.1": r"__tls_get_addr|_rtld_global.*",
}
# libc.so.6 of that time has these of threads, and libpthread.so.0 those of the rest.
IN_BOTH = r"pthread_(mutex_|cond_|self|attr_|equal|exit|getschedparam|setcancel).*|__errno_location|__libc_current_sigrt.*|p(read|write)(64)?"
OLDEST = (2, 26)
LARGEST = 1 << 20


def output(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout


def needs(library):
    """{(function, file, version)} of what the library takes from others, {function} of what it can do without."""
    dump = output("readelf", "-W", "--dyn-syms", "--version-info", library)
    files = {}
    file = None
    for line in dump[dump.index("Version needs section") :].splitlines():
        if match := re.search(r"File: (\S+)", line):
            file = match[1]
        elif match := re.search(r"Name: (\S+).*Version: (\d+)", line):
            files[match[2]] = (file, match[1])
    needed, weak = set(), set()
    for line in dump[: dump.index("Version needs section")].splitlines():
        match = re.match(r"\s*\d+: 0+\s+0 \w+\s+(\w+)\s+\w+\s+UND (\w+)(?:@(\S+) \((\d+)\))?", line)
        if not match:
            continue
        binding, function, _, number = match.groups()
        if number:
            needed.add((function, *files[number]))
        elif binding == "WEAK":
            weak.add(function)
        else:
            needed.add((function, "", ""))
    return needed, weak


def complaints(needed):
    """What the oldest C library would refuse."""
    found = []
    for function, file, version in sorted(needed):
        number = re.fullmatch(r"GLIBC_(\d+)\.(\d+)(?:\.\d+)?", version)
        home = [place for place, names in ELSEWHERE.items() if re.fullmatch(names, function)]
        if not number:
            found.append(f"{function}: of no version")
        elif (int(number[1]), int(number[2])) > OLDEST:
            found.append(f"{function}: {version} is too new")
        elif re.fullmatch(IN_BOTH, function) and file in ("libc.so.6", "libpthread.so.0"):
            continue
        elif file not in (home or ["libc.so.6"]):
            found.append(f"{function}: bound to {file}, but an old C library has it in {' or '.join(home or ['libc.so.6'])}")
    return found


class Check(unittest.TestCase):
    """The check can fail."""

    def test_it_sees_what_an_old_library_refuses(self):
        self.assertEqual(complaints({("malloc", "libc.so.6", "GLIBC_2.2.5"), ("dlsym", "libdl.so.2", "GLIBC_2.17")}), [])
        self.assertRegex(complaints({("dlsym", "libc.so.6", "GLIBC_2.2.5")})[0], "libdl.so.2")
        self.assertRegex(complaints({("stat", "libc.so.6", "GLIBC_2.33")})[0], "too new")
        self.assertRegex(complaints({("pow", "libc.so.6", "GLIBC_2.2.5")})[0], "libm.so.6")
        self.assertRegex(complaints({("napi_create_object", "", "")})[0], "no version")

    def test_the_machines_own_build_would_be_refused(self):
        needed, _ = needs(BUILD / "lib/libcleanslate.so")
        self.assertNotEqual(complaints(needed), [])


class Zip:
    name = machine = None

    def setUp(self):
        self.path = SOURCE / f"build/layer/cleanslate-{self.name}.zip"
        self.debug = SOURCE / f"build/layer/cleanslate-{self.name}.debug"
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        with zipfile.ZipFile(self.path) as archive:
            self.infos = archive.infolist()
            archive.extractall(self.folder)
        self.library = self.folder / "lib/libcleanslate.so"

    def test_holds_what_the_contract_says(self):
        modes = {info.filename: stat.S_IMODE(info.external_attr >> 16) for info in self.infos}
        self.assertEqual(modes["cleanslate"], 0o755)
        self.assertEqual(modes["lib/libcleanslate.so"], 0o755)
        self.assertEqual(modes["lib/cleanslate-node.cjs"], 0o644)
        self.assertEqual(modes["lib/cleanslate-node-probe.cjs"], 0o644)
        self.assertLess(self.path.stat().st_size, LARGEST)
        self.assertEqual([info.filename for info in self.infos], sorted(modes))
        self.assertEqual({info.date_time for info in self.infos}, {(1980, 1, 1, 0, 0, 0)})

    def test_its_library_loads_on_the_oldest_c_library(self):
        needed, weak = needs(self.library)
        self.assertEqual(complaints(needed), [])
        self.assertGreater(len(needed), 50)
        optional = {function for function in weak if function.startswith(("napi_", "_ITM_", "__gmon_"))}
        self.assertEqual(weak - optional, set())
        dump = output("readelf", "-hd", self.library)
        self.assertIn(self.machine, dump)
        self.assertLessEqual(set(re.findall(r"NEEDED.*\[(\S+)\]", dump)), {"libc.so.6", *ELSEWHERE})

    def test_its_library_is_stripped_and_the_debug_file_belongs_to_it(self):
        self.assertNotRegex(output("readelf", "-SW", self.library), r"\.symtab|\.debug_info")
        self.assertIn(".debug_info", output("readelf", "-SW", self.debug))
        ids = [re.search(r"Build ID: ([0-9a-f]+)", output("readelf", "-n", file))[1] for file in (self.library, self.debug)]
        self.assertEqual(ids[0], ids[1])

    def test_tells_no_folder_of_the_machine_that_built_it(self):
        for path in self.folder.rglob("*"):
            if path.is_file():
                for own in {SOURCE, BUILD.resolve(), pathlib.Path.home()} - {pathlib.Path("/")}:
                    self.assertNotIn(f"{own}/".encode(), path.read_bytes(), path)

    def test_its_bill_of_materials_lists_each_file(self):
        own = "share/cleanslate/cleanslate.spdx.json"
        document = json.loads((self.folder / own).read_text())
        self.assertEqual((document["spdxVersion"], document["dataLicense"]), ("SPDX-2.3", "CC0-1.0"))
        sums = {entry["fileName"]: entry["checksums"] for entry in document["files"]}
        self.assertEqual(set(sums), {f"./{info.filename}" for info in self.infos} - {f"./{own}"})
        for name, checksums in sums.items():
            data = (self.folder / name).read_bytes()
            for each in checksums:
                self.assertEqual(hashlib.new(each["algorithm"].lower(), data).hexdigest(), each["checksumValue"], name)
        packages = {package["name"]: package["licenseDeclared"] for package in document["packages"]}
        self.assertEqual(packages["nlohmann_json"], "MIT")
        licences = {path.name for path in (self.folder / "share/cleanslate/licences").iterdir()}
        self.assertEqual(licences, {"cleanslate.txt", "llvm.txt", "nlohmann_json.txt", "zig.txt"})


class X86(Zip, unittest.TestCase):
    name, machine = "x86_64", "Advanced Micro Devices X86-64"


class Arm(Zip, unittest.TestCase):
    name, machine = "arm64", "AArch64"


if __name__ == "__main__":
    unittest.main()
