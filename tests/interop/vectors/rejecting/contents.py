"""Rejected contents (sections 10 and 11)."""

from a2a1 import content
from a2a1.primitives import ZERO32
from a2a1.wire import b64, counter, lp, u8, u32, u64

KIND = {"message": 1, "receipts": 2, "hello": 3, "terms": 4, "report": 5, "resend": 6, "ack": 7}


def raw(kind, body, version=1):
    return u8(version) + u8(kind) + bytes(16) + counter((1, 1)) + ZERO32 + u64(1_800_000_000_000) + body


def message(scope="message", subject="", reply=u8(0), text="hi"):
    return lp(scope) + lp(subject) + reply + lp(text)


def receipt(state=1, reason=0):
    return u8(state) + u8(reason) + bytes(48)


def hello(name="Alice", relay="alice.example.org", requested=u32(0), granted=u32(0), words="", heads=bytes(88)):
    return lp(name) + lp(relay) + requested + granted + lp(words) + heads


def terms(offer=u8(0), granted=u32(0), expires=u8(0)):
    return counter((1, 1)) + offer + granted + expires


BODIES = {
    "message-scope-capitals": (1, message(scope="Message")),
    "message-scope-empty": (1, message(scope="")),
    "message-scope-too-long": (1, message(scope="a" * 65)),
    "message-subject-too-long": (1, message(subject="a" * 1025)),
    "message-subject-not-utf8": (1, message(subject=b"\xc3\x28")),
    "message-text-too-long": (1, message(text="a" * 59393)),
    "message-text-surrogate": (1, message(text=b"\xed\xa0\x80")),
    "message-text-overlong": (1, message(text=b"\xc0\xaf")),
    "message-reply-flag": (1, message(reply=u8(2) + bytes(16))),
    "message-reply-flag-without-value": (1, message(reply=u8(1))),
    "message-byte-more": (1, message() + u8(0)),
    "message-cut-off": (1, message()[:-1]),
    "receipts-513": (2, u32(513) + receipt() * 513),
    "receipts-count": (2, u32(2) + receipt()),
    "receipt-state-0": (2, u32(1) + receipt(0)),
    "receipt-state-4": (2, u32(1) + receipt(4)),
    "receipt-delivered-with-reason": (2, u32(1) + receipt(1, 1)),
    "receipt-read-with-reason": (2, u32(1) + receipt(2, 3)),
    "receipt-refused-without-reason": (2, u32(1) + receipt(3, 0)),
    "receipt-refused-reason-4": (2, u32(1) + receipt(3, 4)),
    "hello-name-too-long": (3, hello(name="a" * 129)),
    "hello-relay-capitals": (3, hello(relay="Alice.example.org")),
    "hello-relay-empty": (3, hello(relay="")),
    "hello-scopes-33": (3, hello(requested=u32(33) + lp("a") * 33)),
    "hello-granted-scope": (3, hello(granted=u32(1) + lp("A"))),
    "hello-words-too-long": (3, hello(words="a" * 1025)),
    "hello-head-cut-off": (3, hello(heads=bytes(87))),
    "terms-offer-flag": (4, terms(offer=u8(2))),
    "terms-offer-relay": (4, terms(offer=u8(1) + lp("A.org") + bytes(48))),
    "terms-scopes-33": (4, terms(granted=u32(33) + lp("a") * 33)),
    "terms-expiry-flag": (4, terms(expires=u8(2) + u64(1))),
    "report-reason-0": (5, bytes(32) + u8(0)),
    "report-reason-4": (5, bytes(32) + u8(4)),
    "resend-backwards": (6, u32(1) + u64(5) + u64(4)),
    "ack-with-a-body": (7, u8(0)),
    "kind-0": (0, b""),
    "kind-8": (8, b""),
}


def write(out):
    for name, (kind, body) in BODIES.items():
        out.add(f"content-{name}", "10, 11", "content.read", {"content": b64(raw(kind, body))})
    version = raw(content.ACK, b"", version=2)
    out.add("content-version", "10", "content.read", {"content": b64(version)})
    out.add("content-cut-off", "10", "content.read", {"content": b64(raw(content.ACK, b"")[:-1])})
