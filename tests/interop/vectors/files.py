"""Reads and writes vector files: JSON, bytes as base64url, one vector a file."""

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "proto/tests/vectors"


def read(path):
    return json.loads((FOLDER / path).read_text(encoding="utf-8"))


def named(folder):
    """(name, vector) of every file of a folder."""
    return [(f"{folder}/{path.name}", read(f"{folder}/{path.name}")) for path in sorted((FOLDER / folder).glob("*.json"))]


def as_text(vector):
    return json.dumps(vector, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def write(vectors):
    for name, vector in vectors.items():
        (FOLDER / name).write_text(as_text(vector), encoding="utf-8")
