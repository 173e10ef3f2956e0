"""Contents: what one agent tells another (section 10), with their receipts (section 11)."""

from dataclasses import dataclass

from .attachment import LARGEST
from .card import capability_list, read_capabilities
from .errors import Malformed
from .lane import read_offer
from .names import line, read_authority, slug
from .primitives import ZERO32, sha256
from .wire import Reader, counter, lp, u8, u32, u64

MESSAGE, RECEIPTS, HELLO, TERMS, REPORT, RESEND, ACK, WITH_PARTS, CAPABILITIES = range(1, 10)


@dataclass(frozen=True)
class Content:
    kind: int
    message_id: bytes
    position: tuple
    previous: bytes
    sent_at: int
    body: bytes

    def written(self):
        head = u8(1) + u8(self.kind) + self.message_id + counter(self.position)
        return head + self.previous + u64(self.sent_at) + self.body

    @property
    def digest(self):
        return sha256(self.written())


def read_content(raw):
    """The content and the fields of its body, by kind."""
    r = Reader(raw)
    r.exactly(r.u8(), (1,))
    kind = r.exactly(r.u8(), BODIES)
    message_id, position, previous, sent_at = r.take(16), r.counter(), r.take(32), r.u64()
    start = r.at
    fields = BODIES[kind](r)
    r.end()
    return Content(kind, message_id, position, previous, sent_at, raw[start:]), fields


def optional(value):
    """`0 u8`, or `1 u8` and the written value."""
    return u8(0) if value is None else u8(1) + value


def listed(items):
    return u32(len(items)) + b"".join(items)


def message(scope, subject, text, reply_to=None):
    return lp(scope) + lp(subject) + optional(reply_to) + lp(text)


def message_with_parts(text_part, request, attachments):
    """`text_part` is what `message` wrote; a request is (intent, payload); an attachment is (name, size, digest, key)."""
    written = None if request is None else lp(request[0]) + lp(request[1])
    files = [lp(name) + u64(size) + digest + key for name, size, digest, key in attachments]
    return text_part + optional(written) + listed(files)


def receipt(state, reason, message_id, digest):
    return u8(state) + u8(reason) + message_id + digest


def hello(name, relay, requested, granted, words, heads):
    scopes = listed([lp(s) for s in requested]) + listed([lp(s) for s in granted])
    return lp(name) + lp(relay) + scopes + lp(words) + b"".join(counter(p) + d for p, d in heads)


def terms(number, offer, granted, expires_at=None):
    written = None if offer is None else offer.written()
    end = None if expires_at is None else u64(expires_at)
    return counter(number) + optional(written) + listed([lp(s) for s in granted]) + optional(end)


def report(nonce, reason):
    return nonce + u8(reason)


def resend(epoch, first, last):
    return u32(epoch) + u64(first) + u64(last)


def capabilities(number, found):
    return counter(number) + capability_list(found)


def _message(r):
    scope, subject = slug(r.text(64), 64), r.text(1024)
    reply_to = r.take(16) if r.flag() else None
    return {"scope": scope, "subject": subject, "reply_to": reply_to, "text": r.text(59392)}


def _message_with_parts(r):
    said = _message(r)
    start = r.at
    request = {"intent": slug(r.text(64), 64), "payload": r.text(32768)} if r.flag() else None
    n = r.u32()
    if n > 8:
        raise Malformed("too many attachments")
    attachments = [_attachment(r) for _ in range(n)]
    if request is None and not attachments:
        raise Malformed("nothing beside the text")
    if len(said["text"].encode()) + r.at - start > 59392:
        raise Malformed("too long together")
    return {**said, "request": request, "attachments": attachments}


def _attachment(r):
    name, size = line(r.text(255), 255), r.u64()
    if not 1 <= size <= LARGEST:
        raise Malformed("size")
    return {"name": name, "size": size, "digest": r.take(32), "key": r.take(32)}


def _receipts(r):
    n = r.u32()
    if n > 512:
        raise Malformed("too many receipts")
    return {"receipts": [_receipt(r) for _ in range(n)]}


def _receipt(r):
    state, reason = r.exactly(r.u8(), (1, 2, 3)), r.u8()
    r.exactly(reason, (1, 2, 3) if state == 3 else (0,))
    return {"state": state, "reason": reason, "message_id": r.take(16), "digest": r.take(32)}


def _scopes(r):
    n = r.u32()
    if n > 32:
        raise Malformed("too many scopes")
    return [slug(r.text(64), 64) for _ in range(n)]


def _head(r):
    return {"position": r.counter(), "digest": r.take(32)}


def _hello(r):
    name, relay = r.text(128), read_authority(r.text(260))
    requested, granted, words = _scopes(r), _scopes(r), r.text(1024)
    sent, received = _head(r), _head(r)
    return {
        "name": name,
        "relay": relay,
        "requested": requested,
        "granted": granted,
        "words": words,
        "sent": sent,
        "received": received,
    }


def _terms(r):
    number = r.counter()
    offer = read_offer(r) if r.flag() else None
    granted = _scopes(r)
    return {"counter": number, "offer": offer, "granted": granted, "expires_at": r.u64() if r.flag() else None}


def _report(r):
    return {"nonce": r.take(32), "reason": r.exactly(r.u8(), (1, 2, 3))}


def _resend(r):
    epoch, first, last = r.u32(), r.u64(), r.u64()
    if last < first:
        raise Malformed("a range that ends before it begins")
    return {"epoch": epoch, "first": first, "last": last}


def _capabilities(r):
    number, start = r.counter(), r.at
    found = read_capabilities(r)
    if r.at - start > 59392:
        raise Malformed("too long together")
    keys = ("id", "title", "description", "schema")
    return {"counter": number, "capabilities": [dict(zip(keys, c[:3] + (c[3] or None,))) for c in found]}


BODIES = {
    MESSAGE: _message,
    RECEIPTS: _receipts,
    HELLO: _hello,
    TERMS: _terms,
    REPORT: _report,
    RESEND: _resend,
    ACK: lambda r: {},
    WITH_PARTS: _message_with_parts,
    CAPABILITIES: _capabilities,
}

EMPTY_HEAD = ((0, 0), ZERO32)
