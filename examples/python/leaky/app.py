"""An invoice handler with three leaks that its language can't show: a file, a descriptor and native memory.

Run it warm:  cleanslate run --root examples/python/leaky --handler app.handler
"""

import csv
import ctypes
import os
import pathlib
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
NATIVE = os.environ.get("EXAMPLES_LIBRARY", HERE.parents[2] / "build/lib/libleak.so")

library = ctypes.CDLL(str(NATIVE))
library.grow.argtypes = [ctypes.c_size_t]
library.grow.restype = ctypes.c_void_p

open_tables = []


def price_table():
    # Leak: the list keeps the file object, so the descriptor is never closed. At 1,024 the function can't open anything.
    table = open(HERE / "prices.csv", newline="")
    open_tables.append(table)
    return {row["article"]: int(row["cents"]) for row in csv.DictReader(table)}


def render(cents):
    # Leak: grow() gives a block that has to be given back with release(). 64 KiB a call.
    page = library.grow(64 * 1024)
    text = f"total: {cents / 100:.2f}".encode()
    ctypes.memmove(page, text, len(text))
    return ctypes.string_at(page)


def handler(event, context):
    prices = price_table()
    articles = event.get("articles", ["book", "pencil"])
    page = render(sum(prices.get(article, 0) for article in articles))
    # Leak: one more file in /tmp for each call. /tmp is 512 MB, and the next customer's call can read this one's.
    path = f"{tempfile.gettempdir()}/invoice-{context.aws_request_id}.txt"
    with open(path, "wb") as invoice:
        invoice.write(page)
    return {"bytes": os.path.getsize(path), "text": page.decode()}
