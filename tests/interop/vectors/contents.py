"""Operations on contents, with their bodies as JSON objects."""

from a2a1 import attachment, content
from a2a1.lane import LaneOffer
from a2a1.wire import b64, unb64

from .documents import offer_fields, offer_from

KINDS = {"message": 1, "receipts": 2, "hello": 3, "terms": 4, "report": 5, "resend": 6, "ack": 7, "message-with-parts": 8}
KINDS["capabilities"] = 9


def _maybe(value):
    return None if value is None else unb64(value)


def _head(head):
    return tuple(head["position"]), unb64(head["digest"])


def _receipt(r):
    return content.receipt(r["state"], r["reason"], unb64(r["message_id"]), unb64(r["digest"]))


def _hello(b):
    heads = [_head(b["sent"]), _head(b["received"])]
    return content.hello(b["name"], b["relay"], b["requested"], b["granted"], b["words"], heads)


def _terms(b):
    offer = None if b["offer"] is None else offer_from(b["offer"])
    return content.terms(tuple(b["counter"]), offer, b["granted"], b["expires_at"])


def _message(b):
    return content.message(b["scope"], b["subject"], b["text"], _maybe(b["reply_to"]))


def _message_with_parts(b):
    request = None if b["request"] is None else (b["request"]["intent"], b["request"]["payload"])
    files = [(a["name"], a["size"], unb64(a["digest"]), unb64(a["key"])) for a in b["attachments"]]
    return content.message_with_parts(_message(b), request, files)


def _capabilities(b):
    found = [(c["id"], c["title"], c["description"], c["schema"] or "") for c in b["capabilities"]]
    return content.capabilities(tuple(b["counter"]), found)


WRITE = {
    "message": _message,
    "message-with-parts": _message_with_parts,
    "receipts": lambda b: content.listed([_receipt(r) for r in b["receipts"]]),
    "hello": _hello,
    "terms": _terms,
    "report": lambda b: content.report(unb64(b["nonce"]), b["reason"]),
    "resend": lambda b: content.resend(b["epoch"], b["first"], b["last"]),
    "ack": lambda b: b"",
    "capabilities": _capabilities,
}


def content_write(i):
    place = unb64(i["message_id"]), tuple(i["position"]), unb64(i["previous"]), i["sent_at"]
    made = content.Content(KINDS[i["kind"]], *place, WRITE[i["kind"]](i["body"]))
    return {"content": b64(made.written())}


def content_read(i):
    found, fields = content.read_content(unb64(i["content"]))
    return {
        "kind": [name for name, kind in KINDS.items() if kind == found.kind][0],
        "message_id": b64(found.message_id),
        "position": list(found.position),
        "previous": b64(found.previous),
        "sent_at": found.sent_at,
        "body": _plain(fields),
        "digest": b64(found.digest),
    }


def _plain(value):
    """Fields as JSON can hold them."""
    if isinstance(value, bytes):
        return b64(value)
    if isinstance(value, LaneOffer):
        return offer_fields(value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value


def attachment_cut(i):
    count, room = attachment.cut(i["size"])
    return {"count": count, "room": room}


def attachment_blob(i):
    return {"id": b64(attachment.blob_id(unb64(i["key"]), i["index"]))}


def attachment_open(i):
    opened = attachment.open_chunk(unb64(i["key"]), i["size"], i["index"], unb64(i["sealed"]))
    return {"bytes": b64(opened)}


OPERATIONS = {
    "content.write": content_write,
    "content.read": content_read,
    "attachment.cut": attachment_cut,
    "attachment.blob": attachment_blob,
    "attachment.open": attachment_open,
}
