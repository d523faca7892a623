import os
import tempfile


# expect: tmp-residue *latest.csv
def leaky_same_file_rewritten(event, context):
    with open(os.path.join(tempfile.gettempdir(), "latest.csv"), "w") as file:
        return file.write(event["customer"])


# expect: tmp-residue *tenants*
# with: events=rotating
def leaky_file_by_tenant(event, context):
    folder = os.path.join(tempfile.gettempdir(), "tenants")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, event["tenant"]), "w") as file:
        return file.write(event["token"])


# expect: tmp-residue *session.lock
def leaky_lock_left(event, context):
    path = os.path.join(tempfile.gettempdir(), "session.lock")
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    return path


# clean of: tmp-residue
def clean_file_deleted(event, context):
    with tempfile.NamedTemporaryFile() as file:
        return file.write(event["customer"].encode())


# clean of: tmp-residue
def clean_folder_deleted(event, context):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, event["tenant"]), "w") as file:
            return file.write(event["token"])


# clean of: tmp-residue
def clean_lock_removed(event, context):
    path = os.path.join(tempfile.gettempdir(), "session.lock")
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    os.unlink(path)
    return path


# clean of: tmp-residue
def clean_only_read(event, context):
    return sorted(os.listdir(tempfile.gettempdir()))
