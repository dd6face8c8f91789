// Choosing policies, looking after what is still missing, and deciding.

import { action, digitOf, label } from "./keys.js";
import * as orders from "./orders.js";
import { $, $$, announce, bench, form, judging, lost, tell } from "./page.js";
import { close as closeSearch } from "./search.js";

let chosen = []; // codes in the order of citing; the first is the one the decision mainly rests on
const fetched = new Map(); // code → fragment, for this case
let pending = null; // the policy that is being fetched: Enter waits for it

export const policies = () => [...chosen];

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

// Cites these policies and nothing else; what was ordered by hand stays.
async function cite(codes) {
  const work = (pending = Promise.all(codes.map(fragment)));
  const parts = await work;
  if (pending !== work) return false;
  pending = null;
  if (parts.some((part) => !part)) return false;
  const before = orders.current();
  const titles = parts.map((part) => $(".chosen-policy", part).dataset.title);
  const texts = parts.map((part) => $(".chosen-text", part).cloneNode(true));
  if (chosen[0] !== codes[0] || !$("#chosen .chosen-policy")) {
    $("#chosen").replaceChildren(parts[0]);
    label($("#chosen"));
    orders.propose(parts.slice(1), before);
  } else {
    for (const [index, code] of codes.entries()) if (!chosen.includes(code)) orders.add(parts[index]);
  }
  chosen = codes;
  form().elements.outcome.value = "violation";
  show();
  $("#also").replaceChildren(...codes.slice(1).map((code, index) => besides(code, titles[index + 1], texts[index + 1])));
  label($("#also"));
  return true;
}

// A policy cited in addition: its words, and the ways to let the decision rest on it or to take it away.
function besides(code, title, text) {
  const line = $("#also-policy").content.cloneNode(true);
  $("[data-code-of]", line).textContent = code;
  $("[data-title-of]", line).textContent = title;
  $("[data-rest-on]", line).dataset.restOn = code;
  $("[data-uncite]", line).dataset.uncite = code;
  $("details", line).append(text);
  return line;
}

export async function choose(code, { also = false } = {}) {
  const already = chosen.includes(code);
  const codes = !also || !chosen.length ? [code] : already ? chosen.filter((one) => one !== code) : [...chosen, code];
  if (!codes.length || !(await cite(codes))) return;
  say("");
  announce($("#chosen .chosen-policy").dataset.said);
  $("#facts").focus();
  tell("judge:changed");
}

async function restOn(code) {
  if (!(await cite([code, ...chosen.filter((one) => one !== code)]))) return;
  announce($("#chosen .chosen-policy").dataset.said);
  tell("judge:changed");
}

function chooseNone() {
  pending = null;
  chosen = [];
  orders.forget();
  form().elements.outcome.value = "no_violation";
  $("#chosen").replaceChildren();
  show();
  say("");
  $("#decide").focus();
  tell("judge:changed");
}

function show() {
  const none = form().elements.outcome.value === "no_violation";
  for (const button of $$(".suggestion[data-code]")) button.setAttribute("aria-pressed", String(chosen.includes(button.dataset.code)));
  $("[data-none]").setAttribute("aria-pressed", String(none));
  $(".judge-words").hidden = chosen.length === 0;
  $("#policies-chosen").replaceChildren(...chosen.map((code) => Object.assign(document.createElement("input"), { type: "hidden", name: "policy", value: code })));
  $("#also").hidden = chosen.length < 2;
  closeSearch();
}

export function say(words) {
  $("#judge-problem").textContent = words;
}

// Puts back what was typed earlier, without moving the focus.
export async function restore(kept) {
  const here = bench();
  $("#note").value = kept.note ?? "";
  $("#facts").value = kept.facts ?? "";
  if (kept.outcome === "no_violation") {
    form().elements.outcome.value = "no_violation";
    show();
  } else if (kept.policies?.length && (await cite(kept.policies)) && bench() === here) {
    const ground = $(`#chosen [name=ground][value="${CSS.escape(kept.ground ?? "")}"]`);
    if (ground) ground.checked = true;
    if (kept.orders) orders.put(new Map(Object.entries(kept.orders)), kept.where);
  }
}

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
  if ($("#decide").disabled) return;
  if (complete()) form().requestSubmit();
}

function pick(event, also) {
  const button = $(`.suggestions [data-digit="${digitOf(event)}"]`);
  if (button?.dataset.code) choose(button.dataset.code, { also });
}

action("judge.suggestion", (event) => pick(event, false), { when: judging });
action("judge.also", (event) => pick(event, true), { when: judging });
action("judge.none", chooseNone, { when: judging });
action("judge.decide", decide, { when: () => judging() && !lost() });
action("judge.facts", () => $("#facts").focus(), { when: () => judging() && !$(".judge-words").hidden });
action("judge.primary", () => restOn(chosen[1]), { when: () => judging() && chosen.length > 1 });
action("judge.note", () => $("#note").focus(), { when: judging });
action("item.open", () => $(".item-head h1 a").click(), { when: judging });
action("case.focus", () => (closeSearch(), bench().focus()), { when: judging });

document.addEventListener("click", (event) => {
  const hit = (selector) => event.target.closest(selector);
  let found;
  if ((found = hit(".suggestion[data-code]"))) choose(found.dataset.code, { also: event.shiftKey });
  else if (hit("[data-none]")) chooseNone();
  else if ((found = hit("[data-rest-on]"))) restOn(found.dataset.restOn);
  else if ((found = hit("[data-uncite]"))) choose(found.dataset.uncite, { also: true });
  else if (hit("#decide, #second") && !complete()) event.preventDefault();
});

document.addEventListener("input", (event) => form()?.contains(event.target) && event.target.id !== "policy-search" && say(""));

export function forget() {
  chosen = [];
  pending = null;
  fetched.clear();
  orders.forget();
}
