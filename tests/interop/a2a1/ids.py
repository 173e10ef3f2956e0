"""Agent ids as text, safety words and recovery words (section 2)."""

import base64

from mnemonic import Mnemonic

from .errors import Malformed
from .primitives import expand, extract, sha256, sound_point
from .wire import lp, u8

PREFIX, VERSION, LENGTH = "a2a_", 1, 56
ALPHABET = set("abcdefghijklmnopqrstuvwxyz234567")
WORDS = Mnemonic("english")


def checksum(key, version=VERSION):
    return sha256(lp("a2a/1/id/checksum"), key, u8(version))[:2]


def id_text(key):
    raw = key + checksum(key) + u8(VERSION)
    return PREFIX + base64.b32encode(raw).decode().lower()


def read_id(text):
    """The root key that an id stands for, refusing in the order of section 2.1."""
    body = text.removeprefix(PREFIX)
    if not text.startswith(PREFIX) or len(body) != LENGTH or not set(body) <= ALPHABET:
        raise Malformed("prefix, length or alphabet")
    raw = base64.b32decode(body.upper())
    key, found, version = raw[:32], raw[32:34], raw[34]
    if found != checksum(key, version) or version != VERSION:
        raise Malformed("checksum or version")
    return read_key(key)


def read_key(key):
    """An Ed25519 key as it stands in a layout: 32 bytes, with the four checks."""
    if len(key) != 32 or not sound_point(key):
        raise Malformed("not a sound key")
    return key


def safety_words(key):
    bits = int.from_bytes(sha256(lp("a2a/1/id/words"), key), "big")
    return [WORDS.wordlist[(bits >> (256 - 11 * (i + 1))) & 0x7FF] for i in range(6)]


def recovery_words(entropy):
    return WORDS.to_mnemonic(entropy)


def entropy_of(words):
    """Reads 24 words, in any case and spacing."""
    words = " ".join(words.split()).lower()
    if words.count(" ") != 23 or not WORDS.check(words):
        raise Malformed("recovery words")
    return bytes(WORDS.to_entropy(words))


def root_and_backup(entropy):
    """(seed of the root key, backup key)."""
    prk = extract(b"a2a/1/seed/extract", entropy)
    return expand(prk, b"a2a/1/seed/root", 32), expand(prk, b"a2a/1/seed/backup", 32)
