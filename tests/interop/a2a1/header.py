"""The header of a message and its seal (section 9.3)."""

from .errors import Malformed
from .primitives import CT_BYTES, EK_BYTES, aead_open, aead_seal, kem_public_is_sound, sha256
from .session import Step
from .wire import Reader, lp, u8, u32

PLAIN, SEALED = 2400, 2440


def write_header(step, pn, number):
    head = u8(1) + u8(0 if step.ct is None else 1) + step.dh + u32(pn) + u32(number)
    return (head + step.ek + (step.ct or bytes(CT_BYTES))).ljust(PLAIN, b"\0")


def read_header(plain):
    """(step, PN, N)."""
    r = Reader(plain)
    r.exactly(r.u8(), (1,))
    has_ct, dh, pn, number = r.exactly(r.u8(), (0, 1)), r.take(32), r.u32(), r.u32()
    ek, ct = r.take(EK_BYTES), r.take(CT_BYTES)
    r.zeros(PLAIN - r.at)
    if not kem_public_is_sound(ek) or (not has_ct and any(ct)):
        raise Malformed("ML-KEM key or ciphertext of a header")
    return Step(dh, ek, ct if has_ct else None), pn, number


def associated(kind, sid, body):
    return lp("a2a/1/dr/hdr") + u8(1) + u8(kind) + sid + sha256(body)


def seal_header(hk, nonce, kind, sid, body, plain):
    return nonce + aead_seal(hk, nonce, associated(kind, sid, body), plain)


def open_header(hk, kind, sid, body, sealed):
    """The plaintext, or None if this is not the key."""
    return aead_open(hk, sealed[:24], associated(kind, sid, body), sealed[24:])
