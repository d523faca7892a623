"""Esri/OptimizeRasters#78: rasters that earlier runs have unpacked into /tmp are still there, until it is full.
aws-powertools/powertools-lambda-python#1304 asks for /tmp to be cleared at the start: what the clean one does."""

import os
import shutil
import tempfile


def _unpack(folder, event):
    for band in "rgb":
        with open(os.path.join(folder, f"{event['customer']}_{band}.tif"), "wb") as file:
            file.write(bytes(5000))


# expect: tmp-growth *tif
def leaky_rasters_of_earlier_runs(event, context):
    _unpack(tempfile.gettempdir(), event)
    return len(os.listdir(tempfile.gettempdir()))


# clean of: tmp-growth
# with: alone=yes
def clean_tmp_cleared_at_the_start(event, context):
    for entry in os.scandir(tempfile.gettempdir()):
        shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)
    _unpack(tempfile.gettempdir(), event)
    return len(os.listdir(tempfile.gettempdir()))


# clean of: tmp-growth
def clean_folder_of_its_own(event, context):
    with tempfile.TemporaryDirectory() as folder:
        _unpack(folder, event)
        return len(os.listdir(folder))
