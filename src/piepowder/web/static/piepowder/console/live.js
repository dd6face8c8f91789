// A livestream in the console: its frame, what happens in it, and stepping in.

import { drop } from "./draft.js";
import { action } from "./keys.js";
import { policies, say } from "./judge.js";
import { current, shown, uncover } from "./media.js";
import { film, line, told } from "./media_film.js";
import { $, $$, bench, form, judging, send } from "./page.js";
import { eyes } from "./wellness.js";

const EVERY_MS = 2000;
const live = () => $("[data-live]");
let known = ""; // the tag of the timeline as it is shown
let watched = ""; // the stream that was uncovered: it stays so while it is watched on
let shots = new Set();

// The player: a page of its own in a frame, because only it may load from where the stream lies -----------------------------

function enter(figure) {
  const screen = $("[data-frame]", figure);
  if (!screen || $("iframe", screen)) return;
  watched = live()?.dataset.live ?? "";
  const frame = Object.assign(document.createElement("iframe"), { src: screen.dataset.frame, title: screen.dataset.title, tabIndex: -1, allow: "autoplay; fullscreen" });
  frame.addEventListener("load", () => {
    const video = frame.contentDocument?.querySelector("video");
    if (video) video.muted = eyes().mute;
    // Keys that are pressed in the frame are meant for the console.
    frame.contentWindow.addEventListener("keydown", (event) => {
      const { key, code, shiftKey, ctrlKey, metaKey, altKey } = event;
      bench()?.focus({ preventScroll: true });
      event.preventDefault();
      (bench() ?? document).dispatchEvent(new KeyboardEvent("keydown", { key, code, shiftKey, ctrlKey, metaKey, altKey, bubbles: true, cancelable: true }));
    });
    line();
  });
  screen.replaceChildren(frame);
}

document.addEventListener("media:uncovered", ({ detail: { figure } }) => figure.dataset.shown === "live" && enter(figure));
document.addEventListener("media:covered", ({ detail: { figure } }) => {
  const video = figure.dataset.shown === "live" && film();
  if (video) video.muted = true;
});

// What happens: asked for every two seconds, drawn only when it is new -----------------------------------------------------

async function ask() {
  const place = live();
  if (!place || document.hidden) return;
  try {
    const answer = await fetch(place.dataset.timelineUrl, { headers: { "HX-Request": "true", ...(known && { "If-None-Match": known }) }, cache: "no-store" });
    if (answer.status !== 200 || live() !== place || answer.headers.has("HX-Redirect")) return;
    known = answer.headers.get("ETag") ?? "";
    put(place, await answer.text());
  } catch {
    // Without a connection the next time tries again.
  }
}

function put(place, words) {
  const before = $(".live-moments", place);
  const end = before.scrollHeight - before.scrollTop - before.clientHeight < 40;
  const top = before.scrollTop;
  place.innerHTML = words;
  const list = $(".live-moments", place);
  list.scrollTop = end ? list.scrollHeight : top;
  for (const shot of $$(".live-shot", place)) if (shots.has(shot.dataset.digest)) open(shot);
  if ($("[data-ended='1']", place)) $("[data-live-state]").classList.remove("is-on");
  line();
}

function open(shot) {
  const picture = $("img", shot);
  picture.src = picture.dataset.shot;
  shot.classList.remove("is-hidden");
}

setInterval(ask, EVERY_MS);
setInterval(() => {
  const clock = $(".live-bar [data-since]");
  if (clock) clock.textContent = told(Math.max(0, Date.now() - Date.parse(clock.dataset.since))).replace(/\.\d$/, "");
}, 1000);

// Stepping in --------------------------------------------------------------------------------------------------------------

function intervene(way) {
  const button = $(`[data-intervene="${way}"]`);
  if (!button || button.disabled || $("#decide")?.disabled) return;
  if (!policies().length) return say(bench().dataset.chooseFirst);
  if (!$("#facts").value.trim()) {
    say(bench().dataset.factsFirst);
    return $("#facts").focus();
  }
  drop();
  form().elements.outcome.value = "violation";
  const values = { minutes: $(".live-minutes").value };
  for (const one of $$("[data-intervene]")) one.disabled = true;
  window.htmx
    .ajax("POST", button.dataset.url, { source: form(), target: "#console", swap: "outerHTML", values })
    .finally(() => $$("[data-intervene]").forEach((one) => (one.disabled = false)));
}

const watching = () => judging() && Boolean(live());
for (const way of ["warn", "interrupt", "end"]) action(`live.${way}`, () => intervene(way), { when: watching });

document.addEventListener("click", (event) => {
  const step = event.target.closest("[data-intervene]");
  if (step) return intervene(step.dataset.intervene);
  const shot = event.target.closest("[data-reveal-shot]")?.closest(".live-shot");
  if (!shot) return;
  open(shot);
  const { digest } = shot.dataset;
  if (shots.has(digest)) return;
  shots.add(digest);
  const body = new FormData();
  body.set("digest", digest);
  send(bench().dataset.revealUrl, { body }).catch(() => shots.delete(digest));
});

document.addEventListener("case:shown", () => {
  known = "";
  const place = live();
  if (!place || place.dataset.live !== watched) shots = new Set();
  if (!place) return;
  const list = $(".live-moments", place);
  list.scrollTop = list.scrollHeight;
  if (place.dataset.live === watched && shown() === "live") uncover(current());
});
