"""Attachments: a file in sealed chunks of a few sizes (section 10.1)."""

from .errors import Malformed, Refused
from .primitives import aead_open, aead_seal, expand
from .wire import lp, u32, u64

LARGEST = 128 * 1024 * 1024
SIZES = (4096, 16384, 65536, 262144)
OVERHEAD = 24 + 16


def cut(size):
    """How many chunks a file has, and how many of its bytes go into each."""
    if not 1 <= size <= LARGEST:
        raise Malformed("size")
    rooms = [whole - OVERHEAD for whole in SIZES]
    for room in rooms:
        if size <= room:
            return 1, room
    count = -(-size // rooms[-1])
    step = 1 << max(0, count.bit_length() - 3)
    return -(-count // step) * step, rooms[-1]


def blob_id(key, index):
    return expand(key, lp("a2a/1/attachment/blob") + u32(index), 32)[:16]


def _sealed_under(key, index):
    return expand(key, lp("a2a/1/attachment/key") + u32(index), 32)


def _covered(size, index):
    return lp("a2a/1/attachment/chunk") + u32(index) + u32(cut(size)[0]) + u64(size)


def seal(key, size, index, data, nonce):
    room = cut(size)[1]
    return nonce + aead_seal(_sealed_under(key, index), nonce, _covered(size, index), data.ljust(room, b"\0"))


def open_chunk(key, size, index, sealed):
    count, room = cut(size)
    if index >= count:
        raise Refused("no such chunk")
    filled = aead_open(_sealed_under(key, index), sealed[:24], _covered(size, index), sealed[24:])
    held = max(0, min(room, size - index * room))
    if filled is None or len(filled) != room or any(filled[held:]):
        raise Refused("not genuine")
    return filled[:held]
