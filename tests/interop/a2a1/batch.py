"""Batches of a mailbox (section 6.3)."""

from .errors import Malformed
from .wire import Reader, lp, u8, u32, u64

LANE, FRONT_DOOR = 1, 2


def write_batch(through, envelopes):
    out = u64(through) + u32(len(envelopes))
    for sequence, source, lane_id, hour, envelope in envelopes:
        out += u64(sequence) + u8(source) + lane_id + u64(hour) + lp(envelope)
    return out


def read_batch(raw):
    """(acknowledged through, [(sequence, source, lane id, hour, envelope)])."""
    r = Reader(raw)
    through, n = r.u64(), r.u32()
    if n > 256:
        raise Malformed("too many envelopes")
    last, found = through, []
    for _ in range(n):
        sequence, source = r.u64(), r.exactly(r.u8(), (LANE, FRONT_DOOR))
        lane_id, hour, envelope = r.take(16), r.u64(), r.lp(65536)
        if sequence <= last or (source == FRONT_DOOR and any(lane_id)):
            raise Malformed("order or source")
        last = sequence
        found.append((sequence, source, lane_id, hour, envelope))
    r.end()
    return through, found
