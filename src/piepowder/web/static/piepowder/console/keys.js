// The registry of actions. Which there are, their words and this person's keys, the page says (#keys-known, from
// web/keys.py); what they do is bound by the modules: action("media.zoom", zoom, { when: judging }).
// Several actions may share a key as long as `when` keeps them apart: the first that applies is done.

import { $, bench } from "./page.js";

const always = () => true;
const bound = new Map();

function read() {
  const page = document.getElementById("keys-known");
  return page ? JSON.parse(page.textContent) : [];
}
const known = read();

export function action(name, run, { when = always } = {}) {
  bound.set(name, { run, when });
}

// The actions that this page knows and somebody has bound, in the order in which they are shown.
export const actions = () => known.filter((one) => bound.has(one.name)).map((one) => ({ ...one, ...bound.get(one.name) }));
export const offered = () => actions().filter((one) => one.when());
export const keyOf = (name) => known.find((one) => one.name === name)?.key ?? "";

export function perform(name, event) {
  const found = bound.get(name);
  if (found?.when()) found.run(event);
}

// A key press in words: "z", "Z", "Space", "Enter", "Shift+Enter", "Ctrl+k" (Cmd counts as Ctrl), "Alt+x".
export function chord(event) {
  let key = event.key === " " ? "Space" : event.key;
  if (!key || ["Shift", "Control", "Alt", "Meta", "Dead", "Unidentified", "Process"].includes(key)) return "";
  // Where letters are not Latin ones, the key's place on the keyboard says which was meant.
  if (key.length === 1 && key.codePointAt(0) > 127 && /^Key[A-Z]$/.test(event.code)) key = event.code.slice(3);
  const letter = /^[a-z]$/i.test(key);
  if (letter) key = event.shiftKey ? key.toUpperCase() : key.toLowerCase();
  const front = [];
  if ((event.ctrlKey && !event.getModifierState?.("AltGraph")) || event.metaKey) front.push("Ctrl");
  if (event.altKey && !event.getModifierState?.("AltGraph")) front.push("Alt");
  if (front.length && letter) key = key.toLowerCase();
  if (event.shiftKey && (key.length > 1 || front.length)) front.push("Shift");
  return [...front, key].join("+");
}

// Digits by their place as well, because some layouts need Shift for them; "1…9" stands for any of them.
function digits(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return [];
  const digit = /^Digit(\d)$/.exec(event.code)?.[1] ?? (/^\d$/.test(event.key) ? event.key : undefined);
  if (digit === undefined) return [];
  const front = event.shiftKey && !/^Numpad/.test(event.code) ? "Shift+" : "";
  return digit === "0" ? [`${front}0`] : [`${front}1…9`];
}

export const digitOf = (event) => /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? event.key;

const matches = (one, pressed) => pressed.some((key) => key === one.key || one.also.includes(key));

function find(event) {
  const all = offered();
  const exact = chord(event);
  return (exact && all.find((one) => matches(one, [exact]))) || all.find((one) => matches(one, digits(event)));
}

const writes = (target) => target instanceof HTMLElement && (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])"));

// Whether what has the focus needs this key itself.
function taken(event) {
  const { target } = event;
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (target instanceof Element && target.matches("[data-key-field]")) return true;
  if (event.key === "Escape") return false;
  if (writes(target)) {
    if (target.matches("#ruling textarea, #chosen input") && event.key === "Enter" && !event.shiftKey) return false;
    return plain || target.matches("select");
  }
  if (!(target instanceof Element)) return false;
  if (event.key === "Enter") return target.matches("a, summary, button:not(#decide)");
  if (event.key === " ") return target.matches("button:not(#decide, [data-reveal]), input, summary");
  return false;
}

document.addEventListener(
  "keydown",
  (event) => {
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229 || $("dialog[open]") || taken(event)) return;
    const one = find(event);
    if (!one) return;
    if (event.repeat && one.once) return event.preventDefault();
    event.preventDefault();
    one.run(event);
  },
  true,
);

// The list of all keys ------------------------------------------------------------------------------------------------

export function keyParts(key) {
  if (!key) return [];
  const parts = key === "+" ? ["+"] : key.split(/(?<=.)\+(?=.)/);
  const names = $("#keys")?.dataset ?? {};
  return parts.flatMap((part) => (part === "1…9" ? ["1", "…", "9"] : [{ Space: names.space, Escape: "Esc", Enter: "Enter", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→" }[part] ?? part]));
}

export function drawKey(key) {
  const drawn = document.createDocumentFragment();
  for (const part of keyParts(key)) {
    if (part === "…") drawn.append("…");
    else drawn.append(Object.assign(document.createElement("kbd"), { textContent: part }), " ");
  }
  return drawn;
}

function list() {
  const box = $("#keys-list");
  const groups = new Map();
  for (const one of actions()) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  box.replaceChildren(
    ...[...groups].map(([group, ones]) => {
      const section = document.createElement("section");
      const lines = document.createElement("dl");
      lines.className = "keys";
      for (const one of ones) {
        const keys = document.createElement("dt");
        for (const key of [one.key, ...one.also]) keys.append(drawKey(key));
        if (!one.key && !one.also.length) keys.append("–");
        lines.append(keys, Object.assign(document.createElement("dd"), { textContent: one.label }));
      }
      section.append(Object.assign(document.createElement("h3"), { textContent: group }), lines);
      return section;
    }),
  );
}

export function showKeys() {
  list();
  $("#keys").showModal();
}
action("keys.show", showKeys);
document.addEventListener("click", (event) => event.target.closest("[data-keys]") && showKeys());

// Keys drawn on buttons are this person's: <kbd data-key="leave.hold">. Without a key of its own, nothing is drawn.
export function label(root = document) {
  for (const mark of root.querySelectorAll("kbd[data-key]")) {
    const words = keyParts(keyOf(mark.dataset.key)).join(" ");
    mark.textContent = words;
    mark.hidden = !words;
  }
}
document.addEventListener("case:shown", () => label(bench() ?? document));
document.addEventListener("htmx:load", (event) => label(event.detail.elt));
