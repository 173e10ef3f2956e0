"""Writes the accepting vectors of the second implementation: other people, other bounds than those of the first."""

from a2a1 import attachment
from a2a1.wire import b64, unb64

from .operations import run
from .people import DAY, NOW, content, hello, id_of, invite, lane, message, person, written
from .seeded import Seeded

CAROL, DAVE = person("carol", 2), person("dave", 9)
FOLDER = "accept-python"


class Written(dict):
    """Vectors by file name."""

    def add(self, name, section, operation, given, about=None):
        vector = {"about": about or f"By the second implementation: {name}.", "section": section}
        vector |= {"operation": operation, "input": given}
        vector["output"] = run(vector)
        assert f"{FOLDER}/{name}.json" not in self, name
        self[f"{FOLDER}/{name}.json"] = vector
        return vector["output"]


def documents(out):
    entropy = b64(bytes(range(32)))
    derived = out.add("recovery-derive", "2.3", "recovery.derive", {"entropy": entropy})
    out.add("recovery-read", "2.3", "recovery.read", {"words": derived["words"]})
    key = out.add("id-read", "2.1", "id.read", {"text": derived["id"]})["key"]
    out.add("id-write", "2.1", "id.write", {"key": key})
    for number, text in enumerate(["a.b.c.d.e", "1.1.1.1:1", "[::]", "[1:0:0:2::3]:65535", "xn--bcher-kva.example", "0x0g"]):
        out.add(f"authority-read-{number}", "6.1", "authority.read", {"text": text})
    out.add("address-read", "6.1", "address.read", {"text": f"{derived['id']}@[::1]"})
    made = out.add("certificate-make", "2.4", "certificate.make", CAROL)
    out.add("certificate-read", "2.4", "certificate.read", {**made, "now": NOW + 21 * DAY})
    capabilities = [{"id": f"c-{n}", "title": "é" * 128, "description": "", "schema": None} for n in range(64)]
    card = {"name": "x", "handle": "c" * 32, "relay": "[2001:db8::2]", "listed": False, "knocks": True}
    card |= {"sequence": [2, 2**64 - 1], "updated_at": 0, "capabilities": capabilities}
    made = out.add("card-make", "3.1", "card.make", {**card, **_signer(CAROL)})
    out.add("card-read", "3.1", "card.read", {**made, "id": id_of(CAROL)})
    made = out.add("bundle-make", "3.2", "bundle.make", CAROL)
    seen = {"id": id_of(CAROL), "now": NOW, "last_seen": [2, NOW - 3 * DAY]}
    out.add("bundle-read", "3.2", "bundle.read", {**made, **seen})
    random = Seeded("python one-time vector")
    pair = {"invite_id": b64(random(16)), "opk_secret": b64(random(32)), "kem_seed": b64(random(64))}
    made = out.add("one-time-make", "3.3", "one-time.make", {**_signer(DAVE), **pair})
    out.add("one-time-read", "3.3", "one-time.read", {**made, **_signer(DAVE), "invite_id": pair["invite_id"]})
    terms = {"agent": id_of(DAVE), "invite_id": b64(bytes(16)), "secret": b64(random(32)), "name": "ß" * 64}
    terms |= {"relay": "[::1]:8787", "lane": lane("dave"), "scopes": ["a"] * 32, "expires_at": 2**64 - 1}
    made = out.add("invite-make", "4", "invite.make", terms)
    out.add("invite-read", "4", "invite.read", {"text": made["link"]})


def _signer(someone):
    return {"certificate": someone["certificate"], "device_seed": someone["device_seed"]}


def relays(out):
    out.add("base64url-read", "1", "base64url.read", {"text": b64(bytes(range(224, 256))), "length": 32})
    random = Seeded("python lanes")
    parts = {name: b64(random(n)) for name, n in (("master", 32), ("lane_id", 16), ("salt", 16), ("mask", 32))}
    out.add("lane-key", "5.1", "lane.key", parts)
    request = {"key": lane("carol")["key"], "method": "POST", "authority": "[::1]:8787", "path": "/api/deposit"}
    proof = {"lane_id": b64(random(16)), "seconds": 0, "envelope_id": b64(random(16)), "body": b64(random(4096))}
    made = out.add("lane-sign", "5.2", "lane.sign", {**request, **proof})
    out.add("lane-check", "5.2", "lane.check", {**request, **made, "body": proof["body"], "now_seconds": 300})
    for use in ("register", "session"):
        given = {"use": use, "authority": "localhost", "challenge": "-" * 256, **_signer(DAVE)}
        made = out.add(f"challenge-answer-{use}", "5.3", "challenge.answer", given)
        out.add(f"challenge-check-{use}", "5.3", "challenge.check", {**given, **made})
    given = {"authority": "localhost", "challenge": "_", "envelope": b64(random(64)), "difficulty": 9}
    made = out.add("knock-solve", "5.4", "knock.solve", {**given, "id": id_of(DAVE)})
    out.add("knock-check", "5.4", "knock.check", {**given, **made})
    items = [{"sequence": 2**64 - 1, "lane_id": b64(bytes(16)), "hour": 0, "envelope": ""}]
    made = out.add("batch-write", "6.3", "batch.write", {"acknowledged_through": 2**64 - 2, "items": items})
    out.add("batch-read", "6.3", "batch.read", made)


REQUEST = {"intent": "code-review", "payload": '{"what":"é"}'}


def file(size):
    return {"name": f"ß {size}.txt", "size": size, "digest": b64(bytes(32)), "key": b64(Seeded("python file")(32))}


def attachments(out):
    key = file(1)["key"]
    for size in (1, 4056, 4057, 262104, 262105, 262104 * 9, 262104 * 400, 2**27):
        out.add(f"attachment-cut-{size}", "10.1", "attachment.cut", {"size": size})
    for index in (0, 1, 2**32 - 1):
        out.add(f"attachment-blob-{index}", "10.1", "attachment.blob", {"key": key, "index": index})
    nonce = Seeded("python attachment nonce")(24)
    for size, index, data in ((5, 0, b"a\0b\0c"), (262104 * 8 + 1, 9, b""), (262104 + 3, 1, b"end")):
        sealed = b64(attachment.seal(unb64(key), size, index, data, nonce))
        given = {"key": key, "size": size, "index": index, "sealed": sealed}
        out.add(f"attachment-open-{size}-{index}", "10.1", "attachment.open", given)


def messages(out):
    receipt = {"state": 3, "reason": 2, "message_id": b64(bytes(16)), "digest": b64(bytes(32))}
    terms = {"counter": [2**32 - 1, 2**64 - 1], "offer": lane("dave"), "granted": ["x"] * 32, "expires_at": 0}
    bodies = [
        ("message", message("line\nline\0\u202e", "a-b")),
        ("receipts", {"receipts": [receipt] * 512}),
        ("hello", hello()),
        ("terms", terms),
        ("report", {"nonce": b64(bytes(32)), "reason": 3}),
        ("resend", {"epoch": 0, "first": 0, "last": 2**64 - 1}),
        ("ack", {}),
        ("message-with-parts", {**message("and files"), "request": REQUEST, "attachments": [file(1), file(2**27)]}),
    ]
    takes = [{"id": "dates", "title": "ß", "description": "line\nline", "schema": '{"type":"object"}'}]
    takes += [{"id": f"c-{n}", "title": "x", "description": "", "schema": None} for n in range(63)]
    bodies.append(("capabilities", {"counter": [2, 2**64 - 1], "capabilities": takes}))
    for number, (kind, body) in enumerate(bodies):
        made = out.add(f"content-write-{kind}", "10", "content.write", content(number, kind, body))
        out.add(f"content-read-{kind}", "10", "content.read", made)


def talk(purpose, events, **changes):
    said = {"now": NOW, "initiator": CAROL, "responder": DAVE, "reply_lane": lane("carol"), "purpose": purpose}
    said |= {"invite": invite(DAVE) if purpose == "invite" else None, "counter": [0, 0], "quoted": None}
    said |= {"random": {"initiator": f"python {purpose} 1", "responder": f"python {purpose} 2"}, "events": events}
    return {**said, **changes}


def seal(who, number, text="hi"):
    return {"seal": who, "content": written(number, "message", message(text))}


def events():
    """First flights lost and repeated in order, long chains, and both sides stepping in turn."""
    said = [{"seal": "initiator", "content": written(0, "hello", hello())}, {"open": 0}]
    said += [seal("initiator", n) for n in range(1, 9)] + [{"open": n} for n in (8, 2, 5)]  # 1 … 8
    said += [seal("responder", n) for n in range(1, 4)] + [{"open": 11}]  # 9, 10, 11
    said += [seal("initiator", 9, "y" * 5000), {"open": 12}, {"open": 1}, {"wait": DAY}, {"open": 9}]  # 12
    return said + [seal("responder", 4), {"open": 13}, {"open": 10}, {"open": 7}]  # 13


def conversations(out):
    for purpose in ("knock", "invite"):
        out.add(f"conversation-{purpose}", "7, 9", "conversation", talk(purpose, events()))
    reset = {"counter": [2, 0], "quoted": None}
    out.add("conversation-reset", "7, 9", "conversation", talk("reset", events()[:2], **reset))
    begun = events()[:2]
    far = begun + [seal("initiator", n, "") for n in range(1, 258)] + [{"open": 257}, {"open": 1}]
    five = begun + [seal("initiator", 1), seal("initiator", 2), {"open": 2}]
    for turn in range(5):
        five += [seal("responder", turn), {"open": 3 + 2 * turn}, seal("initiator", 3 + turn), {"open": 4 + 2 * turn}]
    out.add("conversation-five-steps", "9.6", "conversation", talk("knock", five))
    far_about = "256 skipped messages in one chain: as many as there may be."
    out.add("conversation-skip-256", "9.6", "conversation", talk("knock", far), far_about)


def about_files(out):
    for purpose in ("knock", "invite", "reset"):
        name = f"{FOLDER}/conversation-{purpose}.json"
        given = {"conversation": name, "after": 1, "to": "responder", "envelope": out[name]["output"]["envelopes"][0]}
        out.add(f"first-flight-{purpose}", "7", "first-flight.read", given)
        out.add(f"open-{purpose}", "7", "envelope.open", given)
    names = [f"{FOLDER}/conversation-{purpose}.json" for purpose in ("reset", "invite", "knock")]
    out.add("sessions-newest", "12", "sessions.newest", {"conversations": names})


def vectors(store):
    """All of them. `store` is called before those that read the others' files."""
    out = Written()
    for write in (documents, relays, messages, attachments, conversations):
        write(out)
    store(out)
    about_files(out)
    store(out)
    return out
