"""Rejected messages of a session (sections 8 and 9)."""

from dataclasses import replace

from a2a1 import body, box, ids
from a2a1.primitives import ZERO32, kem_keys, kem_seal, sha256, sign, x25519, x25519_public
from a2a1.session import Sending, Step
from a2a1.step import next_chain_key, root_step, sending_half
from a2a1.wire import b64, u8, u32, unb64

from .. import files
from ..people import DAY
from ..seeded import Seeded
from ..sessions import at
from .crafted import Steps, message
from .documents import large_coefficient

KNOCK = "accept/conversation-knock.json"
OUTSIDE, BEHIND, USED, FAR = "not_for_session", "invalid", "used", "too_far_ahead"


def played(events, name=KNOCK):
    """The conversation as it stood after some events."""
    return at({"conversation": name, "after": events})


def crafted(events, content, step=Steps(), who="responder", change=lambda state: state, random=None):
    """What `who` would seal after these events, with some steps changed."""
    talk = played(events)
    state, seed = change(talk.states[who]), talk.keys[who].device_seed
    envelope = message(state, seed, content, random or talk.random[who], step)[1]
    assert step.used == set(step.changes), f"no step {set(step.changes) - step.used}"
    return envelope


def add(out, name, after, envelope, outcome, to="initiator", conversation=KNOCK, **more):
    given = {"conversation": conversation, "after": after, "to": to, "envelope": b64(envelope), **more}
    out.add(f"message-{name}", "9", "envelope.open", given, outcome)


SAID = files.read(KNOCK)
EVENTS, ENVELOPES = SAID["input"]["events"], SAID["output"]["envelopes"]
# Bob's first message, which begins a step: sealed by event 2, to be opened by Alice.
STEP, SECOND = 2, 3


def content_of(event):
    return unb64(EVENTS[event]["content"])


def shallow():
    genuine = unb64(ENVELOPES[1])
    places = {"version": 0, "header-nonce": 2, "header": 26, "header-tag": 2441, "commitment": 2442}
    places |= {"body-nonce": 2474, "body": 2498, "body-last-byte": -1}
    for name, at in places.items():
        changed = bytearray(genuine)
        changed[at] ^= 1
        yield name, bytes(changed)
    yield "kind-first-flight", genuine[:1] + u8(1) + genuine[2:]
    yield "kind-3", genuine[:1] + u8(3) + genuine[2:]
    yield "cut-off", genuine[:-1]
    yield "filled-to-a-larger-size", genuine.ljust(8192, b"\0")
    yield "header-of-another-envelope", genuine[:2] + unb64(ENVELOPES[2])[2:2442] + genuine[2442:]


def put(at, value):
    return lambda plain: plain[:at] + value + plain[at + len(value) :]


def headers():
    """Headers that are signed and sealed as they stand."""
    yield "version", put(0, u8(2))
    yield "flag-bit-1", put(1, u8(3))
    yield "ct-without-its-flag", put(1, u8(0))
    yield "zeros", put(2399, b"\1")
    yield "kem-coefficient", lambda h: h[:42] + large_coefficient(h[42:1226]) + h[1226:]
    yield "pn-before-the-first-chain", put(34, u32(1))


SID, SENDER, RECIPIENT, HEADER, CONTENT = (slice(32 * n, 32 * n + 32) for n in range(5))


def exchanged(part, value):
    def change(covered):
        data = bytearray(covered)
        data[part] = value
        return bytes(data)

    return Steps(covered=change)


def signatures():
    talk = played(STEP)
    seed, root = talk.keys["responder"].device_seed, ids.root_and_backup(unb64(SAID["input"]["responder"]["entropy"]))[0]
    yield "absent", Steps(signature=lambda _: bytes(64))
    yield "last-byte", Steps(signature=lambda s: s[:-1] + bytes([s[-1] ^ 1]))
    yield "without-the-header", Steps(covered=lambda c: c[:96] + c[128:])
    yield "over-another-header", exchanged(HEADER, ZERO32)
    yield "over-another-session", exchanged(SID, ZERO32)
    yield "over-another-content", exchanged(CONTENT, ZERO32)
    yield "for-another-sender", exchanged(SENDER, ZERO32)
    yield "for-another-recipient", exchanged(RECIPIENT, ZERO32)
    yield "sender-and-recipient-swapped", Steps(covered=lambda c: c[:32] + c[64:96] + c[32:64] + c[96:])
    for name, by, label in (("under-the-label-of-handshakes", seed, box.LABEL), ("by-root", root, body.LABEL)):
        covered = {}
        keep = lambda c, kept=covered: kept.setdefault("bytes", c)
        yield name, Steps(covered=keep, signature=lambda _, k=covered, b=by, l=label: sign(b, l, k["bytes"]))


def bodies():
    flip = lambda at: lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    yield "commitment-first-byte", Steps(body=flip(0))
    yield "commitment-last-byte", Steps(body=flip(31))
    yield "commitment-zero", Steps(body=lambda b: bytes(32) + b[32:])
    yield "commitment-over-another-nonce", Steps(body=flip(33))
    yield "cipher", Steps(body=flip(60))
    yield "tag", Steps(body=lambda b: b[:-1] + bytes([b[-1] ^ 1]))
    yield "padding-last-byte", Steps(inner=lambda i: i[:-1] + b"\1")
    yield "padding-first-byte", Steps(inner=lambda i: put(4 + int.from_bytes(i[:4], "big") + 64, b"\1")(i))
    yield "content-length-beyond-the-end", Steps(inner=put(0, u32(5000)))
    yield "content-length-one-less", Steps(inner=lambda i: u32(int.from_bytes(i[:4], "big") - 1) + i[4:])
    yield "content-of-no-kind", Steps(content=lambda c: c[:1] + u8(10) + c[2:])
    yield "content-byte-more", Steps(content=lambda c: c + u8(0))
    yield "ad-of-another-session", Steps(ad=lambda a: a.replace(played(STEP).states["responder"].sid, ZERO32))
    yield "ad-without-the-header", Steps(ad=lambda a: a[:-32])
    yield "message-key-of-the-next-number", Steps(mk=lambda mk: sha256(mk))


def half(state, random, dh=None, shared=None, kem="honest", hashed=True):
    """A sending half with a part that is not honest; whoever does not look follows it."""
    secret, seed = random(32), random(64)
    public = x25519_public(secret) if dh is None else dh
    ct, ss = kem_seal(state.ekr, random(32)) if kem != "none" else (None, None)
    ek = kem_keys(seed)[0]
    if kem == "to-another-key":
        ct = kem_seal(kem_keys(bytes(64))[0], bytes(32))[0]
    step = Step(public, ek, ct)
    inputs = Step(public, ek, ct) if hashed else Step(ZERO32, ek, ct)
    outcome = x25519(secret, state.dhr) if shared is None else shared
    rk, ck, nhk = root_step(state.rk, outcome, None if kem == "left-out" else ss, inputs)
    return replace(state, rk=rk, nhks=nhk, sending=Sending(state.nhks, ck, 0, step, state.sent_before))


def steps():
    yield "dh-of-small-order", dict(dh=ZERO32, shared=ZERO32)
    yield "dh-of-small-order-one", dict(dh=(1).to_bytes(32, "little"), shared=ZERO32)
    yield "without-ml-kem", dict(kem="none")
    yield "ct-to-another-key", dict(kem="to-another-key")
    yield "root-without-the-kem-secret", dict(kem="left-out")
    yield "root-without-the-dh-outcome", dict(shared=ZERO32)
    yield "root-without-the-dh-key", dict(hashed=False)


def write_step(out):
    """Bob's first message, and what it may not be."""
    content = content_of(STEP)
    assert crafted(STEP, content) == unb64(ENVELOPES[1]), "an unchanged craft is the genuine envelope"
    for name, envelope in shallow():
        add(out, name, 3, envelope, OUTSIDE)
    for name, change in headers():
        add(out, f"header-{name}", 3, crafted(STEP, content, Steps(header=change)), BEHIND)
    for name, step in signatures():
        add(out, f"signature-{name}", 3, crafted(STEP, content, step), BEHIND)
    for name, step in bodies():
        add(out, name, 3, crafted(STEP, content, step), BEHIND)
    for name, parts in steps():
        change = lambda state, p=parts: half(state, Seeded("half"), **p)
        add(out, f"step-{name}", 3, crafted(STEP, content, change=change), BEHIND)


def write_stolen(out):
    """A thief with the whole ratchet state puts keys of its own before Bob's genuine, signed body."""
    inner = {}
    keep = lambda honest: inner.setdefault("bytes", honest)
    crafted(STEP, content_of(STEP), Steps(inner=keep))
    step = Steps(inner=lambda _: inner["bytes"])
    envelope = crafted(STEP, content_of(STEP), step, random=Seeded("thief"))
    add(out, "signature-header-not-as-signed", 3, envelope, BEHIND)


def write_seals(out):
    content, sid = content_of(STEP), played(STEP).states["responder"].sid
    first = Steps(header_ad=lambda ad: ad.replace(u8(1) + u8(2) + sid, u8(1) + u8(1) + sid))
    add(out, "header-sealed-as-a-first-flight", 3, crafted(STEP, content, first), OUTSIDE)
    other = Steps(header_ad=lambda ad: ad.replace(sid, ZERO32))
    add(out, "header-sealed-for-another-session", 3, crafted(STEP, content, other), OUTSIDE)
    bodyless = Steps(header_ad=lambda ad: ad[:-32])
    add(out, "header-sealed-without-the-body", 3, crafted(STEP, content, bodyless), OUTSIDE)
    wrong = Steps(hk=lambda _: played(STEP).states["responder"].receiving[0].hk)
    add(out, "header-key-of-the-other-direction", 3, crafted(STEP, content, wrong), OUTSIDE)
    add(out, "sent-back-to-its-sender", 8, unb64(ENVELOPES[4]), OUTSIDE)
    reset = files.read("accept/conversation-reset.json")["output"]["envelopes"]
    add(out, "of-another-session", 3, unb64(reset[1]), OUTSIDE)


def write_chain(out):
    """Later messages of a chain: Alice has opened number 2 and waits for 0 and 1."""
    content, other = content_of(SECOND), kem_keys(bytes(range(64)))[0]
    assert crafted(SECOND, content) == unb64(ENVELOPES[2])
    changes = {"dh": put(2, b"\7" * 32), "pn": put(34, u32(1)), "ek": put(42, other), "ct": put(1226, b"\7")}
    changes["ct-left-out"] = lambda h: put(1, u8(0))(put(1226, bytes(1088))(h))
    for name, change in changes.items():
        add(out, f"chain-other-{name}", 6, crafted(SECOND, content, Steps(header=change)), BEHIND)
    add(out, "opened-before", 6, unb64(ENVELOPES[3]), USED)
    add(out, "fork-in-an-opened-place", 6, crafted(4, content_of(2)), USED)
    add(out, "opened-before-the-last-step", 12, unb64(ENVELOPES[1]), USED)
    twin = crafted(STEP, content, random=Seeded("twin"))
    add(out, "step-taken-twice", 6, twin, BEHIND)
    add(out, "two-steps-in-a-row", 7, crafted(SECOND, content, change=another_step), OUTSIDE)
    late = played(6).now + 30 * DAY
    add(out, "skipped-30-days-ago", 6, unb64(ENVELOPES[2]), USED, now=late)
    add(out, "of-a-chain-that-ended-30-days-ago", 11, unb64(ENVELOPES[2]), OUTSIDE, now=late)


def another_step(state):
    """Bob's next step without Alice's between."""
    before = played(STEP).states["responder"]
    return sending_half(replace(state, sending=None, dhr=before.dhr, ekr=before.ekr), Seeded("again"))


def forward(state, number):
    """The sending chain moved on to a number."""
    ck = state.sending.ck
    for _ in range(number - state.sending.number):
        ck = next_chain_key(ck)
    return replace(state, sending=replace(state.sending, ck=ck, number=number))


def write_lengths(out):
    content = content_of(STEP)
    ahead = crafted(5, content, change=lambda state: forward(state, 3 + 257))
    add(out, "257-skipped", 6, ahead, FAR)
    # Bob's next step, after his chain of three.
    for name, pn, outcome in (("pn-257-ahead", 3 + 257, FAR), ("pn-below-what-arrived", 2, BEHIND)):
        step = Steps(header=put(34, u32(pn)))
        add(out, name, 10, crafted(9, content, step), outcome)
    kemless = lambda state: half(state, Seeded("half"), kem="none")
    both = crafted(9, content, Steps(header=put(34, u32(3 + 257))), change=kemless)
    add(out, "step-without-ml-kem-and-pn-257-ahead", 10, both, BEHIND)
    # Its end is 3.
    for name, number, outcome in (("", 3, BEHIND), ("256-", 3 + 256, BEHIND), ("257-", 3 + 257, FAR)):
        above = crafted(5, content, change=lambda state, number=number: forward(state, number))
        add(out, f"number-{name}above-the-end-of-its-chain", 11, above, outcome)
    five = "accept-python/conversation-five-steps.json"
    lost = played(len(files.read(five)["input"]["events"]), five).envelopes[1]
    events = len(files.read(five)["input"]["events"])
    add(out, "five-chains-old", events, lost, OUTSIDE, to="responder", conversation=five)


def write(out):
    write_step(out)
    write_stolen(out)
    write_seals(out)
    write_chain(out)
    write_lengths(out)
