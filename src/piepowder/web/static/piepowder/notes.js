// Calling a colleague in a note: @ and the beginning of a name offers who can be called.

const PAUSE_MS = 120;
let waiting = null;
let asked = 0;

const list = (text) => text.form.querySelector("[data-people]");
const typed = (text) => /(?:^|[\s(])@([^@\n]{0,40})$/.exec(text.value.slice(0, text.selectionStart))?.[1];

function close(text) {
  const hits = list(text);
  hits.hidden = true;
  hits.replaceChildren();
}

async function offer(text) {
  const begun = typed(text);
  if (begun === undefined) return close(text);
  const mine = ++asked;
  const url = new URL(text.dataset.peopleUrl, location.href);
  url.searchParams.set("q", begun);
  const vendor = text.form.elements.vendor?.value;
  if (vendor) url.searchParams.set("vendor", vendor);
  const answer = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok || mine !== asked || typed(text) !== begun) return;
  const { people } = await answer.json().catch(() => ({ people: [] }));
  const twice = new Set(people.map((one) => one.name).filter((name, at, all) => all.indexOf(name) !== at));
  const hits = list(text);
  hits.replaceChildren(
    ...people.map((one, at) => {
      const line = document.createElement("li");
      line.role = "option";
      line.tabIndex = -1;
      line.dataset.call = twice.has(one.name) ? one.email : one.name;
      line.setAttribute("aria-selected", String(at === 0));
      line.textContent = twice.has(one.name) ? `${one.name} · ${one.email}` : one.name;
      return line;
    }),
  );
  hits.hidden = people.length === 0;
}

function call(text, line) {
  const end = text.selectionStart;
  const start = text.value.slice(0, end).lastIndexOf("@");
  text.setRangeText(`@${line.dataset.call} `, start, end, "end");
  close(text);
  text.focus();
}

document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-note-text]")) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => offer(event.target), PAUSE_MS);
});

document.addEventListener(
  "keydown",
  (event) => {
    if (!event.target.matches?.("[data-note-text]") || event.isComposing) return;
    const hits = list(event.target);
    if (hits.hidden) return;
    const lines = [...hits.children];
    const at = lines.findIndex((line) => line.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const next = (at + (event.key === "ArrowDown" ? 1 : -1) + lines.length) % lines.length;
      lines.forEach((line, index) => line.setAttribute("aria-selected", String(index === next)));
    } else if (event.key === "Enter" || event.key === "Tab") {
      call(event.target, lines[Math.max(at, 0)]);
    } else if (event.key === "Escape") {
      close(event.target);
    } else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

document.addEventListener("pointerdown", (event) => {
  const line = event.target.closest?.("[data-call]");
  if (!line) return;
  event.preventDefault();
  call(line.closest("form").querySelector("[data-note-text]"), line);
});

document.addEventListener("focusout", (event) => event.target.matches?.("[data-note-text]") && close(event.target));
