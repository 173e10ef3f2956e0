"""A step of the ratchet: both halves, and the symmetric chain between steps (section 9.2)."""

from dataclasses import replace

from .errors import Malformed
from .primitives import CT_BYTES, ZERO32, hkdf, hmac256, kem_keys, kem_open, kem_seal, sha256, x25519, x25519_public
from .session import Receiving, Sending, Step


def root_step(rk, dh, ss, step):
    """RK', CK, NHK'."""
    info = b"a2a/1/dr/root" + sha256(step.dh, step.ek, step.ct or bytes(CT_BYTES))
    out = hkdf(rk, dh + (ss or ZERO32), info, 96)
    return out[:32], out[32:64], out[64:]


def message_key(ck):
    return hmac256(ck, b"\x01")


def next_chain_key(ck):
    return hmac256(ck, b"\x02")


def sending_half(state, rng):
    """New keys of ours, and the chain that begins with them."""
    dhs, kems = rng(32), rng(64)
    ct, ss = kem_seal(state.ekr, rng(32)) if state.ekr else (None, None)
    step = Step(x25519_public(dhs), kem_keys(kems)[0], ct)
    rk, ck, nhk = root_step(state.rk, x25519(dhs, state.dhr), ss, step)
    chain = Sending(state.nhks, ck, 0, step, state.sent_before)
    return replace(state, rk=rk, nhks=nhk, dhs=dhs, kems=kems, dhr=None, ekr=None, sending=chain, peer_may_step=True)


def receiving_half(state, step, pn):
    """The peer's chain that begins with `step`; our private keys of the step before go."""
    if (step.ct is None) != (state.kems is None):
        raise Malformed("a ciphertext missing, or not asked for")
    ss = kem_open(kem_keys(state.kems)[1], step.ct) if step.ct else None
    rk, ck, nhk = root_step(state.rk, x25519(state.dhs, step.dh), ss, step)
    chain = Receiving(state.nhkr, ck, 0, step, pn)
    sent = state.sending.number if state.sending else 0
    return replace(
        state,
        rk=rk,
        nhkr=nhk,
        dhs=None,
        kems=None,
        dhr=step.dh,
        ekr=step.ek,
        receiving=(chain,) + state.receiving,
        sending=None,
        sent_before=sent,
        peer_may_step=False,
    )
