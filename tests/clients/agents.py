#!/usr/bin/env python3
"""Runs real AI clients (Claude Code, Codex, Gemini CLI) with our sidecar in them, against a mock of their model APIs.

Shows what a model sees: the tools, the instructions, the words of the session-start hook, a peer's text inside its fence;
and that a tool call of the model's sends a sealed message which the other side receives. The clients are put to use by
`a2a install`, agreed to at a terminal.

Needs `mcp` and `pexpect`, the binaries in A2A_BIN and A2A_RELAY_BIN, and the clients on the path.
"""

import asyncio
import io
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import pexpect
from model import Model, strings
from python_sdk import SIDECAR, Owner, call, eventually, message_with, relay, sidecar

QUESTION = "is the pumpernickel review on thursday?"
ANSWER = "thursday it is"
CLIENT_SECONDS = 180
# What Claude Code calls the server of a plugin: the plugin, then the server.
PLUGIN_SERVER = "plugin_a2a_a2a"


async def pair(folder, address):
    """Alice and Bob, paired; a question of Bob's waits for Alice, and nobody runs."""
    async with sidecar(folder / "alice", "auto", Owner()) as alice, sidecar(folder / "bob", "auto", Owner()) as bob:
        await call(alice, "a2a_register", name="alice", relay=address)
        await call(bob, "a2a_register", name="bob", relay=address)
        invite = (await call(alice, "a2a_invite", scopes=["message"]))["invite"]
        await call(bob, "a2a_authorize", peer=invite)
        # The pair is whole once mail arrived; it counts as read when its reader asks for more.
        await call(bob, "a2a_send_message", recipient_id="alice", body="hello")
        await message_with(alice, "hello")
        await call(alice, "a2a_check_inbox", unread_only=True)
        sent = await call(bob, "a2a_send_message", recipient_id="alice", body=QUESTION)
        assert sent["status"] == "queued", sent
        await eventually("the question to wait, unread", lambda: one_waits(alice))


async def one_waits(alice):
    return (await call(alice, "a2a_whoami")).get("mail_waiting")


async def bob_receives(folder):
    async with sidecar(folder / "bob", "auto", Owner()) as bob:
        return await message_with(bob, ANSWER)


def machine(home):
    """The environment of somebody's machine, with the proxies that reach the outside taken out."""
    kept = {name: os.environ[name] for name in ["PATH", "LANG", "TMPDIR"] if name in os.environ}
    variables = {"HOME": str(home), "A2A_HOME": str(home / "home"), "A2A_PASSPHRASE_FILE": str(home / "passphrase")}
    return kept | variables | {"A2A_ARGON2_MIB": "64", "BROWSER": "true", "NO_COLOR": "1"}


def install(home, client, env):
    """`a2a install`, agreed to by somebody at a terminal."""
    terminal = pexpect.spawn(SIDECAR, ["install", client], env=env, encoding="utf-8", timeout=CLIENT_SECONDS)
    terminal.expect(r"\[y/N\]")
    terminal.sendline("y")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0, terminal.before


def run(command, env, folder):
    """A client's run to its end; everything it printed."""
    done = subprocess.run(
        command, env=env, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=CLIENT_SECONDS
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def script():
    yield "a2a_check_inbox", {"unread_only": True}
    yield "a2a_send_message", {"recipient_id": "bob", "body": ANSWER}


def check_what_the_model_saw(model):
    """Tools, instructions, the hook's words, and the peer's text as data."""
    seen = model.seen()
    offered = json.dumps(model.requests[0]["tools"])
    for tool in ["a2a_register", "a2a_check_inbox", "a2a_send_message", "a2a_revoke"]:
        assert tool in offered, f"{tool} was not offered"
    assert "1 unread message from a peer waits" in seen, "the hook's words did not reach the model"
    at_first = "\n".join(strings(model.requests[0]))
    assert "pumpernickel" not in at_first, "a peer's text stood in the prompt before the model asked for it"
    assert "pumpernickel" in seen, "the peer's text did not arrive"
    fenced = [line for line in seen.replace("\\n", "\n").split("\n") if "pumpernickel" in line]
    assert all(line.startswith("| ") for line in fenced), f"the peer's text stands outside its fence: {fenced}"
    assert "queued" in seen, "the model was not told that its message is on the way"


def claude_code(folder, env):
    home = folder / "alice"
    install(home, "claude-code", env)
    listed = run(["claude", "mcp", "list"], env, folder)
    assert "a2a" in listed and "Connected" in listed, listed
    doctor = subprocess.run([SIDECAR, "doctor", "--client", "claude-code"], env=env, capture_output=True, text=True)
    assert doctor.returncode == 0, doctor.stdout
    with Model(script()) as model:
        env = env | {"ANTHROPIC_BASE_URL": model.url, "ANTHROPIC_API_KEY": "sk-ant-of-nobody"}
        env |= {"ENABLE_TOOL_SEARCH": "false", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
        tools = "mcp__a2a__a2a_check_inbox,mcp__a2a__a2a_send_message"
        run(["claude", "-p", "see to my mail", "--allowedTools", tools], env, folder)
        check_what_the_model_saw(model)
        assert "a2a_check_inbox" in json.dumps(model.requests[0].get("system", "")) + model.seen(), "no instructions"


PLUGIN = Path(__file__).resolve().parents[2] / "packaging" / "claude-plugin"


def with_plugin(env, model):
    """A machine where `a2a` is on the path, as the plugin expects it, and Claude Code speaks to the mock."""
    env = env | {"PATH": f"{Path(SIDECAR).resolve().parent}:{env['PATH']}"}
    env |= {"ANTHROPIC_BASE_URL": model.url, "ANTHROPIC_API_KEY": "sk-ant-of-nobody"}
    return env | {"ENABLE_TOOL_SEARCH": "false", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}


def claude_code_with_plugin(folder, env):
    """The plugin as it is shipped, with nothing else set up: its server, its hook and its skill."""
    with Model(script(), PLUGIN_SERVER) as model:
        tools = ",".join(f"mcp__{PLUGIN_SERVER}__{tool}" for tool in ["a2a_check_inbox", "a2a_send_message"])
        command = ["claude", "-p", "see to my mail", "--plugin-dir", str(PLUGIN), "--allowedTools", tools]
        run(command, with_plugin(env, model), folder)
        check_what_the_model_saw(model)
        at_first = "\n".join(strings(model.requests[0]))
        described = next(line for line in (PLUGIN / "skills/a2a/SKILL.md").read_text().splitlines() if "description:" in line)
        assert described.split(":")[1].split(".")[0].strip() in at_first, "the skill was not offered"


def claude_code_with_monitor(folder, env):
    """An idle session at a terminal, woken by the plugin's monitor: one line, without a word of the peer's."""
    known = {"hasCompletedOnboarding": True, "theme": "dark", "projects": {str(folder): {"hasTrustDialogAccepted": True}}}
    known |= {"customApiKeyResponses": {"approved": ["sk-ant-of-nobody"], "rejected": []}}
    (Path(env["HOME"]) / ".claude.json").write_text(json.dumps(known))
    with Model([], PLUGIN_SERVER) as model:
        env = with_plugin(env, model) | {"TERM": "xterm-256color"}
        terminal = pexpect.spawn(
            "claude", ["--plugin-dir", str(PLUGIN)], env=env, cwd=str(folder), encoding="utf-8", dimensions=(40, 120)
        )
        screen = io.StringIO()
        terminal.logfile_read = screen
        try:
            asyncio.run(bob_writes_until(folder, lambda: keep_reading(terminal) and "<event>" in model.seen()))
        except AssertionError:
            raise AssertionError(f"nothing woke the session; its screen:\n{screen.getvalue()[-3000:]}") from None
        finally:
            terminal.close(force=True)
        woken = [text for text in strings(model.requests) if "<event>" in text]
        assert any("unread message" in text for text in woken), woken
        assert not any("pumpernickel" in text for text in woken), "a peer's text stood in the line that woke the model"


def keep_reading(terminal):
    """A terminal that nobody reads stops its program."""
    try:
        terminal.read_nonblocking(65536, timeout=0.1)
    except pexpect.TIMEOUT:
        pass
    return True


async def bob_writes_until(folder, woken):
    """What came before the monitor first looked is not new to it, so Bob writes again."""
    async with sidecar(folder / "bob", "auto", Owner()) as bob:
        for _ in range(6):
            await call(bob, "a2a_send_message", recipient_id="alice", body=QUESTION)
            for _ in range(40):
                if woken():
                    return
                await asyncio.sleep(0.2)
    raise AssertionError("not woken")


def claude_code_over_http(folder, env):
    """Claude Code with the bearer of a local server in its settings."""
    with subprocess.Popen([SIDECAR, "serve", "--port", "0"], env=env, stderr=subprocess.PIPE, text=True) as server:
        try:
            url = next(line.removeprefix("serving ").strip() for line in server.stderr if line.startswith("serving "))
            shown, status = pexpect.run(f"{SIDECAR} serve --show-bearer", env=env, withexitstatus=True, encoding="utf-8")
            bearer = next(line.strip() for line in shown.splitlines() if line.startswith("Authorization: "))
            assert status == 0, "no bearer was shown"
            run(["claude", "mcp", "add", "--transport", "http", "a2a", url, "--header", bearer], env, folder)
            listed = run(["claude", "mcp", "list"], env, folder)
            assert "a2a" in listed and "Connected" in listed, "not connected"
            wrong = bearer[:-2] + "AA"
            run(["claude", "mcp", "remove", "a2a"], env, folder)
            run(["claude", "mcp", "add", "--transport", "http", "a2a", url, "--header", wrong], env, folder)
            assert "Connected" not in run(["claude", "mcp", "list"], env, folder), "served without the bearer"
        finally:
            server.terminate()


def codex(folder, env):
    home = folder / "alice"
    env = env | {"CODEX_HOME": str(home / ".codex")}
    (home / ".codex").mkdir()
    install(home, "codex", env)
    listed = run(["codex", "mcp", "list"], env, folder)
    assert "a2a" in listed and "enabled" in listed, listed
    with Model(script()) as model:
        provider = f'model_providers.mock={{name="mock",base_url="{model.url}/v1",wire_api="responses"}}'
        command = ["codex", "exec", "--skip-git-repo-check", "--dangerously-bypass-hook-trust"]
        command += ["--dangerously-bypass-approvals-and-sandbox", "-c", provider, "-c", 'model_provider="mock"']
        run([*command, "-c", 'model="mock"', "see to my mail"], env, folder)
        check_what_the_model_saw(model)


def gemini(folder, env):
    """Gemini CLI has no way to a mock of its model here; it starts servers in folders that its owner trusts."""
    install(folder / "alice", "gemini", env)
    trusted = folder / "alice" / ".gemini" / "trustedFolders.json"
    trusted.write_text(json.dumps({str(folder / "alice"): "TRUST_FOLDER"}))
    listed = run(["gemini", "mcp", "list"], env, folder / "alice")
    assert "a2a" in listed, listed
    assert "Connected" in listed, listed


def case(client, folder):
    """Pairs, lets the client run, sees its message arrive where the client had a model."""
    with relay(folder / "relay") as address:
        asyncio.run(pair(folder, address))
        client(folder, machine(folder / "alice"))
        if client in (claude_code, claude_code_with_plugin, codex):
            asyncio.run(bob_receives(folder))


CASES = {
    "Claude Code": claude_code,
    "Claude Code with the plugin": claude_code_with_plugin,
    "Claude Code woken by the plugin's monitor": claude_code_with_monitor,
    "Claude Code over local HTTP": claude_code_over_http,
    "Codex": codex,
    "Gemini CLI (health only)": gemini,
}


def main():
    failed = passed = 0
    for name, client in CASES.items():
        with tempfile.TemporaryDirectory(prefix="a2a-agents-", ignore_cleanup_errors=True) as folder:
            try:
                case(client, Path(folder))
                passed += 1
                print(f"ok      {name}", flush=True)
            except BaseException:
                failed += 1
                print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
