"""Device certificates (section 2.4)."""

from dataclasses import dataclass

from .errors import Malformed
from .ids import read_key
from .primitives import sha256, sign, verifies
from .wire import Reader, u8, u32, u64

BYTES = 181
LONGEST = 400 * 24 * 3600 * 1000
LABEL = "a2a/1/sig/cert"


@dataclass(frozen=True)
class Certificate:
    agent: bytes
    device: bytes
    agreement: bytes
    epoch: int
    not_before: int
    not_after: int
    raw: bytes

    @property
    def hash(self):
        return sha256(self.raw)

    def holds(self, now):
        return self.not_before <= now <= self.not_after


def make_certificate(root_seed, agent, device, agreement, epoch, not_before, not_after):
    body = u8(1) + agent + device + agreement + u32(epoch) + u64(not_before) + u64(not_after)
    return body + sign(root_seed, LABEL, body)


def read_certificate(raw):
    if len(raw) != BYTES:
        raise Malformed("length of a certificate")
    r = Reader(raw)
    r.exactly(r.u8(), (1,))
    agent, device, agreement = read_key(r.take(32)), read_key(r.take(32)), r.take(32)
    epoch, not_before, not_after = r.u32(), r.u64(), r.u64()
    if not not_before < not_after <= not_before + LONGEST:
        raise Malformed("life of a certificate")
    if not verifies(agent, LABEL, raw[:117], r.take(64)):
        raise Malformed("signature of a certificate")
    return Certificate(agent, device, agreement, epoch, not_before, not_after, raw)
