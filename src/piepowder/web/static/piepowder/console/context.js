// Around the case: notes with people to call, related items, beginnings for the facts, and texts that repeat themselves.

import { action } from "./keys.js";
import { $, $$, announce, bench, form, judging, send } from "./page.js";
import "../notes.js";
import { show } from "./tabs.js";

// Tabs by key -----------------------------------------------------------------------------------------------------------

function open(name) {
  const tab = $(`#tab-${name}`);
  if (tab) show(tab);
  return Boolean(tab);
}

action("notes.write", () => {
  if (!open("notes")) return;
  const text = $("#panel-notes [data-note-text]");
  (text ?? $("#tab-notes")).focus();
  text?.scrollIntoView({ block: "nearest" });
}, { when: judging });

action("related.open", () => open("related") && $("#tab-related").focus(), { when: judging });

// A note: Ctrl+Enter keeps it; what is kept is counted on the tab ---------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (event.target.matches?.("[data-note-text]") && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    event.stopPropagation();
    event.target.form.requestSubmit();
  }
}, true);

document.addEventListener("htmx:afterSwap", (event) => {
  const notes = event.detail.elt?.matches?.("[data-notes]") ? event.detail.elt : event.detail.target?.closest?.("#panel-notes") && $("#panel-notes [data-notes]");
  if (!notes || !$("#notes-count")) return;
  const kept = $$(".note", notes).length;
  $("#notes-count").textContent = kept;
  $("[data-note-text]", notes)?.focus();
});

// Beginnings for the facts: Alt and a digit put one in, Tab goes from one open part to the next -----------------------------

const OPEN = /\[…[^\]]*\]?/g;

function selectOpen(field, from) {
  const every = [...field.value.matchAll(OPEN)];
  const next = every.find((hit) => hit.index >= from) ?? (from === 0 ? undefined : null);
  if (!next) return false;
  field.setSelectionRange(next.index, next.index + next[0].length);
  return true;
}

function begin(button) {
  const field = $("#facts");
  const already = field.value.trim();
  field.value = already && !already.includes(button.dataset.text) ? `${already}\n${button.dataset.text}` : button.dataset.text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
  if (!selectOpen(field, field.value.indexOf(button.dataset.text))) field.setSelectionRange(field.value.length, field.value.length);
  announce(button.dataset.text);
}

action("facts.begin", () => {}, { when: () => judging() && Boolean($("#chosen [data-beginning]")) });

document.addEventListener("keydown", (event) => {
  if (!form() || event.isComposing || $("dialog[open]")) return;
  const digit = event.altKey && !event.ctrlKey && !event.metaKey && /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  const button = digit && $(`#chosen [data-beginning="${digit}"]`);
  if (button) {
    event.preventDefault();
    event.stopPropagation();
    begin(button);
  } else if (event.key === "Tab" && !event.shiftKey && event.target.id === "facts" && selectOpen(event.target, event.target.selectionEnd)) {
    event.preventDefault();
  }
}, true);

document.addEventListener("click", (event) => {
  const button = event.target.closest("#chosen [data-beginning]");
  if (button) begin(button);
});

// What is still open holds the decision back here, before the server says the same.
document.addEventListener("submit", holdBack, true);
document.addEventListener("htmx:confirm", (event) => event.detail.elt?.id === "ruling" && stillOpen() && event.preventDefault(), true);

function stillOpen() {
  const field = $("#facts");
  if (form()?.elements.outcome.value !== "violation" || !field || !field.value.includes("[…")) return false;
  $("#judge-problem").textContent = $("#facts-repeated").dataset.open;
  field.focus();
  selectOpen(field, 0);
  return true;
}

function holdBack(event) {
  if (event.target.id !== "ruling" || !stillOpen()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

// How often this text was written before ---------------------------------------------------------------------------------

const PAUSE_MS = 700;
let asking = null;

async function ask() {
  const field = $("#facts");
  const place = $("#facts-repeated");
  if (!field || !place) return;
  const facts = field.value.trim();
  if (facts.length < 20 || facts.includes("[…")) return place.replaceChildren();
  const here = bench();
  const body = new FormData();
  body.set("facts", facts);
  try {
    const answer = await send(place.dataset.url, { body });
    if (answer.ok && bench() === here && field.value.trim() === facts) place.innerHTML = await answer.text();
  } catch {
    // Without a connection there is nothing to tell; the server counts again when the decision comes.
  }
}

document.addEventListener("input", (event) => {
  if (event.target.id !== "facts") return;
  clearTimeout(asking);
  asking = setTimeout(ask, PAUSE_MS);
});
document.addEventListener("case:shown", () => clearTimeout(asking));
