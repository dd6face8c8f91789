// Marks: a place in a film with a few words, told to the server at once and drawn on the line.

import { action } from "./keys.js";
import { current, shown, stage } from "./media.js";
import { line, nowMs, told } from "./media_film.js";
import { $, bench, judging, send } from "./page.js";

const box = () => $("[data-mark-form]");
const open = () => box() && !box().hidden;

function begin() {
  const at = nowMs();
  box().dataset.atMs = at;
  $("[data-mark-at]").textContent = told(at);
  box().hidden = false;
  box().elements.text.value = "";
  box().elements.text.focus();
}

function end() {
  box().hidden = true;
  bench()?.focus({ preventScroll: true });
}

async function put(url, body) {
  const answer = await send(url, { body });
  if (!answer.ok) return;
  $("[data-marks-place]").innerHTML = await answer.text();
  line();
}

action("media.mark", begin, { when: () => judging() && ["video", "live"].includes(shown()) && !current().classList.contains("is-hidden") });

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-mark-form]")) return;
  event.preventDefault();
  const body = new FormData(event.target);
  body.set("at_ms", event.target.dataset.atMs);
  body.set("media", shown() === "live" ? "" : current().dataset.digest);
  put(stage().dataset.marksUrl, body);
  end();
});
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || !open() || !box().contains(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    end();
  },
  true,
);
document.addEventListener("click", (event) => {
  const remove = event.target.closest("[data-remove-mark]");
  if (remove) put(remove.dataset.removeMark, new FormData());
});
