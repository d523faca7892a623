"""The block closes what it opened."""


def handler(event, context):
    with open(__file__, "rb") as source:
        return {"first": source.read(3).decode()}
