// The wall of livestreams: the frames stay as they are while the words about them are brought up to date.

import { token, typing } from "./shell.js";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const EVERY_MS = 2000;
const wall = $("[data-wall]");
let known = "";

const columns = Math.ceil(Math.sqrt(Number(wall.dataset.places)));
wall.style.setProperty("--columns", columns);
wall.style.setProperty("--rows", Math.ceil(Number(wall.dataset.places) / columns));

function frame(card) {
  const screen = $("[data-frame]", card);
  if (!screen || $("iframe", screen)) return;
  screen.replaceChildren(Object.assign(document.createElement("iframe"), { src: screen.dataset.frame, title: screen.dataset.title, tabIndex: -1, allow: "autoplay" }));
}

// Cards that are there keep their frame and place; only their words change. New ones come, gone ones go.
function put(words) {
  const fresh = Object.assign(document.createElement("template"), { innerHTML: words }).content;
  const here = new Map($$("[data-stream]", wall).map((card) => [card.dataset.stream, card]));
  const cards = $$("[data-stream]", fresh).map((card) => {
    const old = here.get(card.dataset.stream);
    if (!old) return card;
    $("[data-words]", old).replaceWith($("[data-words]", card));
    return old;
  });
  for (const [index, card] of cards.entries()) {
    // A frame that is moved in the document begins anew, so that cards change places by style alone.
    if (card.parentNode !== wall) wall.append(card);
    card.style.order = index;
    $("[data-place]", card).textContent = index + 1;
  }
  for (const card of here.values()) if (!cards.includes(card)) card.remove();
  const rest = $("[data-rest]", fresh);
  $("[data-rest]").replaceWith(rest);
  $$("[data-stream]", wall).forEach(frame);
}

async function ask() {
  if (document.hidden) return;
  try {
    const answer = await fetch(wall.dataset.url, { headers: { "HX-Request": "true", ...(known && { "If-None-Match": known }) }, cache: "no-store" });
    if (answer.headers.has("HX-Redirect")) return location.reload();
    if (answer.status !== 200) return;
    known = answer.headers.get("ETag") ?? "";
    put(await answer.text());
  } catch {
    // Without a connection the next time tries again.
  }
}

$$("[data-stream]", wall).forEach(frame);
setInterval(ask, EVERY_MS);

document.addEventListener("keydown", (event) => {
  if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || !/^[1-9]$/.test(event.key)) return;
  const card = $$("[data-stream]", wall).find((one) => $("[data-place]", one).textContent === event.key);
  if (!card) return;
  event.preventDefault();
  $("[data-open]", card).click();
});
// Blurred until looked at: resting on one with the pointer or the keyboard does not uncover it, asking does.
document.addEventListener("click", (event) => {
  const veil = event.target.closest("[data-unveil]");
  if (!veil || veil.closest(".wall-screen").classList.toggle("is-hidden")) return;
  fetch(veil.dataset.unveil, { method: "POST", headers: { "X-CSRFToken": token() }, body: new FormData() });
});
