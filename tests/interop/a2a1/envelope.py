"""Envelopes: outer bytes, the five sizes and the padding (section 8)."""

from .errors import Malformed
from .wire import u8

FIRST_FLIGHT, MESSAGE = 1, 2
SIZES = (4096, 8192, 16384, 32768, 65536)


def smallest(n):
    """The smallest size that takes n bytes."""
    for size in SIZES:
        if n <= size:
            return size
    raise ValueError("a content too long for any envelope")


def read_outer(envelope, kind):
    """What is behind version and kind."""
    if len(envelope) not in SIZES or envelope[:2] != u8(1) + u8(kind):
        raise Malformed("version, kind or length of an envelope")
    return envelope[2:]
