"""Invites (section 4)."""

import re
from dataclasses import dataclass

from .errors import Malformed
from .ids import read_key
from .lane import LaneOffer, read_offer
from .names import line, read_authority, scheme, slug
from .primitives import expand, extract, sha256
from .wire import Reader, b64, lp, u8, u64, unb64


LONGEST_LINK = 8192


@dataclass(frozen=True)
class Invite:
    agent: bytes
    invite_id: bytes
    secret: bytes
    name: str
    relay: str
    offer: LaneOffer
    scopes: list
    expires_at: int

    @property
    def token(self):
        return expand(extract(b"a2a/1/invite/extract", self.secret), b"a2a/1/invite/token", 32)

    @property
    def psk(self):
        return expand(extract(b"a2a/1/invite/extract", self.secret), b"a2a/1/invite/psk", 32)

    def link(self):
        body = u8(1) + self.agent + self.invite_id + self.secret + lp(self.name) + lp(self.relay)
        body += self.offer.written() + u8(len(self.scopes)) + b"".join(lp(s) for s in self.scopes)
        body += u64(self.expires_at)
        return f"{scheme(self.relay)}://{self.relay}/invite#{b64(body + checksum(body))}"


def checksum(body):
    return sha256(lp("a2a/1/invite/checksum"), body)[:4]


def split_voucher(text):
    """The invite alone, and the registration token that the link brings along, if any."""
    text = text.strip()
    at = text.find("#") + 1
    fragment, dot, token = text[at:].partition(".")
    if dot and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", token):
        raise Malformed("token behind an invite")
    return text[:at] + fragment, token or None


def read_invite(text):
    """Takes a link or the bare fragment."""
    text = text.strip()
    before, hash_sign, fragment = text.rpartition("#")
    if len(text.encode()) > LONGEST_LINK:
        raise Malformed("length of a link")
    invite = _read(unb64(fragment))
    if hash_sign and f"{before}#" != f"{scheme(invite.relay)}://{invite.relay}/invite#":
        raise Malformed("link of another relay than its fragment")
    return invite


def _read(raw):
    r = Reader(raw)
    r.exactly(r.u8(), (1,))
    agent, invite_id, secret = read_key(r.take(32)), r.take(16), r.take(32)
    name, relay = line(r.text(128), 128), read_authority(r.text(260))
    offer, n = read_offer(r), r.u8()
    if n > 32:
        raise Malformed("too many scopes")
    scopes = [slug(r.text(64), 64) for _ in range(n)]
    expires_at = r.u64()
    if checksum(r.before()) != r.take(4):
        raise Malformed("checksum of an invite")
    r.end()
    return Invite(agent, invite_id, secret, name, relay, offer, scopes, expires_at)
