"""A runtime with nothing but Python's own library: it leaks a descriptor and an entry in each invocation. After TIGHT invocations it may
map no more memory, and leaves ever more names in a folder that is watched: who wants to remember them has to do without."""

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
    tight = int(os.environ.get("TIGHT", 1 << 30))
    while True:
        connection.request("GET", "/2018-06-01/runtime/invocation/next")
        reply = connection.getresponse()
        event = json.loads(reply.read())
        answer = json.dumps(handler(event))
        served += 1
        if served == tight:
            resource.setrlimit(resource.RLIMIT_AS, (1 << 20, 1 << 20))
        for number in range(3000 if served >= tight else 0):
            os.close(os.open(f"{os.environ['CLEANSLATE_TMP']}/{served}-{number}", os.O_CREAT | os.O_WRONLY))
        identity = reply.getheader("Lambda-Runtime-Aws-Request-Id")
        connection.request("POST", f"/2018-06-01/runtime/invocation/{identity}/response", answer)
        connection.getresponse().read()


main()
