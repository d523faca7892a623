"""awslabs/aws-support-tools#69: an executor for each invocation that is never shut down."""

import concurrent.futures

_executors = []


# expect: thread-left-running
# also: heap-growth
# also: mapping-growth
# also: limit-approaching
def leaky_executor_never_shut_down(event, context):
    executor = concurrent.futures.ThreadPoolExecutor(max_workers=3)
    _executors.append(executor)
    return [future.result() for future in [executor.submit(len, event["customer"]) for _ in range(3)]]


# clean of: thread-left-running
def clean_executor_shut_down(event, context):
    executor = concurrent.futures.ThreadPoolExecutor(max_workers=3)
    try:
        return [future.result() for future in [executor.submit(len, event["customer"]) for _ in range(3)]]
    finally:
        executor.shutdown()
