// Pictures and films of the item: hidden until asked for, one at a time, and each look is recorded.

import { action } from "./keys.js";
import { $, $$, bench, judging, send } from "./page.js";

const figures = () => $$(".console-media .media");
const current = () => figures().find((figure) => !figure.hidden);
const seen = new Set();

function reveal() {
  const figure = current();
  if (!figure || !$("img, video", figure)) return;
  const hidden = figure.classList.toggle("is-hidden");
  const digest = figure.dataset.digest;
  if (hidden || seen.has(digest)) return;
  seen.add(digest);
  const body = new FormData();
  body.set("digest", digest);
  send(bench().dataset.revealUrl, { body }).catch(() => seen.delete(digest));
}

function step(by) {
  const all = figures();
  if (all.length < 2) return;
  const next = (all.indexOf(current()) + by + all.length) % all.length;
  for (const [index, figure] of all.entries()) {
    figure.hidden = index !== next;
    $("video", figure)?.pause();
  }
  $("[data-media-count]").textContent = `${next + 1} / ${all.length}`;
}

function frame(by) {
  const video = $("video", current() ?? document.createElement("div"));
  if (!video) return;
  video.pause();
  video.currentTime = Math.max(0, video.currentTime + by / 25);
}

function zoom() {
  const box = $("#zoom");
  if (box.open) return box.close();
  const figure = current();
  const media = figure && $("img, video", figure);
  if (!media || figure.classList.contains("is-hidden")) return;
  const large = media.cloneNode(true);
  large.controls = true;
  box.replaceChildren(large);
  box.showModal();
}

action("media.reveal", reveal, { when: judging });
action("media.zoom", zoom, { when: judging });
action("media.before", () => step(-1), { when: judging });
action("media.next", () => step(1), { when: judging });
action("media.frame_back", () => frame(-1), { when: judging });
action("media.frame_on", () => frame(1), { when: judging });

// While a dialog is open no action is offered; the key that opened the large view closes it as well.
document.addEventListener("keydown", (event) => event.key === "z" && $("#zoom")?.open && zoom());

document.addEventListener("click", (event) => {
  const by = event.target.closest("[data-media-step]");
  if (by) step(Number(by.dataset.mediaStep));
  else if (event.target.closest(".console-media [data-reveal]")) reveal();
  else if (event.target.closest("#zoom")) zoom();
});

document.addEventListener("case:shown", () => seen.clear());
