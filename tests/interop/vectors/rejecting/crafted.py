"""Puts first flights and messages together step by step, so that a vector can change one step and leave the others honest."""

from dataclasses import replace

from a2a1 import body, box, header, prekeys, session
from a2a1.envelope import FIRST_FLIGHT, MESSAGE, smallest
from a2a1.handshake import NO_INVITE, Clear, first_keys, session_keys, transcript
from a2a1.primitives import ZERO32, aead_seal, kem_seal, sign, x25519, x25519_public
from a2a1.seal import INNER, overhead
from a2a1.step import message_key, next_chain_key, sending_half
from a2a1.wire import lp, u8, unb64

from ..seeded import Seeded
from ..sessions import introduction_of, own_keys


class Steps:
    """The changes of one vector: a function for each step that is not to be honest."""

    def __init__(self, **changes):
        self.changes, self.used = changes, set()

    def __call__(self, name, honest):
        if name not in self.changes:
            return honest
        self.used.add(name)
        return self.changes[name](honest)


def message(state, seed, content, rng, step=Steps(), before=b"", kind=MESSAGE):
    """(state, envelope), as `seal_message` makes them where no step is changed."""
    if state.sending is None:
        state = step("half", sending_half(state, rng))
    chain = step("chain", state.sending)
    plain = step("header", header.write_header(chain.step, chain.pn, chain.number))
    content = step("content", content)
    ends = state.sid, state.own.agent, state.peer.agent
    length = smallest(overhead(before) + INNER + len(content)) - overhead(before)
    covered = step("covered", body.covered(*ends, plain, content))
    signature = step("signature", sign(seed, body.LABEL, covered))
    inner = step("inner", (lp(content) + signature).ljust(length, b"\0"))
    ad, mk, nonce = step("ad", body.associated(*ends, plain)), step("mk", message_key(chain.ck)), rng(24)
    sealed = step("body", body.seal_body(mk, nonce, ad, inner))
    hk, nonce = step("hk", chain.hk), rng(24)
    associated = step("header_ad", header.associated(kind, state.sid, sealed))
    front = nonce + aead_seal(hk, nonce, associated, plain)
    chain = replace(chain, ck=next_chain_key(chain.ck), number=chain.number + 1)
    return replace(state, sending=chain), u8(1) + u8(kind) + before + front + sealed


class Flight:
    """The first flight of a conversation, made again by its initiator or by who is put in its place."""

    def __init__(self, said, step=Steps(), own=None):
        self.step, self.said = step, said
        self.own = own or own_keys(said["initiator"], said["now"])
        self.theirs = own_keys(said["responder"], said["now"])
        self.rng = Seeded(said["random"]["initiator"])
        self.content = unb64(said["events"][0]["content"])
        self.pair = self._pair()

    def _pair(self):
        invite = self.said["invite"]
        if invite is None:
            return None
        return prekeys.read_one_time(unb64(invite["one_time"]), self.theirs.certificate, unb64(invite["id"]))

    def envelope(self):
        self.secret = self.rng(32)
        ek = self.step("ek", self.pair.ek if self.pair else self.theirs.bundle.ek)
        ct, self.ss = kem_seal(ek, self.rng(32))
        invite_id = self.pair.invite_id if self.pair else NO_INVITE
        flags, public = 1 if self.pair else 0, x25519_public(self.secret)
        clear = self.step("clear", Clear(self.theirs.bundle.hash, flags, invite_id, public, ct))
        opk = self.pair.opk if self.pair else ZERO32
        t0 = self.step("t0", transcript(self.theirs.certificate.agent, clear, opk, ek))
        box_key, onward = first_keys(*self._secrets(), t0)
        plain = self.step("plain", self._plain(t0).ljust(box.PLAIN, b"\0"))
        sealed_box = box.seal_box(box_key, self.rng(24), t0, plain)
        dh1 = self.step("dh1", None) or x25519(self.own.agreement, self.theirs.bundle.spk)
        keys = session_keys(onward, dh1, t0, sealed_box)
        state = session.initiator(self.own.certificate, self.theirs.certificate, keys, self.theirs.bundle.spk, ())
        before = clear.written() + sealed_box
        return message(state, self.own.device_seed, self.content, self.rng, self.step, before, FIRST_FLIGHT)[1]

    def _secrets(self):
        theirs = self.theirs
        dh2 = self.step("dh2", None) or x25519(self.secret, theirs.certificate.agreement)
        dh3 = self.step("dh3", None) or x25519(self.secret, theirs.bundle.spk)
        dh4 = self.step("dh4", None) or (x25519(self.secret, self.pair.opk) if self.pair else ZERO32)
        psk = self.step("psk", unb64(self.said["invite"]["psk"]) if self.pair else ZERO32)
        return dh2, dh3, dh4, self.step("ss", self.ss), psk

    def _plain(self, t0):
        """Certificate, claims and signature; what is shown and what is signed can be changed apart."""
        own = self.own.certificate
        claims = introduction_of(self.said).written()
        signed = t0, own, self.theirs.certificate.agent, self.step("signed_claims", claims)
        covered = self.step("box_covered", box.covered(*signed))
        signature = self.step("box_signature", sign(self.own.device_seed, box.LABEL, covered))
        return self.step("certificate", own.raw) + self.step("claims", claims) + signature
