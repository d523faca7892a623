"""The folder is removed at the end of the block, also when the call fails."""

import pathlib
import tempfile


def handler(event, context):
    with tempfile.TemporaryDirectory(prefix="report-") as folder:
        page = pathlib.Path(folder, "page.html")
        page.write_text("<p>report</p>" * 100)
        return {"bytes": page.stat().st_size}
