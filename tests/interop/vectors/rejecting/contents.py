"""Rejected contents (sections 10 and 11)."""

from a2a1 import attachment, content
from a2a1.primitives import ZERO32
from a2a1.wire import b64, counter, lp, u8, u32, u64

KIND = {"message": 1, "receipts": 2, "hello": 3, "terms": 4, "report": 5, "resend": 6, "ack": 7, "message-with-parts": 8}


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


def request(intent="question", payload="{}"):
    return u8(1) + lp(intent) + lp(payload)


def file(name="a.txt", size=1):
    return lp(name) + u64(size) + bytes(64)


def parts(asked=request(), files=(), text="hi", count=None):
    return message(text=text) + asked + u32(len(files) if count is None else count) + b"".join(files)


def takes(number, name="a", title="x", description="", again=0, count=None):
    """A list whose entries are named a0, a1 and so on, the first `again` of them twice."""
    listed = [f"{name}{n}" for n in range(number)]
    items = [lp(one) + lp(title) + lp(description) + lp("") for one in listed + listed[:again]]
    return counter((1, 1)) + u32(len(items) if count is None else count) + b"".join(items)


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
    "kind-10": (10, b""),
    "capabilities-65": (9, takes(65)),
    "capabilities-count": (9, takes(1, count=2)),
    "capabilities-twice": (9, takes(1, again=1)),
    "capabilities-id-capitals": (9, takes(1, name="A")),
    "capabilities-title-two-lines": (9, takes(1, title="a\nb")),
    "capabilities-description-too-long": (9, takes(1, description="a" * 4097)),
    "capabilities-too-long-together": (9, takes(16, description="a" * 3700)),
    "capabilities-byte-more": (9, takes(1) + u8(0)),
    "parts-nothing": (8, parts(asked=u8(0))),
    "parts-cut-off": (8, parts()[:-1]),
    "parts-byte-more": (8, parts() + u8(0)),
    "parts-request-flag": (8, parts(asked=u8(2))),
    "parts-intent-capitals": (8, parts(asked=request(intent="Question"))),
    "parts-intent-empty": (8, parts(asked=request(intent=""))),
    "parts-intent-too-long": (8, parts(asked=request(intent="a" * 65))),
    "parts-payload-too-long": (8, parts(asked=request(payload="1" * 32769))),
    "parts-payload-not-utf8": (8, parts(asked=request(payload=b"\xc3\x28"))),
    "parts-files-9": (8, parts(files=[file()] * 9)),
    "parts-files-count": (8, parts(files=[file()], count=2)),
    "parts-file-name-empty": (8, parts(files=[file(name="")])),
    "parts-file-name-two-lines": (8, parts(files=[file(name="a\nb")])),
    "parts-file-name-too-long": (8, parts(files=[file(name="a" * 256)])),
    "parts-file-size-0": (8, parts(files=[file(size=0)])),
    "parts-file-size-beyond": (8, parts(files=[file(size=2**27 + 1)])),
    "parts-too-long-together": (8, parts(text="a" * 59392)),
}


def write(out):
    for name, (kind, body) in BODIES.items():
        out.add(f"content-{name}", "10, 11", "content.read", {"content": b64(raw(kind, body))})
    attachments(out)
    version = raw(content.ACK, b"", version=2)
    out.add("content-version", "10", "content.read", {"content": b64(version)})
    out.add("content-cut-off", "10", "content.read", {"content": b64(raw(content.ACK, b"")[:-1])})


def attachments(out):
    key, nonce, size = bytes(range(32)), bytes(24), 262104 + 5
    sealed = attachment.seal(key, size, 1, b"right", nonce)
    right = {"key": b64(key), "size": size, "index": 1, "sealed": b64(sealed)}
    overfull = attachment.seal(key, size, 1, b"right!", nonce)
    wrong = {
        "key": {"key": b64(bytes(32))},
        "index": {"index": 0},
        "index-beyond": {"index": 2},
        "size": {"size": size - 1},
        "byte": {"sealed": b64(sealed[:-1] + bytes([sealed[-1] ^ 1]))},
        "cut-off": {"sealed": b64(sealed[:-1])},
        "empty": {"sealed": ""},
        "filled-with-more-than-zeros": {"sealed": b64(overfull)},
    }
    for name, change in wrong.items():
        out.add(f"attachment-open-{name}", "10.1", "attachment.open", {**right, **change})
    for size in (0, 2**27 + 1):
        out.add(f"attachment-cut-{size}", "10.1", "attachment.cut", {"size": size})
