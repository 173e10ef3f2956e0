#!/usr/bin/env python3
"""A relay's webhooks, received and verified with the official Python library of Standard Webhooks.

Needs A2A_BIN and A2A_RELAY_BIN, and the packages pexpect and standardwebhooks.
"""

import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pexpect
from standardwebhooks import Webhook, WebhookVerificationError

A2A, RELAY = os.environ["A2A_BIN"], os.environ["A2A_RELAY_BIN"]
WAIT = 60


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps verified calls; sends challenges back once it has the secret."""

    secret = None
    calls = []
    refused = 0
    arrived = threading.Condition()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = Webhook(self.secret).verify(body, dict(self.headers)) if self.secret else None
        except WebhookVerificationError:
            event = None
        with self.arrived:
            if event is None:
                Receiver.refused += 1
            else:
                self.calls.append((event, dict(self.headers), body))
            self.arrived.notify_all()
        answer = event.get("challenge", "").encode() if event else b""
        self.send_response(200 if event else 401)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def wait_for(event):
    with Receiver.arrived:
        there = Receiver.arrived.wait_for(lambda: any(call[0]["event"] == event for call in Receiver.calls), WAIT)
    assert there, f"no {event} call came"
    return next(call for call in Receiver.calls if call[0]["event"] == event)


def home(folder, name):
    place = folder / name
    (place / "home").mkdir(parents=True)
    (place / "passphrase").write_text(f"the passphrase of {name}\n")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "A2A_HOME": str(place / "home"),
        "A2A_PASSPHRASE_FILE": str(place / "passphrase"),
        "A2A_ARGON2_MIB": "64",
        "TERM": "dumb",
    }


def run(env, *arguments):
    done = subprocess.run([A2A, *arguments], env=env, capture_output=True, text=True, timeout=WAIT)
    assert done.returncode == 0, f"a2a {arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def start_relay(folder):
    child = subprocess.Popen(
        [RELAY, "serve", "--listen", "127.0.0.1:0", "--registration", "open", "--webhook-this-machine",
         "--knock-difficulty", "8", "--store", f"sqlite:{folder}/relay.db"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
    )
    for line in child.stdout:
        if found := re.search(r"listening on (\S+)", line):
            return child, found[1]
    raise AssertionError("the relay did not start")


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/hook"
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        relay, address = start_relay(folder)
        try:
            alice, bob = home(folder, "alice"), home(folder, "bob")
            for name, env in (("alice", alice), ("bob", bob)):
                run(env, "init", address, "--name", name)

            first = json.loads(run(bob, "webhook", "set", url, "--json"))
            assert first["state"] == "unverified" and Receiver.refused == 1, first
            Receiver.secret = first["secret"]
            second = json.loads(run(bob, "webhook", "set", url, "--json"))
            assert second == {**first, "state": "active"}, second
            wait_for("challenge")

            knock = pexpect.spawn(A2A, ["authorize", "bob@" + address.split("//")[1]], env=alice, timeout=WAIT)
            knock.expect(r"\[y/N\]")
            knock.sendline("y")
            knock.expect(pexpect.EOF)
            event, headers, body = wait_for("mail")
            assert set(event) == {"v", "event", "id"} and event["v"] == 1, event
            assert headers["webhook-id"] == event["id"], headers

            for damaged in (body + b" ", body.replace(b"mail", b"male")):
                try:
                    Webhook(Receiver.secret).verify(damaged, headers)
                    raise AssertionError("a changed body was verified")
                except WebhookVerificationError:
                    pass

            shown = json.loads(run(bob, "webhook", "deliveries", "--json"))
            assert shown["state"] == "active" and shown["deliveries"][0]["delivered"], shown
            run(bob, "webhook", "remove")
        finally:
            relay.kill()
            relay.wait()
    print("webhooks verified by the official library: 1 passed")


if __name__ == "__main__":
    sys.exit(main())
