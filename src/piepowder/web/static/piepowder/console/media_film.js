// Films: one frame at a time, slower and faster, small pictures of the whole, a line with the marks.

import { action } from "./keys.js";
import { current, shown, stage } from "./media.js";
import { $, $$, announce, judging } from "./page.js";
import { eyes } from "./wellness.js";

const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
const FRAME_S = 1 / 25;
const PIECES = 8;
const frames = new WeakMap(); // film → seconds of one frame, as measured while it played

// The film on the stage, also that of a stream, which plays in a frame of its own.
export function film() {
  const figure = current();
  if (!figure) return null;
  if (figure.dataset.shown === "live") {
    try {
      return $("iframe", figure)?.contentDocument?.querySelector("video") ?? null;
    } catch {
      return null;
    }
  }
  return $("video", figure);
}

const playable = () => judging() && ["video", "live"].includes(shown());

function measure(video) {
  let before = null;
  const look = (_, { mediaTime, presentedFrames }) => {
    if (before && presentedFrames - before.presentedFrames === 1 && mediaTime > before.mediaTime) {
      const took = mediaTime - before.mediaTime;
      if (took < (frames.get(video) ?? 1)) frames.set(video, Math.max(1 / 240, took));
    }
    before = { mediaTime, presentedFrames };
    if (video.isConnected) video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback?.(look);
}

function frame(by) {
  const video = film();
  if (!video) return;
  video.pause();
  // A little past the start of the frame, so that rounding never leaves us on the one before.
  video.currentTime = Math.max(0, video.currentTime + by * (frames.get(video) ?? FRAME_S) + 0.0005 * by);
}

function speed(by) {
  const video = film();
  if (!video) return;
  const at = SPEEDS.findIndex((one) => one >= video.playbackRate - 0.001);
  video.playbackRate = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at + by))];
  showSpeed();
}

function showSpeed() {
  const box = $("[data-speed-shown]");
  const rate = film()?.playbackRate ?? 1;
  if (!box) return;
  box.hidden = rate === 1;
  box.textContent = `${rate}×`;
  announce(`${stage().dataset.speed} ${rate}`);
}

function play() {
  const video = film();
  if (!video) return;
  if (video.paused) video.play().catch(() => {});
  else video.pause();
}

action("media.play", play, { when: playable });
action("media.frame_back", () => frame(-1), { when: playable });
action("media.frame_on", () => frame(1), { when: playable });
action("media.slower", () => speed(-1), { when: playable });
action("media.faster", () => speed(1), { when: playable });

export function seek(milliseconds) {
  const video = film();
  if (!video) return;
  const wanted = milliseconds / 1000 - startOf(video);
  const { seekable } = video;
  if (!seekable.length) return;
  video.currentTime = Math.max(seekable.start(0), Math.min(seekable.end(seekable.length - 1), wanted));
}

// Where the film's own zero lies: a stream's player counts from the first piece that it has loaded, or, when the pieces say
// when they were made, from when the stream began.
export function startOf(video) {
  const began = Date.parse($("[data-live]")?.dataset.since ?? "");
  const zero = Number(video.dataset.zero);
  return shown() === "live" && zero && began ? Math.max(0, (zero - began) / 1000) : 0;
}

export const nowMs = () => {
  const video = film();
  return video ? Math.max(0, Math.round((video.currentTime + startOf(video)) * 1000)) : 0;
};

export function told(milliseconds) {
  const tenths = Math.floor(milliseconds / 100);
  const two = (number, digits = 2) => String(number).padStart(digits, "0");
  const rest = `${two(Math.floor(tenths / 10) % 60)}.${tenths % 10}`;
  const [hours, minutes] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60];
  return hours ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

// The line: where we are, and everything that has a place ----------------------------------------------------------------

export function lengthMs() {
  const live = $("[data-live] [data-length-ms]");
  const video = film();
  const own = video && Number.isFinite(video.duration) ? (video.duration + startOf(video)) * 1000 : 0;
  return Math.max(own, live ? Number(live.dataset.lengthMs) : 0, live ? nowMs() : 0);
}

export function line() {
  const box = $("[data-line]");
  if (!box) return;
  box.hidden = !playable();
  if (box.hidden) return;
  const length = lengthMs();
  const track = $("[data-track]", box);
  const digest = shown() === "live" ? "" : current().dataset.digest;
  const marks = $$("[data-mark]").filter((mark) => mark.dataset.media === digest);
  const others = shown() === "live" ? $$(".live-moment, .live-done [data-way]") : [];
  const dots = [...marks, ...others].map((one) => {
    const dot = Object.assign(document.createElement("button"), { type: "button", tabIndex: -1 });
    dot.className = one.dataset.way ? `dot is-${one.dataset.way}` : one.matches("[data-mark]") ? "dot is-mark" : `dot ${[...one.classList].filter((name) => name.startsWith("is-")).join(" ")}`;
    dot.dataset.seek = one.dataset.atMs;
    dot.title = one.textContent.trim().replace(/\s+/g, " ").slice(0, 120);
    dot.setAttribute("aria-label", dot.title);
    dot.style.left = `${length ? Math.min(100, (100 * one.dataset.atMs) / length) : 0}%`;
    return dot;
  });
  track.replaceChildren($("[data-now]", track) ?? document.createElement("span"), ...dots);
  now();
}

function now() {
  const mark = $("[data-now]");
  const length = lengthMs();
  if (mark && length) mark.style.left = `${Math.min(100, (100 * nowMs()) / length)}%`;
}
setInterval(() => playable() && now(), 250);

document.addEventListener("click", (event) => {
  const to = event.target.closest("[data-seek]");
  if (to) return seek(Number(to.dataset.seek));
  const track = event.target.closest("[data-track]");
  if (!track) return;
  const box = track.getBoundingClientRect();
  seek(((event.clientX - box.x) / box.width) * lengthMs());
});

// Small pictures of the whole, drawn here from the film itself, and only once it is uncovered -----------------------------

async function draw(figure) {
  const video = $("video", figure);
  const strip = $("[data-thumbs]");
  if (!video || !strip || figure.dataset.drawn || !Number.isFinite(video.duration) || video.duration < 1) return;
  figure.dataset.drawn = "1";
  const source = Object.assign(document.createElement("video"), { src: video.currentSrc || video.src, muted: true, preload: "auto", crossOrigin: null });
  await new Promise((done) => {
    source.onloadeddata = done;
    source.onerror = done;
  });
  const pieces = [];
  for (let piece = 0; piece < PIECES && source.videoWidth; piece++) {
    const at = (video.duration * (piece + 0.5)) / PIECES;
    await new Promise((done) => {
      source.onseeked = done;
      source.onerror = done;
      source.currentTime = at;
    });
    if (current() !== figure || figure.classList.contains("is-hidden")) break;
    const canvas = Object.assign(document.createElement("canvas"), { height: 40, width: Math.round((40 * source.videoWidth) / source.videoHeight) });
    canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
    const button = Object.assign(document.createElement("button"), { type: "button", className: "thumb" });
    button.dataset.seek = Math.round(at * 1000);
    button.setAttribute("aria-label", told(at * 1000));
    button.append(canvas);
    pieces.push(button);
  }
  source.removeAttribute("src");
  source.load();
  if (pieces.length < PIECES) {
    delete figure.dataset.drawn;
    return;
  }
  strip.replaceChildren(...pieces);
  strip.hidden = false;
}

document.addEventListener("media:uncovered", ({ detail: { figure } }) => {
  const video = $("video", figure);
  if (!video) return;
  video.muted = eyes().mute;
  measure(video);
  if (eyes().autoplay) video.play().catch(() => {});
  const ready = () => {
    line();
    draw(figure);
  };
  if (video.readyState >= 1) ready();
  else video.addEventListener("loadedmetadata", ready, { once: true });
});
document.addEventListener("media:covered", ({ detail: { figure } }) => {
  $("video", figure)?.pause();
  if (!$("video", figure)) return;
  delete figure.dataset.drawn;
  if ($("[data-thumbs] canvas")) $("[data-thumbs]").hidden = true;
});
document.addEventListener("media:away", ({ detail: { figure } }) => $("video", figure)?.pause());
document.addEventListener("media:laid", () => {
  line();
  showSpeed();
});
