// The console: hands stay on the keyboard, focus stays where it is expected, and nothing typed is lost.

import { spoken, token, typing } from "./shell.js";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const bench = () => $("#console");
const form = () => $("#ruling");

// Everything that is sent by itself goes this way; a session that ended is said, and nothing typed is thrown away.
async function send(url, options = {}) {
  const answer = await fetch(url, { method: "POST", ...options, headers: { "X-CSRFToken": token(), "HX-Request": "true", ...options.headers } });
  const out = answer.headers.has("HX-Redirect");
  $("#logged-out").hidden = !out;
  if (out) throw new Error("logged out");
  return answer;
}

// Choosing policies -------------------------------------------------------------------------------------------------

let chosen = []; // codes in the order of citing; the first is the one the decision mainly rests on
const fetched = new Map(); // code → fragment, for this case
let pending = null; // the policy that is being fetched: Enter waits for it

async function fragment(code) {
  const ready = $(`template[data-policy="${CSS.escape(code)}"]`);
  if (ready) return ready.content.cloneNode(true);
  if (!fetched.has(code)) {
    const answer = await fetch(bench().dataset.policyUrl.replace("CODE", encodeURIComponent(code)), { headers: { "HX-Request": "true" } });
    if (!answer.ok) return null;
    fetched.set(code, await answer.text());
  }
  const template = document.createElement("template");
  template.innerHTML = fetched.get(code);
  return template.content;
}

async function choose(code, { also = false, quiet = false } = {}) {
  if (also && chosen.length && chosen[0] !== code) {
    chosen = chosen.includes(code) ? chosen.filter((one) => one !== code) : [...chosen, code];
  } else {
    const work = (pending = fragment(code));
    const part = await work;
    if (pending !== work) return;
    pending = null;
    if (!part) return;
    chosen = [code];
    $("#chosen").replaceChildren(part);
  }
  form().elements.outcome.value = "violation";
  showChoice();
  if (!quiet) {
    say("");
    $("#facts").focus();
    keep();
  }
}

function chooseNone() {
  pending = null;
  chosen = [];
  form().elements.outcome.value = "no_violation";
  $("#chosen").replaceChildren();
  showChoice();
  say("");
  $("#decide").focus();
  keep();
}

function showChoice() {
  const none = form().elements.outcome.value === "no_violation";
  for (const button of $$(".suggestion[data-code]")) button.setAttribute("aria-pressed", String(chosen.includes(button.dataset.code)));
  $("[data-none]").setAttribute("aria-pressed", String(none));
  $(".judge-words").hidden = chosen.length === 0;
  $("#policies-chosen").replaceChildren(...chosen.map((code) => Object.assign(document.createElement("input"), { type: "hidden", name: "policy", value: code })));
  const also = $("#also");
  also.hidden = chosen.length < 2;
  also.replaceChildren(...chosen.slice(1).map((code) => Object.assign(document.createElement("span"), { className: "chip mono", textContent: `+ ${code}` })));
  $("#policy-hits").replaceChildren();
  $("#policy-search").value = "";
}

function say(words) {
  $("#judge-problem").textContent = words;
}

// Deciding ----------------------------------------------------------------------------------------------------------

function complete() {
  const outcome = form().elements.outcome.value;
  if (!outcome || pending) {
    say(bench().dataset.chooseFirst);
    return false;
  }
  if (outcome === "violation" && !$("#facts").value.trim()) {
    say(bench().dataset.factsFirst);
    $("#facts").focus();
    return false;
  }
  return true;
}

function decide() {
  if (!$("#lost").hidden || $("#decide").disabled) return;
  if (complete()) form().requestSubmit();
}

// Drafts: saved a moment after typing stops, and before the page goes away --------------------------------------------

let saving = null;
let dirty = false;

function draft() {
  const fields = new FormData(form());
  const orders = fields.getAll("order");
  return {
    outcome: fields.get("outcome"),
    policies: chosen,
    ground: fields.get("ground") ?? "",
    facts: fields.get("facts"),
    note: fields.get("note"),
    where: fields.get("where") ?? "",
    orders: Object.fromEntries(orders.map((key) => [key, fields.get(`days-${key}`) ?? ""])),
  };
}

function keep() {
  dirty = true;
  clearTimeout(saving);
  saving = setTimeout(save, 800);
}

async function save() {
  if (!dirty || !form()) return;
  clearTimeout(saving);
  dirty = false;
  const here = bench();
  try {
    const answer = await send(here.dataset.draftUrl, { keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify(draft()) });
    if (!answer.ok) throw new Error(String(answer.status));
    $("#draft-state").textContent = here.dataset.saved;
  } catch {
    dirty = true;
    $("#draft-state").textContent = here.dataset.unsaved;
  }
}

async function restore() {
  const kept = JSON.parse($("#draft").textContent || "null");
  if (!kept || !kept.outcome && !kept.facts && !kept.note) return;
  $("#note").value = kept.note ?? "";
  if (kept.outcome === "no_violation") {
    form().elements.outcome.value = "no_violation";
    showChoice();
  } else if (kept.policies?.length) {
    await choose(kept.policies[0], { quiet: true });
    chosen = [...kept.policies];
    showChoice();
    const ground = $(`#chosen [name=ground][value="${CSS.escape(kept.ground ?? "")}"]`);
    if (ground) ground.checked = true;
    const where = $("#chosen [name=where]");
    if (where && kept.where !== undefined) where.value = kept.where;
    for (const box of $$("#chosen [name=order]")) {
      box.checked = box.value in (kept.orders ?? {});
      const days = $(`#chosen [name="days-${CSS.escape(box.value)}"]`);
      if (box.checked) {
        days.value = kept.orders[box.value];
        box.closest(".order").classList.remove("is-more");
      }
    }
  }
  $("#facts").value = kept.facts ?? "";
}

document.addEventListener("input", (event) => {
  if (!form()?.contains(event.target) || event.target.id === "policy-search") return;
  say("");
  keep();
});
window.addEventListener("pagehide", save);

// The lease: renewed while the page is open; when it is lost, that is said and nothing typed goes away ----------------

let beating = null;
let beatNow = 0;

async function beat() {
  const here = bench();
  if (!here?.dataset.beatUrl) return;
  const mine = ++beatNow;
  try {
    if (here.dataset.thenBeatUrl) send(here.dataset.thenBeatUrl).catch(() => {});
    const answer = await send(here.dataset.beatUrl);
    if (mine !== beatNow || bench() !== here) return;
    if (answer.status === 409 || answer.status === 404) return lose();
    if (!answer.ok) return;
    const told = await answer.json();
    if (told.snapshot !== here.dataset.snapshot) $("#newer").hidden = false;
    $("#tab-reports .badge").textContent = told.reports;
  } catch {
    // Without a connection the next beat tries again; the server keeps the lease a while longer.
  }
}

function lose() {
  $("#lost").hidden = false;
  $("#decide").disabled = true;
  clearInterval(beating);
}

// Whoever comes back to this tab learns at once whether the case is still theirs.
window.addEventListener("focus", beat);

// Media ---------------------------------------------------------------------------------------------------------------

const figures = () => $$(".console-media .media");
const current = () => figures().find((figure) => !figure.hidden);
const seen = new Set();

function reveal() {
  const figure = current();
  if (!figure || !$("img, video", figure)) return;
  const hidden = figure.classList.toggle("is-hidden");
  const digest = figure.dataset.digest;
  if (hidden || seen.has(digest)) return;
  seen.add(digest);
  const body = new FormData();
  body.set("digest", digest);
  send(bench().dataset.revealUrl, { body }).catch(() => seen.delete(digest));
}

function step(by) {
  const all = figures();
  if (all.length < 2) return;
  const next = (all.indexOf(current()) + by + all.length) % all.length;
  for (const [index, figure] of all.entries()) {
    figure.hidden = index !== next;
    $("video", figure)?.pause();
  }
  $("[data-media-count]").textContent = `${next + 1} / ${all.length}`;
}

function frame(by) {
  const video = $("video", current() ?? document.createElement("div"));
  if (!video) return;
  video.pause();
  video.currentTime = Math.max(0, video.currentTime + by / 25);
}

function zoom() {
  const box = $("#zoom");
  if (box.open) return box.close();
  const figure = current();
  const media = figure && $("img, video", figure);
  if (!media || figure.classList.contains("is-hidden")) return;
  const large = media.cloneNode(true);
  large.controls = true;
  box.replaceChildren(large);
  box.showModal();
}

// Leaving a case without deciding it ------------------------------------------------------------------------------------

function leave(way) {
  const words = $(`#leave-words [data-way="${way}"]`);
  if (!words || !$(`[data-dialog="${way}"]`)) return;
  const box = $("#leave");
  const target = `/console/${bench().dataset.lease}/leave/${way}`;
  const out = $("#leave-form");
  out.setAttribute("action", target);
  out.setAttribute("hx-post", target);
  window.htmx.process(out);
  $("#leave-title").textContent = words.dataset.title;
  $("#leave-hint").textContent = words.dataset.hint;
  $("#leave-do").textContent = words.dataset.do;
  $("#leave-reasons").replaceChildren(words.content.cloneNode(true));
  $("#leave-reason").value = "";
  for (const part of $$("[data-only]", box)) {
    part.hidden = part.dataset.only !== way;
    for (const field of $$("select", part)) field.disabled = part.hidden;
  }
  save();
  box.showModal();
  $("#leave-reason").focus();
}

// Undo: a countdown in words and numbers, and the key ---------------------------------------------------------------------

function countDown() {
  for (const toast of $$(".toast[data-until]")) {
    const left = Date.parse(toast.dataset.until) - Date.now();
    if (left <= 0) toast.remove();
    else $("[data-countdown]", toast).textContent = spoken(left + 999);
  }
}
setInterval(countDown, 250);

document.addEventListener("htmx:configRequest", (event) => {
  if ($("[data-undo]", event.detail.elt) && bench()?.dataset.lease) event.detail.parameters.set("then", bench().dataset.lease);
});

// Tabs --------------------------------------------------------------------------------------------------------------------

function show(tab) {
  for (const one of $$(".console-tabs [role=tab]")) {
    const here = one === tab;
    one.setAttribute("aria-selected", String(here));
    one.tabIndex = here ? 0 : -1;
    document.getElementById(one.getAttribute("aria-controls")).hidden = !here;
  }
}

// Keys ----------------------------------------------------------------------------------------------------------------------

const ways = { h: "hold", t: "transfer", e: "escalate", s: "skip", r: "release" };

function onKey(event) {
  if (!bench() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) {
    if (event.key === "z" && $("#zoom")?.open) zoom();
    return;
  }
  if (!form()) {
    if (event.key === "n" && !typing(event.target)) act(event, () => $("[data-next]")?.click());
    else if (event.key === "u" && !typing(event.target)) act(event, () => $("[data-undo]")?.click());
    return;
  }
  if (event.key === "Escape") return act(event, () => (document.activeElement === $("#policy-search") && showHits([]), bench().focus()));
  if (event.target.id === "policy-search") return inSearch(event);
  if (typing(event.target)) {
    if (event.key === "Enter" && !event.shiftKey && event.target.matches("textarea, #chosen input")) act(event, decide);
    return;
  }
  if (event.key === "Enter") {
    if (event.target.matches("a, summary") || (event.target.matches("button") && event.target.id !== "decide" && !event.target.matches(".suggestion"))) return;
    return act(event, decide);
  }
  if (event.key === " ") {
    if (event.target.matches("button:not(.suggestion):not(#decide):not([data-reveal]), input, summary")) return;
    return act(event, reveal);
  }
  const digit = /^Digit(\d)$/.exec(event.code)?.[1] ?? (/^\d$/.test(event.key) ? event.key : null);
  if (digit !== null) return act(event, () => pick(digit, event.shiftKey));
  const doing = {
    "/": () => $("#policy-search").focus(),
    "?": () => $("#keys").showModal(),
    "[": () => step(-1),
    "]": () => step(1),
    ",": () => frame(-1),
    ".": () => frame(1),
    z: zoom,
    f: () => !$(".judge-words").hidden && $("#facts").focus(),
    u: () => $("[data-undo]")?.click(),
  }[event.key];
  if (doing) return act(event, doing);
  if (event.key in ways) act(event, () => leave(ways[event.key]));
}

function act(event, doing) {
  event.preventDefault();
  doing();
}

function pick(digit, also) {
  if (digit === "0") return chooseNone();
  const button = $(`.suggestions [data-digit="${digit}"]`);
  if (button) choose(button.dataset.code, { also });
}

function showHits(hits) {
  $("#policy-hits").replaceChildren(...hits);
}

function inSearch(event) {
  const hits = $$("#policy-hits .suggestion");
  const at = hits.findIndex((hit) => hit.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    act(event, () => {
      const next = (at + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % hits.length;
      hits.forEach((hit, index) => hit.setAttribute("aria-selected", String(index === next)));
      hits[next]?.scrollIntoView({ block: "nearest" });
    });
  } else if (event.key === "Enter") {
    act(event, () => hits[Math.max(at, 0)]?.click());
  }
}

document.addEventListener("keydown", onKey);

document.addEventListener("click", (event) => {
  const hit = (selector) => event.target.closest(selector);
  let found;
  if ((found = hit(".suggestion[data-code]"))) choose(found.dataset.code, { also: event.shiftKey });
  else if (hit("[data-none]")) chooseNone();
  else if (hit("[data-reveal]")) reveal();
  else if ((found = hit("[data-media-step]"))) step(Number(found.dataset.mediaStep));
  else if ((found = hit("[data-dialog]"))) leave(found.dataset.dialog);
  else if (hit("[data-keys]")) $("#keys").showModal();
  else if ((found = hit("[data-close-dialog]"))) found.closest("dialog").close();
  else if ((found = hit(".console-tabs [role=tab]"))) show(found);
  else if (hit("[data-more-orders]")) $$("#chosen .order.is-more").forEach((order) => order.classList.remove("is-more"));
  else if (hit("#zoom")) zoom();
  else if (hit("#decide") && !complete()) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.(".console-tabs [role=tab]");
  if (!tab || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const all = $$(".console-tabs [role=tab]");
  const next = all[(all.indexOf(tab) + (event.key === "ArrowRight" ? 1 : -1) + all.length) % all.length];
  show(next);
  next.focus();
});

// A case comes in -------------------------------------------------------------------------------------------------------------

function begin() {
  clearInterval(beating);
  clearTimeout(saving);
  chosen = [];
  pending = null;
  dirty = false;
  fetched.clear();
  seen.clear();
  $("#leave")?.close();
  const here = bench();
  if (!here) return;
  here.focus({ preventScroll: true });
  if (!form()) return;
  restore();
  beat();
  beating = setInterval(beat, Number(here.dataset.beatS) * 1000);
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.successful !== false && event.detail.requestConfig?.elt.matches(".toast-undo form")) event.detail.requestConfig.elt.closest(".toast")?.remove();
  if (event.detail.target?.id === "console" || event.detail.elt?.id === "console") {
    begin();
    document.body.dispatchEvent(new CustomEvent("decided"));
  }
  if (event.detail.target?.id === "toasts") {
    $("#leave")?.close();
    const code = $("#toasts .toast-problem")?.dataset.code;
    if (code === "lease_lost") lose();
    if (code === "newer_snapshot") $("#newer").hidden = false;
  }
});

// Before a case is left, its draft must not be saved over the decision that was just made.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.id !== "ruling") return;
  clearTimeout(saving);
  dirty = false;
});

begin();
