"""Rejected certificates, cards, bundles, one-time pairs and invites (sections 2.4, 3 and 4)."""

from a2a1 import card, certificate, ids, invite, lane, prekeys
from a2a1.primitives import ed25519_public, kem_keys, sha256, sign, x25519_public
from a2a1.wire import b64, counter, lp, u8, u32, u64, unb64

from .. import files
from . import forged
from .rejected import flipped, with_more, without_last

DAY = prekeys.DAY
NOW = 1_800_000_000_000


class Signer:
    """Bob of the accepting vectors, who signs what he should not."""

    def __init__(self):
        given = files.read("accept/certificate-make.json")["input"]
        self.given = given
        self.root, _ = ids.root_and_backup(unb64(given["entropy"]))
        self.agent = ed25519_public(self.root)
        self.seed = unb64(given["device_seed"])
        self.device = ed25519_public(self.seed)
        self.agreement = x25519_public(unb64(given["agreement_secret"]))
        self.certificate = unb64(given["certificate"])
        self.text = ids.id_text(self.agent)


BOB = Signer()
OTHER = files.read("accept/recovery-derive-second.json")["output"]["id"]


def certificates(out):
    genuine = b64(BOB.certificate)
    fields = {"version": 0, "id": 1, "device-key": 40, "agreement-key": 66, "epoch": 100, "not-before": 108}
    fields |= {"not-after": 116, "signature-r": 117, "signature-s": 150}
    for name, at in fields.items():
        yield name, flipped(genuine, at)
    yield "cut-off", without_last(genuine)
    yield "byte-more", with_more(genuine)
    body = BOB.certificate[:117]
    yield "signed-by-device", b64(body + sign(BOB.seed, certificate.LABEL, body))
    yield "signed-under-another-label", b64(body + sign(BOB.root, card.LABEL, body))
    yield "signature-large-s", b64(body + forged.large_s(BOB.root, certificate.LABEL, body))
    yield "signature-small-order-r", b64(body + forged.small_order_r(BOB.root, certificate.LABEL, body))
    yield "signature-cofactored", b64(body + forged.cofactored(BOB.root, certificate.LABEL, body))
    keys = {"device-key-torsion": forged.torsioned(BOB.device), "device-key-small-order": forged.ORDER_8}
    keys |= {"device-key-non-canonical": forged.non_canonical(), "device-key-not-a-point": forged.no_point()}
    for name, device in keys.items():
        yield name, b64(_certificate(device, NOW, NOW + DAY))
    for name, end in (("life-over-400-days", NOW + 400 * DAY + 1), ("life-empty", NOW), ("life-backwards", NOW - 1)):
        yield name, b64(_certificate(BOB.device, NOW, end))


def _certificate(device, start, end):
    return certificate.make_certificate(BOB.root, BOB.agent, device, BOB.agreement, 3, start, end)


def card_body(**changes):
    """The unsigned bytes of a card with some fields changed."""
    fields = {"version": u8(1), "certificate": BOB.certificate, "name": lp("Bob"), "handle": lp("bob")}
    fields |= {"relay": lp("relay.example.org"), "listed": u8(1), "knocks": u8(1), "sequence": counter((3, 7))}
    fields |= {"updated_at": u64(NOW), "capabilities": u32(1) + _capability(), "more": b""}
    return b"".join({**fields, **changes}.values())


def _capability(name="review", title="Reviews", description="", schema=""):
    return lp(name) + lp(title) + lp(description) + lp(schema)


def cards():
    yield "version", {"version": u8(2)}
    yield "name-blank", {"name": lp(" ")}
    yield "name-empty", {"name": lp("")}
    yield "name-line-break", {"name": lp("Bob\nAlice")}
    yield "name-control-character", {"name": lp("Bob\u0085")}
    yield "name-too-long", {"name": lp("b" * 129)}
    yield "name-not-utf8", {"name": lp(b"\xff\xfe")}
    yield "name-length-beyond-the-end", {"name": u32(2**32 - 1) + b"Bob"}
    yield "handle-capitals", {"handle": lp("Bob")}
    yield "handle-too-long", {"handle": lp("b" * 33)}
    yield "relay-not-canonical", {"relay": lp("Relay.example.org")}
    yield "relay-own-port", {"relay": lp("relay.example.org:443")}
    yield "listed-flag", {"listed": u8(2)}
    yield "knocks-flag", {"knocks": u8(2)}
    yield "sequence-epoch-above-certificate", {"sequence": counter((4, 7))}
    yield "sequence-epoch-below-certificate", {"sequence": counter((2, 7))}
    yield "capability-twice", {"capabilities": u32(2) + _capability() * 2}
    yield "capability-count", {"capabilities": u32(2) + _capability()}
    many = b"".join(_capability(f"c{n}") for n in range(65))
    yield "capabilities-65", {"capabilities": u32(65) + many}
    yield "capability-id-capitals", {"capabilities": u32(1) + _capability(name="Review")}
    yield "capability-title-empty", {"capabilities": u32(1) + _capability(title="")}
    yield "capability-description-too-long", {"capabilities": u32(1) + _capability(description="d" * 4097)}
    yield "capability-schema-too-long", {"capabilities": u32(1) + _capability(schema="s" * 16385)}
    yield "byte-more", {"more": u8(0)}


def write_cards(out):
    genuine = files.read("accept/card-make-full.json")["output"]["card"]
    add = lambda name, raw, agent=BOB.text: out.add(f"card-{name}", "3.1", "card.read", {"card": raw, "id": agent})
    for name, changes in cards():
        body = card_body(**changes)
        add(name, b64(body + sign(BOB.seed, card.LABEL, body)))
    add("of-another-agent", genuine, OTHER)
    add("signature", flipped(genuine, -1))
    add("sequence-not-as-signed", flipped(genuine, genuine_at(genuine, counter((3, 7))) + 11))
    add("cut-off", without_last(genuine))
    for label in (prekeys.BUNDLE, certificate.LABEL):
        body = card_body()
        add(f"signed-as-{label.rsplit('/')[-1]}", b64(body + sign(BOB.seed, label, body)))
    body = card_body()
    add("signed-by-root", b64(body + sign(BOB.root, card.LABEL, body)))
    schemas = b"".join(_capability(f"c{n}", schema="s" * 16384) for n in range(4))
    body = card_body(capabilities=u32(4) + schemas)
    add("larger-than-65536", b64(body + sign(BOB.seed, card.LABEL, body)))


def genuine_at(text, part):
    return unb64(text).index(part)


def bundle_body(**changes):
    given = BOB.given
    spk, ek = x25519_public(unb64(given["spk_secret"])), kem_keys(unb64(given["kem_seed"]))[0]
    fields = {"version": u8(1), "suite": u8(1), "minimum": u8(1), "certificate": BOB.certificate}
    fields |= {"prekey_id": u32(7), "spk": spk, "ek": ek, "created": u64(NOW), "not_after": u64(NOW + 90 * DAY)}
    fields |= {"knocks": u8(1), "relay": lp("relay.example.org"), "more": b""}
    return b"".join({**fields, **changes}.values())


def large_coefficient(ek):
    """The key with its first coefficient at 3329."""
    low = int.from_bytes(ek[:3], "little") & ~0xFFF | 3329
    return low.to_bytes(3, "little") + ek[3:]


def bundles():
    ek = kem_keys(unb64(BOB.given["kem_seed"]))[0]
    yield "version", {"version": u8(2)}
    yield "suite", {"suite": u8(2)}
    yield "minimum-version", {"minimum": u8(2)}
    yield "kem-coefficient", {"ek": large_coefficient(ek)}
    yield "ahead-by-more-than-a-day", {"created": u64(NOW + DAY + 1)}
    yield "life-over-90-days", {"not_after": u64(NOW + 90 * DAY + 1)}
    yield "life-empty", {"not_after": u64(NOW)}
    yield "life-backwards", {"not_after": u64(NOW - 1)}
    yield "knocks-flag", {"knocks": u8(2)}
    yield "relay-not-canonical", {"relay": lp("relay.example.org:443")}
    yield "certificate-over", {"certificate": _certificate(BOB.device, NOW - 9 * DAY, NOW - 1)}
    yield "certificate-in-two-days", {"certificate": _certificate(BOB.device, NOW + 2 * DAY, NOW + 9 * DAY)}
    yield "certificate-not-signed", {"certificate": BOB.certificate[:-1] + b"\0"}
    yield "byte-more", {"more": u8(0)}


def write_bundles(out):
    genuine = files.read("accept/bundle-make.json")["output"]["bundle"]

    def add(name, raw, agent=BOB.text, now=NOW, last_seen=(0, 0)):
        given = {"bundle": raw, "id": agent, "now": now, "last_seen": list(last_seen)}
        out.add(f"bundle-{name}", "3.2", "bundle.read", given)

    for name, changes in bundles():
        body = bundle_body(**changes)
        add(name, b64(body + sign(BOB.seed, prekeys.BUNDLE, body)))
    fields = {"prekey-id": 184, "spk": 200, "kem": 800, "created": 1411, "not-after": 1419, "signature": -1}
    for name, at in fields.items():
        add(f"{name}-not-as-signed", flipped(genuine, at))
    add("of-another-agent", genuine, agent=OTHER)
    add("expired", genuine, now=NOW + 89 * DAY + 1)
    add("older-than-the-last", genuine, last_seen=(3, NOW - DAY + 1))
    add("of-a-lower-epoch", genuine, last_seen=(4, 0))
    add("cut-off", without_last(genuine))
    body = bundle_body()
    add("signed-as-card", b64(body + sign(BOB.seed, card.LABEL, body)))
    add("signed-by-root", b64(body + sign(BOB.root, prekeys.BUNDLE, body)))


def write_one_time_pairs(out):
    given = files.read("accept/one-time-read.json")["input"]
    genuine, body = given["one_time"], unb64(given["one_time"])[:-64]
    invite_id = unb64(given["invite_id"])
    opk, ek = body[49:81], body[81:]
    add = lambda name, raw, **changes: out.add(
        f"one-time-{name}", "3.3", "one-time.read", {**given, "one_time": raw, **changes}
    )

    def signed(changed, covered=None):
        return b64(changed + sign(BOB.seed, prekeys.ONE_TIME, BOB.agent + changed if covered is None else covered))

    fields = {"version": 0, "certificate-hash": 1, "invite-id": 33, "opk": 49, "kem": 900, "signature": -1}
    for name, at in fields.items():
        add(f"{name}-not-as-signed", flipped(genuine, at))
    head = u8(1) + sha256(BOB.certificate)
    add("version", signed(u8(2) + body[1:]))
    add("of-another-invite", signed(head + bytes(16) + opk + ek))
    add("of-another-certificate", signed(u8(1) + bytes(32) + invite_id + opk + ek))
    add("kem-coefficient", signed(head + invite_id + opk + large_coefficient(ek)))
    add("signed-without-the-agent", signed(body, covered=body))
    add("signed-as-bundle", b64(body + sign(BOB.seed, prekeys.BUNDLE, BOB.agent + body)))
    add("cut-off", without_last(genuine))
    add("byte-more", with_more(genuine))


def invite_text(**changes):
    """A link with some fields changed and a checksum that fits."""
    offer = lane.LaneOffer("bob.example.org", bytes(16), bytes(32)).written()
    fields = {"version": u8(1), "agent": BOB.agent, "id": bytes(16), "secret": bytes(32), "name": lp("Bob")}
    fields |= {"relay": lp("bob.example.org"), "lane": offer, "scopes": u8(1) + lp("message"), "expires": u64(NOW)}
    body = b"".join({**fields, "more": b"", **changes}.values())
    return "https://bob.example.org/invite#" + b64(body + invite.checksum(body))


def invites():
    genuine = files.read("accept/invite-make.json")["output"]["link"]
    page, fragment = genuine.split("#")
    yield "host-changed", genuine.replace("bob.example", "bab.example")
    yield "scheme-changed", genuine.replace("https", "http")
    yield "path-changed", genuine.replace("/invite", "/invites")
    yield "query-added", genuine.replace("#", "?x#")
    yield "character-changed", f"{page}#{fragment[:60]}{'A' if fragment[60] != 'A' else 'B'}{fragment[61:]}"
    yield "shortened", genuine[:-1]
    yield "lengthened", genuine + "A"
    yield "checksum", f"{page}#{flipped(fragment, -1)}"
    yield "no-fragment", page
    yield "longer-than-8192", "A" * 8196
    yield "version", invite_text(version=u8(2))
    yield "agent-torsion", invite_text(agent=forged.torsioned(BOB.agent))
    yield "name-blank", invite_text(name=lp(" "))
    yield "name-control-character", invite_text(name=lp("\x1b[2J"))
    yield "name-too-long", invite_text(name=lp("b" * 129))
    yield "relay-not-canonical", invite_text(relay=lp("Bob.example.org"))
    yield "lane-relay-not-canonical", invite_text(lane=lp("bob.example.org:443") + bytes(48))
    yield "scopes-33", invite_text(scopes=u8(33) + lp("a") * 33)
    yield "scope-capitals", invite_text(scopes=u8(1) + lp("Message"))
    yield "scope-empty", invite_text(scopes=u8(1) + lp(""))
    yield "scope-too-long", invite_text(scopes=u8(1) + lp("a" * 65))
    yield "byte-more", invite_text(more=u8(0))


def write(out):
    for name, raw in certificates(out):
        out.add(f"certificate-{name}", "2.4", "certificate.read", {"certificate": raw, "now": NOW})
    write_cards(out)
    write_bundles(out)
    write_one_time_pairs(out)
    for name, text in invites():
        out.add(f"invite-{name}", "4", "invite.read", {"text": text})
