"""Rejected first flights (section 7)."""

from dataclasses import replace

from a2a1 import body, box, certificate, handshake, ids, lane
from a2a1.primitives import ZERO32, ed25519_public, kem_keys, sign
from a2a1.step import next_chain_key
from a2a1.wire import b64, counter, u8, u32, unb64

from .. import files
from ..people import DAY
from ..sessions import own_keys
from . import forged
from .crafted import Flight, Steps
from .documents import large_coefficient

OUTSIDE, BEHIND = "not_for_session", "invalid"
BASES = {name: f"accept/conversation-{name}.json" for name in ("knock", "invite", "reset")}
CLEAR, BOX, HEADER = 2, 2 + handshake.CLEAR, 2 + handshake.CLEAR + box.SEALED


def said(base):
    return files.read(BASES[base])["input"]


def shallow():
    """One byte on the wire: name, place, outcome."""
    places = {"version": 0, "kind": 1, "bundle-hash": 2, "flags": 34, "invite-id": 35, "ephemeral": 51, "ct": 83}
    places |= {"ct-last-byte": BOX - 1, "box-nonce": BOX, "box": BOX + 24, "box-tag": HEADER - 1}
    places |= {"header-nonce": HEADER, "header": HEADER + 24, "header-tag": HEADER + 2439}
    places |= {"commitment": HEADER + 2440, "body-nonce": HEADER + 2472, "body": HEADER + 2496, "body-tag": -1}
    return places


class Initiator:
    """Alice of the accepting conversations, with certificates that she does not show there."""

    def __init__(self, base="knock"):
        given = said(base)["initiator"]
        self.keys = own_keys(given, said(base)["now"])
        self.root, _ = ids.root_and_backup(unb64(given["entropy"]))
        self.now = said(base)["now"]

    def certified(self, epoch=1, start=-DAY, end=DAY, agreement=None, device=None, root=None):
        own, root = self.keys.certificate, root or self.root
        keys = device or own.device, agreement or own.agreement
        times = epoch, self.now + start, self.now + end
        raw = certificate.make_certificate(root, ed25519_public(root), *keys, *times)
        return certificate.read_certificate(raw)

    def with_certificate(self, **terms):
        return replace(self.keys, certificate=self.certified(**terms))


def claims(purpose, relay="alice.example.org", lane_id=None, number=(0, 0), quotes=0, nonce=ZERO32, base="knock"):
    genuine = said(base)["reply_lane"]
    offer = lane.LaneOffer(relay, lane_id or unb64(genuine["lane_id"]), unb64(genuine["key"]))
    return offer.written() + u8(purpose) + counter(number) + u8(quotes) + nonce


def in_the_box():
    """Claims that are signed as they stand, and should not stand so: name, base, claims."""
    yield "purpose-0", "knock", claims(0)
    yield "purpose-4", "knock", claims(4)
    yield "purpose-invite-without-invite", "knock", claims(box.INVITE)
    yield "purpose-knock-with-invite", "invite", claims(box.KNOCK)
    yield "purpose-reset-with-invite", "invite", claims(box.RESET, number=(1, 1))
    yield "knock-with-counter", "knock", claims(box.KNOCK, number=(1, 1))
    yield "knock-with-quoted-report", "knock", claims(box.KNOCK, quotes=1, nonce=b"\1" * 32)
    yield "quoted-flag-2", "reset", claims(box.RESET, number=(1, 3), quotes=2)
    yield "nonce-without-flag", "reset", claims(box.RESET, number=(1, 3), nonce=b"\1" * 32)
    yield "reset-of-another-epoch", "reset", claims(box.RESET, number=(2, 3))
    yield "reply-lane-relay-not-canonical", "knock", claims(box.KNOCK, relay="Alice.example.org")


def not_as_signed():
    """What the box shows differs from what was signed, and would be taken if it had been signed: name, base, shown."""
    yield "reply-lane", "knock", claims(box.KNOCK, lane_id=b"\1" * 16)
    yield "reply-relay", "knock", claims(box.KNOCK, relay="mallory.example.org")
    yield "counter", "reset", claims(box.RESET, number=(1, 4), quotes=1, nonce=unb64(said("reset")["quoted"]))
    yield "quoted-report", "reset", claims(box.RESET, number=(1, 3), quotes=1, nonce=b"\2" * 32)


def by(seed, label=box.LABEL):
    """A signature over the honest bytes by another key or under another label."""

    def changed(flight):
        covered = {}

        def keep(honest):
            covered["bytes"] = honest
            return honest

        return Steps(box_covered=keep, box_signature=lambda _: sign(seed(flight), label, covered["bytes"]))

    return changed


def covering(change):
    return lambda flight: Steps(box_covered=change)


T0, ID_A, ID_B, HASH = slice(0, 32), slice(32, 64), slice(64, 96), slice(96, 128)


def with_part(part, value):
    def change(covered):
        data = bytearray(covered)
        data[part] = value
        return bytes(data)

    return covering(change)


def mis_signed():
    alice = Initiator()
    yield "absent", lambda _: Steps(box_signature=lambda _: bytes(64))
    yield "by-root", by(lambda _: alice.root)
    yield "by-another-device", by(lambda _: b"\7" * 32)
    yield "under-the-label-of-messages", by(lambda f: f.own.device_seed, body.LABEL)
    yield "large-s", lambda f: Steps(box_covered=f.keep, box_signature=lambda _: forged.large_s(*f.kept()))
    yield "small-order-r", lambda f: Steps(box_covered=f.keep, box_signature=lambda _: forged.small_order_r(*f.kept()))
    yield "over-another-t0", with_part(T0, bytes(32))
    yield "for-another-initiator", with_part(ID_A, ed25519_public(b"\7" * 32))
    yield "for-another-responder", with_part(ID_B, ed25519_public(b"\7" * 32))
    yield "over-another-certificate", with_part(HASH, bytes(32))
    yield "without-the-certificate", covering(lambda c: c[:96] + c[128:])
    yield "without-the-claims", covering(lambda c: c[:128])
    yield "without-t0", covering(lambda c: c[32:])


class Kept(Flight):
    """A flight that remembers what its signature covers."""

    def keep(self, honest):
        self.covered = honest
        return honest

    def kept(self):
        return self.own.device_seed, box.LABEL, self.covered


def certificates():
    """Whole flights by who should not be heard: name, initiator's keys."""
    alice = Initiator()
    yield "over", alice.with_certificate(end=-1)
    yield "not-yet", alice.with_certificate(start=1)
    bob = own_keys(said("knock")["responder"], said("knock")["now"])
    yield "our-own", bob


def secrets():
    """Inputs of the first keys left out or exchanged: name, base, step and value."""
    for name in ("dh2", "dh3"):
        yield f"without-{name}", "knock", {name: lambda _: ZERO32}
    yield "without-dh4", "invite", {"dh4": lambda _: ZERO32}
    yield "without-psk", "invite", {"psk": lambda _: ZERO32}
    yield "with-another-psk", "invite", {"psk": lambda _: b"\x43" * 32}
    yield "without-kem-secret", "knock", {"ss": lambda _: ZERO32}
    yield "without-dh1", "knock", {"dh1": lambda _: ZERO32}
    bundle_ek = kem_keys(unb64(said("invite")["responder"]["kem_seed"]))[0]
    yield "kem-to-the-bundle-in-an-invite", "invite", {"ek": lambda _: bundle_ek}
    yield "with-another-t0", "knock", {"t0": lambda _: bytes(32)}


def headers():
    """The header of a first flight, signed and sealed as it stands: name, change of its bytes."""

    def put(at, value):
        return lambda h: h[:at] + value + h[at + len(value) :]

    yield "pn-1", put(34, u32(1)), BEHIND
    yield "ct-that-was-not-asked-for", lambda h: put(1, u8(1))(put(1226, b"\1" * 1088)(h)), BEHIND
    yield "ct-without-its-flag", put(1226, b"\1"), BEHIND
    yield "version", put(0, u8(2)), BEHIND
    yield "zeros", put(2399, b"\1"), BEHIND
    yield "kem-coefficient", lambda h: h[:42] + large_coefficient(h[42:1226]) + h[1226:], BEHIND


def add(out, name, base, envelope, outcome, **more):
    given = {"conversation": BASES[base], "after": 1, "to": "responder", "envelope": b64(envelope), **more}
    out.add(f"first-flight-{name}", "7", "envelope.open", given, outcome)


def crafted(base, step=Steps(), own=None):
    envelope = Flight(said(base), step, own).envelope()
    assert step.used == set(step.changes), f"no step {set(step.changes) - step.used}"
    return envelope


def write_shallow(out):
    for base in BASES:
        genuine = unb64(files.read(BASES[base])["output"]["envelopes"][0])
        assert crafted(base) == genuine, "an unchanged craft is the genuine envelope"
    for base in ("knock", "invite"):
        genuine = unb64(files.read(BASES[base])["output"]["envelopes"][0])
        for name, at in shallow().items():
            changed = bytearray(genuine)
            changed[at] ^= 1
            add(out, f"{base}-{name}", base, bytes(changed), OUTSIDE)
    genuine = unb64(files.read(BASES["knock"])["output"]["envelopes"][0])
    flags = genuine[:34] + u8(2) + genuine[35:]
    add(out, "knock-flags-2", "knock", flags, OUTSIDE)
    add(out, "knock-cut-off", "knock", genuine[:-1], OUTSIDE)
    add(out, "knock-cut-to-a-smaller-size", "knock", genuine[:4096], OUTSIDE)
    add(out, "knock-filled-to-a-larger-size", "knock", genuine.ljust(16384, b"\0"), OUTSIDE)
    add(out, "knock-after-its-certificate-ended", "knock", genuine, BEHIND, now=said("knock")["now"] + 301 * DAY)
    seen = files.read(BASES["knock"])["output"]["replay_key"]
    add(out, "knock-seen-before", "knock", genuine, "used", seen=[seen])


def write_boxes(out):
    for name, base, changed in in_the_box():
        step = Steps(claims=lambda _, c=changed: c, signed_claims=lambda _, c=changed: c)
        add(out, f"box-{name}", base, crafted(base, step), BEHIND)
    for name, base, shown in not_as_signed():
        add(out, f"box-{name}-not-as-signed", base, crafted(base, Steps(claims=lambda _, c=shown: c)), BEHIND)
    add(out, "box-padding", "knock", crafted("knock", Steps(plain=lambda p: p[:-1] + b"\1")), BEHIND)
    broken = Steps(certificate=lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]))
    add(out, "box-certificate-signature", "knock", crafted("knock", broken), BEHIND)
    write_purpose_alone(out)
    write_certificate_alone(out)
    for name, step in mis_signed():
        flight = Kept(said("knock"))
        flight.step = step(flight)
        add(out, f"box-signature-{name}", "knock", flight.envelope(), BEHIND)


def write_purpose_alone(out):
    """Signed as a reset of epoch 0 with number 0, shown as a knock: nothing but the purpose's byte differs."""
    own = Initiator().with_certificate(epoch=0)
    shown, signed = claims(box.KNOCK), claims(box.RESET)
    crafted("knock", Steps(claims=lambda _: shown, signed_claims=lambda _: shown), own)
    step = Steps(claims=lambda _: shown, signed_claims=lambda _: signed)
    add(out, "box-purpose-not-as-signed", "knock", crafted("knock", step, own), BEHIND)


def write_certificate_alone(out):
    """The same agent and device keys, under a certificate of a higher epoch than the one that was signed for."""
    alice = Initiator()
    higher = alice.certified(epoch=7)
    step = Steps(certificate=lambda _: higher.raw)
    add(out, "box-certificate-not-as-signed", "knock", crafted("knock", step), BEHIND)


def write_degenerate(out):
    """Keys that force an outcome of 32 zero bytes; whoever takes them takes the flight."""
    zero = Steps(clear=lambda c: replace(c, ephemeral=ZERO32), dh2=lambda _: ZERO32, dh3=lambda _: ZERO32)
    add(out, "ephemeral-of-small-order", "knock", crafted("knock", zero), BEHIND)
    own = Initiator().with_certificate(agreement=ZERO32)
    add(out, "agreement-key-of-small-order", "knock", crafted("knock", Steps(dh1=lambda _: ZERO32), own), BEHIND)


def write(out):
    write_shallow(out)
    write_boxes(out)
    write_degenerate(out)
    for name, own in certificates():
        add(out, f"certificate-{name}", "knock", crafted("knock", own=own), BEHIND)
    for name, base, changes in secrets():
        add(out, f"keys-{name}", base, crafted(base, Steps(**changes)), OUTSIDE)
    for name, change, outcome in headers():
        add(out, f"header-{name}", "knock", crafted("knock", Steps(header=change)), outcome)
    kind = Steps(header_ad=lambda ad: ad.replace(u8(1) + u8(1), u8(1) + u8(2), 1))
    add(out, "header-sealed-as-a-message", "knock", crafted("knock", kind), OUTSIDE)
    second = Steps(chain=lambda c: replace(c, ck=next_chain_key(c.ck), number=1))
    add(out, "header-number-1", "knock", crafted("knock", second), BEHIND)
    unsigned = Steps(signature=lambda _: bytes(64))
    add(out, "message-not-signed", "knock", crafted("knock", unsigned), BEHIND)
    add(out, "content-of-no-kind", "knock", crafted("knock", Steps(content=lambda c: c[:1] + u8(10) + c[2:])), BEHIND)
