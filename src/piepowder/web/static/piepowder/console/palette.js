// The palette: every action of this page, and every page, queue, policy and case, by a few letters.

import { action, drawKey, offered } from "./keys.js";

const box = document.getElementById("palette");
const text = document.getElementById("palette-text");
const list = document.getElementById("palette-list");
const MOST = 80;
let fixed = null; // pages and queues, fetched when it is first opened
let remote = []; // policies and cases for what is typed
let asked = 0;
let timer = null;
let opener = null;

// How well the letters are found in the words, in their order: 0 is not at all. Starts of words and runs count more.
export function score(letters, words) {
  const wanted = letters.toLocaleLowerCase().replace(/\s+/g, "");
  const from = words.toLocaleLowerCase();
  let points = 0;
  let at = -1;
  for (const letter of wanted) {
    const next = from.indexOf(letter, at + 1);
    if (next < 0) return 0;
    const begins = next === 0 || /[\s:·./-]/.test(from[next - 1]);
    points += (next === at + 1 ? 3 : 1) + (begins ? 3 : 0);
    at = next;
  }
  return wanted ? points + 10 / (10 + from.length) + (from.includes(letters.toLocaleLowerCase().trim()) ? 20 : 0) : 1;
}

const doing = () =>
  offered()
    .filter((one) => one.name !== "palette.open" && !/1…9/.test(one.key))
    .map((one) => ({ group: box.dataset.actions, label: one.label, key: one.key, run: () => one.run() }));

function matching() {
  const typed = text.value.trim();
  const local = [...doing(), ...(fixed ?? [])].map((one) => ({ ...one, points: score(typed, `${one.label}`) })).filter((one) => one.points > 0);
  if (typed) local.sort((one, other) => other.points - one.points);
  const far = remote.filter((one) => !local.some((near) => near.url && near.url === one.url));
  const all = [...local.slice(0, MOST), ...far];
  const groups = new Map();
  for (const one of all) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return groups;
}

let lines = [];

function draw() {
  const drawn = document.createDocumentFragment();
  lines = [];
  for (const [group, ones] of matching()) {
    const part = Object.assign(document.createElement("div"), { role: "group" });
    const head = Object.assign(document.createElement("div"), { className: "palette-head", textContent: group, id: `palette-group-${lines.length}` });
    part.setAttribute("aria-labelledby", head.id);
    part.append(head);
    for (const one of ones) {
      const line = Object.assign(document.createElement("div"), { className: "palette-line", id: `palette-${lines.length}`, role: "option" });
      line.append(Object.assign(document.createElement("span"), { textContent: one.label }));
      if (one.key) {
        const keys = Object.assign(document.createElement("span"), { className: "palette-key" });
        keys.append(drawKey(one.key));
        line.append(keys);
      }
      lines.push({ ...one, line });
      part.append(line);
    }
    drawn.append(part);
  }
  if (!lines.length) drawn.append(Object.assign(document.createElement("p"), { className: "quiet palette-head", textContent: box.dataset.nothing }));
  list.replaceChildren(drawn);
  mark(0);
  box.querySelector("[data-palette-said]").textContent = `${lines.length} ${box.dataset.found}`;
}

let marked = 0;

function mark(index) {
  marked = lines.length ? (index + lines.length) % lines.length : 0;
  for (const [at, { line }] of lines.entries()) line.setAttribute("aria-selected", String(at === marked));
  text.setAttribute("aria-activedescendant", lines[marked]?.line.id ?? "");
  lines[marked]?.line.scrollIntoView({ block: "nearest" });
}

async function ask(typed) {
  const mine = ++asked;
  const answer = await fetch(`${box.dataset.url}?text=${encodeURIComponent(typed)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok || mine !== asked || !answer.headers.get("Content-Type")?.includes("json")) return null;
  return (await answer.json()).found;
}

async function open() {
  if (box.open || document.querySelector("dialog[open]")) return;
  opener = document.activeElement;
  text.value = "";
  remote = [];
  draw();
  box.showModal();
  text.focus();
  if (fixed) return;
  fixed = await ask("");
  draw();
}

function go(one) {
  if (!one) return;
  box.close();
  if (one.run) {
    if (opener?.isConnected) opener.focus({ preventScroll: true });
    one.run();
  } else location.assign(one.url);
}

text?.addEventListener("input", () => {
  remote = [];
  asked += 1;
  draw();
  clearTimeout(timer);
  const typed = text.value.trim();
  if (typed.length < 2) return;
  timer = setTimeout(async () => {
    const found = await ask(typed);
    if (!found) return;
    remote = found;
    draw();
  }, 150);
});

box?.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const to = { ArrowDown: marked + 1, ArrowUp: marked - 1, PageDown: marked + 8, PageUp: marked - 8 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    mark(event.key.startsWith("Page") ? Math.max(0, Math.min(lines.length - 1, to)) : to);
  } else if (event.key === "Enter") {
    event.preventDefault();
    go(lines[marked]);
  } else if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    box.close();
  }
});
list?.addEventListener("mousemove", (event) => {
  const at = lines.findIndex(({ line }) => line.contains(event.target));
  if (at >= 0 && at !== marked) mark(at);
});
box?.addEventListener("click", (event) => {
  const found = lines.find(({ line }) => line.contains(event.target));
  if (found) go(found);
  else if (event.target === box) box.close();
});

action("palette.open", open);
document.addEventListener("click", (event) => event.target.closest("[data-palette]") && open());
