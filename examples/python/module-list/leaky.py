"""A list at module level lives as long as the environment: every call makes it longer, and reads the others' orders."""

orders = []


def handler(event, context):
    orders.append({"id": context.aws_request_id, "lines": [f"line {n}" for n in range(100)]})
    return {"lines": sum(len(order["lines"]) for order in orders)}
