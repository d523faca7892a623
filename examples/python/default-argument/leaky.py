"""A default value is made once, with the function. Changing it changes what every later call begins with."""


def add_item(item, basket=[]):
    basket.append(item)
    return basket


def handler(event, context):
    return {"basket": len(add_item(event.get("item", context.aws_request_id)))}
