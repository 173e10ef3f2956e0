"""Question: do both ends of a pair send on the same session, one that both still have, after any losses? Result: yes, by the sum of both epochs.

Steps: none of the labels; `Rank` in proto/src/ratchet/rank.rs and section 12 of docs/protocol.md.

Every history of up to DEPTH events is searched: either side loses its state and is restored (its device epoch rises, its sessions
are gone), or begins a session (a reset, whose number is above all that both sides have seen), which reaches the other at once or
late. At the end everything under way arrives and each side that was restored has begun anew. Then both must choose one and the
same session. `--broken` ranks by the epoch of who began, not by the sum, and must fail.
"""

import itertools
import sys

DEPTH = 6
EVENTS = [(kind, side) for kind in ("restore", "begin", "begin late") for side in (0, 1)]


def rank(session, broken):
    epochs, initiator, number, sid = session
    age = epochs[initiator] if broken else epochs[0] + epochs[1]
    return (age, number, -sid)


def run(history, broken):
    """The session that each side would send on after a history, or None where it knows none."""
    epochs, held, late = [1, 1], [set(), set()], []
    highest, sids = 0, itertools.count()

    def begin(side, is_late):
        nonlocal highest
        highest += 1
        session = (tuple(epochs), side, highest, next(sids))
        held[side].add(session)
        if is_late:
            late.append(session)
        else:
            arrive(session)

    def arrive(session):
        made_at, initiator, _, _ = session
        other = 1 - initiator
        # A flight made for a device that is gone, or by one, is not accepted.
        if made_at == tuple(epochs):
            held[other].add(session)

    begin(0, False)
    for kind, side in history:
        if kind == "restore":
            epochs[side] += 1
            held[side].clear()
        else:
            begin(side, kind == "begin late")
    for session in late:
        arrive(session)
    for side in (0, 1):
        if not any(session[0] == tuple(epochs) for session in held[side]):
            begin(side, False)
    return [max(sessions, key=lambda session: rank(session, broken), default=None) for sessions in held]


def main():
    broken = "--broken" in sys.argv[1:]
    histories = (history for depth in range(DEPTH + 1) for history in itertools.product(EVENTS, repeat=depth))
    failing = next((h for h in histories if len({*run(h, broken)}) != 1 or None in run(h, broken)), None)
    if failing is not None and not broken:
        print("fails after", failing, file=sys.stderr)
    print("true" if failing is None else "false")


main()
