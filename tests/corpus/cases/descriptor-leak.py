import contextlib
import logging
import os
import select
import sqlite3
import tempfile

_open = []


def _table():
    path = os.path.join(tempfile.gettempdir(), "prices.csv")
    if not os.path.exists(path):
        with open(path, "w") as file:
            file.write("apple,1\n")
    return path


# expect: descriptor-leak *prices.csv
# also: heap-growth
# also: limit-approaching
def leaky_table_opened_for_each_call(event, context):
    table = open(_table())
    _open.append(table)
    return table.readline()


# os.open has no collector behind it.
# expect: descriptor-leak *prices.csv
# also: limit-approaching
def leaky_early_return(event, context):
    fd = os.open(_table(), os.O_RDONLY)
    if os.fstat(fd).st_size > 0:
        return "nothing to do"
    os.close(fd)
    return "done"


# expect: descriptor-leak *audit.log
# also: heap-growth
# also: tmp-growth *audit.log
# also: limit-approaching
def leaky_log_handler_added_for_each_call(event, context):
    log = logging.getLogger("audit")
    log.propagate = False
    log.addHandler(logging.FileHandler(os.path.join(tempfile.gettempdir(), "audit.log")))
    log.warning("order %s", event["number"])
    return len(log.handlers)


# expect: descriptor-leak *eventpoll*
# also: limit-approaching
def leaky_selector_for_each_call(event, context):
    poll = select.epoll()
    _open.append(poll)
    return len(poll.poll(0))


# expect: descriptor-leak pipe
# also: limit-approaching
def leaky_pipe_half_closed(event, context):
    reader, writer = os.pipe()
    os.write(writer, event["customer"].encode())
    os.close(writer)
    return os.read(reader, 100).decode()


# The name is gone, the space isn't: df and the sum of the files don't agree.
# expect: descriptor-leak
# also: heap-growth
# also: tmp-growth
# also: limit-approaching
def leaky_anonymous_scratch_file(event, context):
    scratch = tempfile.TemporaryFile()
    scratch.write(b"x" * 10_000)
    _open.append(scratch)
    return scratch.tell()


# Only an order that fails keeps its file open.
# expect: descriptor-leak *prices.csv
# also: limit-approaching
# with: n=40
def leaky_on_the_way_of_an_error(event, context):
    fd = os.open(_table(), os.O_RDONLY)
    try:
        if event["number"] % 4 == 3:
            raise KeyError(event["customer"])
        os.close(fd)
    except KeyError:
        return "unknown customer"
    return "done"


# clean of: descriptor-leak
def clean_table_closed(event, context):
    with open(_table()) as table:
        return table.readline()


# clean of: descriptor-leak
def clean_closed_on_the_way_of_an_error(event, context):
    fd = os.open(_table(), os.O_RDONLY)
    try:
        if event["number"] % 3 == 0:
            raise KeyError(event["customer"])
        return os.read(fd, 5).decode()
    except KeyError:
        return "unknown customer"
    finally:
        os.close(fd)


# clean of: descriptor-leak
def clean_log_handler_added_once(event, context):
    log = logging.getLogger("orders")
    if not log.handlers:
        log.propagate = False
        log.addHandler(logging.FileHandler(os.path.join(tempfile.gettempdir(), "orders.log"), mode="w"))
    log.debug("order %s", event["number"])
    return len(log.handlers)


_pool = []


# Fills up over the first calls.
# clean of: descriptor-leak
def clean_pool_of_three(event, context):
    if len(_pool) < 3:
        _pool.append(open(_table()))
    table = _pool[event["number"] % len(_pool)]
    table.seek(0)
    return table.readline()


_database = None


# clean of: descriptor-leak
def clean_database_kept_open(event, context):
    global _database
    if _database is None:
        _database = sqlite3.connect(os.path.join(tempfile.gettempdir(), "cache.db"))
        _database.execute("create table if not exists latest (one integer primary key, customer)")
    with _database:
        _database.execute("insert or replace into latest values (1, ?)", (event["customer"],))
    return _database.execute("select count(*) from latest").fetchone()[0]


_last = None


# clean of: descriptor-leak
def clean_file_renewed(event, context):
    global _last
    if _last is not None:
        _last.close()
    _last = open(_table())
    return _last.readline()


# clean of: descriptor-leak
def clean_pipe_and_selector_closed(event, context):
    reader, writer = os.pipe()
    with contextlib.closing(select.epoll()) as poll, open(reader, "rb"), open(writer, "wb", 0) as out:
        poll.register(reader, select.EPOLLIN)
        out.write(event["customer"].encode())
        return len(poll.poll(1))


# clean of: descriptor-leak
def clean_temporary_files_closed(event, context):
    with tempfile.TemporaryFile() as scratch, tempfile.NamedTemporaryFile() as named:
        return scratch.write(b"x" * 1000) + named.write(b"y" * event["rows"])
