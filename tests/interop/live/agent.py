"""An agent of the second implementation, which takes the same requests as the crate's."""

import os

from a2a1 import box, certificate, content, handshake, ids, invite, prekeys, proofs, session
from a2a1 import lane as lanes
from a2a1.errors import NotForSession, Refused
from a2a1.primitives import ZERO32, ed25519_public, kem_keys, sha256, x25519_public
from a2a1.seal import seal_message
from a2a1.unseal import open_envelope
from a2a1.wire import b64, unb64
from vectors.documents import offer_fields, offer_from

DAY = 24 * 3600 * 1000
PURPOSES = {"knock": box.KNOCK, "invite": box.INVITE, "reset": box.RESET}


class Agent:
    def __init__(self, name, now):
        self.now, self.name, self.relay = now, name, f"{name}.example.org"
        root, seed, agreement = os.urandom(32), os.urandom(32), os.urandom(32)
        agent = ed25519_public(root)
        keys = ed25519_public(seed), x25519_public(agreement)
        own = certificate.read_certificate(certificate.make_certificate(root, agent, *keys, 1, now, now + DAY))
        spk, kem_seed = os.urandom(32), os.urandom(64)
        public = x25519_public(spk), kem_keys(kem_seed)[0]
        made = prekeys.make_bundle(seed, own.raw, 1, *public, now, now + 90 * DAY, True, self.relay)
        bundle = prekeys.use_bundle(made, agent, now)
        self.own = handshake.Own(own, seed, agreement, bundle, spk, kem_seed)
        self.lane = lanes.LaneOffer(self.relay, os.urandom(16), os.urandom(32))
        self.shown = {"id": ids.id_text(agent), "certificate": b64(own.raw), "bundle": b64(made)}
        self.open_invite, self.seen, self.sessions = None, set(), []
        self.sent, self.previous = 0, ZERO32

    def ask(self, request, **fields):
        return getattr(self, f"do_{request}")(**fields)

    def do_invite(self):
        invite_id, secret = os.urandom(16), os.urandom(32)
        terms = self.lane, ["message"], self.now + DAY
        made = invite.Invite(self.own.certificate.agent, invite_id, secret, self.name, self.relay, *terms)
        self.token = made.token
        self.open_invite = handshake.OwnOneTime(invite_id, made.psk, os.urandom(32), os.urandom(64))
        return {"link": made.link()}

    def do_fetch(self, token, invite_id):
        pair = self.open_invite
        if sha256(token) != sha256(self.token) or invite_id != pair.invite_id:
            raise Refused("no holder of the invite")
        public = x25519_public(pair.opk), kem_keys(pair.kem_seed)[0]
        own = self.own.certificate
        made = prekeys.make_one_time(self.own.device_seed, own.agent, own.hash, invite_id, *public)
        return {"bundle": self.shown["bundle"], "one_time": b64(made)}

    def do_start(self, id, bundle, purpose, content, link=None, one_time=None, number=0, quoted=None):
        theirs = prekeys.use_bundle(unb64(bundle), ids.read_id(id), self.now)
        counted = (1, number) if purpose == "reset" else (0, 0)
        said = box.Introduction(self.lane, PURPOSES[purpose], counted, quoted)
        pair, psk = None, None
        if link is not None:
            held = invite.read_invite(link)
            pair, psk = prekeys.read_one_time(unb64(one_time), theirs.certificate, held.invite_id), held.psk
        raw = self._content(**content)
        state, envelope = handshake.start(self.own, theirs, said, raw, self.now, os.urandom, pair, psk)
        self.sessions.append(state)
        return {"envelope": b64(envelope)}

    def do_answer(self, envelope):
        found = handshake.answer(self.own, unb64(envelope), self.now, self.seen, self.open_invite)
        state, said, raw, replay_key = found
        self.seen.add(replay_key)
        if said.purpose == box.INVITE:
            self.open_invite = None
        self.sessions.append(state)
        purpose = [name for name, code in PURPOSES.items() if code == said.purpose][0]
        lane_given, quoted = offer_fields(said.reply_lane), said.quoted and b64(said.quoted)
        more = {"purpose": purpose, "counter": list(said.counter), "quoted": quoted, "reply_lane": lane_given}
        return {**self._what_it_says(state, raw), "id": ids.id_text(state.peer.agent), **more}

    def _newest(self):
        sessions = self.sessions
        return next(s for s in sessions if all(s is o or session.outranks(s, o) for o in sessions))

    def do_seal(self, **said):
        state = self._newest()
        after, envelope = seal_message(state, self.own.device_seed, self._content(**said), os.urandom)
        self.sessions[self.sessions.index(state)] = after
        return {"envelope": b64(envelope), "session": b64(after.sid)}

    def do_open(self, envelope):
        for at, state in enumerate(self.sessions):
            try:
                self.sessions[at], raw = open_envelope(state, unb64(envelope), self.now)
            except NotForSession:
                continue
            return self._what_it_says(state, raw)
        raise NotForSession("no session of ours")

    def _content(self, kind, text="", of=(), nonce=""):
        receipts = [content.receipt(1, 0, unb64(r["message_id"]), unb64(r["digest"])) for r in of]
        bodies = {
            "message": lambda: (content.MESSAGE, content.message("message", "", text)),
            "receipts": lambda: (content.RECEIPTS, content.listed(receipts)),
            "report": lambda: (content.REPORT, content.report(unb64(nonce), 2)),
            "ack": lambda: (content.ACK, b""),
        }
        code, body = bodies[kind]()
        self.sent += 1
        made = content.Content(code, os.urandom(16), (1, self.sent), self.previous, self.now, body)
        self.previous = made.digest
        return made.written()

    def _what_it_says(self, state, raw):
        found, fields = content.read_content(raw)
        said = {"session": b64(state.sid), "message_id": b64(found.message_id), "number": found.position[1]}
        said |= {"previous": b64(found.previous), "digest": b64(found.digest)}
        if found.kind == content.MESSAGE:
            said["text"] = fields["text"]
        if found.kind == content.RECEIPTS:
            said["receipts"] = [b64(r["digest"]) for r in fields["receipts"]]
        if found.kind == content.REPORT:
            said["nonce"] = b64(fields["nonce"])
        return said

    def do_prove(self, lane, envelope):
        offer = offer_from(lane)
        place = offer.lane_id, self.now // 1000, os.urandom(16), unb64(envelope)
        return {"header": lanes.request_header(offer.key, "POST", offer.relay, "/api/deposit", *place)}

    def do_check(self, header, envelope):
        deposit = "POST", self.relay, "/api/deposit", header, unb64(envelope)
        lane_id, _ = lanes.check_request(self.lane.key, *deposit, self.now // 1000)
        if lane_id != self.lane.lane_id:
            raise Refused("another lane")
        return {"lane": True}

    def do_check_knock(self, header, envelope):
        agent, _ = proofs.check_work(header, self.relay, unb64(envelope), 0)
        challenge, nonce = header.split(".")[1:]
        done = proofs.work(challenge, self.relay, agent, unb64(envelope), int(nonce))
        return {"bits": proofs.zero_bits(done) if agent == self.own.certificate.agent else 0}

    def end(self):
        pass

