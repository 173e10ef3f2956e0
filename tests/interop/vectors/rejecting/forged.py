"""Keys and signatures that a careless implementation takes: other spellings, torsion, a small-order R, an S above the order."""

import hashlib

import nacl.bindings as sodium

from a2a1.primitives import ed25519_public, sign
from a2a1.wire import lp

ORDER = 2**252 + 27742317777372353535851937790883648493
PRIME = 2**255 - 19
IDENTITY = (1).to_bytes(32, "little")
ORDER_8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")


def on_curve(y):
    """Whether y, with sign 0, is a coordinate of a point."""
    try:
        return bool(sodium.crypto_core_ed25519_add(y.to_bytes(32, "little"), IDENTITY))
    except RuntimeError:
        return False


def no_point():
    """The least y that is no coordinate of a point."""
    return next(y for y in range(2, 100) if not on_curve(y)).to_bytes(32, "little")


def non_canonical():
    """A point, not of small order, spelled with y + p."""
    return (next(y for y in range(2, 19) if on_curve(y)) + PRIME).to_bytes(32, "little")


def torsioned(key):
    return sodium.crypto_core_ed25519_add(key, ORDER_8)


def _scalars(seed, label, message, r):
    """The secret scalar, and the challenge for this R."""
    secret = bytearray(hashlib.sha512(seed).digest()[:32])
    secret[0] &= 248
    secret[31] = secret[31] & 127 | 64
    challenge = hashlib.sha512(r + ed25519_public(seed) + lp(label) + message).digest()
    return int.from_bytes(secret, "little"), int.from_bytes(challenge, "little")


def small_order_r(seed, label, message):
    """A signature whose R is the identity; the equation holds."""
    a, k = _scalars(seed, label, message, IDENTITY)
    return IDENTITY + (k * a % ORDER).to_bytes(32, "little")


def large_s(seed, label, message):
    """A genuine signature with the group's order added to S."""
    genuine = sign(seed, label, message)
    return genuine[:32] + (int.from_bytes(genuine[32:], "little") + ORDER).to_bytes(32, "little")


def cofactored(seed, label, message):
    """A signature whose R has a part of order 8: the equation holds only if multiplied by the cofactor."""
    r = int.from_bytes(hashlib.sha512(b"r" + message).digest(), "little") % ORDER
    point = torsioned(sodium.crypto_scalarmult_ed25519_base_noclamp(r.to_bytes(32, "little")))
    a, k = _scalars(seed, label, message, point)
    return point + ((r + k * a) % ORDER).to_bytes(32, "little")
