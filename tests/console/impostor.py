#!/usr/bin/env python3
"""A console ends while its page is open, and another program takes its port: the page shows and sends it nothing.

Needs what journey.py needs. Ends with "N passed, N failed" and a status to match.
"""

import http.server
import json
import sys
import tempfile
import threading
import traceback
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from browser import Desk, launch
from world import World, eventually

FAKE = "<!doctype html><title>a2a</title><main id=main><form method=post action=/steal><input name=pin><button>Go</button></form></main>"
STATE = {
    "revision": "another",
    "counts": {"unread": 7, "pairs": 7, "pending": 7, "waiting": 7},
    "pulled": None,
    "reach": "connected",
    "words": "relay connected, 1 ms",
    "ticker": "<b>fake</b>",
}
HIDE = """hidden => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


class Impostor:
    """Listens where the console did; `says` is what its stream tells, or nothing at all."""

    def __init__(self, port, says):
        asked = self.asked = []
        end = self.end = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(f"GET {self.path.rsplit('/', 1)[1]}")
                is_stream = self.path.endswith("/live")
                self.send_response(200)
                self.send_header("content-type", "text/event-stream" if is_stream else "text/html")
                self.end_headers()
                if not is_stream:
                    self.wfile.write(FAKE.encode())
                    return
                self.wfile.write(says and f"event: state\ndata: {json.dumps(says)}\n\n".encode() or b": hello\n\n")
                self.wfile.flush()
                end.wait()

            def do_POST(self):
                asked.append(f"POST {self.path}")
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.end.set()
        self.server.shutdown()
        self.server.server_close()


class Visits:
    """Each begins with a page of a console that is there."""

    def __init__(self, world, browser):
        self.browser, self.person = browser, world.person("alice", world.first)

    def open(self):
        desk = Desk(self.browser, self.person)
        page = desk.go("settings")
        expect(page.locator("#reach")).to_contain_text("relay connected")
        return page, int(desk.link.split(":")[2].split("/")[0])

    def end(self):
        process = self.person.consoles.pop()
        process.kill()
        process.wait()

    def test_what_is_pressed_while_it_is_gone_is_not_sent(self):
        page, port = self.open()
        self.end()
        expect(page.locator("#reach")).to_contain_text("The console is gone")
        page.get_by_role("button", name="Close the console").click()
        expect(page.get_by_role("alert")).to_contain_text("nothing was sent")
        page.get_by_role("link", name="Inbox").click()
        assert page.url.endswith("/settings"), page.url

    def test_what_an_impostor_says_is_not_shown(self):
        page, port = self.open()
        self.end()
        impostor = Impostor(port, STATE)
        expect(page.locator("#reach")).to_contain_text("another program answers")
        assert page.evaluate("stream === null"), "it still listens"
        page.evaluate("listen()")
        page.evaluate("lookAgain(true)")
        page.get_by_role("button", name="Close the console").click()
        page.get_by_role("link", name="Inbox").click()
        assert page.locator("input[name=pin]").count() == 0 and "fake" not in page.content()
        assert page.url.endswith("/settings"), page.url
        assert impostor.asked == ["GET live"], impostor.asked
        impostor.stop()

    def test_a_page_that_was_hidden_sends_nothing_before_it_knows(self):
        page, port = self.open()
        page.evaluate(HIDE, True)
        self.end()
        impostor = Impostor(port, None)
        page.evaluate(HIDE, False)
        eventually("the page to listen", lambda: "GET live" in impostor.asked)
        page.get_by_role("button", name="Close the console").click()
        expect(page.get_by_role("alert")).to_contain_text("nothing was sent")
        page.evaluate("lookAgain(true)")
        expect(page.locator("#reach")).to_contain_text("another program answers")
        assert page.locator("input[name=pin]").count() == 0
        assert impostor.asked == ["GET live", "GET settings"], impostor.asked
        impostor.stop()

    def test_a_page_that_was_hidden_goes_on_with_its_own_console(self):
        page, _ = self.open()
        page.evaluate(HIDE, True)
        with page.expect_response(lambda answer: answer.url.endswith("/live")):
            page.evaluate(HIDE, False)
        page.wait_for_function("proven")
        page.get_by_role("link", name="Inbox").click()
        page.wait_for_url("**/inbox")
        self.end()


def main():
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory(prefix="a2a-impostor-") as folder, World(Path(folder)) as world:
        with sync_playwright() as playwright:
            visits = Visits(world, launch(playwright))
            for name in [name for name in vars(Visits) if name.startswith("test_")]:
                try:
                    getattr(visits, name)()
                    passed += 1
                    print(f"ok      {name[5:]}", flush=True)
                except Exception:
                    failed += 1
                    print(f"FAILED  {name[5:]}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
