// Drafts: saved a moment after typing stops and before the page goes away.

import { policies, restore } from "./judge.js";
import { $, bench, form, send } from "./page.js";

const PAUSE_MS = 800;
let saving = null;
let dirty = false;

function draft() {
  const fields = new FormData(form());
  const orders = fields.getAll("order");
  return {
    outcome: fields.get("outcome"),
    policies: policies(),
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
  saving = setTimeout(save, PAUSE_MS);
}

export async function save() {
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

export async function takeUp() {
  const kept = JSON.parse($("#draft").textContent || "null");
  if (kept && (kept.outcome || kept.facts || kept.note)) await restore(kept);
}

// What is decided must not be saved over by a draft of it.
export function drop() {
  clearTimeout(saving);
  dirty = false;
}

document.addEventListener("judge:changed", keep);
document.addEventListener("input", (event) => form()?.contains(event.target) && event.target.id !== "policy-search" && keep());
window.addEventListener("pagehide", save);
