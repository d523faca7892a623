"""A credential is cached for speed, but not by its owner: the second customer acts with the first one's rights."""

import secrets

session = None


def assume_role(customer):
    # Stands in for STS. Real ones are 20 characters that begin with ASIA, and a secret.
    return {
        "customer": customer,
        "key": "ASIA" + secrets.token_hex(8).upper(),
        "secret": secrets.token_urlsafe(30),
    }


def handler(event, context):
    global session
    if session is None:
        session = assume_role(event.get("customer", context.aws_request_id))
    return {"acted_as": session["customer"]}
