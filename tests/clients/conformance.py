#!/usr/bin/env python3
"""The protocol's own conformance suite against `a2a serve`, in every revision that we speak.

The suite knows no bearer, so a proxy of this test adds it. Scenarios that ask for the suite's own tools, prompts and resources are
left out, and so are single checks of which the suite itself says that they cannot be tested without those. Needs A2A_BIN, A2A_RELAY_BIN, pexpect, and `conformance` on the path.
"""

import http.client
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pexpect
from python_sdk import SIDECAR, relay

BOTH = ["tools-list", "resources-list", "prompts-list"]
SCENARIOS = {
    "2025-06-18": ["server-initialize", "server-session-lifecycle", "ping", *BOTH],
    "2025-11-25": ["server-initialize", "server-session-lifecycle", "ping", "dns-rebinding-protection", *BOTH],
    "2026-07-28": [
        "server-stateless",
        "dns-rebinding-protection",
        "caching",
        "http-header-validation",
        "sep-2164-resource-not-found",
        *BOTH,
    ],
}


class Proxy(http.server.BaseHTTPRequestHandler):
    """Passes everything on, with the bearer; the server's own name takes the place of the proxy's, and of no other."""

    protocol_version = "HTTP/1.1"
    bearer = upstream = ""

    def forward(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        own = f"127.0.0.1:{self.server.server_address[1]}"
        named = self.headers.get("host", "").replace("localhost", "127.0.0.1")
        headers |= {"Host": self.upstream if named == own else self.headers.get("host", ""), "Authorization": self.bearer}
        if self.headers.get("origin", "").replace("localhost", "127.0.0.1") == f"http://{own}":
            headers["Origin"] = f"http://{self.upstream}"
        connection = http.client.HTTPConnection(self.upstream, timeout=60)
        try:
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding", "content-length", "date", "server"):
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            while piece := answer.read1(65536):
                self.wfile.write(piece)
                self.wfile.flush()
        except OSError:
            self.close_connection = True
        finally:
            connection.close()

    do_GET = do_POST = do_DELETE = forward

    def log_message(self, *_):
        pass


def served(env):
    """`a2a serve`, its address and its bearer."""
    server = subprocess.Popen([SIDECAR, "serve", "--port", "0"], env=env, stderr=subprocess.PIPE, text=True)
    url = next(line.removeprefix("serving ").strip() for line in server.stderr if line.startswith("serving "))
    threading.Thread(target=lambda: [None for _ in server.stderr], daemon=True).start()
    shown = pexpect.run(f"{SIDECAR} serve --show-bearer", env=env, encoding="utf-8")
    lines = (line.strip() for line in shown.splitlines())
    return server, url, next(line.split(": ")[1] for line in lines if line.startswith("Authorization: "))


def failures(folder):
    """What failed, without what the suite cannot test on a server that has none of its tools."""
    checks = [check for path in folder.rglob("checks.json") for check in json.loads(path.read_text())]
    assert checks, "the suite checked nothing"
    failed = [check for check in checks if check["status"] == "FAILURE"]
    return [check for check in failed if not check.get("errorMessage", "").startswith("Not testable")]


def run(url, folder):
    passed = failed = 0
    for revision, scenarios in SCENARIOS.items():
        for scenario in scenarios:
            results = folder / revision / scenario
            command = ["conformance", "server", "--url", url, "--scenario", scenario, "--spec-version", revision]
            done = subprocess.run([*command, "-o", str(results)], capture_output=True, text=True, timeout=120)
            if bad := failures(results):
                failed += 1
                print(f"FAILED  {scenario} ({revision})\n{json.dumps(bad, indent=1)}", flush=True)
            else:
                passed += 1
                print(f"ok      {scenario} ({revision}){'' if done.returncode == 0 else ', as far as it can be tested'}", flush=True)
    return passed, failed


def main():
    with tempfile.TemporaryDirectory(prefix="a2a-conformance-") as folder:
        folder = Path(folder)
        (folder / "passphrase").write_text("opens this vault")
        env = {"PATH": os.environ["PATH"], "HOME": str(folder), "A2A_HOME": str(folder / "home")}
        env |= {"A2A_PASSPHRASE_FILE": str(folder / "passphrase"), "A2A_ARGON2_MIB": "64", "BROWSER": "true"}
        with relay(folder / "relay") as address:
            subprocess.run([SIDECAR, "init", address, "--name", "alice"], env=env, check=True, stdin=subprocess.DEVNULL)
            server, url, bearer = served(env)
            Proxy.bearer, Proxy.upstream = bearer, url.removeprefix("http://").split("/")[0]
            proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
            threading.Thread(target=proxy.serve_forever, daemon=True).start()
            try:
                passed, failed = run(f"http://127.0.0.1:{proxy.server_address[1]}/mcp", folder / "results")
            finally:
                server.terminate()
                server.wait()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
