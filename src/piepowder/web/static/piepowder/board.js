// Live boards: ask every few seconds while somebody looks, change only what has changed, and say how old the figures are.

const board = document.getElementById("board");
const asOf = document.querySelector("[data-as-of]");
const words = asOf.dataset;
const every = 4000;
const onWall = document.body.classList.contains("on-wall");
let tag = "";
let seenAt = Date.now();
let lostAt = null;
let loggedOut = false;
let asking = false;
let waits = every;

const clock = (at) => new Date(at).toLocaleTimeString(document.documentElement.lang);

function age(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return words.s.replace("{n}", s);
  return s < 3600 ? words.m.replace("{n}", Math.floor(s / 60)) : words.h.replace("{n}", Math.floor(s / 3600));
}

function say() {
  const old = Date.now() - seenAt;
  asOf.classList.toggle("is-lost", lostAt !== null || loggedOut);
  const told = loggedOut
    ? words.out.replace("{age}", age(old))
    : lostAt !== null
      ? words.lost.replace("{time}", clock(lostAt)).replace("{age}", age(old))
      : `${words.now.replace("{time}", clock(seenAt))}${old > 3 * every ? ` · ${words.old.replace("{age}", age(old))}` : ""}`;
  // The same words again would be read aloud again.
  if (asOf.textContent !== told) asOf.textContent = told;
}

function put(part) {
  const focused = board.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const open = [...board.querySelectorAll("details[open][id]")].map((one) => one.id);
  const scrolled = [...board.querySelectorAll(".table-wrap")].map((one) => one.scrollLeft);
  board.innerHTML = part;
  for (const id of open) board.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  board.querySelectorAll(".table-wrap").forEach((one, place) => (one.scrollLeft = scrolled[place] ?? 0));
  if (focused) board.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  show();
}

async function look() {
  if (document.hidden || asking) return;
  asking = true;
  try {
    const answer = await fetch(board.dataset.live, { cache: "no-store", signal: AbortSignal.timeout(15000), headers: { "HX-Request": "true", ...(tag && { "If-None-Match": tag }) } });
    if (answer.status === 204 && answer.headers.has("HX-Redirect")) {
      loggedOut = true;
    } else if (answer.status === 200 || answer.status === 304) {
      if (answer.status === 200) {
        tag = answer.headers.get("ETag") ?? "";
        put(await answer.text());
      }
      seenAt = Date.now() - 1000 * Number(answer.headers.get("X-Age-S") ?? 0);
      loggedOut = false;
      lostAt = null;
      waits = every;
    } else throw new Error(String(answer.status));
  } catch {
    lostAt ??= Date.now();
    // A server that comes back is not met by everybody at once.
    waits = Math.min(30000, waits * 1.5) * (0.8 + 0.4 * Math.random());
  }
  asking = false;
  say();
}

async function run() {
  for (;;) {
    await new Promise((done) => setTimeout(done, waits));
    await look();
  }
}

// The wall: one slide after the other.
let slide = 0;
function show() {
  const slides = board.querySelectorAll("[data-slide]");
  slides.forEach((one, place) => (one.hidden = place !== slide % slides.length));
}

if (onWall) {
  const seconds = Number(board.dataset.every);
  if (seconds) setInterval(() => { slide += 1; show(); }, seconds * 1000);
  navigator.wakeLock?.request("screen").catch(() => {});
  // Twice a day the page itself begins anew, so that a new version arrives.
  setTimeout(() => { if (lostAt === null && !loggedOut) location.assign(board.dataset.restart); }, 12 * 3600 * 1000);
}

// Moving a case in a window over the board; without this the link opens a page.
document.addEventListener("click", async (event) => {
  const dialog = document.getElementById("move-dialog");
  if (event.target.closest("[data-close-dialog]")) return dialog.close();
  const link = event.target.closest("[data-move]");
  if (!link || !dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const answer = await fetch(link.href, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok) return location.assign(link.href);
  document.getElementById("move-body").innerHTML = await answer.text();
  dialog.showModal();
});

say();
setInterval(say, 1000);
document.addEventListener("visibilitychange", look);
addEventListener("online", look);
look();
run();
