#!/usr/bin/env python3
"""Drives two real sidecars on two real relays with the official Python MCP SDK, in both eras of the protocol.

Needs `mcp` 2.3 and the binaries in A2A_BIN and A2A_RELAY_BIN. Ends with "N passed, N failed" and a status to match.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import mcp_types as types
from mcp import StdioServerParameters
from mcp.client import Client

SIDECAR = os.environ["A2A_BIN"]
RELAY = os.environ["A2A_RELAY_BIN"]
PATIENCE_SECONDS = 60
QUESTION = "thursday 2pm work for the API review?"
ANSWER = "yes, see you at two"


class Owner:
    """The person beside the model: answers each form the same way and remembers what was asked."""

    def __init__(self, action="accept"):
        self.action = action
        self.asked = []

    async def __call__(self, _context, params):
        self.asked.append(params.message)
        content = {"approve": True} if self.action == "accept" else None
        return types.ElicitResult(action=self.action, content=content)


@contextlib.contextmanager
def relay(folder):
    """A relay that takes everyone, on a free port; gives its address."""
    folder.mkdir()
    command = [RELAY, "serve", "--listen", "127.0.0.1:0", "--store", f"sqlite:{folder / 'relay.db'}"]
    command += ["--registration", "open"]
    log = (folder / "log").open("w")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env={"HOME": str(folder)})
    try:
        for line in process.stdout:
            if "listening on " in line:
                yield line.split("listening on ")[1].split()[0]
                return
        raise RuntimeError(f"the relay did not start: {(folder / 'log').read_text()}")
    finally:
        process.kill()
        process.wait()


def sidecar(folder, mode, owner):
    """A client of `a2a mcp` on a machine of its own."""
    folder.mkdir(exist_ok=True)
    (folder / "passphrase").write_text(f"{folder.name} opens this vault")
    env = {
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
        "A2A_HOME": str(folder / "home"),
        "A2A_PASSPHRASE_FILE": str(folder / "passphrase"),
        "A2A_ARGON2_MIB": "64",
        "BROWSER": "true",
    }
    server = StdioServerParameters(command=SIDECAR, args=["mcp"], env=env)
    return Client(server, mode=mode, elicitation_callback=owner)


async def call(client, tool, **arguments):
    """The structured result of a call that has to succeed. The SDK checks it against the tool's output schema."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, f"{tool} {arguments}: {words(result)}"
    assert result.content, f"{tool} gave no text copy"
    return result.structured_content


async def refused(client, tool, **arguments):
    """The words of a call that has to fail."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, f"{tool} {arguments} should have failed: {result.structured_content}"
    return words(result)


def words(result):
    return " ".join(block.text for block in result.content if block.type == "text")


async def eventually(what, ask):
    """Asks again until there is an answer."""
    end = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        answer = await ask()
        if answer:
            return answer
        assert asyncio.get_running_loop().time() < end, f"waited {PATIENCE_SECONDS} s for {what}"
        await asyncio.sleep(0.1)


async def message_with(client, body):
    async def ask():
        inbox = await call(client, "a2a_check_inbox", unread_only=False)
        return next((message for message in inbox["messages"] if f"\n| {body}\n" in message["body"]), None)

    return await eventually(f"the message {body!r}", ask)


async def state_of(client, peer, message_id, state):
    async def ask():
        await call(client, "a2a_check_inbox", unread_only=True)
        thread = await call(client, "a2a_read_thread", peer=peer)
        return any(m["message_id"] == message_id and m.get("state") == state for m in thread["messages"])

    return await eventually(f"{message_id} to be {state}", ask)


async def conversation(folder, mode):
    """register, invite, authorize, send, check, reply, revoke."""
    with relay(folder / "relay-a") as relay_a, relay(folder / "relay-b") as relay_b:
        alice_says, bob_says = Owner(), Owner()
        async with (
            sidecar(folder / "alice", mode, alice_says) as alice,
            sidecar(folder / "bob", mode, bob_says) as bob,
        ):
            modern = alice.protocol_version >= "2026-07-28"
            assert modern == (mode == "auto"), alice.protocol_version
            assert len((await alice.list_tools()).tools) == 11
            assert "a2a_check_inbox" in (alice.instructions or "")

            await call(alice, "a2a_register", name="alice", relay=relay_a)
            await call(bob, "a2a_register", name="bob", relay=relay_b)
            assert (await call(bob, "a2a_register", name="bob", relay=relay_b))["already"]

            card = [{"id": "api-review", "title": "API review", "description": "Reviews APIs"}]
            assert (await call(bob, "a2a_set_capabilities", capabilities=card))["status"] == "published"
            address = (await call(bob, "a2a_whoami"))["address"]
            manifest = await call(alice, "a2a_get_agent_capabilities", agent_id=address)
            assert manifest["capabilities"][0]["id"] == "api-review" and manifest["verified"], manifest

            invite = (await call(bob, "a2a_invite", scopes=["scheduling"]))["invite"]
            done = await call(alice, "a2a_authorize", peer=invite)
            assert done["status"] == "paired", done
            assert len(alice_says.asked) == 1 and len(bob_says.asked) == 2, (alice_says.asked, bob_says.asked)

            sent = await call(alice, "a2a_send_message", recipient_id="bob", subject="review", body=QUESTION)
            assert sent["status"] == "queued", sent
            got = await message_with(bob, QUESTION)
            assert got["from"] == "alice" and got["verified"] and got["trust"] == "untrusted-peer", got

            reply_to = {"reply_to": got["message_id"]}
            await call(bob, "a2a_send_message", recipient_id="alice", body=ANSWER, **reply_to)
            answer = await message_with(alice, ANSWER)
            assert answer["reply_to"] == sent["message_id"], answer
            await state_of(alice, "bob", sent["message_id"], "answered")

            await read_extras(bob)
            assert (await call(bob, "a2a_revoke", peer="alice"))["status"] == "revoked"
            await told_of_the_end(alice)


async def read_extras(bob):
    """Prompts and resources, for clients that have them."""
    assert [prompt.name for prompt in (await bob.list_prompts()).prompts] == ["inbox", "network", "compose"]
    prompt = await bob.get_prompt("compose", {"recipient": "alice"})
    assert "alice" in prompt.messages[0].content.text
    uris = [str(resource.uri) for resource in (await bob.list_resources()).resources]
    assert uris == ["a2a://inbox", "a2a://thread/alice"], uris
    thread = await bob.read_resource("a2a://thread/alice")
    assert f"| {QUESTION}" in thread.contents[0].text, thread.contents[0].text


async def told_of_the_end(alice):
    """Mail after a revocation is refused, and the sender hears it in words."""

    async def ask():
        result = await alice.call_tool("a2a_send_message", {"recipient_id": "bob", "body": "still there?"})
        return result.is_error and "no longer accepts" in words(result)

    await eventually("the refusal", ask)


async def no_consent(folder, mode, action):
    """An owner who does not agree gets no invite made, and the model cannot insist."""
    with relay(folder / "relay") as address:
        owner = Owner(action)
        async with sidecar(folder / "bob", mode, owner) as bob:
            await call(bob, "a2a_register", name="bob", relay=address)
            for _ in range(3):
                result = await bob.call_tool("a2a_invite", {"scopes": ["message"]})
                assert "/invite#" not in f"{result.structured_content} {words(result)}", result
            assert owner.asked
            assert (await call(bob, "a2a_list_peers"))["pairs"] == []


async def absent_owner(folder, mode):
    """A client that cannot ask at all gets `pending_owner`, and the words to pass on."""
    with relay(folder / "relay") as address:
        async with sidecar(folder / "bob", mode, None) as bob:
            await call(bob, "a2a_register", name="bob", relay=address)
            waits = await call(bob, "a2a_invite", scopes=["message"])
            assert waits["status"] == "pending_owner" and f"a2a approve {waits['action_id']}" in waits["how"], waits


async def no_identity(folder, mode):
    """Before there is an identity every tool says how to get one, and the server lives."""
    async with sidecar(folder / "bob", mode, Owner()) as bob:
        assert "a2a_register" in await refused(bob, "a2a_whoami")
        assert "a2a_register" in await refused(bob, "a2a_check_inbox", unread_only=True)


def cases():
    for mode in ["auto", "legacy"]:
        yield f"conversation, {mode}", lambda folder, mode=mode: conversation(folder, mode)
        for action in ["decline", "cancel"]:
            yield f"owner: {action}, {mode}", lambda folder, mode=mode, action=action: no_consent(folder, mode, action)
        yield f"owner absent, {mode}", lambda folder, mode=mode: absent_owner(folder, mode)
        yield f"no identity, {mode}", lambda folder, mode=mode: no_identity(folder, mode)


def main():
    failed = passed = 0
    for name, case in cases():
        with tempfile.TemporaryDirectory(prefix="a2a-python-") as folder:
            try:
                asyncio.run(case(Path(folder)))
                passed += 1
                print(f"ok      {name}", flush=True)
            except BaseException:  # an assertion inside the SDK's task group arrives in an ExceptionGroup
                failed += 1
                print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
