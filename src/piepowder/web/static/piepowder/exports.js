// How far a download has come, and calling it off. Without this the link downloads all the same.

import { token } from "./shell.js";

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-export]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  link.closest("details")?.removeAttribute("open");
  const word = crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16).padStart(8, "0")).join("-");
  const address = new URL(link.href);
  address.searchParams.set("export", word);
  const toast = document.getElementById("export-progress").content.firstElementChild.cloneNode(true);
  document.getElementById("toasts").prepend(toast);
  follow(toast, link.dataset.export.replace("WORD", word));
  const start = document.createElement("a");
  start.href = address.href;
  start.download = "";
  start.click();
});

function follow(toast, url) {
  const said = toast.querySelector("[data-said]");
  const bar = toast.querySelector("progress");
  const off = toast.querySelector("[data-call-off]");
  let silent = 0;
  const number = (n) => n.toLocaleString(document.documentElement.lang);

  off.addEventListener("click", () => fetch(`${url}/cancel`, { method: "POST", headers: { "X-CSRFToken": token(), "HX-Request": "true" } }));

  const look = async () => {
    if (!toast.isConnected) return;
    try {
      const { state, rows, total } = await (await fetch(url, { cache: "no-store" })).json();
      silent = state === "waiting" ? silent + 1 : 0;
      const told = said.dataset[state] ?? said.dataset.waiting;
      said.textContent = told.replace("{rows}", number(rows)).replace("{total}", number(total));
      bar.value = total ? rows / total : state === "done" ? 1 : 0;
      if (state === "done" || state === "cancelled") return off.remove();
    } catch {
      silent += 1;
    }
    if (silent > 30) said.textContent = said.dataset.lost;
    else setTimeout(look, 1000);
  };
  look();
}
