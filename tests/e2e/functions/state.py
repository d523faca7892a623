"""Leaves behind exactly what its event names: {"do": NAME}. Everything under TMPDIR; what has to stay alive is kept."""

import os
import select
import shutil
import socket
import subprocess
import tempfile

kept = []


def path(name):
    return os.path.join(tempfile.gettempdir(), name)


def write(name, text, mode="w"):
    with open(path(name), mode) as file:
        file.write(text)


def keep(descriptor):
    kept.append(descriptor)
    return descriptor


def receive_descriptor():
    ours, theirs = socket.socketpair()
    with ours, theirs, open("/etc/hostname") as file:
        socket.send_fds(ours, [b"x"], [file.fileno()])
        keep(socket.recv_fds(theirs, 1, 1)[1][0])


def keep_a_deleted_file():
    descriptor = keep(os.open(path("gone"), os.O_RDWR | os.O_CREAT))
    os.write(descriptor, b"x" * 5000)
    os.unlink(path("gone"))


def replace_by_rename():
    write("settings.new", "second")
    os.rename(path("settings.new"), path("settings"))


def move_to_another_number():
    first = os.open("/etc/hostname", os.O_RDONLY)
    keep(os.dup2(first, 77))
    os.close(first)


DO = {
    "nothing": lambda: None,
    # what leaves nothing
    "open and close": lambda: os.close(os.open("/etc/hostname", os.O_RDONLY)),
    "write and delete": lambda: (write("brief", "x"), os.unlink(path("brief"))),
    "folder and delete": lambda: (os.makedirs(path("a/b")), write("a/b/c", "x"), shutil.rmtree(path("a"))),
    "read": lambda: open("/etc/hostname").read(),
    "child": lambda: subprocess.run(["sh", "-c", "echo x"], capture_output=True, check=True),
    "connect and close": lambda: socket.socketpair()[0].close(),
    # descriptors
    "file": lambda: keep(os.open("/etc/hostname", os.O_RDONLY)),
    "folder": lambda: keep(os.open("/etc", os.O_RDONLY)),
    "pipe": lambda: [keep(end) for end in os.pipe()],
    "socket pair": lambda: keep(socket.socketpair()),
    "listener": lambda: keep(socket.create_server(("127.0.0.1", 0))),
    "epoll": lambda: keep(select.epoll()),
    "eventfd": lambda: keep(os.eventfd(0)),
    "memory": lambda: keep(os.memfd_create("kept")),
    "pidfd": lambda: keep(os.pidfd_open(os.getpid())),
    "duplicate": lambda: keep(os.dup(0)),
    "another number": move_to_another_number,
    "received": receive_descriptor,
    "deleted file": keep_a_deleted_file,
    # files
    "create": lambda: write("settings", "first"),
    "append": lambda: write("settings", " and more", "a"),
    "overwrite": lambda: write("settings", "FIRST and MORE"),
    "replace": replace_by_rename,
    "delete": lambda: os.unlink(path("settings")),
    "rename": lambda: os.rename(path("settings"), path("renamed")),
    "link": lambda: os.symlink("/etc", path("link")),
    "make folders": lambda: (os.makedirs(path("x/y")), write("x/y/z", "deep")),
    "mmap": lambda: write_through_a_mapping(),
    "child writes": lambda: subprocess.run(["sh", "-c", 'echo x > "$0"', path("by-a-child")], check=True),
}


def write_through_a_mapping():
    import mmap

    with open(path("settings"), "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        memory[0:1] = b"m"
        memory.flush()


def handler(event, context):
    DO[event["do"]]()
    return event["do"]
