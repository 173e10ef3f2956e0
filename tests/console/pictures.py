#!/usr/bin/env python3
"""Draws the console for people: a small world, and pictures of its pages in light, dark and on a phone.

pictures.py FOLDER        every page, to be looked at
pictures.py --readme      the two that the README shows, into docs/images
Needs the same variables as journey.py.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from browser import PAGES, Desk, launch
from world import SIDECAR, World

REPOSITORY = Path(__file__).resolve().parents[2]
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 320, "height": 640}


def pair(desk, name, scopes):
    """`desk` makes an invite, and the person of this name takes it up in a console."""
    desk.go("network")
    form = desk.page.locator("#invite")
    for scope in scopes:
        form.get_by_text(scope, exact=True).click()
    form.get_by_role("button", name="Make an invite").click()
    desk.button("Approve").click()
    link = desk.page.locator("#invite-link").text_content()
    other = Desk(name.browser, name.person)
    other.go("network")
    other.page.get_by_label("Link or address").fill(link)
    other.button("Go on").click()
    other.button("Approve").click()
    other.see("Paired with")
    return other


class Guest:
    """Somebody to pair with."""

    def __init__(self, browser, world, name):
        self.browser, self.person = browser, world.person(name, world.first)


def furnish(world, browser):
    """Bob's console, with a few peers, a conversation, a request and something to decide."""
    bob = Desk(browser, world.person("bob", world.second), viewport=WIDE)
    alice = pair(bob, Guest(browser, world, "alice"), ["scheduling", "projects"])
    pair(bob, Guest(browser, world, "mira"), ["code-review"])
    pair(bob, Guest(browser, world, "accounts"), ["invoicing"])
    talk(alice.person, bob.person)
    stranger(browser, world)
    bob.person.run("invite", "--scope", "research", "--expires", "2h", status=3)
    bob.go("inbox")
    expect(bob.page.locator(".threads")).to_contain_text("Draft to read")
    return bob


def talk(alice, bob):
    question = "Does Thursday at two work for the API review? Mira would join for the first half hour."
    alice.run("send", "bob", question, "--subject", "API review", "--scope", "scheduling")
    bob.run("inbox")
    bob.run("send", "alice", "Two is fine. I will bring the numbers of the last load test.", "--scope", "scheduling")
    alice.run("inbox")
    draft = "The draft is at https://docs.example.org/api-review. Could your agent read it before?"
    alice.run("send", "bob", draft, "--subject", "Draft to read", "--scope", "projects")


def stranger(browser, world):
    desk = Desk(browser, world.person("kim", world.first))
    desk.go("network")
    desk.page.get_by_label("Link or address").fill(f"bob@{world.second.listen}")
    desk.page.get_by_label("A line for the other owner").fill("Hi Bob, we met in Lisbon. Kim")
    desk.button("Go on").click()
    desk.button("Approve").click()
    desk.see("was asked")
    desk.context.close()


def every_page(bob, folder):
    thread = bob.page.locator(".thread").first.get_attribute("href").rsplit("/", 1)[1]
    pages = {name: name for name in PAGES} | {
        "thread": f"thread/{thread}", "peer": f"peer/{thread}", "health": "settings?check=true",
        "compose-to": f"compose?to={thread}", "verify": "authorizations?verify=true", "card": f"peer/{thread}/card",
    }
    settle_in(bob.person)
    for scheme in ["light", "dark"]:
        bob.page.emulate_media(color_scheme=scheme)
        for size, viewport in [("wide", WIDE), ("phone", PHONE)]:
            bob.page.set_viewport_size(viewport)
            for name, path in pages.items():
                bob.go(path)
                expect(bob.page.locator("#reach")).to_contain_text("relay connected")
                bob.page.screenshot(path=folder / f"{name}-{scheme}-{size}.png", full_page=size == "wide")
    bob.page.set_viewport_size(WIDE)
    bob.page.emulate_media(color_scheme="light")
    bob.go("authorizations").get_by_role("link", name="Make an invite").click()
    bob.page.screenshot(path=folder / "decide.png")
    bob.button("Approve").click()
    bob.page.screenshot(path=folder / "done.png")


def settle_in(bob):
    """Clients, one of them set up and one that starts another program, an absence."""
    for client in ["cursor", "gemini"]:
        bob.at_terminal("install", client, answers=[("Write this?", "y")])
    other = bob.folder / ".gemini/settings.json"
    other.write_text(other.read_text().replace(SIDECAR, "/usr/bin/env"))
    (bob.folder / ".codex").mkdir()
    bob.at_terminal("watch", "--install", answers=[("Write this?", "y")])
    bob.at_terminal("away", "Back on Monday. What cannot wait goes to Mira.", answers=[("Tell them?", "y")])


def for_the_readme(bob, folder):
    bob.go("network").screenshot(path=folder / "console-network.png")
    bob.page.emulate_media(color_scheme="dark")
    bob.go("inbox").locator(".thread").first.click()
    expect(bob.page.locator(".message").last).to_contain_text("Could your agent")
    bob.page.screenshot(path=folder / "console-conversation.png")


def main():
    readme = sys.argv[1:] == ["--readme"]
    folder = REPOSITORY / "docs/images" if readme else Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="a2a-pictures-") as place, World(Path(place)) as world:
        with sync_playwright() as playwright:
            bob = furnish(world, launch(playwright))
            for_the_readme(bob, folder) if readme else every_page(bob, folder)


if __name__ == "__main__":
    main()
