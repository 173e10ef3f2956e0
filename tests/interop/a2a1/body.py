"""The body of a message: commitment, cipher, inner plaintext and signature (sections 9.4 and 9.5)."""

from .content import read_content
from .errors import Malformed
from .primitives import aead_open, aead_seal, expand, same, sha256, sign, verifies
from .wire import Reader, lp

LABEL = "a2a/1/sig/msg"
LARGEST = 65536


def associated(sid, sender, recipient, header):
    return lp("a2a/1/dr/ad") + sid + sender + recipient + sha256(header)


def body_key(mk, ad):
    return expand(mk, b"a2a/1/dr/enc" + sha256(ad), 32)


def commitment(mk, ad, nonce):
    return expand(mk, b"a2a/1/dr/com" + sha256(ad, nonce), 32)


def seal_body(mk, nonce, ad, inner):
    return commitment(mk, ad, nonce) + nonce + aead_seal(body_key(mk, ad), nonce, ad, inner)


def open_body(mk, ad, body):
    committed, nonce, sealed = body[:32], body[32:56], body[56:]
    if len(body) < 72 or not same(committed, commitment(mk, ad, nonce)):
        raise Malformed("commitment")
    inner = aead_open(body_key(mk, ad), nonce, ad, sealed)
    if inner is None:
        raise Malformed("body")
    return inner


def covered(sid, sender, recipient, header, content):
    return sid + sender + recipient + sha256(header) + sha256(content)


def make_inner(seed, sid, sender, recipient, header, content, length):
    signature = sign(seed, LABEL, covered(sid, sender, recipient, header, content))
    return (lp(content) + signature).ljust(length, b"\0")


def read_inner(inner, device, sid, sender, recipient, header):
    """The content, if its sender's device signed it for this place."""
    r = Reader(inner)
    content, signature = r.lp(LARGEST), r.take(64)
    r.zeros(len(inner) - r.at)
    if not verifies(device, LABEL, covered(sid, sender, recipient, header, content), signature):
        raise Malformed("signature of a message")
    read_content(content)
    return content
