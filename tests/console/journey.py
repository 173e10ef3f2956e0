#!/usr/bin/env python3
"""Two owners, two consoles, one real browser: everything from the first link to the end of a pair.

Needs playwright, A2A_BIN, A2A_RELAY_BIN, CHROMIUM (its path) and AXE_JS (axe-core's axe.min.js).
Ends with "N passed, N failed" and a status to match.
"""

import http.server
import json
import os
import re
import sys
import tempfile
import threading
import traceback
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from browser import PAGES, PAINT, Desk, assert_accessible, assert_fits, assert_not_reloaded, assert_steady, launch, mark
from world import SIDECAR, World, eventually

SECRET = "ghp_" + "q7Zk2mP9xW4rT1vB8nL3" * 2
MIB = 1024 * 1024
HOSTILE = "</p><script>document.title='owned'</script><img src=x onerror=alert(1)> \u202etxt.exe"


class Journey:
    """The steps stand in the order in which two people would take them; each builds on those before."""

    def __init__(self, world, browser):
        self.world, self.browser = world, browser
        self.alice = Desk(browser, world.person("alice", world.first))
        self.bob = Desk(browser, world.person("bob", world.second))

    # --- the door ------------------------------------------------------------------------------------

    def test_the_link_opens_once(self):
        stolen = self.browser.new_context().new_page()
        answer = stolen.goto(self.alice.link)
        assert answer.status == 410, answer.status
        assert stolen.goto(f"{self.alice.base}/inbox").status == 404
        cookie = self.alice.context.cookies()[0]
        assert cookie["httpOnly"] and cookie["sameSite"] == "Strict", cookie
        assert self.alice.page.evaluate("document.cookie") == ""

    def test_no_other_server_of_this_address_is_sent_the_cookie(self):
        with Neighbour() as neighbour:
            page = self.alice.context.new_page()
            page.goto(f"{neighbour.url}/")
            page.goto(f"{neighbour.url}/inbox")
            assert neighbour.cookies == [None, None], neighbour.cookies
            page.close()

    def test_another_page_can_neither_read_nor_act(self):
        with Neighbour() as neighbour:
            page = self.alice.context.new_page()
            page.goto(f"{neighbour.url}/")
            tried = f"fetch('{self.alice.base}/settings', {{credentials: 'include'}}).then(r => r.text(), e => 'no')"
            assert page.evaluate(tried) == "no"
            act = "const f = document.body.appendChild(document.createElement('form')); f.method = 'post';"
            page.evaluate(f"{act} f.action = '{self.alice.base}/close'; f.submit()")
            page.wait_for_url("**/close")
            assert "nothing here" in page.content()
            frame = f"const i = document.body.appendChild(document.createElement('iframe')); i.src = '{self.alice.base}/inbox'"
            page.goto(f"{neighbour.url}/")
            refused = lambda said: "frame-ancestors" in said.text
            with page.expect_console_message(refused):
                page.evaluate(frame)
            page.close()
        self.alice.go("inbox")
        self.alice.see("Inbox")

    def test_empty_pages_say_what_to_do(self):
        self.alice.go("inbox")
        self.alice.see("Make an invite")
        self.alice.go("compose")
        self.alice.see("There is nobody to write to yet")
        self.alice.go("network")
        self.alice.see("Your agent knows nobody yet")

    # --- pairing and mail ------------------------------------------------------------------------------

    def test_two_owners_pair_by_their_consoles(self):
        self.bob.go("network")
        form = self.bob.page.locator("#invite")
        form.get_by_text("scheduling").click()
        form.get_by_role("button", name="Make an invite").click()
        self.bob.see("whoever redeems its link first is paired with you")
        self.bob.see("7 days")
        self.bob.button("Approve").click()
        link = self.bob.page.locator("#invite-link").text_content()
        assert "/invite#" in link, link
        expect(self.bob.page.locator("svg.qr")).to_be_visible()
        self.bob.go("network")
        mark(self.bob.page)

        self.alice.go("network")
        self.alice.page.get_by_label("Link or address").fill(link)
        self.alice.button("Go on").click()
        self.alice.see("Accept an invite")
        self.alice.see("safety words")
        self.alice.button("Approve").click()
        self.alice.see("Paired with bob")

        expect(self.bob.page.locator(".cards")).to_contain_text("alice")
        expect(self.bob.page.locator(".picture")).to_contain_text("alice")
        expect(self.bob.page.locator("[data-count=pairs]")).to_contain_text("1")
        assert_not_reloaded(self.bob.page)

    def test_mail_arrives_without_reloading(self):
        self.bob.go("inbox")
        mark(self.bob.page)
        self.alice.go("compose")
        self.alice.page.get_by_label("Subject").fill("API review")
        self.alice.page.get_by_label("Message").fill("Does Thursday at two work?")
        self.alice.button("Send to bob").click()
        self.alice.see("bob's relay has it")
        expect(self.bob.page.locator(".thread")).to_contain_text("API review")
        expect(self.bob.page.locator("nav [data-count=unread]")).to_contain_text("1")
        assert_not_reloaded(self.bob.page)
        assert_steady(self.bob.page, "the inbox, when mail comes")

    def test_looking_leaves_new_mail_to_the_agent(self):
        self.bob.page.get_by_role("link", name="alice").first.click()
        self.bob.see("Does Thursday at two work?")
        self.bob.see("signed, verified")
        assert "Does Thursday" in self.bob.person.run("inbox", "--unread", "--peek")
        self.bob.page.get_by_text("Mark as read").click()
        self.bob.see("alice gets a signed receipt. This cannot be taken back.")
        self.alice.person.run("send", "bob", "This came while you read.")
        eventually("it to be here", lambda: "while you read" in self.bob.person.run("inbox", "--unread", "--peek"))
        self.bob.button("Mark 1 new message as read").click()
        self.bob.see("1 message marked as read. alice gets a signed receipt.")
        expect(self.bob.page.locator("nav [data-count=unread]")).to_contain_text("1")
        self.bob.page.get_by_text("Mark as read").click()
        self.bob.button("Mark 1 new message as read").click()
        expect(self.bob.page.locator("nav [data-count=unread]")).to_be_hidden()

    def test_the_answer_and_its_receipts_come_by_themselves(self):
        mark(self.alice.page)
        self.bob.page.get_by_role("link", name="Answer this").first.click()
        self.bob.page.get_by_label("Message").fill("Two is fine.")
        self.bob.page.get_by_label("Message").press("Control+Enter")
        self.bob.see("alice's relay has it")
        expect(self.alice.page.locator(".theirs")).to_contain_text("Two is fine.")
        expect(self.alice.page.locator(".mine").first).to_contain_text("answered")
        assert_not_reloaded(self.alice.page)

    def test_a_request_is_written_in_a_form_of_its_schema(self):
        page = self.alice.go("compose")
        page.get_by_label("Kind").select_option("scheduling")
        expect(page.get_by_role("group", name="Request: scheduling")).to_be_visible()
        page.get_by_label("Ask").select_option("propose")
        page.get_by_role("group", name="Slots 1").get_by_label("Start").fill("soon")
        page.get_by_role("group", name="Slots 1").get_by_label("End").fill("2026-12-03T15:00:00Z")
        page.get_by_label("Duration minutes").fill("60")
        assert_accessible(page, "a form made from a schema")
        self.alice.button("Send to bob").click()
        self.alice.see("date-time")
        first = page.get_by_role("group", name="Slots 1")
        assert first.get_by_label("End").input_value() == "2026-12-03T15:00:00Z", "what was typed is gone"
        first.get_by_label("Start").fill("2026-12-03T14:00:00Z")
        self.alice.button("Send to bob").click()
        self.alice.see("bob's relay has it")
        self.bob.see("Request: scheduling")
        self.bob.see('"start": "2026-12-03T14:00:00Z"')
        self.alice.complaints.clear()

    def test_choosing_a_kind_keeps_what_was_typed(self):
        for script in [True, False]:
            desk = self.alice if script else Desk(self.browser, self.alice.person, java_script_enabled=False)
            page = desk.go("compose")
            page.get_by_label("Subject").fill("A date")
            page.get_by_label("Message").fill("I typed this first.")
            page.locator("input[type=file]").set_input_files(self.file("agenda.txt", b"agenda"))
            for kind, group in [("scheduling", "Request: scheduling"), ("question", "Request: question")]:
                page.get_by_label("Kind").select_option(kind)
                if not script and kind == "scheduling":
                    desk.button("Send to bob").click()
                    expect(page.get_by_role("alert")).to_contain_text("nothing was sent")
                elif not script:
                    desk.button("Choose", exact=True).click()
                expect(page.get_by_role("group", name=group)).to_be_visible()
                assert page.get_by_label("Subject").input_value() == "A date"
                assert page.get_by_label("Message").input_value() == "I typed this first."
            if script:
                page.get_by_label("Kind").select_option("")
                expect(page.get_by_role("group", name="Request: question")).to_have_count(0)
                page.locator("input[type=file]").set_input_files(self.file("agenda.txt", b"agenda"))
                page.get_by_label("Kind").select_option("question")
                expect(page.locator("p[role=status]", has_text="are not kept")).to_be_visible()
                mark(page)
                self.bob.person.run("send", "alice", "News while a draft is open")
                expect(page.locator("nav [data-count=unread]")).to_be_visible()
                page.evaluate("lookAgain(true)")
                assert page.get_by_label("Message").input_value() == "I typed this first."
                assert_not_reloaded(page)
            if script:
                assert_accessible(page, "a draft that was drawn anew")
            else:
                desk.context.close()
        self.alice.complaints.clear()

    def test_each_message_says_where_it_is_and_why(self):
        page = self.alice.go(f"thread/{self.peer_of(self.alice)}")
        for line in page.locator(".message .where").all():
            assert line.inner_text().endswith("."), line.inner_text()
        ids = page.locator(".message").evaluate_all("all => all.map(one => one.id.slice(2))")
        lines = page.locator(".message").evaluate_all("all => all.map(one => one.querySelector('.where').textContent)")
        assert len(ids) == len(lines) > 2
        said = self.alice.person.run("where", ids[0]).strip()
        assert untimed(said) == untimed(lines[0]), f"{said} is not {lines[0]}"
        page.get_by_label("Message").fill("half a thought")
        stale = page.locator(".message .where").first
        stale.evaluate("line => { line.textContent = 'the next try is in 9 min'; }")
        page.evaluate("lookAgain()")
        expect(stale).to_have_text(re.compile(r"\.$"))
        assert page.get_by_label("Message").input_value() == "half a thought"
        expect(page.locator("#fresh")).to_be_hidden()
        page.get_by_label("Message").fill("")

    def test_what_is_being_written_survives_news(self):
        page = self.alice.page
        page.get_by_label("Message").fill("half a thought")
        self.bob.person.run("send", "alice", "one more thing")
        expect(page.get_by_role("button", name="Something changed here")).to_be_visible()
        assert page.get_by_label("Message").input_value() == "half a thought"
        page.get_by_role("button", name="Something changed here").click()
        self.alice.see("one more thing")

    def test_hostile_text_stays_text(self):
        self.alice.person.run("send", "bob", HOSTILE, "--subject", "<b onclick=alert(1)>x")
        self.bob.go("inbox")
        self.bob.see("‹b onclick") if "‹b" in self.bob.page.content() else self.bob.see("<b onclick")
        self.bob.page.get_by_role("link", name="alice").first.click()
        self.bob.see("⟦U+202E⟧")
        assert self.bob.page.title() != "owned"
        assert self.bob.page.locator("main img, main script").count() == 0

    # --- files -----------------------------------------------------------------------------------------

    def test_files_are_chosen_or_dropped_and_arrive_whole(self):
        page = self.alice.go("compose")
        plan = self.file("plan.txt", b"the plan\n" * 200)
        page.get_by_label("Message").fill("Here is the plan.")
        page.locator("input[type=file]").set_input_files(plan)
        drop(page, "form[data-draft]", "dropped.txt", "dropped words")
        expect(page.locator(".chosen")).to_contain_text("plan.txt, 2 KiB; dropped.txt, 13 bytes")
        assert_accessible(page, "a message with files")
        self.alice.button("Send to bob").click()
        self.alice.see("Here is the plan.")
        self.alice.see("dropped.txt")
        landed = self.bob.person.folder / "home/quarantine/alice"
        sent = {plan.read_bytes(), b"dropped words"}
        eventually("both files at bob's", lambda: sent <= contents(landed))
        assert all(name.startswith("file-") for name in names(landed)), "a name of the sender's"
        assert not names(self.alice.person.folder / "home/outgoing"), "a copy is left"

    def test_files_go_without_a_script_too(self):
        desk = Desk(self.browser, self.alice.person, java_script_enabled=False)
        page = desk.go(f"compose?to={self.peer_of(self.alice)}")
        page.get_by_label("Message").fill("No script here.")
        page.locator("input[type=file]").set_input_files(self.file("plain.txt", b"plain"))
        desk.button("Send to bob").click()
        desk.see("Sealed")
        eventually("the file at bob's", lambda: b"plain" in contents(self.bob.person.folder / "home/quarantine/alice"))
        desk.context.close()

    def test_a_secret_in_a_file_is_shown_before_it_leaves(self):
        page = self.alice.go("compose")
        page.get_by_label("Message").fill("The settings.")
        page.locator("input[type=file]").set_input_files(self.file("settings.env", f"TOKEN={SECRET}\n".encode()))
        self.alice.button("Send to bob").click()
        self.alice.see("a GitHub token in a file")
        self.alice.see("settings.env")
        assert SECRET not in page.content()
        self.alice.button("Decline").click()
        self.alice.see("Nothing was done")
        landed = contents(self.bob.person.folder / "home/quarantine/alice")
        assert not any(SECRET.encode() in bytes for bytes in landed)

    def test_a_large_file_goes_in_little_memory(self):
        large = self.alice.person.folder / "large.bin"
        block = os.urandom(MIB)
        with large.open("wb") as out:
            for number in range(64):
                out.write(number.to_bytes(8, "big") + block[8:])
        process = self.alice.person.consoles[0].pid
        before = peak(process)
        page = self.alice.go("compose")
        page.get_by_label("Message").fill("It is large.")
        page.locator("input[type=file]").set_input_files(large)
        self.alice.button("Send to bob").click(no_wait_after=True)
        page.wait_for_url("**/thread/**", timeout=240_000)
        grown = peak(process) - before
        print(f"     64 MiB uploaded: the console's peak memory grew by {grown // MIB} MiB")
        assert grown < 24 * MIB, f"{grown // MIB} MiB more"
        assert not names(self.alice.person.folder / "home/outgoing"), "a copy is left"

    def test_too_large_a_file_is_told_before_and_after(self):
        page = self.alice.go("compose")
        huge = self.alice.person.folder / "huge.bin"
        with huge.open("wb") as out:
            out.truncate(129 * MIB)
        page.get_by_label("Message").fill("It is too large.")
        page.locator("input[type=file]").set_input_files(huge)
        expect(page.locator(".chosen")).to_contain_text("huge.bin is larger than 128.0 MiB")
        page.evaluate("document.querySelector('form[data-draft]').noValidate = true")
        self.alice.button("Send to bob").click(no_wait_after=True)
        expect(page.get_by_role("alert")).to_contain_text("larger than 128 MiB", timeout=240_000)
        assert page.get_by_label("Message").input_value() == "It is too large."
        self.alice.complaints.clear()

    def test_too_long_a_text_is_told_and_stays(self):
        page = self.alice.go(f"compose?to={self.peer_of(self.alice)}")
        page.get_by_label("Message").fill("long " * 120_000)
        self.alice.button("Send to bob").click()
        expect(page.get_by_role("alert")).to_contain_text("longer than any form here takes")
        assert_accessible(page, "a form that is too long")
        page.go_back()
        assert page.get_by_label("Message").input_value().startswith("long long")
        self.alice.complaints.clear()

    # --- the owner's decisions -------------------------------------------------------------------------

    def test_what_the_agent_asks_for_is_put_to_the_owner(self):
        self.bob.go("authorizations")
        mark(self.bob.page)
        self.bob.person.run("invite", "--scope", "research", "--expires", "2h", status=3)
        self.bob.page.get_by_role("link", name="Make an invite").click()
        self.bob.see("research")
        self.bob.see("2 hours")
        self.bob.button("Approve").click()
        self.bob.see("The invite is made")
        self.bob.go("authorizations?verify=true")
        self.bob.see("fit together and are signed by this agent's device")
        self.bob.see("approval page")

    def test_a_stranger_is_declined(self):
        carol = self.world.person("carol", self.world.first)
        self.bob.go("network")
        mark(self.bob.page)
        desk = Desk(self.browser, carol)
        desk.go("network")
        desk.page.get_by_label("Link or address").fill(f"bob@{self.world.second.listen}")
        desk.page.get_by_label("A line for the other owner").fill(HOSTILE)
        desk.button("Go on").click()
        desk.see("Ask an agent to pair")
        desk.button("Approve").click()
        desk.see("was asked")
        self.bob.see("A stranger asks to pair")
        self.bob.see("⟦U+202E⟧")
        assert_not_reloaded(self.bob.page)
        assert_accessible(self.bob.page, "a stranger's request")
        card = self.bob.page.locator(".stranger")
        card.locator("input[type=checkbox]:checked").evaluate_all("all => all.forEach(box => box.click())")
        card.get_by_label("Messages within 24 hours").fill("3")
        card.get_by_role("button", name="Accept").click()
        expect(self.bob.page.get_by_role("alert")).to_contain_text("No scope was ticked")
        assert card.locator("input[type=checkbox]:checked").count() == 0, "the stranger's wishes are ticked again"
        assert card.get_by_label("Messages within 24 hours").input_value() == "3"
        self.bob.complaints.clear()
        card.get_by_text("Decline it").click()
        self.bob.see("is not heard again until you press Hear again")
        self.bob.button("Decline the request").click()
        self.bob.see("Declined.")
        self.bob.see("Not heard")
        self.bob.miss("A stranger asks to pair")
        desk.context.close()

    def test_bad_input_is_kept_and_explained(self):
        self.alice.go("network")
        self.alice.page.get_by_label("Link or address").fill("nobody at all")
        self.alice.button("Go on").click()
        expect(self.alice.page.get_by_role("alert")).to_be_visible()
        assert self.alice.page.get_by_label("Link or address").input_value() == "nobody at all"
        self.alice.complaints.clear()

    def test_what_is_set_for_a_peer_holds(self):
        peer = self.peer_of(self.bob)
        page = self.bob.go(f"peer/{peer}")
        page.get_by_text("Change the limits").click()
        page.get_by_label("Messages within an hour").fill("7")
        self.bob.button("Set the limits").click()
        self.bob.see("may write 7 messages an hour to alice")
        assert "7 messages an hour" in self.bob.person.run("peers", "limits", "alice")
        self.bob.button("Do not tell it any more").click()
        self.bob.see("no longer told when its mail was read")
        self.bob.button("Tell it again").click()
        self.bob.see("told again when its mail was read")

    def test_a_grant_is_widened_bounded_and_taken_away_in_part(self):
        peer = self.peer_of(self.bob)
        page = self.bob.go(f"peer/{peer}")
        page.get_by_text("Change it: more scopes").click()
        form = page.locator("form[action$='/grant']")
        form.get_by_text("research", exact=True).click()
        form.get_by_label("Until, that day included").fill("2099-01-31")
        form.get_by_label("Messages within 24 hours").fill("50")
        self.bob.button("Change the grant").click()
        self.bob.see("research")
        self.bob.button("Approve").click()
        self.bob.go(f"peer/{peer}")
        self.bob.see("at most 50 within 24 hours")
        expect(page.locator("time", has_text="2099-02-01").first).to_be_visible()
        taken = page.locator("form", has=page.get_by_role("group", name="Take away"))
        taken.get_by_text("research", exact=True).click()
        self.bob.button("Take the ticked scopes away").click()
        self.bob.see("may now write about: scheduling")

    def test_a_peers_page_says_why_mail_goes(self):
        page = self.bob.go(self.peer())
        said = json.loads(self.bob.person.run("why", "alice", "--json"))["text"]
        assert untimed(said) == untimed(page.locator("#why p").inner_text()), said

    # --- the owner's own settings ------------------------------------------------------------------------

    def test_an_absence_is_told_once_to_whoever_writes(self):
        page = self.alice.go("settings")
        away = page.locator("#away")
        away.get_by_label("What they are told").fill("Back on Monday. " + HOSTILE)
        away.get_by_label("Until, that day included").fill("2020-01-01")
        away.get_by_role("button", name="I am away").click()
        expect(page.get_by_role("alert")).to_contain_text("in the past")
        assert away.get_by_label("What they are told").input_value() == "Back on Monday. " + HOSTILE
        self.alice.complaints.clear()
        away.get_by_label("Until, that day included").fill("2099-01-01")
        away.get_by_role("button", name="I am away").click()
        self.alice.see("You are away")
        expect(page.locator("#away time", has_text="2099-01-02")).to_be_visible()
        assert "until 2099" in self.alice.person.run("away")
        mark(page)
        self.bob.person.run("send", "alice", "Are you in?")
        expect(page.locator("#away")).to_contain_text("Told so far: bob")
        assert_not_reloaded(page)
        assert_accessible(page, "an absence")
        self.bob.go(f"thread/{self.peer_of(self.bob)}")
        self.bob.see("Away until 2099")
        page.get_by_role("button", name="I am back").click()
        self.alice.see("Welcome back")
        assert "not away" in self.alice.person.run("away")

    def test_the_settings_say_which_clients_start_a2a(self):
        page = self.alice.go("settings")
        cursor = page.locator("#clients li", has_text="Cursor")
        expect(cursor).to_contain_text("No trace of it on this computer. If you use it: a2a install cursor")
        self.alice.person.at_terminal("install", "cursor", answers=[("Write this?", "y")])
        self.alice.go("settings")
        expect(cursor).to_contain_text("starts a2a")
        expect(page.locator("#notifications li", has_text="When a session starts")).to_contain_text("Cursor")
        settings = self.alice.person.folder / ".cursor/mcp.json"
        other = self.file("other-a2a", b"")
        settings.write_text(settings.read_text().replace(SIDECAR, str(other)))
        self.alice.go("settings")
        expect(cursor).to_contain_text("other-a2a, which is not this program")
        expect(cursor).to_contain_text("Run a2a install cursor.")
        self.alice.person.at_terminal("doctor", "--client", "cursor", "--fix", answers=[("Write this?", "y")])
        self.alice.go("settings")
        expect(cursor).to_contain_text("starts a2a")

    def test_the_settings_say_what_tells_of_mail(self):
        page = self.alice.go("settings")
        login = page.locator("#notifications li", has_text="While no client runs")
        expect(login).to_contain_text("a2a watch --install")
        exec_own = page.locator("#notifications li", has_text="A program of yours")
        expect(exec_own.locator(".mark")).to_have_text("off")
        self.alice.person.at_terminal("watch", "--install", "--exec", "true", answers=[("Write this?", "y")])
        self.alice.go("settings")
        expect(login.locator(".mark")).to_have_text("on")
        expect(exec_own.locator(".mark")).to_have_text("on")
        self.alice.person.at_terminal("watch", "--uninstall", answers=[("Write this?", "y")])
        self.alice.go("settings")
        expect(login.locator(".mark")).to_have_text("off")
        desktop = page.locator("#notifications li", has_text="On the desktop")
        before = desktop.locator(".mark").inner_text()
        for said in ["is told nothing any more", "says when something waits"]:
            desktop.get_by_role("button").click()
            self.alice.see(said) if before == "on" else None
        expect(desktop.locator(".mark")).to_have_text(before)
        expect(page.locator("#notifications li", has_text="A server of yours")).to_contain_text("a2a webhook set URL")

    def test_what_an_agent_takes_is_shown_on_both_sides(self):
        offer = {"id": "lab-work", "title": "Runs a sample", "description": HOSTILE, "schema": {"type": "object"}}
        offers = self.file("offers.json", json.dumps([offer]).encode())
        self.bob.person.run("capabilities", "set", str(offers), "--for-peers", status=3)
        self.bob.go("authorizations").locator("main .lines a.grow").first.click()
        self.bob.see("lab-work")
        self.bob.button("Approve").click()
        page = self.bob.go("settings")
        expect(page.locator("#takes")).to_contain_text("Runs a sample")
        expect(page.locator("#takes")).to_contain_text("Told: alice")
        page = self.alice.go(f"peer/{self.peer_of(self.alice)}")
        expect(page.locator("#takes")).to_contain_text("lab-work")
        page.get_by_role("link", name="Read its card").click()
        self.alice.see("It told you sealed, and publishes no card")
        self.alice.see("⟦U+202E⟧")
        assert page.locator("main img, main script").count() == 0
        assert_accessible(page, "what a peer takes")

    # --- recovery --------------------------------------------------------------------------------------

    def test_recovery_is_rehearsed(self):
        words = self.bob.person.recovery_words()
        page = self.bob.go("settings")
        self.bob.see("nobody said that they are written down")
        asked = self.asked_words(page)
        for place in asked:
            page.get_by_label(f"Word {place}", exact=True).fill("zzyzx")
        self.bob.button("Try these words").click()
        expect(page.get_by_role("alert")).to_contain_text("These are not the words at those places")
        assert "zzyzx" not in page.content(), "what was typed is shown"
        self.bob.complaints.clear()
        page = self.bob.go("settings")
        asked = self.asked_words(page)
        log, before = self.bob.person.folder / "console.log", page.locator("main").inner_text()
        logged = log.read_text()
        for place in asked:
            page.get_by_label(f"Word {place}", exact=True).fill(words[place - 1].upper())
        assert_accessible(page, "the rehearsal")
        self.bob.button("Try these words").click()
        self.bob.see("Those are the words at these places")
        self.bob.see("you had them")
        after = page.locator("main").inner_text()
        for word in [words[place - 1] for place in asked]:
            assert after.lower().count(word) <= before.lower().count(word), "a word is shown"
            assert word not in page.url
        assert log.read_text() == logged, "it is in the log"
        page.go_back()
        values = page.locator("input[name^=word-]").evaluate_all("all => all.map(one => one.value)")
        assert not any(values), f"the browser brought them back: {values}"

    def test_a_backup_is_rehearsed(self):
        backup = self.bob.person.folder / "bob.backup"
        self.bob.person.run("backup", str(backup))
        page = self.bob.go("settings")
        page.get_by_label("The backup").set_input_files(backup)
        self.bob.button("Try this backup").click()
        self.bob.see("Your words open this backup, and every row in it can be read: bob, 1 pair")
        other = self.alice.person.folder / "alice.backup"
        self.alice.person.run("backup", str(other))
        page.get_by_label("The backup").set_input_files(other)
        self.bob.button("Try this backup").click()
        expect(page.get_by_role("alert")).to_contain_text("of this agent do not open this backup")
        self.bob.complaints.clear()
        assert not [name for name in names(self.bob.person.folder / "home") if name.startswith(".rehearsal")]

    # --- with a PIN --------------------------------------------------------------------------------------

    def test_with_a_pin_every_decision_takes_it(self):
        self.bob.person.set_pin("748392")
        self.bob.person.run("invite", "--scope", "support", "--expires", "2h", status=3)
        page = self.bob.go("authorizations")
        page.get_by_role("link", name="Make an invite").first.click()
        assert_accessible(page, "a decision with a PIN")
        page.get_by_label("Your PIN").fill("000001")
        self.bob.button("Approve").click()
        expect(page.get_by_role("alert")).to_contain_text("That is not the PIN")
        page.get_by_label("Your PIN").fill("748392")
        self.bob.button("Approve").click()
        self.bob.see("The invite is made")
        self.bob.go("authorizations")
        self.bob.see("pin, approval page")

        page = self.bob.go("compose")
        page.get_by_label("Message").fill("A file, with a PIN.")
        page.locator("input[type=file]").set_input_files(self.file("pinned.txt", b"pinned"))
        self.bob.button("Send to alice").click()
        expect(page.get_by_role("alert")).to_contain_text("needs the owner's PIN")
        self.bob.see("The files that you had chosen are not kept")
        page.get_by_label("Your PIN").fill("748392")
        page.locator("input[type=file]").set_input_files(self.file("pinned.txt", b"pinned"))
        self.bob.button("Send to alice").click()
        self.bob.see("alice's relay has it")

        page = self.bob.go(self.peer())
        page.get_by_text("Change the limits").click()
        limits = page.locator("form[action$='/limits']")
        limits.get_by_label("Messages within an hour").fill("9")
        limits.get_by_label("Your PIN").fill("000001")
        self.bob.button("Set the limits").click()
        expect(page.get_by_role("alert")).to_contain_text("That is not the PIN")
        expect(limits.get_by_label("Messages within an hour")).to_be_visible()
        assert limits.get_by_label("Messages within an hour").input_value() == "9", "what was typed is gone"
        limits.get_by_label("Your PIN").fill("748392")
        self.bob.button("Set the limits").click()
        self.bob.see("may write 9 messages an hour to alice")

        page = self.bob.go("settings")
        page.locator("form[action$='rehearse/backup']").get_by_label("Your PIN").fill("748392")
        page.get_by_label("The backup").set_input_files(self.bob.person.folder / "bob.backup")
        self.bob.button("Try this backup").click()
        self.bob.see("Your words open this backup")
        self.bob.complaints.clear()

    def test_an_error_stays_until_the_owner_acts(self):
        self.bob.person.run("invite", "--scope", "casual", "--expires", "2h", status=3)
        page = self.bob.go("authorizations")
        page.get_by_role("link", name="Make an invite").first.click()
        page.get_by_label("Your PIN").fill("000001")
        self.bob.button("Approve").click()
        expect(page.get_by_role("alert")).to_contain_text("That is not the PIN")
        mark(page)
        asks_again = lambda answer: "/decide/" in answer.url and answer.request.method == "GET"
        with page.expect_response(asks_again):
            self.bob.person.run("invite", "--scope", "lab", "--expires", "2h", status=3)
        page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 200)))")
        expect(page.get_by_role("alert")).to_contain_text("That is not the PIN")
        expect(page.locator("#fresh")).to_be_hidden()
        assert_not_reloaded(page)
        self.bob.button("Decline").click()
        self.bob.see("Nothing was done")
        self.bob.complaints.clear()

    # --- trouble -----------------------------------------------------------------------------------------

    def test_a_relay_that_is_away_is_told_and_mail_waits(self):
        self.alice.go("inbox")
        self.world.second.stop()
        self.bob.go("inbox")
        expect(self.bob.page.locator("#reach")).to_contain_text("relay away")
        self.alice.go("compose")
        self.alice.page.get_by_label("Message").fill("Are you there?")
        self.alice.button("Send to bob").click()
        self.alice.see("Sealed and kept here")
        mark(self.alice.page)
        expect(self.alice.page.locator("#waiting")).to_contain_text("1 waiting to be sent")
        self.world.second.start()
        expect(self.bob.page.locator("#reach")).to_contain_text("relay connected")
        self.bob.see("Are you there?")
        expect(self.alice.page.locator("#waiting")).to_be_hidden()
        assert_not_reloaded(self.alice.page)

    # --- for everyone ------------------------------------------------------------------------------------

    def test_every_page_is_accessible_and_fits(self):
        sizes = [("phone", 320, 640), ("tablet", 820, 1100), ("desk", 1440, 900)]
        for scheme in ["light", "dark"]:
            self.bob.page.emulate_media(color_scheme=scheme)
            for size, width, height in sizes:
                self.bob.page.set_viewport_size({"width": width, "height": height})
                for path in [*PAGES, "settings?check=true", self.thread(), self.peer(), f"{self.peer()}/card"]:
                    page = self.bob.go(path)
                    where = f"{path} ({scheme}, {size})"
                    assert_steady(page, where)
                    assert_fits(page, where)
                    assert_accessible(page, where)
                # Alice's settings say other things: of words that nobody wrote down, and of a client.
                self.alice.page.set_viewport_size({"width": width, "height": height})
                assert_fits(self.alice.go("settings"), f"a new owner's settings ({scheme}, {size})")

    def test_the_first_paint_is_quick(self):
        for path in ["inbox", self.thread()]:
            painted = self.bob.go(path).evaluate(PAINT)
            print(f"     first paint of {path.split('/')[0]}: {painted:.0f} ms (paint.py measures a full mailbox)")
            assert painted < 3_000, painted

    def test_it_works_by_keyboard_alone(self):
        page = self.bob.go("network")
        page.set_viewport_size({"width": 1200, "height": 800})
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        seen = set()
        for _ in range(120):
            page.keyboard.press("Tab")
            outline = page.evaluate(VISIBLE_FOCUS)
            assert outline["seen"], f"no visible focus on {outline['what']}"
            seen.add(outline["what"])
            if outline["what"].startswith("BUTTON Make an invite"):
                page.keyboard.press("Enter")
                break
        self.bob.see("whoever redeems its link first")
        page.keyboard.press("Tab")
        eventually("the button Decline", lambda: tab_to(page, "Decline"))
        page.keyboard.press("Enter")
        self.bob.see("Nothing was done")

    def test_the_keyboard_reaches_everything_and_sees_where_it_is(self):
        for width, height in [(1200, 800), (320, 640)]:
            self.bob.page.set_viewport_size({"width": width, "height": height})
            for path in [*PAGES, self.thread(), self.peer(), f"{self.peer()}/card"]:
                page = self.bob.go(path)
                page.locator("summary").evaluate_all("all => all.forEach(one => { one.parentElement.open = true; })")
                page.evaluate("document.querySelectorAll(':focus').forEach(one => one.blur()); window.scrollTo(0, 0)")
                left = set(page.evaluate(REACHABLE))
                assert len(left) > 5, path
                stops = 0
                for stops in range(400):
                    page.keyboard.press("Tab")
                    stop = page.evaluate(STOP)
                    if stop is None:
                        break
                    where = f"{path} at {width} px: {stop['what']}"
                    assert stop["seen"], f"no visible focus: {where}"
                    assert stop["clear"], f"something stands before it: {where}"
                    left.discard(stop["number"])
                missed = page.evaluate("all => window.reachable.filter((_, at) => all.includes(at)).map(one => one.outerHTML)", list(left))
                assert not missed, f"{path} at {width} px: {stops} stops, and never at {missed[:3]}"
        self.bob.page.set_viewport_size({"width": 1200, "height": 800})

    def test_the_focus_stays_where_it_was_when_something_comes_above(self):
        page = self.bob.go("authorizations")
        page.get_by_role("link", name="Verify the log").focus()
        before = page.locator("main .lines a.grow").count()
        mark(page)
        self.bob.person.run("invite", "--scope", "lab-two", "--expires", "2h", status=3)
        expect(page.locator("main .lines a.grow")).to_have_count(before + 1)
        assert page.evaluate("document.activeElement.textContent") == "Verify the log"
        assert_not_reloaded(page)

    def test_a_page_that_nobody_looks_at_does_not_listen(self):
        page = self.bob.go("inbox")
        hide = "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); "
        hide += "document.dispatchEvent(new Event('visibilitychange')); return stream === null; }"
        assert page.evaluate(hide, True)
        self.alice.person.run("send", "bob", "While you looked elsewhere")
        with page.expect_response(lambda answer: answer.url.endswith("/live")):
            assert not page.evaluate(hide, False)
        expect(page.locator(".thread").first).to_contain_text("While you looked elsewhere")

    def test_a_path_that_is_no_page_leads_on(self):
        for path in ["nowhere", "authorize", f"{self.peer()}/limits"]:
            page = self.bob.go(path)
            self.bob.see("There is no such page")
            assert_accessible(page, path)
            page.get_by_role("link", name="Network").click()
            page.wait_for_url("**/network")
        self.bob.complaints.clear()

    def test_revoking_works_at_once(self):
        self.bob.go(self.peer())
        self.bob.page.get_by_text("End this pair").click()
        self.bob.button("End the pair with alice").click()
        self.bob.see("The pair with alice is over")
        self.alice.go("compose")
        self.alice.page.get_by_label("Message").fill("hello?")
        self.alice.button("Send to bob").click()
        eventually("alice to learn it", lambda: "ended by them" in self.alice.go("network").content())
        page = self.alice.go(f"compose?to={self.peer_of(self.alice)}&body=For+bob+only")
        self.alice.see("bob ended the pair. Nothing can be written there now.")
        assert page.get_by_label("Message").input_value() == "For bob only"
        expect(self.alice.button("Send to")).to_have_count(0)
        assert_accessible(page, "a draft that cannot go")

    def test_an_invite_brings_a_newcomer_in(self):
        page = self.bob.go("network")
        form = page.locator("#invite")
        form.get_by_text("For somebody who has no agent yet").click()
        form.get_by_label("A join link of your relay").fill(self.world.second.url)
        form.get_by_role("button", name="Make an invite").click()
        expect(page.get_by_role("alert")).to_contain_text("no join link")
        assert form.get_by_label("A join link of your relay").input_value() == self.world.second.url
        self.bob.complaints.clear()
        form.get_by_label("A join link of your relay").fill(self.world.second.join_link())
        form.get_by_role("button", name="Make an invite").click()
        self.bob.see("its holder may register at your relay")
        page.get_by_label("Your PIN").fill("748392")
        self.bob.button("Approve").click()
        self.bob.see("is registered and paired at once")
        link = page.locator("#invite-link").text_content()
        no = [("Set a PIN now?", "n"), ("Show them now?", "n"), ("Approve?", "y")]
        self.world.newcomer("dora", link, answers=no)
        self.bob.go("network")
        expect(page.locator(".cards")).to_contain_text("dora")

    def test_the_browser_never_complained(self):
        for desk in [self.alice, self.bob]:
            bad = [text for text in desk.complaints if "Content Security Policy" in text or "Error" in text]
            assert not bad, bad

    def test_closing_ends_it(self):
        self.alice.go("settings")
        self.alice.button("Close the console").click()
        self.alice.see("The console is closed")
        eventually("the process to end", lambda: self.alice.person.consoles[0].poll() is not None)

    def test_what_is_typed_outlives_a_console_that_is_gone(self):
        page = self.bob.go("compose")
        page.get_by_role("textbox", name="Message").fill("Half an hour of work")
        console = self.bob.person.consoles[0]
        console.kill()
        console.wait()
        expect(page.locator("#reach")).to_contain_text("The console is gone")
        self.bob.button("Send to").click()
        expect(page.get_by_role("alert")).to_contain_text("nothing was sent")
        assert page.get_by_role("textbox", name="Message").input_value() == "Half an hour of work"

    # --- helpers -----------------------------------------------------------------------------------------

    def file(self, name, contents):
        path = self.world.folder / name
        path.write_bytes(contents)
        return path

    def peer_of(self, desk):
        page = desk.go("network")
        return re.search(r'href="[^"]*/peer/(a2a_[^"]+)"', page.content()).group(1)

    def asked_words(self, page):
        return [int(label.split()[1]) for label in page.locator("label", has_text="Word ").all_inner_texts()]

    def thread(self):
        return self.peer().replace("peer/", "thread/")

    def peer(self):
        found = re.search(r'href="[^"]*/(peer/a2a_[^"]+)"', self.bob.go("network").content())
        return found.group(1)


def untimed(words):
    """Without times, which tick on, and without the marks of commands."""
    return re.sub(r"\d+ (s|min|h|d)\b", "…", words.replace("just now", "… ago").replace("`", "")).strip()


VISIBLE_FOCUS = """() => {
  const focused = document.activeElement;
  const drawn = [focused, focused.parentElement, focused.querySelector('.node')].filter(Boolean).map(getComputedStyle);
  const seen = focused === document.body || drawn.some(style => style.outlineStyle !== 'none' || style.strokeWidth === '4px');
  return { seen, what: `${focused.tagName} ${focused.textContent.trim().slice(0, 40) || focused.outerHTML}` };
}"""


# Everything that a key should reach: what is shown and not switched off; of radio buttons one of each group.
REACHABLE = """() => {
  const wanted = 'a[href], button, input:not([type=hidden]), textarea, select, summary, [tabindex="0"]';
  const shown = one => one.getClientRects().length > 0 && !one.disabled && !one.closest('svg [aria-hidden]');
  const groups = new Set();
  const first = one => one.type !== 'radio' || one.checked || (!document.querySelector(`input[name="${one.name}"]:checked`) && !groups.has(one.name) && groups.add(one.name));
  window.reachable = [...document.querySelectorAll(wanted)].filter(shown).filter(first);
  return window.reachable.map((_, at) => at);
}"""

# Where the focus is: whether it is drawn, and whether nothing stands before it; nothing at the end of the page.
STOP = """() => {
  const focused = document.activeElement;
  if (focused === document.body || focused === document.documentElement) return null;
  const number = window.reachable.indexOf(focused);
  if (window.been?.has(focused) && number === 0) return null;
  (window.been ??= new Set()).add(focused);
  const drawn = [focused, focused.parentElement, focused.querySelector('.node')].filter(Boolean).map(style => getComputedStyle(style));
  const seen = drawn.some(style => style.outlineStyle !== 'none' || style.strokeWidth === '4px');
  const box = focused.getBoundingClientRect();
  const points = [[box.left + box.width / 2, box.top + box.height / 2], [box.left + 4, box.top + 4], [box.right - 4, box.bottom - 4]];
  const hits = ([x, y]) => {
    const there = document.elementFromPoint(x, y);
    return there !== null && (focused.contains(there) || there.contains(focused) && there.closest('label, li, .tick, a, .skip') !== null);
  };
  return { number, seen, clear: points.some(hits), what: `${focused.tagName} ${(focused.textContent.trim() || focused.outerHTML).slice(0, 60)}` };
}"""


DROP = """(form, [name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  for (const kind of ['dragover', 'drop']) {
    form.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
  }
}"""


def drop(page, form, name, text):
    """A file from the desktop, let go over a form."""
    page.eval_on_selector(form, DROP, [name, text])


def contents(folder):
    return {entry.read_bytes() for entry in folder.iterdir()} if folder.exists() else set()


def names(folder):
    return {entry.name for entry in folder.iterdir()} if folder.exists() else set()


def peak(process):
    """The most memory that a process ever had, in bytes."""
    line = next(line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def tab_to(page, name):
    if page.evaluate("document.activeElement.textContent") == name:
        return True
    page.keyboard.press("Tab")
    return False


class Neighbour:
    """Another server of this address, which notes the cookies that it is sent."""

    def __enter__(self):
        cookies = self.cookies = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path != "/favicon.ico":
                    cookies.append(self.headers.get("cookie"))
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!doctype html><title>neighbour</title><body>")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()


def main():
    passed, failed = 0, 0
    only = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="a2a-console-") as folder, World(Path(folder)) as world:
        with sync_playwright() as playwright:
            journey = Journey(world, launch(playwright))
            steps = [name for name in vars(Journey) if name.startswith("test_")]
            for name in steps:
                try:
                    getattr(journey, name)()
                    passed += 1
                    print(f"ok      {name[5:]}", flush=True)
                except Exception:
                    failed += 1
                    print(f"FAILED  {name[5:]}\n{traceback.format_exc()}", flush=True)
                if only and name[5:] in only:
                    break
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
