import os
import shutil
import subprocess
import sqlite3
import tempfile
import zipfile


# expect: tmp-growth *report-*
def leaky_report_for_each_order(event, context):
    path = os.path.join(tempfile.gettempdir(), f"report-{event['number']}.pdf")
    with open(path, "wb") as file:
        file.write(b"%PDF" + bytes(event["rows"] * 100))
    return path


# expect: tmp-growth *tmp*
def leaky_mkdtemp_never_removed(event, context):
    folder = tempfile.mkdtemp()
    with open(os.path.join(folder, "part"), "w") as file:
        file.write(event["customer"])
    return folder


# expect: tmp-growth *events.log
def leaky_log_that_only_grows(event, context):
    with open(os.path.join(tempfile.gettempdir(), "events.log"), "a") as log:
        log.write(f"{event}\n")
    return log.name


# expect: tmp-growth *.json*
def leaky_cache_file_by_customer(event, context):
    path = os.path.join(tempfile.gettempdir(), f"{event['customer']}.json")
    if not os.path.exists(path):
        with open(path, "w") as file:
            file.write("{}")
    return path


# expect: tmp-growth *
def leaky_archive_unpacked_each_time(event, context):
    archive = os.path.join(tempfile.gettempdir(), "assets.zip")
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("index.html", "x" * event["rows"])
        out.writestr("css/site.css", "y" * event["rows"])
    target = os.path.join(tempfile.gettempdir(), f"site-{event['number']}")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(target)
    return sorted(os.listdir(target))


# The program that it calls leaves the file: no call of this process makes it.
# expect: tmp-growth *thumb-*
def leaky_child_leaves_its_output(event, context):
    subprocess.run(["sh", "-c", f"echo {event['customer']} > $TMPDIR/thumb-{event['number']}.png"], check=True)
    return True


# expect: tmp-growth *upload-*
# with: n=40
def leaky_on_the_way_of_an_error(event, context):
    path = os.path.join(tempfile.gettempdir(), f"upload-{event['number']}.bin")
    with open(path, "wb") as file:
        file.write(bytes(1000))
    if event["number"] % 4 == 3:
        return "upload failed"
    os.unlink(path)
    return "done"


# clean of: tmp-growth
def clean_report_deleted(event, context):
    path = os.path.join(tempfile.gettempdir(), f"report-{event['number']}.pdf")
    try:
        with open(path, "wb") as file:
            return file.write(b"%PDF" + bytes(event["rows"] * 100))
    finally:
        os.unlink(path)


# clean of: tmp-growth
def clean_temporary_directory(event, context):
    with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile() as named:
        with open(os.path.join(folder, "part"), "w") as file:
            file.write(event["customer"])
        return named.write(b"x")


# clean of: tmp-growth
def clean_same_file_rewritten(event, context):
    with open(os.path.join(tempfile.gettempdir(), "latest.json"), "w") as file:
        return file.write("x" * (event["rows"] * 10))


# clean of: tmp-growth
def clean_database_of_one_row(event, context):
    database = sqlite3.connect(os.path.join(tempfile.gettempdir(), "cache.db"))
    try:
        with database:
            database.execute("create table if not exists latest (one integer primary key, customer)")
            database.execute("insert or replace into latest values (1, ?)", (event["tenant"].ljust(20),))
        return database.execute("select count(*) from latest").fetchone()[0]
    finally:
        database.close()


# Three tenants, so three files, however often they come.
# clean of: tmp-growth
# with: events=rotating
def clean_file_by_tenant(event, context):
    with open(os.path.join(tempfile.gettempdir(), f"{event['tenant']}.json"), "w") as file:
        return file.write("{}")


# clean of: tmp-growth
def clean_model_downloaded_once(event, context):
    path = os.path.join(tempfile.gettempdir(), "model.bin")
    if not os.path.exists(path):
        with open(path + ".part", "wb") as file:
            file.write(bytes(500_000))
        os.rename(path + ".part", path)
    return os.path.getsize(path)


# clean of: tmp-growth
def clean_log_rotated(event, context):
    path = os.path.join(tempfile.gettempdir(), "rotated.log")
    if os.path.exists(path) and os.path.getsize(path) > 300:
        os.replace(path, path + ".1")
    with open(path, "a") as log:
        return log.write("x" * 100 + "\n")


# clean of: tmp-growth
def clean_folder_emptied_first(event, context):
    folder = os.path.join(tempfile.gettempdir(), "work")
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    for part in range(1 + event["rows"] % 3):
        with open(os.path.join(folder, f"part-{event['number']}-{part}"), "w") as file:
            file.write("x")
    return len(os.listdir(folder))
