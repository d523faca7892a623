"""A runtime with nothing but Python's own library: it leaks a descriptor and an entry in each invocation. After TIGHT invocations it may
map no more memory, so that whoever needs some has to do without."""

import http.client
import json
import os
import resource

kept = []


def handler(event):
    kept.append(os.open("/dev/null", os.O_RDONLY))
    return {"sum": sum(event["numbers"]), "caught": caught()}


def caught():
    try:
        return {}["nothing"]
    except KeyError as error:
        return str(error)


def main():
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    served = 0
    while True:
        connection.request("GET", "/2018-06-01/runtime/invocation/next")
        reply = connection.getresponse()
        event = json.loads(reply.read())
        answer = json.dumps(handler(event))
        served += 1
        if served == int(os.environ.get("TIGHT", -1)):
            resource.setrlimit(resource.RLIMIT_AS, (1 << 20, 1 << 20))
        identity = reply.getheader("Lambda-Runtime-Aws-Request-Id")
        connection.request("POST", f"/2018-06-01/runtime/invocation/{identity}/response", answer)
        connection.getresponse().read()


main()
