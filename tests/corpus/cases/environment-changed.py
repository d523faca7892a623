import os
import subprocess
import time
from unittest import mock


# expect: environment-changed TENANT_ID
def leaky_tenant_for_the_libraries_below(event, context):
    os.environ["TENANT_ID"] = event["customer"]
    return os.environ["TENANT_ID"]


# The next customer acts with this one's role.
# expect: environment-changed AWS_ACCESS_KEY_ID
# expect: environment-changed AWS_SECRET_ACCESS_KEY
# expect: environment-changed AWS_SESSION_TOKEN
def leaky_assumed_role(event, context):
    os.environ.update(
        AWS_ACCESS_KEY_ID=f"ASIA{event['number']:016d}",
        AWS_SECRET_ACCESS_KEY=f"secret of {event['customer']}",
        AWS_SESSION_TOKEN=event["token"],
    )
    return True


# expect: environment-changed PATH
def leaky_path_that_grows(event, context):
    os.environ["PATH"] += ":/opt/tools/bin"
    return subprocess.run(["true"]).returncode


# expect: environment-changed JOB_*
def leaky_variable_for_each_job(event, context):
    os.environ[f"JOB_{event['number']}"] = "running"
    return True


# os.environ doesn't know of it.
# expect: environment-changed REQUEST_ID
def leaky_putenv(event, context):
    os.putenv("REQUEST_ID", context.aws_request_id)
    return subprocess.run(["sh", "-c", "echo $REQUEST_ID"], capture_output=True, text=True).stdout


# expect: environment-changed TZ
def leaky_time_zone_of_the_customer(event, context):
    os.environ["TZ"] = f"CUST{event['number'] % 12}"
    time.tzset()
    return time.strftime("%H:%M %Z")


# expect: environment-changed RETRY_TOKEN
# with: n=40
def leaky_only_when_it_fails(event, context):
    os.environ["RETRY_TOKEN"] = event["token"]
    if event["number"] % 4 == 3:
        return "to be retried"
    del os.environ["RETRY_TOKEN"]
    return "done"


# clean of: environment-changed
# with: kept=once
def clean_default_set(event, context):
    os.environ.setdefault("MPLCONFIGDIR", "/tmp/matplotlib")
    return os.environ["MPLCONFIGDIR"]


# clean of: environment-changed
# with: kept=once
def clean_same_setting_each_time(event, context):
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    return True


# clean of: environment-changed
def clean_put_back(event, context):
    before = os.environ.get("TENANT_ID")
    os.environ["TENANT_ID"] = event["customer"]
    try:
        return subprocess.run(["sh", "-c", "echo $TENANT_ID"], capture_output=True, text=True).stdout
    finally:
        if before is None:
            del os.environ["TENANT_ID"]
        else:
            os.environ["TENANT_ID"] = before


# clean of: environment-changed
def clean_patched_for_a_while(event, context):
    with mock.patch.dict(os.environ, AWS_SESSION_TOKEN=event["token"], TZ="UTC0"):
        return os.environ["AWS_SESSION_TOKEN"]


# clean of: environment-changed
def clean_only_the_childs(event, context):
    env = os.environ | {"TENANT_ID": event["customer"]}
    return subprocess.run(["sh", "-c", "echo $TENANT_ID"], env=env, capture_output=True, text=True).stdout


_loaded = False


# clean of: environment-changed
# with: kept=once
def clean_settings_loaded_by_the_first_call(event, context):
    global _loaded
    if not _loaded:
        os.environ.update(DATABASE_HOST="db.internal", DATABASE_PORT="5432", STAGE="prod")
        os.environ.pop("PIP_NO_INPUT", None)
        _loaded = True
    return os.environ["STAGE"]


# clean of: environment-changed
def clean_set_and_deleted(event, context):
    os.environ[f"JOB_{event['number']}"] = "running"
    try:
        return len(os.environ)
    finally:
        del os.environ[f"JOB_{event['number']}"]
