"""Proofs to a relay: registration, session, work for a knock (sections 5.3 and 5.4)."""

from .errors import Malformed, Refused
from .ids import id_text, read_id
from .lane import decimal
from .primitives import sha256, sign, verifies
from .wire import lp, u64

import re

LABELS = {"register": "a2a/1/sig/register", "session": "a2a/1/sig/session"}
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,256}\Z")


def covered(authority, challenge, certificate):
    return lp(authority) + lp(challenge) + certificate.agent + certificate.hash


def answer(use, seed, authority, challenge, certificate):
    return sign(seed, LABELS[use], covered(authority, challenge, certificate))


def check_answer(use, authority, challenge, certificate, signature):
    if not verifies(certificate.device, LABELS[use], covered(authority, challenge, certificate), signature):
        raise Refused("answer to a challenge")


def work(challenge, authority, agent, envelope, nonce):
    covered_by_work = lp("a2a/1/knock/work") + lp(challenge) + lp(authority) + agent
    return sha256(covered_by_work, sha256(envelope), u64(nonce))


def zero_bits(digest):
    return 256 - int.from_bytes(digest, "big").bit_length()


def find_work(challenge, authority, agent, envelope, difficulty):
    """The `a2a-knock` header."""
    nonce = 0
    while zero_bits(work(challenge, authority, agent, envelope, nonce)) < difficulty:
        nonce += 1
    return f"{id_text(agent)}.{challenge}.{nonce}"


def check_work(header, authority, envelope, difficulty):
    """(agent, challenge) of a header whose work counts."""
    parts = header.split(".")
    if len(parts) != 3 or not CHALLENGE.match(parts[1]):
        raise Malformed("parts of a knock header")
    agent, nonce = read_id(parts[0]), decimal(parts[2])
    if zero_bits(work(parts[1], authority, agent, envelope, nonce)) < difficulty:
        raise Refused("not enough work")
    return agent, parts[1]
