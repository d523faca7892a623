"""A file in /tmp stays when the call is over: the next caller can read it, and one day the disk is full."""

import pathlib
import tempfile


def handler(event, context):
    page = pathlib.Path(tempfile.gettempdir(), f"report-{context.aws_request_id}.html")
    page.write_text("<p>report</p>" * 100)
    return {"bytes": page.stat().st_size}
