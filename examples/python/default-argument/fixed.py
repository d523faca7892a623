"""None stands for "make a new one"."""


def add_item(item, basket=None):
    basket = [] if basket is None else basket
    basket.append(item)
    return basket


def handler(event, context):
    return {"basket": len(add_item(event.get("item", context.aws_request_id)))}
