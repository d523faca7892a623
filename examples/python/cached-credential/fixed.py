"""The credential is made for this call's customer and is gone with the call."""

import secrets


def assume_role(customer):
    return {
        "customer": customer,
        "key": "ASIA" + secrets.token_hex(8).upper(),
        "secret": secrets.token_urlsafe(30),
    }


def handler(event, context):
    session = assume_role(event.get("customer", context.aws_request_id))
    return {"acted_as": session["customer"]}
