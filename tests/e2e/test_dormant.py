"""Programs that aren't runtimes do not notice the library: same output, same exit code, dormant and recording alike."""

import shutil
import subprocess

from harness import LIBRARY, PATIENCE, RUNTIMES, Case, clean_environment, main

MODES = (None, "on", "off", "always")

JAVA = """
public class Hello {
  public static void main(String[] arguments) throws Exception {
    java.util.List<byte[]> blocks = new java.util.ArrayList<>();
    for (int i = 0; i < 100; i++) blocks.add(new byte[10000]);
    Thread thread = new Thread(() -> System.out.println("from a thread"));
    thread.start();
    thread.join();
    System.out.println(blocks.size());
    System.exit(3);
  }
}
"""

CPP = """
#include <iostream>
#include <map>
#include <regex>
int main() {
  std::map<std::string, int> counts{{"a", 1}};
  std::cout << std::regex_replace("text", std::regex("t"), "T") << counts.size();
  return unused_name;
}
"""


class Dormant(Case):
    def behaviour(self, command, environment):
        done = subprocess.run(
            command,
            env=environment,
            cwd=self.scratch,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
        )
        return done.returncode, done.stdout, done.stderr

    def check(self, *command, prepare=lambda: None):
        self.assertIsNotNone(shutil.which(command[0]), f"{command[0]} isn't installed")
        plain = clean_environment(HOME=self.scratch, LC_ALL="C")
        prepare()
        expected = self.behaviour(command, plain)
        for mode in MODES:
            with self.subTest(mode=mode):
                prepare()
                environment = plain | {"LD_PRELOAD": str(LIBRARY)}
                if mode:
                    reports = self.scratch / f"{mode}.jsonl"
                    environment |= {
                        "CLEANSLATE": mode,
                        "CLEANSLATE_OUTPUT": f"file:{reports}",
                        "CLEANSLATE_REPORT": "all",
                    }
                self.assertEqual(self.behaviour(command, environment), expected)
                if mode in ("on", "off"):
                    self.assertFalse(reports.exists(), "a dormant library says nothing")
        return expected

    def test_python(self):
        program = (
            "import subprocess, threading, json, ssl, sqlite3, sys, tempfile, ctypes\n"
            "print(subprocess.run(['sh', '-c', 'echo child; exit 4'], capture_output=True))\n"
            "threads = [threading.Thread(target=lambda: json.loads('[1]' )) for _ in range(20)]\n"
            "[t.start() for t in threads]; [t.join() for t in threads]\n"
            "print(sqlite3.connect(':memory:').execute('select 1+1').fetchall())\n"
            "print(tempfile.TemporaryFile().write(b'x'), file=sys.stderr)\n"
            "sys.exit(7)\n"
        )
        self.assertEqual(self.check("python3", "-c", program)[0], 7)

    def test_python_multiprocessing(self):
        program = (
            "import multiprocessing\n"
            "with multiprocessing.get_context('fork').Pool(3) as pool: print(pool.map(abs, range(-5, 5)))\n"
        )
        self.assertEqual(self.check("python3", "-c", program)[0], 0)

    def test_node(self):
        program = (
            "const { spawnSync } = require('child_process'); const { Worker } = require('worker_threads');"
            "console.log(spawnSync('sh', ['-c', 'echo child; exit 4']).status);"
            "require('fs').readFile('/etc/hostname', () => console.error('read'));"
            "new Worker('require(\"worker_threads\").parentPort.postMessage(1)', { eval: true })"
            ".on('message', (m) => console.log(m)).on('exit', () => process.exit(9));"
        )
        node = str(RUNTIMES / "node/bin/node")
        self.assertEqual(self.check(node, "-e", program)[0], 9)

    def test_java(self):
        (self.scratch / "Hello.java").write_text(JAVA)
        self.assertEqual(self.check("java", "-Xshare:auto", "Hello.java")[0], 3)

    def test_git(self):
        script = (
            "rm -rf repository && git init -q repository && cd repository && git config user.email a@b &&"
            " git config user.name n &&"
            " for i in 1 2 3; do echo $i > file; git add file;"
            " GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' git commit -q -m $i; done;"
            " git log --format=%H; git gc -q; git fsck; git show HEAD:nothing"
        )
        self.assertEqual(self.check("sh", "-c", script)[0], 128)

    def test_compile(self):
        (self.scratch / "good.cc").write_text(CPP.replace("unused_name", "0"))
        self.assertEqual(self.check("sh", "-c", "g++ -O1 good.cc -o good && sha256sum good && ./good")[0], 0)

    def test_failing_compile(self):
        (self.scratch / "bad.cc").write_text(CPP)
        self.assertEqual(self.check("g++", "-c", "bad.cc")[0], 1)


if __name__ == "__main__":
    main()
