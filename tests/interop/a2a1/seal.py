"""Seals a content in a session: a sending step where one is due, then header and body (sections 9.2 to 9.5)."""

from dataclasses import replace

from . import body, header
from .envelope import MESSAGE, smallest
from .step import message_key, next_chain_key, sending_half
from .wire import u8

INNER = 4 + 64


def overhead(before):
    """Bytes of an envelope outside its inner plaintext."""
    return 2 + len(before) + header.SEALED + 72


def seal_message(state, seed, content, rng, before=b"", kind=MESSAGE):
    """(state, envelope)."""
    if state.sending is None:
        state = sending_half(state, rng)
    chain = state.sending
    plain = header.write_header(chain.step, chain.pn, chain.number)
    length = smallest(overhead(before) + INNER + len(content)) - overhead(before)
    sender, recipient = state.own.agent, state.peer.agent
    ad = body.associated(state.sid, sender, recipient, plain)
    inner = body.make_inner(seed, state.sid, sender, recipient, plain, content, length)
    sealed = body.seal_body(message_key(chain.ck), rng(24), ad, inner)
    front = header.seal_header(chain.hk, rng(24), kind, state.sid, sealed, plain)
    chain = replace(chain, ck=next_chain_key(chain.ck), number=chain.number + 1)
    return replace(state, sending=chain), u8(1) + u8(kind) + before + front + sealed
