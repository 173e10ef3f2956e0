"""The handshake: one first flight makes a session (section 7)."""

from dataclasses import dataclass

from . import box, session
from .envelope import FIRST_FLIGHT, read_outer
from .errors import Invalid, Malformed, NotForSession, Refused, Used
from .primitives import (
    CT_BYTES,
    ZERO32,
    hkdf,
    kem_keys,
    kem_open,
    kem_seal,
    sha256,
    x25519,
    x25519_public,
)
from .seal import seal_message
from .unseal import open_message
from .wire import Reader, lp, u8

CLEAR = 32 + 1 + 16 + 32 + CT_BYTES
NO_INVITE = bytes(16)


@dataclass(frozen=True)
class Own:
    """An agent's own keys and current prekeys."""

    certificate: object
    device_seed: bytes
    agreement: bytes
    bundle: object = None
    spk: bytes = None
    kem_seed: bytes = None


@dataclass(frozen=True)
class OwnOneTime:
    """The secret half of a one-time pair, with its invite's psk."""

    invite_id: bytes
    psk: bytes
    opk: bytes
    kem_seed: bytes


@dataclass(frozen=True)
class Clear:
    """The part of a first flight that is not sealed."""

    bundle_hash: bytes
    flags: int
    invite_id: bytes
    ephemeral: bytes
    ct: bytes

    def written(self):
        return self.bundle_hash + u8(self.flags) + self.invite_id + self.ephemeral + self.ct

    @property
    def replay_key(self):
        return sha256(self.ephemeral, self.ct)


def transcript(responder, clear, opk, ek):
    head = lp("a2a/1/hs/t0") + u8(1) + u8(1) + responder + clear.bundle_hash + u8(clear.flags)
    return sha256(head, clear.invite_id, opk, clear.ephemeral, ek, clear.ct)


def first_keys(dh2, dh3, dh4, ss, psk, t0):
    """(box key, onward key)."""
    both = hkdf(b"a2a/1/hs/k1", b"\xff" * 32 + dh2 + dh3 + dh4 + ss + psk, t0, 64)
    return both[:32], both[32:]


def session_keys(onward, dh1, t0, sealed_box):
    """RK0, HK_A, NHK_B, SID."""
    t1 = sha256(lp("a2a/1/hs/t1"), t0, lp(sealed_box))
    out = hkdf(onward, dh1, b"a2a/1/hs/keys" + t1, 128)
    return out[:32], out[32:64], out[64:96], out[96:]


def start(own, bundle, introduction, content, now, rng, one_time=None, psk=None):
    """(session, envelope) of a first flight to the owner of `bundle`; with one_time and psk of an invite."""
    if (one_time is not None) != (introduction.purpose == box.INVITE) or (one_time is None) != (psk is None):
        raise ValueError("invite id, one-time pair, PSK and purpose go together")
    responder = bundle.certificate
    secret = rng(32)
    ek = one_time.ek if one_time else bundle.ek
    ct, ss = kem_seal(ek, rng(32))
    clear = Clear(
        bundle.hash,
        1 if one_time else 0,
        one_time.invite_id if one_time else NO_INVITE,
        x25519_public(secret),
        ct,
    )
    t0 = transcript(responder.agent, clear, one_time.opk if one_time else ZERO32, ek)
    dh4 = x25519(secret, one_time.opk) if one_time else ZERO32
    dh2, dh3 = x25519(secret, responder.agreement), x25519(secret, bundle.spk)
    box_key, onward = first_keys(dh2, dh3, dh4, ss, psk or ZERO32, t0)
    plain = box.make_plain(own.device_seed, t0, own.certificate, responder.agent, introduction)
    sealed_box = box.seal_box(box_key, rng(24), t0, plain)
    keys = session_keys(onward, x25519(own.agreement, bundle.spk), t0, sealed_box)
    rank = session.rank(own.certificate, introduction, responder)
    state = session.initiator(own.certificate, responder, keys, bundle.spk, rank)
    return seal_message(state, own.device_seed, content, rng, clear.written() + sealed_box, FIRST_FLIGHT)


def read_clear(envelope):
    """(clear part, sealed box, the rest)."""
    r = Reader(read_outer(envelope, FIRST_FLIGHT))
    clear = Clear(r.take(32), r.exactly(r.u8(), (0, 1)), r.take(16), r.take(32), r.take(CT_BYTES))
    if clear.flags == 0 and clear.invite_id != NO_INVITE:
        raise Malformed("an invite id without its flag")
    return clear, r.take(box.SEALED), r.rest()


def answer(own, envelope, now, seen=(), one_time=None):
    """(session, introduction, content, replay key) of a first flight to us: NotForSession or Invalid if it is none."""
    try:
        clear, sealed_box, rest = read_clear(envelope)
    except Malformed as error:
        raise NotForSession("not a first flight") from error
    if clear.bundle_hash != own.bundle.hash:
        raise NotForSession("made with another bundle")
    if clear.replay_key in seen:
        raise Used("a flight taken before")
    invited = clear.flags == 1
    if invited and (one_time is None or one_time.invite_id != clear.invite_id):
        raise NotForSession("made with an invite that we do not have")
    try:
        return _answer(own, clear, sealed_box, rest, now, one_time if invited else None)
    except (NotForSession, Invalid):
        raise
    except Refused as error:
        raise Invalid(str(error)) from error


def _answer(own, clear, sealed_box, rest, now, pair):
    ek, dk = kem_keys(pair.kem_seed if pair else own.kem_seed)
    us = own.certificate.agent
    t0 = transcript(us, clear, x25519_public(pair.opk) if pair else ZERO32, ek)
    dh4 = x25519(pair.opk, clear.ephemeral) if pair else ZERO32
    dh2, dh3 = x25519(own.agreement, clear.ephemeral), x25519(own.spk, clear.ephemeral)
    psk = pair.psk if pair else ZERO32
    box_key, onward = first_keys(dh2, dh3, dh4, kem_open(dk, clear.ct), psk, t0)
    peer, introduction = box.open_box(box_key, t0, sealed_box, us, now)
    if (introduction.purpose == box.INVITE) != (pair is not None):
        raise Malformed("purpose does not fit the flags")
    if introduction.purpose == box.RESET and introduction.counter[0] != peer.epoch:
        raise Malformed("a reset's counter of another epoch")
    keys = session_keys(onward, x25519(own.spk, peer.agreement), t0, sealed_box)
    rank = session.rank(peer, introduction, own.certificate)
    fresh = session.responder(own.certificate, peer, keys, own.spk, rank)
    state, content = open_message(fresh, rest, now, FIRST_FLIGHT, first=True)
    return state, introduction, content, clear.replay_key
