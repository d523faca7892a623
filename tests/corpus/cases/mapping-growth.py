import contextlib
import ctypes
import mmap
import os
import tempfile

_maps = []
_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


# expect: mapping-growth
# also: limit-approaching
def leaky_scratch_map_kept(event, context):
    area = mmap.mmap(-1, 256 * 1024)
    area.write(event["customer"].encode())
    _maps.append(area)
    return len(_maps)


def _index_file():
    path = os.path.join(tempfile.gettempdir(), "index.bin")
    if not os.path.exists(path):
        with open(path, "wb") as file:
            file.write(b"i" * 300_000)
    return path


_views = {}


# The file is closed, as one should; the map isn't. mmap keeps a descriptor of its own.
# expect: mapping-growth
# expect: descriptor-leak *index.bin
# also: limit-approaching
def leaky_index_mapped_for_each_customer(event, context):
    with open(_index_file(), "rb") as file:
        _views[event["customer"]] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return len(_views)


# A native library's arena, whose release was forgotten.
# expect: mapping-growth
# also: limit-approaching
def leaky_native_arena(event, context):
    area = _libc.mmap(None, 1 << 20, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    ctypes.memset(area, 1, 4096)
    return bool(area)


# clean of: mapping-growth
def clean_scratch_map_closed(event, context):
    with contextlib.closing(mmap.mmap(-1, 256 * 1024)) as area:
        return area.write(event["customer"].encode())


_index = None


# clean of: mapping-growth
def clean_index_mapped_once(event, context):
    global _index
    if _index is None:
        with open(_index_file(), "rb") as file:
            _index = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return _index[event["rows"]]


# clean of: mapping-growth
def clean_native_arena_given_back(event, context):
    size = (1 << 20) + event["rows"] * 4096
    area = _libc.mmap(None, size, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    ctypes.memset(area, 1, 4096)
    return _libc.munmap(area, size)


_current = None


# clean of: mapping-growth
def clean_map_renewed(event, context):
    global _current
    if _current is not None:
        _current.close()
    _current = mmap.mmap(-1, 4096 * event["rows"])
    return len(_current)


# Large objects are mapped by malloc, small ones by Python's arenas; all of it goes.
# clean of: mapping-growth
def clean_large_objects(event, context):
    table = [bytes(3_000_000), bytearray(event["rows"] * 50_000)]
    small = [(number, str(number)) for number in range(event["rows"] * 500)]
    return len(table) + len(small)
