// One case after the other: what is put away when a case goes, and started when one comes.

import { decided, drop, takeUp } from "./draft.js";
import { action } from "./keys.js";
import { forget } from "./judge.js";
import { keepAlive, lose } from "./lease.js";
import { $, bench, form, judging, lost, tell } from "./page.js";

export async function begin() {
  drop();
  forget();
  $("#leave")?.close();
  keepAlive();
  const here = bench();
  if (!here) return;
  here.focus({ preventScroll: true });
  tell("case:shown", { lease: here.dataset.lease ?? "" });
  if (form()) await takeUp();
}

action("next.take", () => $("[data-next]").click(), { when: () => !judging() && Boolean($("[data-next]")) });
action("next.lost", () => $("#lost [data-go-on] button").click(), { when: lost });

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "console" || event.detail.elt?.id === "console") {
    begin();
    document.body.dispatchEvent(new CustomEvent("decided"));
  }
  if (event.detail.target?.id === "toasts") {
    $("#leave")?.close();
    const code = $("#toasts .toast-problem")?.dataset.code;
    if (code === "lease_lost" && form()) lose();
    if (code === "newer_snapshot" && form()) $("#newer").hidden = false;
  }
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.id === "ruling") drop();
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, successful } = event.detail;
  if (elt.id !== "ruling") return;
  if (successful) decided(elt.dataset.person, elt.dataset.case);
  else if (form() === elt) tell("judge:changed");
});
