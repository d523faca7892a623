"""Code that is as it should be: 60 invocations without a warning, under each official client."""

import json

from harness import Case, main, node_client, python_client

INVOCATIONS = 60

# Each is the body of a module with a handler; what it keeps is bounded, or renewed, or opened once.
PYTHON = {
    "idle": """
def handler(event, context):
    return {}
""",
    "a connection and a file opened at the start": """
import socket, tempfile
listener = socket.create_server(("127.0.0.1", 0))
connection = socket.create_connection(listener.getsockname())
scratch = tempfile.TemporaryFile()
def handler(event, context):
    connection.send(b"x")
    scratch.seek(0)
    scratch.write(b"x" * 1000)
    return {}
""",
    "a client made by the first call": """
import socket
listener = socket.create_server(("127.0.0.1", 0))
client = None
def handler(event, context):
    global client
    client = client or socket.create_connection(listener.getsockname())
    return client.send(b"x")
""",
    "a connection renewed by each call": """
import socket
listener = socket.create_server(("127.0.0.1", 0))
last = None
def handler(event, context):
    global last
    if last: last.close()
    last = socket.create_connection(listener.getsockname())
    return {}
""",
    "the same file written by each call": """
import os, tempfile
def handler(event, context):
    with open(os.path.join(tempfile.gettempdir(), "state.json"), "w") as file:
        file.write("x" * 100)
    return {}
""",
    "a cache of two": """
import functools
@functools.lru_cache(maxsize=2)
def work(number):
    return bytearray(100_000)
def handler(event, context):
    return len(work(event["number"]))
""",
    "work of changing size": """
def handler(event, context):
    rows = [{"row": n, "text": "x" * (n % 97)} for n in range(100 * (event["number"] * 7919 % 23))]
    blob = bytearray(1 + event["number"] * 7919 % 5_000_000)
    return len(rows) + len(blob)
""",
    "threads and processes that end": """
import concurrent.futures, subprocess
def handler(event, context):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: bytearray(n * 1000), range(20)))
    return subprocess.run(["true"]).returncode
""",
    "a database in memory, modules by and by": """
import contextlib, json, logging, sqlite3
def handler(event, context):
    logging.getLogger().warning("call %s", event["number"])
    import decimal, uuid, csv, html, zlib
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.execute("create table t (a)")
        database.executemany("insert into t values (?)", [(n,) for n in range(1000)])
        return len(zlib.compress(json.dumps(database.execute("select a from t").fetchall()).encode()))
""",
    "errors": """
def handler(event, context):
    if event["number"] % 3 == 0: raise ValueError("no")
    return {}
""",
}

NODE = {
    "idle": "exports.handler = async () => ({});",
    "buffers, timers and promises that end": """
exports.handler = async (event) => {
  const blobs = Array.from({ length: 20 }, (_, n) => Buffer.alloc(n * 10000));
  await Promise.all(blobs.map(() => new Promise((done) => setTimeout(done, 1))));
  return JSON.stringify(Array.from({ length: 5000 }, (_, n) => ({ n }))).length;
};
""",
    "files and processes that end": """
const fs = require('fs'), os = require('os'), path = require('path'), { execFileSync } = require('child_process');
exports.handler = async (event) => {
  const name = path.join(os.tmpdir(), `scratch-${event.number}`);
  await fs.promises.writeFile(name, 'x'.repeat(10000));
  const text = await fs.promises.readFile(name, 'utf8');
  await fs.promises.unlink(name);
  return text.length + execFileSync('true').length;
};
""",
    "a connection opened at the start": """
const net = require('net');
const server = net.createServer((peer) => peer.resume()).unref();
const connecting = new Promise((ready) => server.listen(0, '127.0.0.1', () => {
  const connection = net.connect(server.address().port, '127.0.0.1', () => ready(connection));
  connection.unref();
}));
exports.handler = async () => {
  const connection = await connecting;
  await new Promise((sent) => connection.write('x', sent));
  return {};
};
""",
}


class CleanCode(Case):
    def check(self, command, file, text):
        (self.scratch / file).write_text(text)
        events = [json.dumps({"number": number}).encode() for number in range(INVOCATIONS)]
        watched = self.drive(command, events, env=self.own_tmp(), cwd=self.scratch)
        self.assert_one_window_an_invocation(watched.reports, watched.handed_out)
        self.assert_silent(watched.reports)


def add_tests():
    clients = (("python", python_client(), "app.py", PYTHON), ("node", node_client(), "app.js", NODE))
    for language, command, file, functions in clients:
        for name, text in functions.items():
            test = "test_" + "".join(c if c.isalnum() else "_" for c in f"{language} {name}")
            setattr(CleanCode, test, lambda self, c=command, f=file, t=text: self.check(c, f, t))


add_tests()

if __name__ == "__main__":
    main()
