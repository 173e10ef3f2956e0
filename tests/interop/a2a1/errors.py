"""What can go wrong, by what the one who asked may be told (docs/protocol.md, section 13)."""


class Refused(Exception):
    """Something foreign was not taken. `outcome` is all that anybody is told."""

    outcome = "refused"


class Malformed(Refused):
    """Public bytes that are not in the one form in which a writer would write them, or not signed by whom they name."""

    outcome = "malformed"


class NotAcceptable(Refused):
    """Well-formed and signed, but not to be used now: expired, too old, another's."""

    outcome = "not_acceptable"


class FlightRefused(Refused):
    """A first flight that did not verify, whatever the reason was."""

    outcome = "refused"


class NotForSession(Refused):
    """No header key of the session opens the envelope: all that an outsider can cause."""

    outcome = "not_for_session"


class Used(Refused):
    """The envelope's number was opened before."""

    outcome = "used"


class TooFarAhead(Refused):
    """The envelope would skip more keys than a session keeps."""

    outcome = "too_far_ahead"


class Forged(Refused):
    """A header key opened it, and what is behind does not verify, whatever the reason was."""

    outcome = "forged"
