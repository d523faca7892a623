"""A singleton remembers who is logged in. A call that brings no user of its own is answered as the previous one's."""


class Session:
    def __init__(self):
        self.user = None
        self.history = []

    def open(self, user):
        self.user = user or self.user
        self.history.append(self.user)


session = Session()


def handler(event, context):
    session.open(event.get("user", context.aws_request_id))
    return {"user": session.user, "calls": len(session.history)}
