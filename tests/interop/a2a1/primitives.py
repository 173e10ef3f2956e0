"""The primitives of suite 1, each from a well-kept library: libsodium (PyNaCl), hashlib, kyber-py."""

import hashlib
import hmac
from functools import lru_cache

import nacl.bindings as sodium
import nacl.exceptions
from kyber_py.ml_kem import ML_KEM_768

from .errors import Refused
from .wire import lp

ZERO32 = bytes(32)
EK_BYTES, CT_BYTES = 1184, 1088


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hmac256(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def same(a, b):
    return hmac.compare_digest(a, b)


def extract(salt, ikm):
    return hmac256(salt, ikm)


def expand(prk, info, length):
    """HKDF-Expand of RFC 5869."""
    out, block = b"", b""
    for i in range(1, -(-length // 32) + 1):
        block = hmac256(prk, block + info + bytes([i]))
        out += block
    return out[:length]


def hkdf(salt, ikm, info, length):
    return expand(extract(salt, ikm), info, length)


def aead_seal(key, nonce, ad, text):
    return sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(text, ad, nonce, key)


def aead_open(key, nonce, ad, sealed):
    """The text, or None if the tag does not hold."""
    try:
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, ad, nonce, key)
    except (nacl.exceptions.CryptoError, ValueError):
        return None


def ed25519_public(seed):
    return sodium.crypto_sign_seed_keypair(seed)[0]


def sign(seed, label, message):
    secret = sodium.crypto_sign_seed_keypair(seed)[1]
    return sodium.crypto_sign(lp(label) + message, secret)[:64]


def verifies(public, label, message, signature):
    """Strict: libsodium refuses a small-order R or key, a large S, and does not use the cofactor."""
    try:
        sodium.crypto_sign_open(signature + lp(label) + message, public)
        return len(signature) == 64
    except nacl.exceptions.BadSignatureError:
        return False


def sound_point(key):
    """The four checks of section 2.1: decodes, not of small order, canonical, no torsion part."""
    return sodium.crypto_core_ed25519_is_valid_point(key)


def x25519_public(secret):
    return sodium.crypto_scalarmult_base(secret)


def x25519(secret, public):
    """X(secret, public); 32 zero bytes abort."""
    try:
        shared = sodium.crypto_scalarmult(secret, public)
    except nacl.exceptions.CryptoError as error:
        raise Refused("not contributory") from error
    if shared == ZERO32:
        raise Refused("not contributory")
    return shared


@lru_cache(4096)
def kem_keys(seed):
    """(encapsulation key, decapsulation key) from d ‖ z. ML-KEM is slow in Python, and vectors repeat it; so all three remember."""
    return ML_KEM_768.key_derive(seed)


def kem_public_is_sound(ek):
    """Every coefficient is below 3329: 12 bits each, little-endian, before the 32 bytes of rho."""
    bits = int.from_bytes(ek[:1152], "little")
    return len(ek) == EK_BYTES and all((bits >> (12 * i)) & 0xFFF < 3329 for i in range(768))


@lru_cache(4096)
def kem_seal(ek, message):
    """(ct, ss) with the 32 random bytes `message` of FIPS 203."""
    ss, ct = ML_KEM_768._encaps_internal(ek, message)
    return ct, ss


@lru_cache(4096)
def kem_open(dk, ct):
    return ML_KEM_768.decaps(dk, ct)
