"""Rejected lane proofs, answers to challenges, work and batches (sections 5 and 6.3)."""

from a2a1.lane import request_header
from a2a1.wire import b64, lp, u8, u32, u64, unb64

from .. import files
from .rejected import flipped, with_more, without_last


def lanes():
    given = files.read("accept/lane-check-deposit-now.json")["input"]
    lane_id, seconds, envelope_id, mac = given["header"].split(".")
    now = int(seconds)
    yield "method", {"method": "PUT"}
    yield "method-in-small-letters", {"method": "post"}
    yield "authority", {"authority": "bob.example.org"}
    yield "path", {"path": "/api/deposits"}
    yield "body", {"body": b64(b"another envelope")}
    yield "body-empty", {"body": ""}
    yield "key", {"key": flipped(given["key"], 0)}
    yield "too-early", {"now_seconds": now - 301}
    yield "too-late", {"now_seconds": now + 301}
    parts = {
        "lane-id": (flipped(lane_id, 0), seconds, envelope_id, mac),
        "seconds": (lane_id, str(now + 1), envelope_id, mac),
        "envelope-id": (lane_id, seconds, flipped(envelope_id, 15), mac),
        "mac": (lane_id, seconds, envelope_id, flipped(mac, 0)),
        "mac-last-byte": (lane_id, seconds, envelope_id, flipped(mac, 31)),
        "mac-shortened": (lane_id, seconds, envelope_id, without_last(mac)),
        "mac-empty": (lane_id, seconds, envelope_id, ""),
        "seconds-leading-zero": (lane_id, "0" + seconds, envelope_id, mac),
        "seconds-sign": (lane_id, "+" + seconds, envelope_id, mac),
        "seconds-empty": (lane_id, "", envelope_id, mac),
        "seconds-above-u64": (lane_id, str(2**64), envelope_id, mac),
        "three-parts": (lane_id, seconds, envelope_id),
        "five-parts": (lane_id, seconds, envelope_id, mac, ""),
        "padding": (lane_id + "==", seconds, envelope_id, mac),
    }
    for name, header in parts.items():
        yield name, {"header": ".".join(header)}
    place = unb64(lane_id), now, unb64(envelope_id), unb64(given["body"])
    swapped = request_header(unb64(given["key"]), given["method"], given["path"], given["authority"], *place)
    yield "authority-and-path-swapped", {"header": swapped}


def write_challenges(out):
    given = files.read("accept/challenge-check-session.json")["input"]
    other = files.read("accept-python/challenge-answer-session.json")["input"]["certificate"]
    changes = {
        "use": {"use": "register"},
        "authority": {"authority": "bob.example.org:8443"},
        "challenge": {"challenge": given["challenge"][:-1]},
        "certificate": {"certificate": other},
        "signature": {"signature": flipped(given["signature"], 63)},
        "signature-shortened": {"signature": without_last(given["signature"])},
    }
    for name, change in changes.items():
        out.add(f"challenge-{name}", "5.3", "challenge.check", {**given, **change})


def write_knocks(out):
    given = files.read("accept/knock-check.json")["input"]
    agent, challenge, nonce = given["header"].split(".")
    other = files.read("accept/recovery-derive-second.json")["output"]["id"]
    changes = {
        "envelope": {"envelope": b64(b"another")},
        "authority": {"authority": "bob.example.org:8443"},
        "difficulty": {"difficulty": 40},
        "recipient": {"header": f"{other}.{challenge}.{nonce}"},
        "challenge": {"header": f"{agent}.{challenge}x.{nonce}"},
        "nonce": {"header": f"{agent}.{challenge}.{int(nonce) + 1}"},
        "nonce-leading-zero": {"header": f"{agent}.{challenge}.0{nonce}"},
        "nonce-missing": {"header": f"{agent}.{challenge}"},
        "recipient-shortened": {"header": f"{agent[:-1]}.{challenge}.{nonce}", "difficulty": 0},
        "challenge-alphabet": {"header": f"{agent}.a+b.{nonce}", "difficulty": 0},
        "challenge-empty": {"header": f"{agent}..{nonce}", "difficulty": 0},
        "challenge-of-257": {"header": f"{agent}.{'a' * 257}.{nonce}", "difficulty": 0},
    }
    for name, change in changes.items():
        out.add(f"knock-{name}", "5.4", "knock.check", {**given, **change})


def _item(sequence=7, source=1, lane_id=bytes(16), envelope=lp("one")):
    return u64(sequence) + u8(source) + lane_id + u64(500_000) + envelope


def batches():
    yield "sequence-twice", u64(6) + u32(2) + _item() + _item()
    yield "sequence-descending", u64(6) + u32(2) + _item(9) + _item(8)
    yield "sequence-acknowledged", u64(7) + u32(1) + _item(7)
    yield "source", u64(6) + u32(1) + _item(source=3)
    yield "front-door-with-lane", u64(6) + u32(1) + _item(source=2, lane_id=b"\1" * 16)
    yield "count-above-items", u64(6) + u32(2) + _item()
    yield "count-below-items", u64(6) + u32(1) + _item() + _item(8)
    yield "count-257", u64(6) + u32(257) + b"".join(_item(7 + n, envelope=lp("")) for n in range(257))
    yield "envelope-above-65536", u64(6) + u32(1) + _item(envelope=lp(bytes(65537)))
    yield "envelope-cut-off", u64(6) + u32(1) + _item()[:-1]


def write(out):
    given = files.read("accept/lane-check-deposit-now.json")["input"]
    for name, change in lanes():
        out.add(f"lane-{name}", "5.2", "lane.check", {**given, **change})
    write_challenges(out)
    write_knocks(out)
    for name, raw in batches():
        out.add(f"batch-{name}", "6.3", "batch.read", {"batch": b64(raw)})
    genuine = files.read("accept/batch-write.json")["output"]["batch"]
    out.add("batch-byte-more", "6.3", "batch.read", {"batch": with_more(genuine)})
