"""Operations on sessions: first flights, conversations, and one envelope at one point of a conversation."""

from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache

from a2a1 import box, certificate, handshake, prekeys, session
from a2a1.errors import Refused
from a2a1.primitives import sha256
from a2a1.seal import seal_message
from a2a1.unseal import open_envelope
from a2a1.wire import b64, unb64

from . import files
from .documents import offer_fields, offer_from
from .seeded import Seeded

PURPOSES = {"knock": box.KNOCK, "invite": box.INVITE, "reset": box.RESET}


def own_keys(p, now):
    own = certificate.read_certificate(unb64(p["certificate"]))
    keys = handshake.Own(own, unb64(p["device_seed"]), unb64(p["agreement_secret"]))
    if p["bundle"] is None:
        return keys
    bundle = prekeys.use_bundle(unb64(p["bundle"]), own.agent, now)
    return handshake.Own(*(keys.certificate, keys.device_seed, keys.agreement), bundle, *_prekeys(p))


def _prekeys(p):
    return unb64(p["spk_secret"]), unb64(p["kem_seed"])


def own_one_time(invite):
    if invite is None:
        return None
    return handshake.OwnOneTime(*(unb64(invite[part]) for part in ("id", "psk", "opk_secret", "kem_seed")))


def introduction_of(c):
    quoted = None if c["quoted"] is None else unb64(c["quoted"])
    return box.Introduction(offer_from(c["reply_lane"]), PURPOSES[c["purpose"]], tuple(c["counter"]), quoted)


@dataclass
class Talk:
    """A conversation as it is replayed, event by event."""

    said: dict
    now: int
    states: dict = field(default_factory=dict)
    envelopes: list = field(default_factory=list)
    sealers: list = field(default_factory=list)
    opened: list = field(default_factory=list)
    replay_key: bytes = b""
    introduction: object = None

    def __post_init__(self):
        self.keys = {who: own_keys(self.said[who], self.now) for who in ("initiator", "responder")}
        self.random = {who: Seeded(self.said["random"][who]) for who in self.keys}

    def play(self, events):
        for event in events:
            if "wait" in event:
                self.now += event["wait"]
            elif "seal" in event:
                self.seal(event["seal"], unb64(event["content"]))
            else:
                self.open(event["open"])
        return self

    def until_next_delivery(self, start):
        """The events from `start` up to the next delivery, with it."""
        events = self.said["events"]
        ends = [n + 1 for n in range(start, len(events)) if "open" in events[n]]
        return events[start : ends[0]] if ends else []

    def copy(self):
        random = {who: copy(stream) for who, stream in self.random.items()}
        lists = {name: list(getattr(self, name)) for name in ("envelopes", "sealers", "opened")}
        made = copy(self)
        made.__dict__ |= {"states": dict(self.states), "random": random, **lists}
        return made

    def seal(self, who, content):
        if not self.envelopes:
            self.states[who], envelope = self.first(content)
        else:
            seed = self.keys[who].device_seed
            self.states[who], envelope = seal_message(self.states[who], seed, content, self.random[who])
        self.envelopes.append(envelope)
        self.sealers.append(who)

    def first(self, content):
        own, theirs = self.keys["initiator"], self.keys["responder"]
        invite, one_time, psk = self.said["invite"], None, None
        if invite:
            one_time = prekeys.read_one_time(unb64(invite["one_time"]), theirs.certificate, unb64(invite["id"]))
            psk = unb64(invite["psk"])
        terms = introduction_of(self.said), content, self.now, self.random["initiator"]
        return handshake.start(own, theirs.bundle, *terms, one_time, psk)

    def delivered(self):
        """Every envelope, and null for one that never arrives."""
        arrived = {event.get("open") for event in self.said["events"]}
        return [b64(envelope) if n in arrived else None for n, envelope in enumerate(self.envelopes)]

    def open(self, index):
        who = "responder" if self.sealers[index] == "initiator" else "initiator"
        self.take(who, self.envelopes[index])

    def take(self, who, envelope, seen=()):
        """Opens an envelope and keeps the state after it; a refusal keeps the state before it."""
        if who == "responder" and who not in self.states:
            invite = own_one_time(self.said["invite"])
            found = handshake.answer(self.keys[who], envelope, self.now, seen, invite)
            self.states[who], self.introduction, content, self.replay_key = found
        else:
            self.states[who], content = open_envelope(self.states[who], envelope, self.now)
        self.opened.append(content)
        return content


def conversation(i):
    talk = Talk(i, i["now"]).play(i["events"])
    return {
        "session_id": b64(talk.states["initiator"].sid),
        "replay_key": b64(talk.replay_key),
        "envelopes": talk.delivered(),
        "opened": [b64(sha256(content)) for content in talk.opened],
    }


def at(i):
    """The conversation that a vector names, up to where it names it."""
    return played(i["conversation"], i["after"]).copy()


@lru_cache
def played(name, events):
    said = files.read(name)["input"]
    return Talk(said, said["now"]).play(said["events"][:events])


def open_at(i):
    """One more envelope at a point of a conversation; a refusal must leave the conversation as it was."""
    talk = at(i)
    before, now = dict(talk.states), talk.now
    talk.now = i.get("now", now)
    seen = [unb64(key) for key in i.get("seen", [])]
    try:
        return {"content": b64(talk.take(i["to"], unb64(i["envelope"]), seen))}
    except Refused:
        assert talk.states == before, "a refusal changed something"
        talk.now = now
        talk.play(talk.until_next_delivery(i["after"]))
        raise


def flight_read(i):
    """What the responder learns of the initiator from a first flight."""
    talk = at(i)
    talk.take("responder", unb64(i["envelope"]))
    said = talk.introduction
    return {
        "certificate": b64(talk.states["responder"].peer.raw),
        "reply_lane": offer_fields(said.reply_lane),
        "purpose": [name for name, code in PURPOSES.items() if code == said.purpose][0],
        "counter": list(said.counter),
        "quoted": said.quoted and b64(said.quoted),
        "replay_key": b64(talk.replay_key),
    }


def sessions_newest(i):
    """Which of several sessions of one pair is the one to send on, as each side finds it."""
    talks = [at({"conversation": name, "after": 2}) for name in i["conversations"]]
    newest = {}
    for who in ("initiator", "responder"):
        states = [talk.states[who] for talk in talks]
        newest[who] = [all(a is b or session.outranks(a, b) for b in states) for a in states].index(True)
    return newest


OPERATIONS = {
    "conversation": conversation,
    "envelope.open": open_at,
    "first-flight.read": flight_read,
    "sessions.newest": sessions_newest,
}
