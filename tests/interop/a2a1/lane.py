"""Lanes: keys, offers, and the proof that a deposit carries (sections 5.1 and 5.2)."""

import re
from dataclasses import dataclass

from .errors import Malformed, Refused
from .names import read_authority
from .primitives import hmac256, same, sha256
from .wire import b64, lp, u64, unb64

TOLERANCE = 300


@dataclass(frozen=True)
class LaneOffer:
    relay: str
    lane_id: bytes
    key: bytes

    def written(self):
        return lp(self.relay) + self.lane_id + self.key


def read_offer(r):
    return LaneOffer(read_authority(r.text(260)), r.take(16), r.take(32))


def lane_key(master, lane_id, salt, mask):
    plain = hmac256(master, lp("a2a/1/lane/key") + lane_id + salt)
    return bytes(a ^ b for a, b in zip(plain, mask))


def request_mac(key, method, authority, path, lane_id, seconds, envelope_id, body):
    covered = lp("a2a/1/lane/request") + lp(method) + lp(authority) + lp(path)
    return hmac256(key, covered + lane_id + u64(seconds) + envelope_id + sha256(body))


def request_header(key, method, authority, path, lane_id, seconds, envelope_id, body):
    mac = request_mac(key, method, authority, path, lane_id, seconds, envelope_id, body)
    return ".".join([b64(lane_id), str(seconds), b64(envelope_id), b64(mac)])


def decimal(text):
    """A u64 in decimal without leading zeros."""
    if not re.match(r"(0|[1-9][0-9]{0,19})\Z", text) or int(text) >= 1 << 64:
        raise Malformed("not a decimal number")
    return int(text)


def read_header(text):
    """(lane id, seconds, envelope id, mac)."""
    parts = text.split(".")
    if len(parts) != 4:
        raise Malformed("parts of a lane header")
    lane_id, envelope_id, mac = unb64(parts[0]), unb64(parts[2]), unb64(parts[3])
    if (len(lane_id), len(envelope_id), len(mac)) != (16, 16, 32):
        raise Malformed("lengths in a lane header")
    return lane_id, decimal(parts[1]), envelope_id, mac


def check_request(key, method, authority, path, header, body, now_seconds):
    """What the relay does: every refusal looks the same."""
    lane_id, seconds, envelope_id, mac = read_header(header)
    expected = request_mac(key, method, authority, path, lane_id, seconds, envelope_id, body)
    if not same(mac, expected) or abs(now_seconds - seconds) > TOLERANCE:
        raise Refused("lane proof")
    return lane_id, envelope_id
