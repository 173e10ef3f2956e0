"""The live conversation: knock, invite and reset, a hundred messages each way, out of order and with losses."""

import os
import random
import sys

from a2a1 import ids, invite, proofs
from a2a1.errors import Refused
from a2a1.prekeys import read_bundle
from a2a1.wire import b64, unb64

from .agent import Agent
from .crate import Crate
from .mail import Way

NOW = 1_800_000_000_000
EACH_WAY = 100
HELLO = {"kind": "message", "text": "first"}


def knock(initiator, responder):
    """A knock with its proof of work, sent a second time too."""
    sent = initiator.ask("start", **_to(responder), purpose="knock", content=HELLO)["envelope"]
    agent, relay = ids.read_id(responder.shown["id"]), read_bundle(unb64(responder.shown["bundle"])).relay
    header = proofs.find_work("challenge", relay, agent, unb64(sent), 10)
    assert responder.ask("check_knock", header=header, envelope=sent)["bits"] >= 10
    return answered(initiator, responder, sent, "knock")


def take_up(initiator, responder):
    """An invite, whose link is read and whose one-time pair is fetched with the token."""
    link = responder.ask("invite")["link"]
    held = invite.read_invite(link)
    refused(responder, "fetch", "refused", token=bytes(32), invite_id=held.invite_id)
    fetched = responder.ask("fetch", token=held.token, invite_id=held.invite_id)
    terms = {"id": responder.shown["id"], "link": link, **fetched}
    sent = initiator.ask("start", **terms, purpose="invite", content=HELLO)["envelope"]
    return answered(initiator, responder, sent, "invite")


def reset(initiator, responder, number):
    """A reset that quotes a report from inside the working session."""
    nonce = os.urandom(32)
    told = responder.ask("seal", kind="report", nonce=b64(nonce))["envelope"]
    assert initiator.ask("open", envelope=told)["nonce"] == b64(nonce)
    terms = {"purpose": "reset", "number": number, "quoted": nonce, "content": HELLO}
    sent = initiator.ask("start", **_to(responder), **terms)["envelope"]
    said = answered(initiator, responder, sent, "reset")
    assert (said["counter"], said["quoted"]) == ([1, number], b64(nonce))
    return said


def _to(agent):
    return {"id": agent.shown["id"], "bundle": agent.shown["bundle"]}


def answered(initiator, responder, sent, purpose):
    """The responder takes the flight once, and neither a changed one nor the same one again."""
    changed = sent[:3000] + ("A" if sent[3000] != "A" else "B") + sent[3001:]
    refused(responder, "answer", "not_for_session", envelope=changed)
    said = responder.ask("answer", envelope=sent)
    assert (said["purpose"], said["id"], said["text"]) == (purpose, initiator.shown["id"], HELLO["text"])
    refused(responder, "answer", "used", envelope=sent)
    return said


def refused(agent, request, outcome, **fields):
    try:
        agent.ask(request, **fields)
    except Refused as refusal:
        assert refusal.outcome == outcome, f"{refusal.outcome}, not {outcome}"
    else:
        raise AssertionError(f"{request} was accepted")


def converse(ways, numbers, chance):
    """Both sides send these numbers in bursts; mail comes late and out of order, and receipts come back."""
    left = {way: list(numbers) for way in ways}
    while any(left.values()) or any(way.under_way for way in ways):
        way = chance.choice(ways)
        for _ in range(chance.randrange(5)):
            if left[way]:
                way.send(left[way].pop(0))
        other = ways[1 - ways.index(way)]
        for _ in range(chance.randrange(5)):
            if other.under_way:
                other.deliver()
        if chance.random() < 0.1:
            confirm(way)


def confirm(way):
    of = way.receipts()
    told = way.recipient.ask("seal", kind="receipts", of=of)["envelope"]
    assert way.sender.ask("open", envelope=told)["receipts"] == [receipt["digest"] for receipt in of]


def pair(begin, initiator, responder, chance):
    """One pair: begin, half of the messages, a reset by the other side, the other half."""
    lane_to_initiator = begin(initiator, responder)["reply_lane"]
    # Resets carry lanes too, so the responder's lane comes with the first one.
    lane_to_responder = reset(responder, initiator, 1)["reply_lane"]
    ways = [Way(initiator, responder, lane_to_responder, chance), Way(responder, initiator, lane_to_initiator, chance)]
    converse(ways, range(EACH_WAY // 2), chance)
    for way in ways:
        way.send(EACH_WAY // 2)  # under way in the old session while the new one begins
    reset(initiator, responder, 2)
    converse(ways, range(EACH_WAY // 2 + 1, EACH_WAY), chance)
    for way in ways:
        way.again()
        way.complete(EACH_WAY)
        assert len(way.sessions) == 2, "the reset's session was not used"
    return ways


def main():
    program = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(2**32)
    print(f"live conversation, seed {seed}")
    chance, pairs = random.Random(seed), 0
    for begin, python_begins in ((knock, True), (take_up, False)):
        crate, ours = Crate(program, "rusty", NOW), Agent("snake", NOW)
        initiator, responder = (ours, crate) if python_begins else (crate, ours)
        ways = pair(begin, initiator, responder, chance)
        crate.end()
        pairs += 1
        for name, way in zip(("initiator", "responder"), ways):
            told = f"{len(way.arrived)} messages, {len(way.lost)} lost and sent again"
            print(f"  {begin.__name__}, by the {name}: {told}, {way.doubled} doubled, {way.overtaken} overtaken")
    print(f"{pairs} passed, 0 failed")


if __name__ == "__main__":
    main()
