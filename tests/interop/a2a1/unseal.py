"""Opens an envelope in a session, in the order of section 9.6; a refusal leaves no trace."""

from dataclasses import replace

from . import body, header
from .envelope import MESSAGE, read_outer
from .errors import Invalid, Malformed, NotForSession, Refused, TooFarAhead, Used
from .skipped import forget_old, keep_up_to, limited, without_skipped
from .step import message_key, next_chain_key, receiving_half


def open_envelope(state, envelope, now):
    """(state, content) of a message of this session."""
    try:
        rest = read_outer(envelope, MESSAGE)
    except Malformed as error:
        raise NotForSession("not an envelope of a session") from error
    return open_message(state, rest, now, MESSAGE)


def open_message(state, rest, now, kind, first=False):
    state = forget_old(state, now)
    front, sealed = rest[: header.SEALED], rest[header.SEALED :]
    plain, at = _find_chain(state, front, sealed, kind)
    try:
        return _open(state, plain, at, sealed, now, first)
    except (Used, TooFarAhead, Invalid):
        raise
    except Refused as error:
        raise Invalid(str(error)) from error


def _find_chain(state, front, sealed, kind):
    """(header's plaintext, index of its chain or None for a new one)."""
    for i, chain in enumerate(state.receiving):
        plain = header.open_header(chain.hk, kind, state.sid, sealed, front)
        if plain is not None:
            return plain, i
    if state.peer_may_step:
        plain = header.open_header(state.nhkr, kind, state.sid, sealed, front)
        if plain is not None:
            return plain, None
    raise NotForSession("no header key opens it")


def _open(state, plain, at, sealed, now, first):
    step, pn, number = header.read_header(plain)
    if first and (number != 0 or pn != 0):
        raise Malformed("a first flight begins at 0")
    if at is None:
        state, at = _take_step(state, step, pn, now), 0
    chain = state.receiving[at]
    if (chain.step, chain.pn) != (step, pn):
        raise Malformed("a header unlike the others of its chain")
    if number < chain.number:
        state, mk = without_skipped(state, at, number)
    else:
        state, mk = _advance(state, at, number, now)
    content = _verified(state, plain, mk, sealed)
    return limited(state), content


def _take_step(state, step, pn, now):
    """The receiving half, then the keys of the chain before up to PN, where it ends."""
    state = receiving_half(state, step, pn)
    if len(state.receiving) == 1:
        if pn != 0:
            raise Malformed("a PN before the first chain")
        return state
    if pn < state.receiving[1].number:
        raise Malformed("a PN below what has arrived")
    state = keep_up_to(state, 1, pn, now)
    return _replaced(state, 1, replace(state.receiving[1], ck=None, ended=now))


def _advance(state, at, number, now):
    state = keep_up_to(state, at, number, now)
    chain = state.receiving[at]
    if chain.ck is None:
        raise Malformed("a number above the end of its chain")
    mk = message_key(chain.ck)
    return _replaced(state, at, replace(chain, ck=next_chain_key(chain.ck), number=number + 1)), mk


def _replaced(state, at, chain):
    chains = list(state.receiving)
    chains[at] = chain
    return replace(state, receiving=tuple(chains))


def _verified(state, plain, mk, sealed):
    sender, recipient = state.peer.agent, state.own.agent
    inner = body.open_body(mk, body.associated(state.sid, sender, recipient, plain), sealed)
    return body.read_inner(inner, state.peer.device, state.sid, sender, recipient, plain)
