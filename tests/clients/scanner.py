#!/usr/bin/env python3
"""Cisco's MCP scanner (its offline rules) over the tools that a client is shown, against a reviewed baseline.

Needs A2A_BIN, and the scanner in MCP_SCANNER.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# Findings that somebody looked at and found to be none: tool → threat names. There are none to excuse.
BASELINE = {}
TOOLS = 11


def main():
    with tempfile.TemporaryDirectory(prefix="a2a-scanner-") as folder:
        passphrase = Path(folder) / "passphrase"
        passphrase.write_text("opens this vault")
        command = [os.environ["MCP_SCANNER"], "--analyzers", "yara", "--format", "raw", "stdio"]
        command += ["--stdio-command", os.environ["A2A_BIN"], "--stdio-arg", "mcp"]
        command += ["--stdio-env", f"A2A_HOME={folder}/home", "--stdio-env", f"A2A_PASSPHRASE_FILE={passphrase}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=folder)
    assert done.returncode == 0 and "{" in done.stdout, done.stdout + done.stderr
    results = json.loads(done.stdout[done.stdout.index("{") :])["scan_results"]
    passed = failed = 0
    for result in results:
        found = sorted({name for finding in result["findings"].values() for name in finding["threat_names"]})
        is_fine = result["status"] == "completed" and found == BASELINE.get(result["tool_name"], [])
        passed, failed = passed + is_fine, failed + (not is_fine)
        if not is_fine:
            print(f"FAILED  {result['tool_name']}: {result['status']}, {found}")
    assert len(results) == TOOLS, f"{len(results)} tools were scanned"
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
