#!/usr/bin/env python3
"""How soon the console's pages stand in a real browser, in a mailbox that has lived: `paint.py 10000`.

Prints first contentful paints, as the browser itself counts them from the click on, and the time to the last byte.
Needs the same variables as journey.py; figures mean something with release builds on a quiet machine only.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from browser import PAINT, Desk, launch
from world import SIDECAR, World, eventually

ROUNDS = 15
LAST_BYTE = "performance.getEntriesByType('navigation')[0].responseEnd"


class Model:
    """An AI client that writes and reads without end."""

    def __init__(self, person):
        self.process = subprocess.Popen(
            [SIDECAR, "mcp"], env=person.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.last = 0
        me = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "paint", "version": "1"}}
        self.ask("initialize", me)
        self.say({"method": "notifications/initialized"})

    def say(self, message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0"} | message) + "\n")
        self.process.stdin.flush()

    def ask(self, method, parameters):
        self.last += 1
        self.say({"id": self.last, "method": method, "params": parameters})
        for line in self.process.stdout:
            message = json.loads(line)
            if message.get("id") == self.last and "method" not in message:
                return message["result"]
        raise RuntimeError("the sidecar is gone")

    def call(self, tool, **arguments):
        return self.ask("tools/call", {"name": tool, "arguments": arguments})


def live(world, messages):
    """Alice writes so many messages to Bob, whose model reads them."""
    alice, bob = world.person("alice", world.first), world.person("bob", world.second)
    # Each approves at a terminal, as a person would.
    made = bob.at_terminal("invite", "--scope", "message", answers=[("Approve?", "y")])
    link = next(word for word in made.split() if "/invite#" in word)
    alice.at_terminal("authorize", link, answers=[("Approve?", "y")])
    many = str(10 * messages)
    alice.at_terminal(
        "peers", "limits", "bob", "--per-hour", many, "--per-day", many, "--kib-per-day", many, answers=[("[y/N]", "y")]
    )
    writer, reader = Model(alice), Model(bob)
    for number in range(messages):
        text = f"Message {number}: would Thursday at two work for the review of the API?"
        # Too many unconfirmed at once are refused; the receipts come by themselves.
        eventually("a message to be taken", lambda: not write(writer, text).get("isError"))
        if number % 100 == 99:
            read(reader)
            print(f"\r{number + 1} of {messages} messages", end="", file=sys.stderr, flush=True)
    eventually("everything to be read", lambda: read(reader) == 0)
    return bob


def write(writer, text):
    return writer.call("a2a_send_message", recipient_id="bob", body=text)


def read(reader):
    page = reader.call("a2a_check_inbox", unread_only=True, limit=50)
    return len(page["structuredContent"]["messages"])


def measure(desk):
    thread = desk.page.locator(".thread").first.get_attribute("href").rsplit("/", 1)[1]
    for name, path in {"inbox": "inbox", "a conversation": f"thread/{thread}", "compose": f"compose?to={thread}",
                       "network": "network", "authorizations": "authorizations", "settings": "settings"}.items():
        painted, whole = [], []
        for _ in range(ROUNDS):
            page = desk.go(path)
            painted.append(page.evaluate(PAINT))
            whole.append(page.evaluate(LAST_BYTE))
        print(f"{name:16} first paint {statistics.median(painted):6.1f} ms (slowest {max(painted):.1f}), "
              f"last byte {statistics.median(whole):6.1f} ms")


def main():
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory(prefix="a2a-paint-") as folder, World(Path(folder)) as world:
        bob = live(world, messages)
        with sync_playwright() as playwright:
            desk = Desk(launch(playwright), bob)
            print(f"\n{messages} messages; median of {ROUNDS}")
            measure(desk)


if __name__ == "__main__":
    main()
