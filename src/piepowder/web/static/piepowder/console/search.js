// Finding a policy by code or words: a combobox, with the rule and its examples beside the list.

import { choose } from "./judge.js";
import { action } from "./keys.js";
import { $, $$, judging } from "./page.js";

const input = () => $("#policy-search");
const finder = () => $("#policy-finder");
const hits = () => $$("#policy-hits [role=option]");
const marked = () => hits().find((hit) => hit.getAttribute("aria-selected") === "true");

function mark(hit) {
  for (const one of hits()) one.setAttribute("aria-selected", String(one === hit));
  input().setAttribute("aria-activedescendant", hit?.id ?? "");
  const words = hit && $(`#policy-hits template[data-preview="${CSS.escape(hit.dataset.code)}"]`);
  $("#policy-preview").replaceChildren(...(words ? [words.content.cloneNode(true)] : []));
  $("#policy-preview").scrollTop = 0;
  hit?.scrollIntoView({ block: "nearest" });
}

function open() {
  const filled = $("#policy-hits").children.length > 0;
  finder().hidden = !filled;
  input().setAttribute("aria-expanded", String(filled));
}

export function close() {
  if (!input()) return;
  input().value = "";
  $("#policy-hits").replaceChildren();
  mark(null);
  open();
}

action("judge.search", () => (input().focus(), input().select()), { when: judging });

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "policy-hits" || !input()) return;
  if (!input().value.trim()) $("#policy-hits").replaceChildren();
  mark(hits()[0] ?? null);
  open();
});

document.addEventListener("keydown", (event) => {
  if (event.target.id !== "policy-search" || event.isComposing) return;
  const all = hits();
  const at = all.indexOf(marked());
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
  if (to !== undefined && all.length) {
    event.preventDefault();
    mark(all[(to + all.length) % all.length]);
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (marked()) choose(marked().dataset.code, { also: event.shiftKey });
  } else if (["PageDown", "PageUp"].includes(event.key) && all.length) {
    event.preventDefault();
    $("#policy-preview").scrollBy(0, event.key === "PageDown" ? 120 : -120);
  }
});

document.addEventListener("mousemove", (event) => {
  const hit = event.target.closest?.("#policy-hits [role=option]");
  if (hit && hit !== marked()) mark(hit);
});
document.addEventListener("click", (event) => {
  const hit = event.target.closest("#policy-hits [role=option]");
  if (hit) choose(hit.dataset.code, { also: event.shiftKey });
  else if (finder() && !finder().hidden && !event.target.closest(".judge-search")) close();
});
