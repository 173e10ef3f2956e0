"""A real browser at the consoles: what it is asked to open, what it complains about, what axe finds."""

import os
from pathlib import Path

from playwright.sync_api import expect

AXE = Path(os.environ["AXE_JS"])
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)

# What axe calls these is wrong for somebody who cannot see, or cannot use a mouse.
SERIOUS = {"serious", "critical"}
PAGES = ["inbox", "compose", "network", "authorizations", "settings"]


def launch(playwright):
    """Debian's Chromium."""
    return playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"])


class Desk:
    """One owner's browser, signed in at the own console."""

    def __init__(self, browser, person, **options):
        self.person = person
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.complaints = []
        self.page.on("console", lambda said: said.type == "error" and self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.link = person.console()
        self.page.goto(self.link)
        self.page.wait_for_url("**/inbox")
        self.base = self.page.url.rsplit("/", 1)[0]

    def go(self, path):
        self.page.goto(f"{self.base}/{path}")
        return self.page

    def button(self, name, exact=False):
        return self.page.get_by_role("button", name=name, exact=exact)

    def see(self, text):
        expect(self.page.locator("body")).to_contain_text(text)

    def miss(self, text):
        expect(self.page.locator("main")).not_to_contain_text(text)


def mark(page):
    """Notes that this very document must still be there later: nothing reloaded it."""
    page.evaluate("window.notReloaded = true")


def assert_not_reloaded(page):
    assert page.evaluate("window.notReloaded === true"), "the page was loaded anew"


def assert_accessible(page, where):
    """Nothing serious by axe's rules."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    bad = [rule for rule in found["violations"] if rule["impact"] in SERIOUS]
    told = [f"{rule['id']}: {rule['help']}: {[node['html'] for node in rule['nodes']][:3]}" for rule in bad]
    assert not bad, f"{where}: " + "; ".join(told)


def assert_steady(page, where):
    """Nothing moved after it was drawn, as the browser itself counts it (the share of the view that jumped)."""
    moved = page.evaluate(SHIFTED)
    assert moved < 0.05, f"{where} jumps: {moved}"


SHIFTED = """() => new Promise(done => {
  let moved = 0;
  const add = list => list.getEntries().forEach(shift => { if (!shift.hadRecentInput) moved += shift.value; });
  new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => done(moved), 150);
})"""


# When something of the page was first drawn, in milliseconds from the click on.
PAINT = """() => new Promise(done => {
  const told = list => list.getEntriesByName('first-contentful-paint').forEach(entry => done(entry.startTime));
  new PerformanceObserver(told).observe({ type: 'paint', buffered: true });
})"""


def assert_fits(page, where):
    """Nothing sticks out sideways."""
    wide, room = page.evaluate("[document.scrollingElement.scrollWidth, window.innerWidth]")
    assert wide <= room, f"{where} is {wide} px wide in {room} px"
