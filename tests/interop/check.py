"""Holds that the second implementation agrees with the vector files of some folders; prints `N passed, N failed`."""

import json
import sys

from a2a1.errors import Refused
from vectors import files
from vectors.operations import run


def differs(vector):
    """How the outcome differs from the vector's, or None."""
    try:
        found, outcome = run(vector), None
    except Refused as error:
        found, outcome = None, error.outcome
    if outcome != vector.get("outcome"):
        return f"is {outcome or 'accepted'}, not {vector.get('outcome') or 'accepted'}"
    if outcome is None and found != vector["output"]:
        return f"gives {json.dumps(found)[:300]}, not {json.dumps(vector['output'])[:300]}"
    return None


def main():
    passed, failed = 0, []
    for folder in sys.argv[1:] or ("accept", "accept-python", "reject"):
        for name, vector in files.named(folder):
            problem = differs(vector)
            passed += problem is None
            if problem:
                failed.append(f"{name}: {problem}")
    print("\n".join(failed))
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
