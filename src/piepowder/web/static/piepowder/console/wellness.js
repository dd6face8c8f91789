// How media come before this person's eyes and ears. The page says what they set; one key makes it calm at once.

import { action } from "./keys.js";
import { announce, tell } from "./page.js";

const root = document.documentElement;

export const calm = () => root.dataset.calm !== undefined;

// What holds now, calm included.
export function eyes() {
  const { mute, autoplay, reveal } = root.dataset;
  if (calm()) return { mute: true, autoplay: false, reveal: "on_demand" };
  return { mute: mute !== undefined, autoplay: autoplay !== undefined, reveal: reveal ?? "on_demand" };
}

function quick() {
  const on = !calm();
  root.toggleAttribute("data-calm", on);
  try {
    sessionStorage.setItem("piepowder:calm", on ? "1" : "");
  } catch {
    // It then holds for this page only.
  }
  if (on) {
    for (const film of document.querySelectorAll("video, audio")) {
      film.pause();
      film.muted = true;
    }
  }
  const words = document.querySelector("[data-calm-on]")?.dataset;
  if (words) announce(on ? words.calmOn : words.calmOff);
  for (const button of document.querySelectorAll("[data-calm-button]")) button.setAttribute("aria-pressed", String(on));
  tell("wellness:changed");
}

action("wellness.quick", quick);
document.addEventListener("click", (event) => event.target.closest("[data-calm-button]") && quick());
document.addEventListener("case:shown", () => {
  for (const button of document.querySelectorAll("[data-calm-button]")) button.setAttribute("aria-pressed", String(calm()));
});

// A film begins as the person set it; what they change on it by hand stays.
document.addEventListener(
  "play",
  (event) => {
    if (event.target.dataset.begun) return;
    event.target.dataset.begun = "1";
    event.target.muted = eyes().mute;
  },
  true,
);
