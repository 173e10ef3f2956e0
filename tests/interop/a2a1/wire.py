"""Writes and strictly reads the layouts of section 1: big-endian numbers, LP, texts, base64url."""

import base64

from .errors import Malformed


def u8(n):
    return n.to_bytes(1, "big")


def u32(n):
    return n.to_bytes(4, "big")


def u64(n):
    return n.to_bytes(8, "big")


def lp(data):
    if isinstance(data, str):
        data = data.encode()
    return u32(len(data)) + data


def counter(pair):
    """`epoch u32 ‖ number u64`; Python compares the tuples as section 1 wants it."""
    return u32(pair[0]) + u64(pair[1])


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    """Reads base64url without padding in its one form."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, TypeError) as error:
        raise Malformed("base64url") from error
    if b64(data) != text:
        raise Malformed("base64url")
    return data


class Reader:
    """Takes fields from the front of `data`; `end` refuses what is left over."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if n > len(self.data) - self.at:
            raise Malformed("cut off")
        self.at += n
        return self.data[self.at - n : self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), "big")

    def u8(self):
        return self.number(1)

    def u32(self):
        return self.number(4)

    def u64(self):
        return self.number(8)

    def counter(self):
        return (self.u32(), self.u64())

    def flag(self):
        return self.exactly(self.u8(), (0, 1)) == 1

    def exactly(self, value, allowed):
        if value not in allowed:
            raise Malformed("unexpected value")
        return value

    def lp(self, limit):
        n = self.u32()
        if n > limit:
            raise Malformed("too long")
        return self.take(n)

    def text(self, limit):
        try:
            return self.lp(limit).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed("not UTF-8") from error

    def zeros(self, n):
        if any(self.take(n)):
            raise Malformed("not zero")

    def before(self):
        """Everything that was read so far."""
        return self.data[: self.at]

    def rest(self):
        return self.take(len(self.data) - self.at)

    def end(self):
        if self.at != len(self.data):
            raise Malformed("bytes after the end")
