"""Prekey bundles and one-time pairs (sections 3.2 and 3.3)."""

from dataclasses import dataclass

from . import certificate
from .errors import Malformed, NotAcceptable
from .names import read_authority
from .primitives import EK_BYTES, kem_public_is_sound, sha256, sign, verifies
from .wire import Reader, lp, u8, u32, u64

DAY = 24 * 3600 * 1000
BUNDLE, ONE_TIME = "a2a/1/sig/bundle", "a2a/1/sig/opk"


@dataclass(frozen=True)
class Bundle:
    certificate: certificate.Certificate
    prekey_id: int
    spk: bytes
    ek: bytes
    created: int
    not_after: int
    knocks: bool
    relay: str
    raw: bytes

    @property
    def hash(self):
        return sha256(self.raw)


@dataclass(frozen=True)
class OneTime:
    invite_id: bytes
    opk: bytes
    ek: bytes


def make_bundle(seed, certificate_raw, prekey_id, spk, ek, created, not_after, knocks, relay, minimum=1):
    body = u8(1) + u8(1) + u8(minimum) + certificate_raw + u32(prekey_id) + spk + ek
    body += u64(created) + u64(not_after) + u8(knocks) + lp(relay)
    return body + sign(seed, BUNDLE, body)


def read_bundle(raw):
    r = Reader(raw)
    r.exactly(r.u8(), (1,))
    r.exactly(r.u8(), (1,))
    minimum = r.u8()
    own = certificate.read_certificate(r.take(certificate.BYTES))
    prekey_id, spk, ek = r.u32(), r.take(32), r.take(EK_BYTES)
    created, not_after, knocks = r.u64(), r.u64(), r.flag()
    relay = read_authority(r.text(260))
    covered = r.before()
    signature = r.take(64)
    r.end()
    if not kem_public_is_sound(ek) or not verifies(own.device, BUNDLE, covered, signature):
        raise Malformed("ML-KEM key or signature of a bundle")
    if minimum > 1:
        raise NotAcceptable("minimum version")
    if not created < not_after <= created + 90 * DAY:
        raise NotAcceptable("life of a bundle")
    return Bundle(own, prekey_id, spk, ek, created, not_after, knocks, relay, raw)


def use_bundle(raw, agent, now, last_seen=(0, 0)):
    """The bundle, if a sender may use it now (section 3.2)."""
    bundle = read_bundle(raw)
    own = bundle.certificate
    if own.agent != agent or bundle.not_after < now or bundle.created > now + DAY:
        raise NotAcceptable("another's, expired, or from the future")
    if not own.holds(now) and not own.holds(now + DAY):
        raise NotAcceptable("its certificate does not hold")
    if (own.epoch, bundle.created) < last_seen:
        raise NotAcceptable("older than the last one")
    return bundle


def make_one_time(seed, agent, certificate_hash, invite_id, opk, ek):
    body = u8(1) + certificate_hash + invite_id + opk + ek
    return body + sign(seed, ONE_TIME, agent + body)


def read_one_time(raw, own, invite_id):
    """The pair, if it is signed for this invite under this certificate."""
    r = Reader(raw)
    r.exactly(r.u8(), (1,))
    certificate_hash, named, opk, ek = r.take(32), r.take(16), r.take(32), r.take(EK_BYTES)
    covered, signature = r.before(), r.take(64)
    r.end()
    if not kem_public_is_sound(ek) or not verifies(own.device, ONE_TIME, own.agent + covered, signature):
        raise Malformed("ML-KEM key or signature of a one-time pair")
    if certificate_hash != own.hash or named != invite_id:
        raise NotAcceptable("another invite's or certificate's")
    return OneTime(named, opk, ek)
