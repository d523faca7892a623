"""awslabs/aws-lambda-powershell-runtime#13: the credentials of an assumed role stay for the next invocation."""

import os

_NAMES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def _assumed(event):
    return dict(zip(_NAMES, (f"ASIA{event['number']:016d}", f"secret-{event['token']}", event["token"])))


# expect: environment-changed AWS_ACCESS_KEY_ID
# expect: environment-changed AWS_SECRET_ACCESS_KEY
# expect: environment-changed AWS_SESSION_TOKEN
def leaky_assumed_role_stays(event, context):
    os.environ.update(_assumed(event))
    return True


# clean of: environment-changed
def clean_own_role_put_back(event, context):
    own = {name: os.environ.get(name) for name in _NAMES}
    os.environ.update(_assumed(event))
    try:
        return len(os.environ)
    finally:
        for name, value in own.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
