"""The rejecting vectors: each is an accepted input with one thing changed, and its name says which."""

from . import contents, documents, flights, identities, messages, relays
from .rejected import FOLDER, Rejected

__all__ = ["FOLDER", "vectors"]


def vectors():
    out = Rejected()
    for part in (identities, documents, relays, contents, flights, messages):
        part.write(out)
    return out
