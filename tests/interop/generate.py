"""Writes the vectors of the second implementation: `generate.py` to files, `generate.py --check` to compare with them."""

import sys

from vectors import accepting, files, rejecting


def main():
    check = "--check" in sys.argv
    store = (lambda vectors: None) if check else files.write
    wanted = {**accepting.vectors(store), **rejecting.vectors()}
    store(wanted)
    found = {name: vector for folder in (accepting.FOLDER, rejecting.FOLDER) for name, vector in files.named(folder)}
    differing = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    print("\n".join(f"{name} differs from what this program writes" for name in differing))
    print(f"{len(wanted)} passed, {len(differing)} failed")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
