#!/usr/bin/env python3
"""Plays a program in a terminal and draws what it prints as an SVG that plays it again.

cargo build --workspace --bins --examples && docs/images/record.py target/debug/examples/two_agents >docs/images/two_agents.svg
"""

import os
import pty
import re
import subprocess
import sys
import time
from html import escape

COLUMNS, ROWS = 100, 30
WIDE, HIGH, PAD, TOP = 8.0, 18, 16, 44
# A pause of the program is shown, but no longer than this.
LONGEST_PAUSE = 0.9
COLOURS = {"1": "b", "2": "f", "31": "r", "32": "g", "33": "y", "34": "u", "35": "m", "36": "c"}


def lines_of(command):
    """The lines that a program prints at a terminal, each with the second it came."""
    screen, terminal = pty.openpty()
    env = os.environ | {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal, env=env)
    os.close(terminal)
    begun, pending, shown, last = time.monotonic(), b"", 0.0, 0.0
    while True:
        try:
            chunk = os.read(screen, 4096)
        except OSError:
            chunk = b""
        if not chunk:
            break
        pending += chunk
        *whole, pending = pending.split(b"\n")
        for line in whole:
            now = time.monotonic() - begun
            shown += min(now - last, LONGEST_PAUSE)
            last = now
            yield shown, line.decode(errors="replace").rstrip("\r")
    if program.wait() != 0:
        sys.exit("the program failed")


def spans(line):
    """A line as `tspan`s, one for each stretch in one style; cursor movements are left out."""
    line = re.sub(r"\x1b\[[0-9;]*[A-LN-Za-ln-z]|.*\r", "", line)
    parts, style, used = [], "", 0
    for piece in re.split(r"(\x1b\[[0-9;]*m)", line):
        code = re.fullmatch(r"\x1b\[([0-9;]*)m", piece)
        if code:
            names = [COLOURS[one] for one in code[1].split(";") if one in COLOURS]
            style = " ".join(names)
        elif piece:
            piece = piece[: max(0, COLUMNS - used)]
            used += len(piece)
            text = escape(piece).replace(" ", "\u00a0")
            parts.append(f'<tspan class="{style}">{text}</tspan>' if style else text)
    return "".join(parts)


def drawn(recorded, title):
    """The whole picture; without animation it shows the end."""
    width, height = COLUMNS * WIDE + 2 * PAD, TOP + ROWS * HIGH + PAD
    end = recorded[-1][0] + 1
    over = [max(0, at + 1 - ROWS) for at in range(len(recorded))]
    times = ";".join(f"{min(1, when / end):.4f}" for when, _ in recorded)
    moves = ";".join(f"0 {-lines * HIGH}" for lines in over)
    text = []
    for at, (when, line) in enumerate(recorded):
        hidden = f'<set attributeName="visibility" to="hidden" begin="0s" end="{when:.2f}s"/>'
        text.append(f'<text y="{(at + 1) * HIGH - 5}">{spans(line)}{hidden}</text>')
    scroll = (
        f'<animateTransform attributeName="transform" type="translate" calcMode="discrete" dur="{end:.2f}s" '
        f'keyTimes="0;{times}" values="0 0;{moves}"/>'
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}" role="img" aria-label="{escape(title)}">
<style>text{{font:13.3px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d9d7d0}}
.b{{font-weight:700;fill:#fff}}.f{{fill:#8d959d}}.r{{fill:#f2857c}}.g{{fill:#5cc9a4}}.y{{fill:#e3b35a}}.u{{fill:#7fb2f0}}.m{{fill:#c9a0f0}}.c{{fill:#67c7d4}}</style>
<rect width="{width:g}" height="{height}" rx="10" fill="#15181b"/>
<circle cx="22" cy="21" r="6" fill="#f2857c"/><circle cx="42" cy="21" r="6" fill="#e3b35a"/><circle cx="62" cy="21" r="6" fill="#5cc9a4"/>
<text x="{width / 2:g}" y="26" text-anchor="middle" class="f">{escape(title)}</text>
<svg x="{PAD}" y="{TOP}" width="{COLUMNS * WIDE:g}" height="{ROWS * HIGH}" overflow="hidden"><g transform="translate(0 {-over[-1] * HIGH})">{scroll}
{chr(10).join(text)}
</g></svg>
</svg>
"""


if __name__ == "__main__":
    command = sys.argv[1:]
    print(drawn(list(lines_of(command)), f"$ cargo run --example {os.path.basename(command[0])}"), end="")
