"""Texts of a narrow form: names, handles, scopes, authorities, addresses (sections 3.1 and 6.1)."""

import ipaddress
import re
import unicodedata

from .errors import Malformed
from .ids import read_id

SLUG = re.compile(r"[a-z0-9-]+\Z")
NUMBER = re.compile(r"([0-9]+|0x[0-9a-f]*)\Z")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")


def line(text, limit):
    """One line of 1 to `limit` bytes: not blank, no control characters."""
    if not 1 <= len(text.encode()) <= limit or not text.strip():
        raise Malformed("length of a line")
    if any(unicodedata.category(c) == "Cc" for c in text):
        raise Malformed("control character in a line")
    return text


def slug(text, limit):
    """`[a-z0-9-]{1,limit}`: handles, scopes, capability ids."""
    if len(text) > limit or not SLUG.match(text):
        raise Malformed("not a slug")
    return text


def _ip(host):
    """Whether the host is an IP address; refuses one that is not in its canonical form."""
    if host.startswith("["):
        if not host.endswith("]"):
            raise Malformed("bracket")
        try:
            address = ipaddress.IPv6Address(host[1:-1])
        except ValueError as error:
            raise Malformed("IPv6 address") from error
        mapped = address.ipv4_mapped
        if host[1:-1] != (f"::ffff:{mapped}" if mapped else str(address)) or "%" in host:
            raise Malformed("form of an IPv6 address")
        return address
    try:
        return ipaddress.IPv4Address(host)
    except ValueError:
        return None


def split_authority(text):
    """(host, port or None) of a canonical authority."""
    match = re.match(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]+))?\Z", text)
    if not match:
        raise Malformed("authority")
    host, port = match.groups()
    if _ip(host) is None:
        labels = host.split(".")
        if len(host) > 253 or not all(LABEL.match(label) for label in labels):
            raise Malformed("host name")
        if NUMBER.match(labels[-1]):
            raise Malformed("host name that ends in a number")
    if port is not None and (str(int(port)) != port or not 0 < int(port) < 65536):
        raise Malformed("port")
    return host, port


def scheme(authority):
    host, _ = split_authority(authority)
    address = _ip(host)
    local = host == "localhost" or (address is not None and address.is_loopback)
    return "http" if local else "https"


def read_authority(text):
    _, port = split_authority(text)
    if port == {"http": "80", "https": "443"}[scheme(text)]:
        raise Malformed("the scheme's own port")
    return text


def read_address(text):
    """(root key or None, handle or None, authority)."""
    name, at, authority = text.partition("@")
    if not at:
        raise Malformed("no @")
    read_authority(authority)
    if name.startswith("a2a_"):
        return read_id(name), None, authority
    return None, slug(name, 32), authority
