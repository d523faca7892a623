"""The examples: what leaks is named by rule and by path or function, and every fixed twin is silent."""

from harness import BUILD, CPP_EXAMPLES, EXAMPLES, Case, main, node_client, python_client

LEAKS = [
    "module-list",
    "tmp-file",
    "cached-credential",
    "default-argument",
    "singleton-session",
    "open-file",
    "connection-per-call",
]

# What must be said of the leaky one, in any language, and a word of the subject or its evidence.
NAMED = {
    "tmp-file": ("tmp-growth", "report-"),
    "open-file": ("descriptor-leak", ""),
    "connection-per-call": ("connection-leak", "127.0.0.1"),
}
# And of native memory.
NAMED_IN_CPP = NAMED | {
    "module-list": ("heap-growth", "CountLines"),
    "default-argument": ("heap-growth", "AddItem"),
    "singleton-session": ("heap-growth", "Open"),
}
# The variable, and where it is written.
VARIABLES = {
    ("python", "module-list"): ("variable-growth", "leaky.orders", "leaky.py", 3),
    ("python", "default-argument"): ("default-argument-mutated", "leaky.add_item(basket=)", "leaky.py", 4),
    ("python", "singleton-session"): ("variable-replaced", "leaky.session.user", "leaky.py", 6),
    ("node", "module-list"): ("variable-growth", "leaky.orders", "leaky.js", 3),
    ("node", "default-argument"): ("variable-growth", "leaky.EMPTY_BASKET.items", "leaky.js", 3),
    ("node", "singleton-session"): ("variable-replaced", "leaky.session.user", "leaky.js", 8),
}
INVOCATIONS = 6


class Examples(Case):
    def run_twin(self, language, leak, twin, n=INVOCATIONS):
        root = EXAMPLES / language / leak
        command = {
            "python": python_client(f"{twin}.handler"),
            "node": node_client(f"{twin}.handler"),
            "cpp": [str(CPP_EXAMPLES / leak / twin)],
        }[language]
        return self.run_function(*command, n=n, options=["--root", root], cwd=root, env=self.own_tmp())

    def check(self, language, leak):
        fixed = self.run_twin(language, leak, "fixed")
        self.assertEqual(len(fixed.windows), INVOCATIONS)
        self.assert_silent(fixed.reports)

        self.setUp()
        leaky = self.run_twin(language, leak, "leaky")
        self.assertEqual(len(leaky.windows), INVOCATIONS)
        named = NAMED_IN_CPP if language == "cpp" else NAMED
        if leak in named:
            rule, word = named[leak]
            self.assert_named(leaky, rule, word)
            # A leak that repeats is a warning by the fifth invocation at the latest.
            self.assertTrue(warnings_of(leaky.windows[:5], rule), f"{rule} comes late")
        if (language, leak) in VARIABLES:
            rule, name, file, line = VARIABLES[language, leak]
            found = [one for one in warnings_of(leaky.windows[:5], rule) if one["subject"] == name]
            self.assertTrue(found, [warnings_of(leaky.windows, each) for each in (rule, "variable-growth")])
            self.assertEqual((found[0]["where"][0]["file"], found[0]["where"][0]["line"]), (file, line))

    def assert_named(self, done, rule, word):
        found = warnings_of(done.windows, rule)
        self.assertTrue(
            found, f"no {rule} among {[w['cleanslate'].get('findings') for w in done.windows[-1:]]}"
        )
        self.assertIn(word, repr([(one["subject"], one["message"], one.get("where")) for one in found]))


def warnings_of(reports, rule):
    every = [finding for report in reports for finding in report["cleanslate"].get("findings", [])]
    return [one for one in every if one["rule"] == rule and one["severity"] in ("warning", "critical")]


def add_tests():
    for language in ("python", "node", "cpp"):
        for leak in LEAKS:
            name = f"test_{language}_{leak.replace('-', '_')}"
            setattr(Examples, name, lambda self, language=language, leak=leak: self.check(language, leak))


class Demo(Case):
    """The handler that tools/demo shows."""

    def run_demo(self, twin, n):
        root = EXAMPLES / "python" / twin
        env = self.own_tmp() | {"EXAMPLES_LIBRARY": BUILD / "lib/libleak.so"}
        return self.run_function(n=n, options=["--root", root, "--handler", "app.handler"], env=env)

    def test_leaks_are_named_by_path_and_function(self):
        done = self.run_demo("leaky", 6)
        last = done.windows[-1]["cleanslate"]
        request_id = last["window"]["requestIds"][0]
        survived = last["survived"]
        self.assertIn(f"{self.tmp}/invoice-{request_id}.txt", [file["path"] for file in survived["files"]])
        table = str(EXAMPLES / "python/leaky/prices.csv")
        self.assertIn(table, [descriptor["target"] for descriptor in survived["descriptors"]])
        sites = [
            site for site in survived["heap"]["sites"] if site["bytes"] == 64 * 1024 and site["blocks"] == 1
        ]
        self.assertTrue(
            any(frame.get("function") == "grow" for site in sites for frame in site["where"]), sites
        )

        def subjects_and_messages(rule):
            return [
                finding["subject"] + ": " + finding["message"]
                for finding in warnings_of(done.windows[:5], rule)
            ]

        self.assertTrue(any("invoice-" in text for text in subjects_and_messages("tmp-growth")))
        self.assertTrue(any("prices.csv" in text for text in subjects_and_messages("descriptor-leak")))
        self.assertTrue(any(text.startswith("grow: ") for text in subjects_and_messages("heap-growth")))
        for text in ("invoice-", "prices.csv", "grow"):
            self.assertIn(text, done.stdout, "the summary names what the reports name")

    def test_fixed_twin_is_silent(self):
        done = self.run_demo("fixed", 6)
        self.assertEqual(len(done.windows), 6)
        self.assert_silent(done.reports)

    def test_fixed_twin_is_silent_for_a_thousand_invocations(self):
        done = self.run_demo("fixed", 1000)
        self.assertEqual(len(done.windows), 1000)
        self.assert_silent(done.reports)

    def test_fail_on_tells_the_twins_apart(self):
        for twin, code in (("leaky", 1), ("fixed", 0)):
            root = EXAMPLES / "python" / twin
            options = ["--root", root, "--handler", "app.handler", "--fail-on", "warning"]
            env = self.own_tmp() | {"EXAMPLES_LIBRARY": BUILD / "lib/libleak.so"}
            self.run_function(n=6, options=options, env=env, expect=code)


add_tests()

if __name__ == "__main__":
    main()
