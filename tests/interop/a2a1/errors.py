"""What can go wrong, by what the one who asked may be told (docs/protocol.md, section 13)."""


class Refused(Exception):
    """Something foreign was not taken. `outcome` is all that a caller may act on."""

    outcome = "refused"


class Malformed(Refused):
    """Bytes that are not in the one form in which a writer would write them, or not signed by whom they name."""


class NotAcceptable(Refused):
    """Well-formed and signed, but not to be used here and now: expired, too old, another's."""


class NotForSession(Refused):
    """No key of ours opens the envelope: all that an outsider can cause."""

    outcome = "not_for_session"


class Used(Refused):
    """The envelope's number was opened before."""

    outcome = "used"


class TooFarAhead(Refused):
    """The envelope would skip more keys than a session keeps."""

    outcome = "too_far_ahead"


class Invalid(Refused):
    """A key of ours opens the outermost seal, and what is behind does not hold, whatever it was that did not."""

    outcome = "invalid"
