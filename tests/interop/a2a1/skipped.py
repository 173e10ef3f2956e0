"""Skipped message keys: kept, used once, limited and forgotten (section 9.6)."""

from dataclasses import replace

from .errors import TooFarAhead, Used
from .step import message_key, next_chain_key

PER_STEP, PER_SESSION = 256, 1000
LIFE = 30 * 24 * 3600 * 1000
CHAINS = 5


def forget_old(state, now):
    """Forgets keys, and chains that ended, once they are 30 days old."""
    young = [c for c in state.receiving if c.ended is None or now - c.ended < LIFE]
    chains = [replace(c, skipped=tuple(k for k in c.skipped if now - k[2] < LIFE)) for c in young]
    return replace(state, receiving=tuple(chains))


def keep_up_to(state, at, number, now):
    """Keeps the keys of chain `at` from its next number up to, without, `number`."""
    chain = state.receiving[at]
    if number - chain.number > PER_STEP:
        raise TooFarAhead("more than 256 keys")
    if chain.ck is None:
        return state
    kept, ck = list(chain.skipped), chain.ck
    for n in range(chain.number, number):
        kept.append((n, message_key(ck), now))
        ck = next_chain_key(ck)
    chain = replace(chain, ck=ck, number=max(number, chain.number), skipped=tuple(kept))
    return replace(state, receiving=state.receiving[:at] + (chain,) + state.receiving[at + 1 :])


def without_skipped(state, at, number):
    """(state, message key) of a skipped number, or Used."""
    chain = state.receiving[at]
    for key in chain.skipped:
        if key[0] == number:
            left = tuple(k for k in chain.skipped if k is not key)
            chains = state.receiving[:at] + (replace(chain, skipped=left),) + state.receiving[at + 1 :]
            return replace(state, receiving=chains), key[1]
    raise Used("opened before")


def limited(state):
    """At most 1,000 keys, the oldest given up; none from the fifth chain back."""
    state = replace(state, receiving=state.receiving[:CHAINS])
    room, chains = PER_SESSION, []
    for chain in state.receiving:
        kept = chain.skipped[max(0, len(chain.skipped) - room) :] if room else ()
        room -= len(kept)
        chains.append(replace(chain, skipped=kept))
    return replace(state, receiving=tuple(chains))
