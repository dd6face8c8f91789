// Drafts: saved a moment after typing stops and before the page goes away; in the browser itself until the server has them,
// so that neither a lost connection nor a browser that dies takes anything away.

import { policies, restore } from "./judge.js";
import { $, bench, form, send } from "./page.js";

const PAUSE_MS = 800;
const AGAIN_MS = 10_000;
const KEPT_MS = 7 * 24 * 3_600_000;
const PREFIX = "piepowder:draft:";
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
    typed_at: Date.now(),
  };
}

// What is kept in the browser belongs to one person and one case.
const place = () => `${PREFIX}${bench().dataset.person}:${bench().dataset.case}`;

function keepHere(content) {
  try {
    localStorage.setItem(place(), JSON.stringify(content));
  } catch {
    // A browser without storage still has the page, and the server.
  }
}

function keptHere() {
  try {
    for (const name of Object.keys(localStorage)) {
      if (name.startsWith(PREFIX) && !(JSON.parse(localStorage.getItem(name)).typed_at > Date.now() - KEPT_MS)) localStorage.removeItem(name);
    }
    return JSON.parse(localStorage.getItem(place()));
  } catch {
    return null;
  }
}

function keep() {
  dirty = true;
  keepHere(draft());
  clearTimeout(saving);
  saving = setTimeout(save, PAUSE_MS);
}

export async function save() {
  if (!dirty || !form()) return;
  clearTimeout(saving);
  dirty = false;
  const here = bench();
  const content = draft();
  const mine = place();
  try {
    const answer = await send(here.dataset.draftUrl, { keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });
    if (!answer.ok) throw new Error(String(answer.status));
    if (bench() !== here) return;
    $("#draft-state").textContent = here.dataset.saved;
    if (!dirty) localStorage.removeItem(mine);
  } catch {
    if (bench() !== here) return;
    dirty = true;
    $("#draft-state").textContent = here.dataset.unsaved;
    clearTimeout(saving);
    saving = setTimeout(save, AGAIN_MS);
  }
}

// The newer of what the server and this browser kept.
export async function takeUp() {
  const told = JSON.parse($("#draft").textContent || "null") ?? {};
  const own = keptHere();
  const newer = own && own.typed_at > (told.typed_at ?? 0);
  const kept = newer ? own : told;
  if (!(kept.outcome || kept.facts || kept.note)) return;
  await restore(kept);
  if (newer) keep();
}

// What is decided must not be saved over by a draft of it.
export function drop() {
  clearTimeout(saving);
  dirty = false;
}

export function decided(person, caseId) {
  try {
    localStorage.removeItem(`${PREFIX}${person}:${caseId}`);
  } catch {
    // Nothing was kept.
  }
}

document.addEventListener("judge:changed", keep);
document.addEventListener("input", (event) => form()?.contains(event.target) && event.target.id !== "policy-search" && keep());
window.addEventListener("pagehide", save);
window.addEventListener("online", save);
