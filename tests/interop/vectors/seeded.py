"""Random bytes that another program can draw too: block i is SHA-256(SHA-256(seed text) ‖ i as u64)."""

from a2a1.primitives import sha256
from a2a1.wire import u64


class Seeded:
    def __init__(self, text):
        self.seed, self.next, self.left = sha256(text.encode()), 0, b""

    def __call__(self, n):
        while len(self.left) < n:
            self.left += sha256(self.seed, u64(self.next))
            self.next += 1
        drawn, self.left = self.left[:n], self.left[n:]
        return drawn
