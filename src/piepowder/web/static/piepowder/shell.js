// The frame: menus, search key, running clocks, messages. Everything here works without it, only less comfortably.

export const typing = (target) => target instanceof HTMLElement && (target.matches("input, textarea, select") || target.isContentEditable);

// The token of this moment: somebody may have logged in again in another tab since the page was loaded.
export const token = () => decodeURIComponent(/(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? "");

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = token();
  if (event.detail.verb !== "get") event.detail.parameters.delete?.("csrfmiddlewaretoken");
});

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
}

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details.menu"));
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) dismiss.closest(".toast").remove();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    closeMenus();
    menu?.querySelector("summary").focus();
  }
  if (event.key === "/" && !typing(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey && !event.defaultPrevented) {
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
});

// Clocks: the words come from the page, so that they are in the reader's language.
const words = () => document.getElementById("clock-words")?.dataset ?? {};

export function spoken(milliseconds, units = words()) {
  const seconds = Math.floor(Math.abs(milliseconds) / 1000);
  const two = (number) => String(number).padStart(2, "0");
  const [d, h, m, s] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  if (d) return `${d} ${units.d} ${two(h)} ${units.h}`;
  if (h) return `${h} ${units.h} ${two(m)} ${units.m}`;
  if (m) return `${m} ${units.m} ${two(s)} ${units.s}`;
  return `${s} ${units.s}`;
}

function tick() {
  const now = Date.now();
  for (const clock of document.querySelectorAll(".clock[data-due]")) {
    const due = Date.parse(clock.dataset.due);
    const risk = clock.dataset.atRisk ? Date.parse(clock.dataset.atRisk) : Infinity;
    const [tone, icon, said] = now > due ? ["breached", "alert-octagon", words().breached] : now >= risk ? ["at-risk", "alert-triangle", words().atRisk] : ["on-time", "clock", words().onTime];
    clock.querySelector(".clock-time").textContent = spoken(due - now);
    if (clock.classList.contains(`clock-${tone}`)) continue;
    clock.className = `clock clock-${tone}`;
    clock.querySelector("use").setAttribute("href", `#i-${icon}`);
    clock.querySelector(".clock-words").textContent = said;
  }
}
setInterval(tick, 1000);

// A plain message goes by itself; a problem stays until it is read.
document.addEventListener("htmx:afterSwap", () => {
  for (const toast of document.querySelectorAll(".toast[data-fade]:not([data-fading])")) {
    toast.dataset.fading = "";
    setTimeout(() => toast.remove(), Number(toast.dataset.fade) * 1000);
  }
});

// What neither the server nor the page can answer: say so, and leave everything as it is.
function broken() {
  const toasts = document.getElementById("toasts");
  if (!toasts.querySelector("[data-broken]")) toasts.prepend(document.getElementById("broken").content.cloneNode(true));
}
document.addEventListener("htmx:sendError", broken);
document.addEventListener("htmx:responseError", (event) => event.detail.xhr.status >= 500 && broken());

// A sign of life, so that somebody who reads for ten minutes does not count as gone.
setInterval(() => {
  const { here } = document.body.dataset;
  if (!here) return;
  fetch(here, { method: "POST", headers: { "X-CSRFToken": token(), "HX-Request": "true" } }).catch(() => {});
}, 60_000);

// The rooms of a wing that find no place in the bar go into a menu at its end; the one we are in always stays.
function fitRooms(nav) {
  const line = nav.querySelector(".rooms-line");
  const more = nav.querySelector(".rooms-more");
  const rooms = [...line.children];
  const tooWide = () => line.scrollWidth > line.clientWidth + 1;
  for (const room of rooms) room.hidden = false;
  more.hidden = true;
  if (!tooWide()) return;
  more.hidden = false;
  for (const room of rooms.filter((one) => !one.hasAttribute("aria-current")).reverse()) {
    room.hidden = true;
    if (!tooWide()) break;
  }
  more.querySelector(".menu-list").replaceChildren(...rooms.filter((one) => one.hidden).map((one) => {
    const twin = one.cloneNode(true);
    twin.hidden = false;
    return twin;
  }));
}

const rooms = document.querySelector("[data-rooms]");
if (rooms) new ResizeObserver(() => fitRooms(rooms)).observe(rooms.parentElement);
document.addEventListener("htmx:afterSettle", (event) => rooms?.parentElement.contains(event.target) && fitRooms(rooms));
