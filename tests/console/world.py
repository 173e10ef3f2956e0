"""Relays and people with a sidecar each, as real processes on this machine."""

import os
import socket
import subprocess
import time
from pathlib import Path

SIDECAR = os.environ["A2A_BIN"]
RELAY = os.environ["A2A_RELAY_BIN"]
PATIENCE_SECONDS = 60


def eventually(what, look):
    """Waits until `look` gives something true, and gives it back."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited for {what}")


class Relay:
    """A relay that takes everyone; it can be taken away and brought back on its port."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True)
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.listen = "127.0.0.1:%d" % free.getsockname()[1]
        self.url = f"http://{self.listen}"
        self.start()

    def start(self):
        command = [RELAY, "serve", "--listen", self.listen, "--store", f"sqlite:{self.folder / 'relay.db'}"]
        command += ["--registration", "open"]
        log = (self.folder / "log").open("a")
        env = {"HOME": str(self.folder)}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env)
        for line in self.process.stdout:
            if "listening on " in line:
                return
        raise RuntimeError((self.folder / "log").read_text())

    def stop(self):
        self.process.kill()
        self.process.wait()


class Person:
    """A machine with an agent, and a browser that takes notes of what it is asked to open."""

    def __init__(self, folder: Path, name: str, relay: Relay):
        folder.mkdir(parents=True)
        self.folder, self.name, self.consoles = folder, name, []
        (folder / "passphrase").write_text(f"{name} opens this vault")
        browser = folder / "browser"
        browser.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$1\" >> '{folder / 'pages'}'\n")
        browser.chmod(0o755)
        self.run("init", relay.url, "--name", name)

    @property
    def env(self):
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "A2A_HOME": str(self.folder / "home"),
            "A2A_PASSPHRASE_FILE": str(self.folder / "passphrase"),
            "A2A_ARGON2_MIB": "64",
            "BROWSER": str(self.folder / "browser"),
        }

    def run(self, *arguments, status=0):
        """A command without a terminal; gives its standard output."""
        done = subprocess.run(
            [SIDECAR, *arguments], env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == status, f"a2a {arguments} ended with {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def console(self):
        """Starts `a2a console`; gives the link that it opened in the browser."""
        notes = self.folder / "pages"
        before = len(notes.read_text().splitlines()) if notes.exists() else 0
        log = (self.folder / "console.log").open("a")
        process = subprocess.Popen([SIDECAR, "console"], env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.consoles.append(process)

        def opened():
            assert process.poll() is None, (self.folder / "console.log").read_text()
            lines = notes.read_text().splitlines() if notes.exists() else []
            return lines[before] if len(lines) > before else None

        return eventually("the console to open", opened)

    def stop(self):
        for process in self.consoles:
            process.terminate()
        for process in self.consoles:
            process.wait()


class World:
    """Two relays; everything ends when it does."""

    def __init__(self, folder: Path):
        self.folder, self.people = folder, []
        self.first, self.second = Relay(folder / "relay-first"), Relay(folder / "relay-second")

    def person(self, name, relay):
        person = Person(self.folder / name, name, relay)
        self.people.append(person)
        return person

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for ending in [*self.people, self.first, self.second]:
            ending.stop()
