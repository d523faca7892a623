"""Sparticuz/chromium#512: the browser crashes on its way out, and leaves core.chromium.<pid> in /tmp each time.
YoungiiJC/go-rod-aws-lambda#7, #8: browsers that nobody waits for, and their profile folders."""

import os
import shutil
import signal
import subprocess
import tempfile

_browser = ["sh", "-c", 'mkdir -p "$1/Default" && echo x > "$1/Default/Cookies" && echo up && sleep "$2"', "chromium"]


# The child writes it, not this process.
# expect: tmp-growth *core.chromium.*
def leaky_core_dump_of_the_child(event, context):
    subprocess.run(["sh", "-c", 'head -c 20000 /dev/zero > "$TMPDIR/core.chromium.$$"'], check=True)
    return True


_browsers = []


# expect: process-left-running
# expect: tmp-growth *profile-*
# also: heap-growth
# also: limit-approaching
def leaky_browser_and_profile(event, context):
    profile = tempfile.mkdtemp(prefix="profile-")
    _browsers.append(subprocess.Popen(_browser + [profile, "300"]))
    return profile


# expect: process-left-running
# also: heap-growth
# also: limit-approaching
def leaky_browser_that_has_ended(event, context):
    with tempfile.TemporaryDirectory() as profile:
        browser = subprocess.Popen(_browser + [profile, "0"], stdout=subprocess.PIPE)
        browser.stdout.read()
        browser.stdout.close()
        _browsers.append(browser)  # read to its end, which is no wait()
        shutil.rmtree(profile + "/Default", ignore_errors=True)
        return len(_browsers)


# clean of: process-left-running, tmp-growth
def clean_browser_closed(event, context):
    with tempfile.TemporaryDirectory(prefix="profile-") as profile:
        with subprocess.Popen(_browser + [profile, "300"], stdout=subprocess.PIPE, start_new_session=True) as browser:
            browser.stdout.readline()
            os.killpg(browser.pid, signal.SIGKILL)
        return browser.returncode
