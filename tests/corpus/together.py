"""A handler that calls several cases, one after another: a thousand invocations of each at the price of one process.
TOGETHER names them: FILE:FUNCTION:FUNCTION;FILE:FUNCTION."""

import importlib.util
import os
import pathlib


def _module(file):
    spec = importlib.util.spec_from_file_location(pathlib.Path(file).stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_cases = []
for part in os.environ["TOGETHER"].split(";"):
    file, *functions = part.split(":")
    module = _module(file)
    _cases += [getattr(module, name) for name in functions]


def handler(event, context):
    for case in _cases:
        try:
            case(event, context)
        except Exception:
            if os.environ["TOGETHER_ERRORS"] != "expected":
                raise
    return {}
