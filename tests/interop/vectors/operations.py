"""Every operation that a vector can name: a function from its input to its output, or a refusal."""

from . import contents, documents, relays, sessions

OPERATIONS = {**documents.OPERATIONS, **relays.OPERATIONS, **contents.OPERATIONS, **sessions.OPERATIONS}


def run(vector):
    return OPERATIONS[vector["operation"]](vector["input"])
