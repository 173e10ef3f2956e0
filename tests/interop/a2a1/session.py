"""The state of a ratchet (section 9.1). States are never changed in place: every act returns a new one."""

from dataclasses import dataclass

from .primitives import ZERO32


@dataclass(frozen=True)
class Step:
    """The public keys of a step, as every header of its chain repeats them."""

    dh: bytes
    ek: bytes
    ct: bytes | None


@dataclass(frozen=True)
class Sending:
    """Our sending chain. `fresh` while its private keys await the peer's next step."""

    hk: bytes
    ck: bytes
    number: int
    step: Step
    pn: int


@dataclass(frozen=True)
class Receiving:
    """One chain of the peer: `ck` is None once the peer stepped on; `skipped` holds (number, mk, since)."""

    hk: bytes
    ck: bytes | None
    number: int
    step: Step
    pn: int
    skipped: tuple = ()


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
    awaiting: bool = False

    @property
    def peer_may_step(self):
        return self.awaiting


def initiator(own, peer, keys, spk):
    """A: knows SPK of B and makes the first step."""
    rk, hk_a, nhk_b, sid = keys
    return Session(sid, own, peer, rk, hk_a, nhk_b, None, None, spk, None)


def responder(own, peer, keys, spk_secret):
    """B: has the secret half of SPK and waits for A's first step."""
    rk, hk_a, nhk_b, sid = keys
    return Session(sid, own, peer, rk, nhk_b, hk_a, spk_secret, None, None, None, awaiting=True)


def root_inputs(dh, ss):
    return dh + (ss or ZERO32)
