"""Relays and people with a sidecar each, as real processes on this machine."""

import os
import pty
import re
import select
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

    def join_link(self):
        """What its operator hands to one newcomer."""
        command = [RELAY, "token", "new", "--store", f"sqlite:{self.folder / 'relay.db'}", "--public-url", self.url]
        made = subprocess.run(command, env={"HOME": str(self.folder)}, capture_output=True, text=True, check=True)
        return next(word for word in made.stdout.split() if "/join#" in word)


class Person:
    """A machine with an agent, and a browser that takes notes of what it is asked to open."""

    def __init__(self, folder: Path, name: str, place: str, answers=()):
        folder.mkdir(parents=True)
        self.folder, self.name, self.consoles = folder, name, []
        (folder / "passphrase").write_text(f"{name} opens this vault")
        browser = folder / "browser"
        browser.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$1\" >> '{folder / 'pages'}'\n")
        browser.chmod(0o755)
        if answers:
            self.at_terminal("init", place, "--name", name, answers=answers)
        else:
            self.run("init", place, "--name", name)

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

    def at_terminal(self, *arguments, answers=()):
        """The same with a person at a terminal, who gives each answer once its question stands there."""
        process, terminal = pty.fork()
        if process == 0:
            os.execve(SIDECAR, [SIDECAR, *arguments], self.env | {"TERM": "dumb"})
        screen, left, seen, end = "", list(answers), 0, time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            try:
                ready, _, _ = select.select([terminal], [], [], 1)
                if ready:
                    screen += os.read(terminal, 65536).decode(errors="replace")
            except OSError:  # its end
                break
            if left and left[0][0] in screen[seen:]:
                seen = len(screen)
                os.write(terminal, f"{left.pop(0)[1]}\n".encode())
        _, status = os.waitpid(process, 0)
        os.close(terminal)
        assert status == 0 and not left, f"a2a {arguments} ended with {status}, {left} unanswered: {screen}"
        return screen

    def recovery_words(self):
        """The 24, read off the screen; the person does not say that they are written down."""
        screen = self.at_terminal("recovery", "show", answers=[("Show them now?", "y"), ("write all 24 down?", "n")])
        words = dict(re.findall(r"(\d{1,2}) ([a-z]{3,8})(?: {2,}|\s*\n)", screen))
        return [words[str(place)] for place in range(1, 25)]

    def set_pin(self, pin):
        self.at_terminal("pin", "set", answers=[("New PIN:", pin), ("Again:", pin)])

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
        return self.newcomer(name, relay.url)

    def newcomer(self, name, link, answers=()):
        """Somebody who registers with what was handed over."""
        person = Person(self.folder / name, name, link, answers)
        self.people.append(person)
        return person

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for ending in [*self.people, self.first, self.second]:
            ending.stop()
