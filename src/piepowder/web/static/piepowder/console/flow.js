// Urgent work and breaks: announced calmly while a case is judged, taken by one key; and a question that goes with a hold.

import { save } from "./draft.js";
import { action } from "./keys.js";
import { $, $$, announce } from "./page.js";

const shown = (id) => Boolean($(id) && !$(id).hidden);

function appear(id, wanted) {
  const banner = $(id);
  if (!banner || banner.hidden !== wanted) return;
  banner.hidden = !wanted;
  if (wanted) announce(banner.textContent.trim().replace(/\s+/g, " "));
}

document.addEventListener("case:beat", (event) => {
  const { urgent, break_due: due } = event.detail;
  if (urgent && $("#urgent")) {
    $("#urgent [data-urgent-title]").textContent = urgent.title;
    $("#urgent [data-urgent-queue]").textContent = urgent.queue;
  }
  appear("#urgent", Boolean(urgent));
  appear("#rest", Boolean(due));
});

// What was typed is with the server before the case is put aside or given back.
async function go(form) {
  await save();
  form.requestSubmit();
}
action("urgent.take", () => go($("#urgent form")), { when: () => shown("#urgent") });
action("break.take", () => go($("#rest form")), { when: () => Boolean($("#rest form")) });

// A question makes the reason of a hold unnecessary.
function ask() {
  const box = $("[data-ask]");
  if (!box) return;
  const asks = !box.disabled && Boolean(box.value);
  for (const part of $$("[data-question]")) part.hidden = !asks;
  $("#leave-question").required = asks;
  $("#leave-reason").required = !asks;
  $('label[for="leave-reason"]').classList.toggle("required", !asks);
}
document.addEventListener("change", (event) => event.target.matches("[data-ask]") && ask());
document.addEventListener("leave:shown", ask);
