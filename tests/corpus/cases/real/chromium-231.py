"""Sparticuz/chromium#231: /tmp is full, but the sum of its files isn't: files that were deleted while open."""

import os
import tempfile

_files = []


def _download(event):
    path = os.path.join(tempfile.gettempdir(), f"page-{event['number']}.pdf")
    file = open(path, "w+b", buffering=0)
    file.write(bytes(20_000))
    os.unlink(path)
    return file


# expect: descriptor-leak *page-*
# also: tmp-growth
# also: heap-growth
# also: limit-approaching
def leaky_deleted_but_open(event, context):
    _files.append(_download(event))
    return len(os.listdir(tempfile.gettempdir()))


# clean of: descriptor-leak, tmp-growth
def clean_deleted_and_closed(event, context):
    with _download(event) as file:
        return file.tell()
