"""The identity box of a first flight (section 7.3)."""

from dataclasses import dataclass

from . import certificate
from .errors import Malformed, NotForSession
from .lane import LaneOffer, read_offer
from .primitives import ZERO32, aead_open, aead_seal, sign, verifies
from .wire import Reader, counter, lp, u8

KNOCK, INVITE, RESET = 1, 2, 3
PLAIN, SEALED = 1024, 1064
LABEL = "a2a/1/sig/hs"


@dataclass(frozen=True)
class Introduction:
    """What the initiator says of itself, apart from its certificate."""

    reply_lane: LaneOffer
    purpose: int
    counter: tuple = (0, 0)
    quoted: bytes | None = None

    def written(self):
        nonce = (u8(0) + ZERO32) if self.quoted is None else (u8(1) + self.quoted)
        return self.reply_lane.written() + u8(self.purpose) + counter(self.counter) + nonce


def covered(t0, own, responder, introduction_raw):
    return t0 + own.agent + responder + own.hash + introduction_raw


def make_plain(seed, t0, own, responder, introduction):
    raw = introduction.written()
    plain = own.raw + raw + sign(seed, LABEL, covered(t0, own, responder, raw))
    return plain.ljust(PLAIN, b"\0")


def seal_box(key, nonce, t0, plain):
    return nonce + aead_seal(key, nonce, lp("a2a/1/hs/box") + t0, plain)


def open_box(key, t0, box, responder, now):
    """(certificate, introduction) of an initiator whose signature holds."""
    plain = aead_open(key, box[:24], lp("a2a/1/hs/box") + t0, box[24:])
    if plain is None:
        raise NotForSession("identity box")
    r = Reader(plain)
    own = certificate.read_certificate(r.take(certificate.BYTES))
    introduction = _introduction(r)
    raw = r.before()[certificate.BYTES :]
    signature = r.take(64)
    r.zeros(PLAIN - r.at)
    if not verifies(own.device, LABEL, covered(t0, own, responder, raw), signature):
        raise Malformed("signature of the handshake")
    if not own.holds(now) or own.agent == responder:
        raise Malformed("certificate does not hold, or is our own")
    return own, introduction


def _introduction(r):
    lane, purpose = read_offer(r), r.exactly(r.u8(), (KNOCK, INVITE, RESET))
    number, quotes, nonce = r.counter(), r.flag(), r.take(32)
    if (not quotes and nonce != ZERO32) or (purpose != RESET and (quotes or number != (0, 0))):
        raise Malformed("counter or quoted report of what is no reset")
    return Introduction(lane, purpose, number, nonce if quotes else None)
