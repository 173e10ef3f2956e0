// Keeps an open page true: counts, times, the relay, the last decision, and the page itself when something changed.
"use strict";

const body = document.body;
const byId = (id) => document.getElementById(id);

// --- times -------------------------------------------------------------------------------------------

function ago(moment) {
  const seconds = Math.floor((Date.now() - moment) / 1000);
  if (seconds < -60) return null; // an end that is still to come stays a date
  if (seconds < 60) return seconds < 5 ? "just now" : `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 604800) return `${Math.floor(seconds / 86400)} d ago`;
  return null;
}

function tellTimes() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const words = ago(Date.parse(time.dateTime));
    if (words !== null && time.textContent !== words) time.textContent = words;
  }
}

// --- the frame ---------------------------------------------------------------------------------------

function tellCounts(counts) {
  for (const place of document.querySelectorAll("[data-count]")) {
    const number = counts[place.dataset.count];
    place.firstChild.nodeValue = String(number);
    const whole = place.dataset.count === "waiting" ? byId("waiting") : place;
    whole.hidden = number === 0;
  }
}

function tellPulled(moment) {
  if (moment === null) return;
  const time = document.createElement("time");
  time.dateTime = moment;
  byId("pulled").replaceChildren("pulled ", time);
}

function tellReach(word, words) {
  byId("reach").textContent = words;
  byId("reach").parentElement.dataset.reach = word;
}

function inner(html) {
  return new DOMParser().parseFromString(html, "text/html").body.childNodes;
}

function tell(state) {
  tellCounts(state.counts);
  tellPulled(state.pulled);
  tellReach(state.reach, state.words);
  if (state.ticker !== null) byId("ticker").replaceChildren(...inner(state.ticker));
  tellTimes();
  if (state.revision !== body.dataset.revision) {
    body.dataset.revision = state.revision;
    lookAgain();
  }
}

// --- whether it is still this console ------------------------------------------------------------------

// Once a console has ended, any program may take its port and pass for it, but it does not know what this page was given:
// nothing of such a program is shown here. While nothing proves that the console is there, no form is sent, with a PIN in it
// perhaps, and no link is followed.
let proven = true; // this page just came from it
let isOver = false;

function prove(proof) {
  if (isOver) return false;
  proven = proof === body.dataset.proof;
  if (proven) tellBack();
  else {
    isOver = true;
    rest();
    tellReach("closed", "The console is gone, and another program answers in its place. Close this page.");
  }
  return proven;
}

function stay(event) {
  const leads = event.target.closest?.("a[href]:not([href^='#'])") != null;
  if (!leads || proven) return;
  event.preventDefault();
  if (!isOver) tellReach("closed", "The console is gone, or does not answer. Run `a2a console` to open it again.");
}

for (const act of ["click", "auxclick"]) document.addEventListener(act, stay, true);

// --- the page itself ---------------------------------------------------------------------------------

const untouched = (field) =>
  field.type === "checkbox" || field.type === "radio"
    ? field.checked === field.defaultChecked
    : field.tagName === "SELECT"
      ? field.selectedIndex === Math.max(0, [...field.options].findLastIndex((option) => option.defaultSelected))
      : field.value === field.defaultValue;

// What the owner is in the middle of must not be taken away, and what went wrong must be read first.
function isBusy(main) {
  const fields = [...main.querySelectorAll("input:not([type=hidden]), textarea, select")];
  const selected = document.getSelection();
  return (
    main.querySelector("details[open]:not([data-drawn]), [role=alert]") !== null ||
    fields.some((field) => !untouched(field)) ||
    (selected !== null && !selected.isCollapsed && main.contains(selected.anchorNode))
  );
}

let looking = false;
let again = false;

async function lookAgain(insist = false) {
  const main = byId("main");
  if (main.dataset.still !== undefined || isOver) return;
  if (looking) {
    again = true;
    return;
  }
  looking = true;
  try {
    const answer = await fetch(location.pathname + location.search, { headers: { "x-live": "1" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("main");
    if (!prove(page.body.dataset.proof) || fresh === null) return;
    if (same(main, fresh)) tick(main, fresh);
    else if (insist || !isBusy(main)) put(main, fresh);
    else byId("fresh").hidden = false;
  } catch {
    // the stream says when the console is gone
  } finally {
    looking = false;
    if (again) {
      again = false;
      lookAgain();
    }
  }
}

// Times that only tick are no change, nor is that a page drawn anew does not repeat what went wrong.
function same(main, fresh) {
  const ignored = main.querySelector("[role=alert]") === null ? "time, [data-ticks]" : "time, [data-ticks], [role=alert]";
  const told = (node) => {
    const copy = node.cloneNode(true);
    for (const part of copy.querySelectorAll(ignored)) part.remove();
    for (const copier of copy.querySelectorAll("[data-copy]")) copier.hidden = true;
    return copy.innerHTML;
  };
  return told(main) === told(fresh);
}

// What ticks is told where it stands: nothing scrolls back, and nobody is disturbed who writes.
function tick(main, fresh) {
  const lines = fresh.querySelectorAll("[data-ticks]");
  main.querySelectorAll("[data-ticks]").forEach((line, at) => {
    if (line.textContent !== lines[at]?.textContent) line.replaceChildren(...document.adoptNode(lines[at]).childNodes);
  });
}

function put(main, fresh) {
  const focused = main.contains(document.activeElement) ? place(main, document.activeElement) : null;
  byId("fresh").hidden = true;
  main.replaceChildren(...document.adoptNode(fresh).childNodes);
  bring(main);
  if (focused !== null) (find(main, focused) ?? main).focus({ preventScroll: true });
}

// The same control again, wherever it stands now; never another one, which Enter would then press.
const CONTROLS = "a, button, input:not([type=hidden]), textarea, select, summary, [tabindex]";
function place(main, element) {
  const controls = [...main.querySelectorAll(CONTROLS)];
  const alike = controls.filter((control) => mark(control) === mark(element));
  const at = alike.indexOf(element);
  return at < 0 ? null : { mark: mark(element), at };
}

function find(main, focused) {
  return [...main.querySelectorAll(CONTROLS)].filter((control) => mark(control) === focused.mark)[focused.at];
}

function mark(control) {
  const leads = control.getAttribute("href") ?? control.form?.getAttribute("action") ?? "";
  const acts = control.getAttribute("formaction") ?? "";
  return [control.tagName, control.id, control.name, control.type, leads, acts, control.value, control.textContent].join("\n");
}

// --- helpers of forms ----------------------------------------------------------------------------------

function bring(part) {
  for (const button of part.querySelectorAll("button[data-copy]")) button.hidden = false;
  tellTimes();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (button === null) return;
  await navigator.clipboard.writeText(byId(button.dataset.copy).textContent);
  button.textContent = "Copied";
  byId("copied").textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 2000);
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("select[data-submit]")) return;
  const form = event.target.form;
  form.requestSubmit(form.querySelector("button[data-redraws]"));
});

document.addEventListener("keydown", (event) => {
  const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  if (sends && event.target.tagName === "TEXTAREA") event.target.form.requestSubmit();
});

// Files may be dropped anywhere on a form that takes some; they land in its field, so that sending is the same without.
const takesFiles = (event) => event.target.closest?.("form")?.querySelector("input[type=file]") ?? null;

document.addEventListener("dragover", (event) => {
  const field = takesFiles(event);
  if (field === null || !event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  field.form.dataset.over = "";
});
for (const ending of ["dragleave", "drop", "dragend"]) {
  document.addEventListener(ending, (event) => delete event.target.closest?.("form")?.dataset.over);
}
document.addEventListener("drop", (event) => {
  const field = takesFiles(event);
  if (field === null || event.dataTransfer.files.length === 0) return;
  event.preventDefault();
  const all = new DataTransfer();
  const before = field.multiple ? field.files : [];
  for (const file of [...before, ...event.dataTransfer.files]) all.items.add(file);
  field.files = all.files;
  tellChosen(field);
});
document.addEventListener("change", (event) => {
  if (event.target.matches("input[type=file]")) tellChosen(event.target);
});

// Said before anything is sent; the server looks again.
function tellChosen(field) {
  const files = [...field.files];
  const large = files.find((file) => file.size > Number(field.dataset.mostBytes));
  let problem = "";
  if (files.length > Number(field.dataset.most ?? 1)) problem = `At most ${field.dataset.most} files go together.`;
  else if (large !== undefined) problem = `${large.name} is larger than ${field.dataset.mostWords}.`;
  field.setCustomValidity(problem);
  const note = field.form.querySelector(".chosen");
  note.hidden = files.length === 0;
  note.textContent = problem || files.map((file) => `${file.name}, ${size(file.size)}`).join("; ");
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1048576 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1048576).toFixed(1)} MiB`;
}

// A second press while the first is under way would ask for the act twice. What is sent to a console that is gone is lost with
// the page that the browser then shows, so it is not sent.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!proven) {
    event.preventDefault();
    tellGone(form);
  } else if (form.method === "post") {
    if (form.dataset.sent !== undefined) event.preventDefault();
    else form.dataset.sent = "";
  }
});

function tellGone(form) {
  const told = form.querySelector(".gone") ?? form.appendChild(document.createElement("p"));
  told.className = "gone warn";
  told.setAttribute("role", "alert");
  told.textContent = "";
  told.textContent = "The console is gone: nothing was sent. What you typed is still here; copy it, then run `a2a console` again.";
}

function tellBack() {
  for (const told of document.querySelectorAll(".gone")) told.remove();
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// --- the stream ----------------------------------------------------------------------------------------

// Only a page that is looked at listens: a browser has six connections to one address, and a stream takes one for good.
let stream = null;

function listen() {
  if (body.dataset.live === undefined || stream !== null || isOver) return;
  if (document.hidden) return rest();
  stream = new EventSource(body.dataset.live);
  stream.addEventListener("proof", (event) => prove(event.data));
  stream.addEventListener("state", (event) => (proven || prove(null)) && tell(JSON.parse(event.data)));
  stream.addEventListener("error", (event) => {
    proven = false;
    tellReach("closed", "The console is gone. Run `a2a console` to open it again.");
    if (event.target.readyState !== EventSource.CLOSED || event.target !== stream) return;
    rest();
    setTimeout(listen, 5000);
  });
}

function rest() {
  proven = body.dataset.live === undefined; // until it is heard again
  stream?.close();
  stream = null;
}

document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
window.addEventListener("pagehide", rest);
window.addEventListener("pageshow", listen);

byId("fresh")?.addEventListener("click", () => lookAgain(true));
bring(document);
setInterval(tellTimes, 1000);
// A line such as "the next try is in 4 min" is the agent's, so it is asked for again.
setInterval(() => !document.hidden && document.querySelector("main [data-ticks]") !== null && lookAgain(), 60_000);
listen();
