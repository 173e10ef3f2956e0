#!/usr/bin/env python3
"""Desktop notifications on a real session bus: what `a2a watch` shows there, and what the button opens.

Run inside `dbus-run-session`. Needs `mcp` and `jeepney`, and the binaries in A2A_BIN and A2A_RELAY_BIN.
"""

import asyncio
import http.cookiejar
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request
from pathlib import Path

from jeepney import DBusAddress, MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from python_sdk import SIDECAR, Owner, call, eventually, relay, sidecar

NAME = "org.freedesktop.Notifications"
PLACE = "/org/freedesktop/Notifications"
# How long an act waits before it is told, as `sidecar/src/desktop/news.rs` has it.
ACT_SECONDS = 8
BODY = "the pumpernickel review is on thursday"
SUBJECT = "about the rye"
# Nothing of the peer's may stand on a screen that is locked.
UNSHOWN = ["pumpernickel", "rye", "alice", "a2a_", "approve "]


class Desktop(threading.Thread):
    """Shows notifications as a desktop does: keeps what it was asked to show."""

    def __init__(self):
        super().__init__(daemon=True)
        self.shown = []
        self.bus = open_dbus_connection("SESSION")
        self.bus.send_and_get_reply(message_bus.RequestName(NAME))

    def run(self):
        while True:
            message = self.bus.receive()
            if message.header.message_type != MessageType.method_call:
                continue
            if message.header.fields.get(3) != "Notify":
                self.bus.send(new_error(message, "org.freedesktop.DBus.Error.UnknownMethod"))
                continue
            replaced = message.body[1]
            number = replaced or len(self.shown) + 1
            self.shown.append((number, message.body))
            self.bus.send(new_method_return(message, "u", (number,)))

    def press(self, number, button="open"):
        self.bus.send(pressed(number, button))


def pressed(number, button):
    return new_signal(DBusAddress(PLACE, interface=NAME), "ActionInvoked", "us", (number, button))


async def test(folder):
    desktop = Desktop()
    desktop.start()
    with relay(folder / "relay") as address:
        async with sidecar(folder / "alice", "auto", Owner()) as alice:
            async with sidecar(folder / "bob", "auto", Owner()) as bob:
                await call(alice, "a2a_register", name="alice", relay=address)
                await call(bob, "a2a_register", name="bob", relay=address)
                invite = (await call(bob, "a2a_invite", scopes=["message"]))["invite"]
                await call(alice, "a2a_authorize", peer=invite)
            with watcher(folder):
                await mail_is_told_and_opens_the_console(folder, desktop, alice)
                await an_act_is_told_and_opens_its_page(folder, desktop)
                await nobody_else_presses(folder, desktop)
            await turned_off_nothing_is_told(folder, desktop)
    check_words(desktop)


async def mail_is_told_and_opens_the_console(folder, desktop, alice):
    await call(alice, "a2a_send_message", recipient_id="bob", subject=SUBJECT, body=BODY)
    number, told = await notification(desktop, "1 unread message waits.")
    assert list(told[5]) == ["default", "Open", "open", "Open"], told
    desktop.press(number)
    page = await page_number(folder, 1)
    assert "Inbox" in page, page[:400]


async def an_act_is_told_and_opens_its_page(folder, desktop):
    async with sidecar(folder / "bob", "auto", None) as bob:
        await bob.call_tool("a2a_invite", {"scopes": ["message"]})
        number, _told = await notification(desktop, "Something waits until you decide about it.")
    desktop.press(number)
    page = await page_number(folder, 2)
    assert "Approve" in page and "invite" in page.lower(), page[:400]


async def nobody_else_presses(folder, desktop):
    """Another program of the session says that a button was pressed; so does the desktop, of somebody else's."""
    stranger = open_dbus_connection("SESSION")
    number = desktop.shown[-1][0]
    stranger.send(pressed(number, "open"))
    stranger.send_and_get_reply(message_bus.ListNames())
    desktop.press(4_000_000)
    desktop.press(number, "other")
    # What comes after is seen after.
    desktop.press(number, "default")
    await page_number(folder, 3)
    assert len(pages(folder)) == 3, pages(folder)


async def turned_off_nothing_is_told(folder, desktop):
    """Of a process that begins while the same things wait as before, and that was told to be quiet."""
    assert json.loads(a2a(folder, "notify", "--json")) == {"notify": True}
    a2a(folder, "notify", "off")
    before = len(desktop.shown)
    with watcher(folder):
        # Nothing can be waited for but the time after which the act would be told.
        await asyncio.sleep(ACT_SECONDS + 20)
    assert len(desktop.shown) == before, desktop.shown[before:]
    a2a(folder, "notify", "on")
    with watcher(folder):
        await eventually("the act to be told once it is wanted", lambda: told_since(desktop, before))


async def told_since(desktop, before):
    return desktop.shown[before:]


def check_words(desktop):
    assert desktop.shown, "nothing was shown"
    for _number, (app, _replaces, icon, title, text, *_rest) in desktop.shown:
        assert (app, icon) == ("a2a", ""), (app, icon)
        for word in UNSHOWN:
            assert word not in title.lower() and word not in text.lower(), f"{word} stands in {title!r}: {text!r}"


async def notification(desktop, text):
    async def ask():
        return next((shown for shown in desktop.shown if shown[1][4] == text), None)

    return await eventually(f"a notification {text!r} among {desktop.shown}", ask)


def machine(folder):
    home = folder / "bob"
    browser = home / "browser"
    browser.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$1\" >>'{home}/pages'\n")
    browser.chmod(0o755)
    kept = {name: os.environ[name] for name in ["PATH", "DBUS_SESSION_BUS_ADDRESS"]}
    named = {"HOME": home, "A2A_HOME": home / "home", "A2A_PASSPHRASE_FILE": home / "passphrase", "BROWSER": browser}
    return kept | {name: str(path) for name, path in named.items()} | {"A2A_ARGON2_MIB": "64"}


def a2a(folder, *arguments):
    done = subprocess.run([SIDECAR, *arguments], env=machine(folder), capture_output=True, text=True, check=True)
    return done.stdout


class watcher:
    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        self.process = subprocess.Popen([SIDECAR, "watch"], env=machine(self.folder), stderr=subprocess.DEVNULL)

    def __exit__(self, *_error):
        self.process.kill()
        self.process.wait()


def pages(folder):
    notes = folder / "bob" / "pages"
    return notes.read_text().split() if notes.exists() else []


async def page_number(folder, number):
    """The page that was opened as that one, as the browser would show it."""

    async def ask():
        return pages(folder)[number - 1 :]

    link = (await eventually(f"page {number} to be opened", ask))[0]
    assert link.startswith("http://127.0.0.1:"), link
    return await asyncio.to_thread(fetched, link)


def fetched(link):
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    text = browser.open(link).read().decode()
    # The console's link leads on by a page of its own.
    onward = re.search(r'href="([^"]+/inbox)"', text)
    return browser.open(urllib.parse.urljoin(link, onward[1])).read().decode() if "Opening" in text and onward else text


def main():
    with tempfile.TemporaryDirectory(prefix="a2a-desktop-", ignore_cleanup_errors=True) as folder:
        asyncio.run(test(Path(folder)))
    print("ok      notifications: mail, an act, the button, strangers on the bus\n1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
