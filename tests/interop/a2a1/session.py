"""The state of a ratchet (section 9.1). States are never changed in place: every act returns a new one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """The public keys of a step, as every header of its chain repeats them."""

    dh: bytes
    ek: bytes
    ct: bytes | None


@dataclass(frozen=True)
class Sending:
    """Our sending chain, with the number of its next message."""

    hk: bytes
    ck: bytes
    number: int
    step: Step
    pn: int


@dataclass(frozen=True)
class Receiving:
    """One chain of the peer, newest first: without `ck` once the peer stepped on; `skipped` holds (number, mk, since)."""

    hk: bytes
    ck: bytes | None
    number: int
    step: Step
    pn: int
    skipped: tuple = ()
    ended: int | None = None


@dataclass(frozen=True)
class Session:
    sid: bytes
    own: object
    peer: object
    rk: bytes
    nhks: bytes
    nhkr: bytes
    dhs: bytes | None
    kems: bytes | None
    dhr: bytes | None
    ekr: bytes | None
    sending: Sending | None = None
    receiving: tuple = ()
    sent_before: int = 0
    peer_may_step: bool = False
    rank: tuple = ()


def rank(initiator_certificate, introduction, responder_certificate):
    """How a session compares with others of the same pair: the sum of both epochs, then a reset's number (section 12)."""
    return (initiator_certificate.epoch + responder_certificate.epoch, introduction.counter[1])


def outranks(one, other):
    """Whether `one` is the session to send on; of equal rank, the one with the smaller id."""
    return (one.rank, other.sid) > (other.rank, one.sid)


def initiator(own, peer, keys, spk, rank):
    """A: knows SPK of B and makes the first step."""
    rk, hk_a, nhk_b, sid = keys
    return Session(sid, own, peer, rk, hk_a, nhk_b, None, None, spk, None, rank=rank)


def responder(own, peer, keys, spk_secret, rank):
    """B: has the secret half of SPK and waits for A's first step."""
    rk, hk_a, nhk_b, sid = keys
    return Session(sid, own, peer, rk, nhk_b, hk_a, spk_secret, None, None, None, peer_may_step=True, rank=rank)
