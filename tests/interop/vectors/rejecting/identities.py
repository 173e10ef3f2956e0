"""Rejected ids, words, authorities, addresses and base64url (sections 1, 2.1, 2.3, 6.1)."""

from a2a1.ids import checksum
from a2a1.wire import b64, u8, unb64
import base64

from .. import files
from . import forged


def text_of(key, version=1, check=None):
    """An id's text over any key, version and checksum."""
    raw = key + (check or checksum(key, version)) + u8(version)
    return "a2a_" + base64.b32encode(raw).decode().lower()


def ids():
    genuine = files.read("accept/id-write-first.json")["output"]["text"]
    key = unb64(files.read("accept/id-write-first.json")["input"]["key"])
    other = "b" if genuine[20] == "a" else "a"
    return {
        "prefix": "a2b_" + genuine[4:],
        "prefix-in-capitals": "A2A_" + genuine[4:],
        "shortened": genuine[:-1],
        "lengthened": genuine + "a",
        "capitals": genuine[:4] + genuine[4:].upper(),
        "alphabet": genuine[:-1] + "1",
        "typing-mistake": genuine[:20] + other + genuine[21:],
        "checksum": text_of(key, check=bytes(b ^ 1 for b in checksum(key))),
        "version": text_of(key, 2),
        "space": " " + genuine,
        "not-a-point": text_of(forged.no_point()),
        "identity-point": text_of(forged.IDENTITY),
        "small-order": text_of(forged.ORDER_8),
        "non-canonical": text_of(forged.non_canonical()),
        "torsion": text_of(forged.torsioned(key)),
    }


def words():
    genuine = files.read("accept/recovery-derive-first.json")["output"]["words"].split(" ")
    swapped = genuine[:]
    swapped[0], swapped[1] = swapped[1], swapped[0]
    return {
        "23-words": genuine[:-1],
        "25-words": genuine + genuine[:1],
        "unknown-word": genuine[:3] + ["agentic"] + genuine[4:],
        "words-swapped": swapped,
        "last-word": genuine[:-1] + ["zoo" if genuine[-1] != "zoo" else "abandon"],
    }


AUTHORITIES = {
    "empty": "",
    "capitals": "Relay.example.org",
    "own-port": "relay.example.org:443",
    "own-port-of-this-machine": "localhost:80",
    "port-zero": "relay.example.org:0",
    "port-leading-zero": "relay.example.org:08",
    "port-too-high": "relay.example.org:65536",
    "port-empty": "relay.example.org:",
    "trailing-dot": "relay.example.org.",
    "empty-label": "relay..example.org",
    "label-of-64": "a" * 64 + ".org",
    "name-of-254": ".".join(["a" * 63] * 3 + ["b" * 62]),
    "hyphen-first": "-relay.example.org",
    "hyphen-last": "relay-.example.org",
    "underscore": "re_lay.example.org",
    "not-ascii": "r\u00e9lay.example.org",
    "user": "bob@relay.example.org",
    "path": "relay.example.org/",
    "scheme": "https://relay.example.org",
    "last-label-number": "relay.1",
    "last-label-hexadecimal": "relay.0x1f",
    "ipv4-leading-zero": "192.0.2.07",
    "ipv4-three-parts": "192.0.2",
    "ipv6-not-compressed": "[2001:db8:0:0:0:0:0:1]",
    "ipv6-capitals": "[2001:DB8::1]",
    "ipv6-zone": "[fe80::1%eth0]",
    "ipv6-mapped-in-hexadecimal": "[::ffff:c000:207]",
    "ipv6-without-brackets": "2001:db8::1",
}


def addresses():
    genuine = files.read("accept/id-write-first.json")["output"]["text"]
    return {
        "no-at": genuine,
        "two-at": f"{genuine}@relay.example.org@x",
        "shortened-id": f"{genuine[:40]}@relay.example.org",
        "handle-capitals": "Bob@relay.example.org",
        "handle-underscore": "bob_@relay.example.org",
        "handle-of-33": "b" * 33 + "@relay.example.org",
        "no-handle": "@relay.example.org",
        "no-relay": "bob@",
    }


BASE64 = {
    "padding": b64(bytes(16)) + "==",
    "standard-alphabet": "+" + b64(bytes(16))[1:],
    "trailing-bits": b64(bytes(16))[:-1] + "B",
    "one-byte-less": b64(bytes(15)),
    "one-byte-more": b64(bytes(17)),
    "line-break": b64(bytes(16)) + "\n",
}


def write(out):
    for name, text in ids().items():
        out.add(f"id-{name}", "2.1", "id.read", {"text": text})
    for name, text in words().items():
        out.add(f"recovery-{name}", "2.3", "recovery.read", {"words": " ".join(text)})
    for name, text in AUTHORITIES.items():
        out.add(f"authority-{name}", "6.1", "authority.read", {"text": text})
    for name, text in addresses().items():
        out.add(f"address-{name}", "6.1", "address.read", {"text": text})
    for name, text in BASE64.items():
        out.add(f"base64url-{name}", "1", "base64url.read", {"text": text, "length": 16})
