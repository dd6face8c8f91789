// Choosing policies, looking after what is still missing, and deciding.

import { action, digitOf } from "./keys.js";
import { $, $$, announce, bench, form, judging, lost, tell } from "./page.js";

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

export async function choose(code, { also = false, quiet = false } = {}) {
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
  show();
  if (quiet) return;
  say("");
  $("#facts").focus();
  tell("judge:changed");
}

function chooseNone() {
  pending = null;
  chosen = [];
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
  const also = $("#also");
  also.hidden = chosen.length < 2;
  also.replaceChildren(...chosen.slice(1).map((code) => Object.assign(document.createElement("span"), { className: "chip mono", textContent: `+ ${code}` })));
  $("#policy-hits").replaceChildren();
  $("#policy-search").value = "";
}

export function say(words) {
  $("#judge-problem").textContent = words;
}

// Puts back what was typed earlier, without moving the focus.
export async function restore(kept) {
  $("#note").value = kept.note ?? "";
  if (kept.outcome === "no_violation") {
    form().elements.outcome.value = "no_violation";
    show();
  } else if (kept.policies?.length) {
    await choose(kept.policies[0], { quiet: true });
    chosen = [...kept.policies];
    show();
    const ground = $(`#chosen [name=ground][value="${CSS.escape(kept.ground ?? "")}"]`);
    if (ground) ground.checked = true;
    const where = $("#chosen [name=where]");
    if (where && kept.where !== undefined) where.value = kept.where;
    for (const box of $$("#chosen [name=order]")) {
      box.checked = box.value in (kept.orders ?? {});
      const days = $(`#chosen [name="days-${CSS.escape(box.value)}"]`);
      if (box.checked) {
        if (days) days.value = kept.orders[box.value];
        box.closest(".order").classList.remove("is-more");
      }
    }
  }
  $("#facts").value = kept.facts ?? "";
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
action("judge.search", () => $("#policy-search").focus(), { when: judging });
action("judge.facts", () => $("#facts").focus(), { when: () => judging() && !$(".judge-words").hidden });
action("case.focus", () => {
  if (document.activeElement === $("#policy-search")) $("#policy-hits").replaceChildren();
  bench().focus();
}, { when: judging });

document.addEventListener("click", (event) => {
  const found = event.target.closest(".suggestion[data-code]");
  if (found) choose(found.dataset.code, { also: event.shiftKey });
  else if (event.target.closest("[data-none]")) chooseNone();
  else if (event.target.closest("[data-more-orders]")) $$("#chosen .order.is-more").forEach((order) => order.classList.remove("is-more"));
  else if (event.target.closest("#decide") && !complete()) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (event.target.id !== "policy-search" || event.isComposing) return;
  const hits = $$("#policy-hits .suggestion");
  const at = hits.findIndex((hit) => hit.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const next = (at + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % hits.length;
    hits.forEach((hit, index) => hit.setAttribute("aria-selected", String(index === next)));
    hits[next]?.scrollIntoView({ block: "nearest" });
    if (hits[next]) announce(hits[next].textContent.trim());
  } else if (event.key === "Enter") {
    event.preventDefault();
    hits[Math.max(at, 0)]?.click();
  }
});

document.addEventListener("input", (event) => form()?.contains(event.target) && event.target.id !== "policy-search" && say(""));

export function forget() {
  chosen = [];
  pending = null;
  fetched.clear();
}
