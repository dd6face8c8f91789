// Leaving a case without deciding it: one window, a reason, and the way.

import { save } from "./draft.js";
import { action } from "./keys.js";
import { $, $$, bench, judging, tell } from "./page.js";

function leave(way) {
  const words = $(`#leave-words [data-way="${way}"]`);
  if (!words || !$(`[data-dialog="${way}"]`)) return;
  const box = $("#leave");
  const target = `/console/${bench().dataset.lease}/leave/${way}`;
  const out = $("#leave-form");
  out.setAttribute("action", target);
  out.setAttribute("hx-post", target);
  window.htmx.process(out);
  $("#leave-title").textContent = words.dataset.title;
  $("#leave-hint").textContent = [words.dataset.hint, $(`[data-left="${way}"]`)?.textContent].filter(Boolean).join(" ");
  $("#leave-do").textContent = words.dataset.do;
  $("#leave-reasons").replaceChildren(words.content.cloneNode(true));
  $("#leave-reason").value = "";
  for (const part of $$("[data-only]", box)) {
    part.hidden = part.dataset.only !== way;
    for (const field of $$("select, input, textarea", part)) field.disabled = part.hidden;
  }
  save();
  tell("leave:shown", { way });
  box.showModal();
  $("#leave-reason").focus();
}

for (const way of ["hold", "transfer", "escalate", "skip", "release"]) {
  action(`leave.${way}`, () => leave(way), { when: () => judging() && Boolean($(`[data-dialog="${way}"]`)) });
}

document.addEventListener("click", (event) => {
  const found = event.target.closest("[data-dialog]");
  if (found) leave(found.dataset.dialog);
  event.target.closest("[data-close-dialog]")?.closest("dialog").close();
});
