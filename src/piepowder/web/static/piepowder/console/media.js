// Pictures, films, streams and documents of the item: covered until asked for, one at a time, each look recorded.
// What is particular to films, documents and streams is in media_film.js, media_pages.js and live.js.

import { action, perform } from "./keys.js";
import { $, $$, bench, judging, send, tell } from "./page.js";
import { calm, eyes } from "./wellness.js";

export const stage = () => $("[data-media]");
export const figures = () => $$(".media-stage > .media");
export const current = () => figures().find((figure) => !figure.hidden);
export const side = () => $(".media-other:not([hidden]) [data-side]");
export const shown = () => current()?.dataset.shown ?? "";
export const covered = (figure) => figure.classList.contains("is-hidden");

const looked = new Set(); // what has been recorded for this case
const views = new WeakMap(); // figure → how it is turned and how near it is

// Uncovering ----------------------------------------------------------------------------------------------------------

function note(figure) {
  const digest = figure.dataset.digest ?? "";
  const url = figure.dataset.revealUrl || bench()?.dataset.revealUrl;
  const key = `${url} ${digest}`;
  if (!url || looked.has(key)) return;
  looked.add(key);
  const body = new FormData();
  body.set("digest", digest);
  send(url, { body }).catch(() => looked.delete(key));
}

export function uncover(figure) {
  if (!figure?.dataset.shown || figure.dataset.shown === "file" || !covered(figure)) return;
  figure.classList.remove("is-hidden");
  note(figure);
  tell("media:uncovered", { figure });
}

function cover(figure) {
  figure.classList.add("is-hidden");
  tell("media:covered", { figure });
}

document.addEventListener("wellness:changed", () => calm() && [...figures(), side()].filter((figure) => figure?.dataset.shown && figure.dataset.shown !== "file" && !covered(figure)).forEach(cover));

// Space: everything that lies on the stage is uncovered, or, when it is, covered again.
function reveal() {
  const lying = [current(), side()].filter((figure) => figure?.dataset.shown && figure.dataset.shown !== "file");
  const veiled = lying.filter(covered);
  if (veiled.length) veiled.forEach(uncover);
  else lying.forEach(cover);
}

// Which one lies on the stage -------------------------------------------------------------------------------------------

export function lay(place) {
  const all = figures();
  if (!all.length) return;
  const next = (place + all.length) % all.length;
  for (const [index, figure] of all.entries()) {
    if (index !== next && !figure.hidden) tell("media:away", { figure });
    figure.hidden = index !== next;
  }
  const count = $("[data-media-count]");
  if (count) count.textContent = `${next + 1} / ${all.length}`;
  if (eyes().reveal === "always") uncover(current());
  tools();
  if (side()) choose();
  tell("media:laid", { figure: current() });
}

const step = (by) => figures().length > 1 && lay(figures().indexOf(current()) + by);

function tools() {
  const kind = shown();
  for (const button of $$(".media-tools [data-for]")) button.hidden = !button.dataset.for.split(" ").includes(kind);
  for (const [index, thumb] of $$("[data-thumbs] [data-thumb]").entries()) thumb.setAttribute("aria-pressed", String(index === figures().indexOf(current())));
}

function thumbs() {
  const strip = $("[data-thumbs]");
  const pictures = figures();
  if (!strip || pictures.length < 2 || !pictures.some((figure) => figure.dataset.shown === "image")) return;
  strip.hidden = false;
  strip.replaceChildren(
    ...pictures.map((figure, index) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "thumb" });
      button.dataset.thumb = index;
      button.setAttribute("aria-label", $("img", figure)?.alt ?? String(index + 1));
      const picture = figure.dataset.shown === "image" ? Object.assign(document.createElement("img"), { src: $("img", figure).src, alt: "", loading: "lazy" }) : document.createElement("span");
      if (picture.tagName === "SPAN") picture.textContent = String(index + 1);
      button.append(picture);
      button.classList.toggle("is-hidden", covered(figure));
      return button;
    }),
  );
  tools();
}

function thumbOf(figure) {
  const at = figures().indexOf(figure);
  return at < 0 ? null : $(`[data-thumb="${at}"]`);
}
document.addEventListener("media:uncovered", ({ detail }) => thumbOf(detail.figure)?.classList.remove("is-hidden"));
document.addEventListener("media:covered", ({ detail }) => thumbOf(detail.figure)?.classList.add("is-hidden"));

// Nearer, turned, moved ---------------------------------------------------------------------------------------------------

const CLOSEST = 8;
export const isLarge = () => Boolean(stage()?.classList.contains("is-large"));
const turnable = (figure) => figure && ["image", "pdf"].includes(figure.dataset.shown) && !covered(figure);
export const viewOf = (figure) => views.get(figure) ?? views.set(figure, { near: 1, turn: 0, x: 0, y: 0 }).get(figure);

export function place(figure) {
  const picture = figure && $("img, canvas", figure);
  if (!picture) return;
  const view = viewOf(figure);
  const box = figure.getBoundingClientRect();
  const [width, height] = [picture.naturalWidth || picture.width, picture.naturalHeight || picture.height];
  let fit = 1;
  if (view.turn % 180 && width && height && box.width && box.height) {
    const lying = Math.min(box.width / width, box.height / height);
    fit = Math.min(box.width / height, box.height / width) / lying;
  }
  const near = view.near * fit;
  const reach = (side) => Math.max(0, ((view.near - 1) * side) / 2 + (view.near > 1 ? side / 4 : 0));
  view.x = Math.max(-reach(box.width), Math.min(reach(box.width), view.x));
  view.y = Math.max(-reach(box.height), Math.min(reach(box.height), view.y));
  picture.style.transform = `translate(${view.x}px, ${view.y}px) rotate(${view.turn}deg) scale(${near})`;
  figure.classList.toggle("is-near", view.near > 1);
  tell("media:placed", { figure, near: view.near });
}

function nearer(factor, figure = current(), at = null) {
  if (!turnable(figure)) return;
  const view = viewOf(figure);
  const before = view.near;
  view.near = Math.max(1, Math.min(CLOSEST, view.near * factor));
  if (at) {
    const box = figure.getBoundingClientRect();
    const [dx, dy] = [at.x - box.x - box.width / 2, at.y - box.y - box.height / 2];
    view.x = dx - ((dx - view.x) * view.near) / before;
    view.y = dy - ((dy - view.y) * view.near) / before;
  }
  if (view.near === 1) view.x = view.y = 0;
  place(figure);
}

function move(dx, dy, figure = current()) {
  const view = viewOf(figure);
  view.x += dx;
  view.y += dy;
  place(figure);
}

function turn() {
  const figure = current();
  if (!turnable(figure)) return;
  viewOf(figure).turn = (viewOf(figure).turn + 90) % 360;
  place(figure);
}

function large(on = !isLarge()) {
  const here = stage();
  if (!here || here.classList.contains("is-large") === on) return;
  if (on && current() && current().dataset.shown && covered(current())) return;
  here.classList.toggle("is-large", on);
  $('[data-do="media.zoom"]', here)?.setAttribute("aria-pressed", String(on));
  for (const figure of [...figures(), side()]) if (figure) place(figure);
  tell("media:sized");
}

// Side by side --------------------------------------------------------------------------------------------------------------

function choose() {
  const pick = $("[data-other]");
  const option = pick.selectedOptions[0];
  const figure = $(".media-other [data-side]");
  if (!option || figure.dataset.digest === option.value) return;
  const twin = figures().find((one) => one.dataset.digest === option.value);
  figure.dataset.digest = option.value;
  figure.dataset.revealUrl = option.dataset.revealUrl ?? "";
  $("img", figure).src = option.dataset.src;
  views.delete(figure);
  $("img", figure).style.transform = "";
  figure.classList.toggle("is-hidden", !(twin && !covered(twin)) && eyes().reveal !== "always");
  if (!covered(figure)) note(figure);
}

function compare() {
  const other = $(".media-other");
  const pick = $("[data-other]");
  if (!other || shown() !== "image") return;
  const on = other.hidden;
  if (on && (pick.options.length < 2 && pick.value === current().dataset.digest)) return;
  other.hidden = !on;
  stage().classList.toggle("is-comparing", on);
  $('[data-do="media.compare"]')?.setAttribute("aria-pressed", String(on));
  if (on) {
    if (pick.value === current().dataset.digest) pick.selectedIndex = (pick.selectedIndex + 1) % pick.options.length;
    choose();
  }
  for (const figure of [current(), side()]) if (figure) place(figure);
}

function another() {
  const pick = $("[data-other]");
  if (!side()) return compare();
  pick.selectedIndex = (pick.selectedIndex + 1) % pick.options.length;
  if (pick.value === current().dataset.digest && pick.options.length > 1) pick.selectedIndex = (pick.selectedIndex + 1) % pick.options.length;
  choose();
}

// Actions ------------------------------------------------------------------------------------------------------------------

const here = () => judging() && figures().length > 0;
action("media.reveal", reveal, { when: here });
action("media.zoom", () => large(), { when: here });
action("media.before", () => step(-1), { when: here });
action("media.next", () => step(1), { when: here });
action("media.rotate", turn, { when: here });
action("media.compare", compare, { when: here });
action("media.other", another, { when: here });
action("media.closer", () => nearer(1.5), { when: here });
action("media.farther", () => nearer(1 / 1.5), { when: here });

document.addEventListener("click", (event) => {
  const found = (selector) => event.target.closest(selector);
  let part;
  if ((part = found("[data-media-step]"))) step(Number(part.dataset.mediaStep));
  else if ((part = found(".media-stage [data-reveal]"))) uncover(part.closest(".media"));
  else if ((part = found("[data-thumb]"))) lay(Number(part.dataset.thumb));
  else if ((part = found(".media-tools [data-do]"))) perform(part.dataset.do, event);
});
document.addEventListener("change", (event) => event.target.matches("[data-other]") && choose());

document.addEventListener(
  "wheel",
  (event) => {
    const figure = event.target.closest?.(".media-stage .media");
    // On a telephone the wheel, like a finger, moves the page.
    if (!turnable(figure) || !(isLarge() || event.ctrlKey || matchMedia("(min-width: 64rem)").matches)) return;
    event.preventDefault();
    nearer(event.deltaY < 0 ? 1.2 : 1 / 1.2, figure, event);
  },
  { passive: false },
);

document.addEventListener("pointerdown", (event) => {
  const figure = event.target.closest?.(".media-stage .media");
  if (!turnable(figure) || viewOf(figure).near === 1 || event.button) return;
  event.preventDefault();
  const moved = (next) => move(next.movementX, next.movementY, figure);
  const done = () => {
    document.removeEventListener("pointermove", moved);
    document.removeEventListener("pointerup", done);
    document.removeEventListener("pointercancel", done);
  };
  document.addEventListener("pointermove", moved);
  document.addEventListener("pointerup", done);
  document.addEventListener("pointercancel", done);
});

// While the media are large, the arrows move them and Escape puts them back; whoever goes on judging sees the form again.
const ARROWS = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
document.addEventListener(
  "keydown",
  (event) => {
    if (!isLarge() || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && !event.target.closest?.("[data-mark-form]")) large(false);
    else if (event.key in ARROWS && !event.target.matches?.("input, select, textarea")) move(...ARROWS[event.key]);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);
document.addEventListener("focusin", (event) => isLarge() && !stage().contains(event.target) && event.target.closest?.("#ruling, dialog") && large(false));
window.addEventListener("resize", () => figures().forEach(place));

document.addEventListener("case:shown", () => {
  looked.clear();
  const place = stage();
  if (!place) return;
  thumbs();
  if (figures().length) lay(0);
});
