"""Each call has a session of its own."""


class Session:
    def __init__(self, user):
        self.user = user
        self.history = [user]


def handler(event, context):
    session = Session(event.get("user", context.aws_request_id))
    return {"user": session.user, "calls": len(session.history)}
