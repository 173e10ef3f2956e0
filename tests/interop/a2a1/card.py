"""Cards (section 3.1)."""

from dataclasses import dataclass

from . import certificate
from .errors import Malformed, NotAcceptable
from .names import line, read_authority, slug
from .primitives import sign, verifies
from .wire import Reader, counter, lp, u8, u32, u64

LIMIT = 65536
LABEL = "a2a/1/sig/card"


@dataclass(frozen=True)
class Card:
    certificate: certificate.Certificate
    name: str
    handle: str
    relay: str
    listed: bool
    knocks: bool
    sequence: tuple
    updated_at: int
    capabilities: list


def make_card(seed, certificate_raw, name, handle, relay, listed, knocks, sequence, updated_at, capabilities):
    body = u8(1) + certificate_raw + lp(name) + lp(handle) + lp(relay) + u8(listed) + u8(knocks)
    body += counter(sequence) + u64(updated_at) + capability_list(capabilities)
    return body + sign(seed, LABEL, body)


def read_card(raw, agent, last_seen=(0, 0)):
    """The card, if it is the agent's and not older than the last one seen."""
    if len(raw) > LIMIT:
        raise Malformed("length of a card")
    r = Reader(raw)
    r.exactly(r.u8(), (1,))
    own = certificate.read_certificate(r.take(certificate.BYTES))
    name, handle = line(r.text(128), 128), r.text(32)
    if handle:
        slug(handle, 32)
    relay = read_authority(r.text(260))
    listed, knocks = r.flag(), r.flag()
    sequence, updated_at = r.counter(), r.u64()
    capabilities = read_capabilities(r)
    covered = r.before()
    signature = r.take(64)
    r.end()
    if sequence[0] != own.epoch or not verifies(own.device, LABEL, covered, signature):
        raise Malformed("epoch or signature of a card")
    if own.agent != agent or sequence < last_seen:
        raise NotAcceptable("another's card, or an old one")
    return Card(own, name, handle, relay, listed, knocks, sequence, updated_at, capabilities)


def capability_list(capabilities):
    return u32(len(capabilities)) + b"".join(lp(part) for capability in capabilities for part in capability)


def read_capabilities(r):
    n = r.u32()
    if n > 64:
        raise Malformed("too many capabilities")
    found = []
    for _ in range(n):
        found.append((slug(r.text(64), 64), line(r.text(256), 256), r.text(4096), r.text(16384)))
    if len({capability[0] for capability in found}) != n:
        raise Malformed("a capability twice")
    return found
