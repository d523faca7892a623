"""aws/aws-lambda-rust-runtime#972, #1053: the metric of used memory only rises, and everybody looks for a leak. It is
a high-water mark, and an allocator that keeps what it has."""

import json

_latest = {}


# clean of: heap-growth, mapping-growth, limit-approaching
def clean_high_water_mark(event, context):
    rows = [{"row": row, "text": "x" * (row % 300)} for row in range(event["rows"] * 50)]
    text = json.dumps(rows)
    return len(json.loads(text)) + len(bytearray(event["rows"] * 100_000))


# Each is a little larger than the last, then small again.
# clean of: heap-growth, mapping-growth, limit-approaching
def clean_sawtooth(event, context):
    _latest["result"] = bytes(10_000 + event["number"] % 3 * 5_000)
    return len(_latest["result"])
