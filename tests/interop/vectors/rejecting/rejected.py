"""Collects rejecting vectors, and holds at once that each is rejected with the outcome that it names."""

from a2a1.errors import Refused
from a2a1.wire import b64, unb64

from ..operations import run

FOLDER = "reject"


class Rejected(dict):
    def add(self, name, section, operation, given, outcome="refused"):
        path = f"{FOLDER}/{name}.json"
        vector = {"about": name.replace("-", " "), "section": section}
        vector |= {"operation": operation, "input": given, "outcome": outcome}
        assert path not in self, f"{name} twice"
        assert outcome_of(vector) == outcome, f"{name} is {outcome_of(vector)}, not {outcome}"
        self[path] = vector


def outcome_of(vector):
    try:
        run(vector)
        return "accepted"
    except Refused as error:
        return error.outcome


def flipped(text, at, bit=1):
    """base64url of bytes of which one bit is changed."""
    data = bytearray(unb64(text))
    data[at] ^= bit
    return b64(bytes(data))


def without_last(text):
    return b64(unb64(text)[:-1])


def with_more(text):
    return b64(unb64(text) + b"\0")
