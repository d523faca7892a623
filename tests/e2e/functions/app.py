"""Does as its event says, and keeps nothing. REQUEST_LOG names the file of the request ids that it saw, in order."""

import os


def handler(event, context):
    if "REQUEST_LOG" in os.environ:
        with open(os.environ["REQUEST_LOG"], "a") as log:
            log.write(context.aws_request_id + "\n")
    if event == "fail":
        raise RuntimeError("as asked")
    if event == "poll":
        return "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n"
    return event
