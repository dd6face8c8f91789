// Undo: a countdown in words and numbers, and the key.

import { spoken } from "../shell.js";
import { action } from "./keys.js";
import { $, $$, bench } from "./page.js";

function countDown() {
  for (const toast of $$(".toast[data-until]")) {
    const left = Date.parse(toast.dataset.until) - Date.now();
    if (left <= 0) toast.remove();
    else $("[data-countdown]", toast).textContent = spoken(left + 999);
  }
}
setInterval(countDown, 250);

action("judge.undo", () => $("[data-undo]").click(), { when: () => Boolean($("[data-undo]")) });

// The case in hand waits while an earlier one is taken back.
document.addEventListener("htmx:configRequest", (event) => {
  if ($("[data-undo]", event.detail.elt) && bench()?.dataset.lease) event.detail.parameters.set("then", bench().dataset.lease);
});
document.addEventListener("htmx:afterSwap", (event) => {
  const asked = event.detail.requestConfig?.elt;
  if (event.detail.successful !== false && asked?.matches(".toast-undo form")) asked.closest(".toast")?.remove();
});
