#!/usr/bin/env python3
"""Every line that `a2a mcp` writes, against types generated from the protocol's published JSON schema, in both eras.

The types are those of the official SDK (`mcp_types`, made from the schemas of 2025-11-25 and 2026-07-28). Their validation ignores
members that it does not know; `conformance.py` holds the same messages to the schemas themselves, over HTTP.
Needs A2A_BIN and A2A_RELAY_BIN.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from mcp_types import methods
from python_sdk import SIDECAR, relay

ABOUT = {"name": "wire", "version": "1"}
CAPABILITIES = {"elicitation": {"form": {}, "url": {}}}
REVISIONS = {"2025-11-25": False, "2026-07-28": True}


class Wire:
    """One process, spoken to line by line; counts the lines that were checked."""

    def __init__(self, folder, revision, is_stateless):
        (folder / "passphrase").write_text("opens this vault")
        env = {"PATH": os.environ["PATH"], "HOME": str(folder), "A2A_HOME": str(folder / "home"), "BROWSER": "true"}
        env |= {"A2A_PASSPHRASE_FILE": str(folder / "passphrase"), "A2A_ARGON2_MIB": "64"}
        self.process = subprocess.Popen(
            [SIDECAR, "mcp"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.revision, self.is_stateless, self.last, self.checked = revision, is_stateless, 0, 0

    def say(self, message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0"} | message) + "\n")
        self.process.stdin.flush()

    def ask(self, method, **params):
        """The result of a request, or its error; both were checked, and so was everything on the way."""
        self.last += 1
        if self.is_stateless:
            prefix = "io.modelcontextprotocol"
            meta = {f"{prefix}/protocolVersion": self.revision, f"{prefix}/clientCapabilities": CAPABILITIES}
            params["_meta"] = meta | {f"{prefix}/clientInfo": ABOUT}
        self.say({"id": self.last, "method": method, "params": params})
        while line := self.process.stdout.readline():
            message = json.loads(line)
            assert message["jsonrpc"] == "2.0", message
            self.checked += 1
            if "method" in message:
                self.check_and_answer(message)
            elif "error" in message:
                assert isinstance(message["error"]["code"], int) and message["error"]["message"], message
                return message
            else:
                methods.validate_server_result(method, self.revision, message["result"])
                return message["result"]
        raise AssertionError("it ended")

    def check_and_answer(self, message):
        if "id" not in message:
            methods.parse_server_notification(message["method"], self.revision, message.get("params"))
            return
        methods.parse_server_request(message["method"], self.revision, message.get("params"))
        self.say({"id": message["id"], "result": {"action": "accept", "content": {"approve": True}}})

    def call(self, tool, **arguments):
        """A tool call; where the owner is asked by a result, the owner says yes and the call is made again."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        if result.get("resultType") == "input_required":
            answers = {name: {"action": "accept", "content": {"approve": True}} for name in result["inputRequests"]}
            state = result["requestState"]
            result = self.ask("tools/call", name=tool, arguments=arguments, requestState=state, inputResponses=answers)
        return result


def talk(wire, address):
    """Everything that a client may ask for, errors too."""
    if wire.is_stateless:
        wire.ask("server/discover")
    else:
        wire.ask("initialize", protocolVersion=wire.revision, capabilities=CAPABILITIES, clientInfo=ABOUT)
        wire.say({"method": "notifications/initialized"})
        wire.ask("ping")
    assert wire.call("a2a_whoami")["isError"], "there is no identity yet"
    assert not wire.call("a2a_register", name="alice", relay=address).get("isError"), "not registered"
    made = wire.call("a2a_invite", scopes=["message"])
    assert "invite" in made["structuredContent"], made
    for tool in ["a2a_whoami", "a2a_list_peers", "a2a_check_inbox"]:
        assert not wire.call(tool).get("isError"), tool
    assert wire.call("a2a_send_message", recipient_id="nobody", body="hello")["isError"]
    assert "error" in wire.ask("tools/call", name="a2a_frobnicate", arguments={})
    wire.ask("tools/list")
    for prompt in wire.ask("prompts/list")["prompts"]:
        wire.ask("prompts/get", name=prompt["name"], arguments={"peer": "bob"})
    wire.ask("resources/templates/list")
    for resource in wire.ask("resources/list")["resources"]:
        wire.ask("resources/read", uri=resource["uri"])
    assert "error" in wire.ask("resources/read", uri="a2a://nowhere")
    assert "error" in wire.ask("frobnicate")


def main():
    passed = failed = 0
    for revision, is_stateless in REVISIONS.items():
        with tempfile.TemporaryDirectory(prefix="a2a-wire-") as folder, relay(Path(folder) / "relay") as address:
            wire = Wire(Path(folder), revision, is_stateless)
            try:
                talk(wire, address)
                passed += 1
                print(f"ok      {revision}: {wire.checked} lines", flush=True)
            except Exception as error:
                failed += 1
                print(f"FAILED  {revision}, after {wire.checked} lines: {error!r}", flush=True)
            finally:
                wire.process.kill()
                wire.process.wait()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
