// What else is known about the item: tabs as the pattern has them, with arrows, and a key to go round.

import { action } from "./keys.js";
import { $$, judging } from "./page.js";

const tabs = () => $$(".console-tabs [role=tab]");

export function show(tab) {
  for (const one of tabs()) {
    const here = one === tab;
    one.setAttribute("aria-selected", String(here));
    one.tabIndex = here ? 0 : -1;
    document.getElementById(one.getAttribute("aria-controls")).hidden = !here;
  }
  tab.dispatchEvent(new CustomEvent("tab:shown", { bubbles: true }));
}

function turn(by) {
  const all = tabs();
  if (!all.length) return;
  const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  const next = all[(at + by + all.length) % all.length];
  show(next);
  next.focus();
}

action("tabs.next", () => turn(1), { when: judging });
action("tabs.before", () => turn(-1), { when: judging });

document.addEventListener("click", (event) => {
  const tab = event.target.closest(".console-tabs [role=tab]");
  if (tab) show(tab);
});

document.addEventListener("keydown", (event) => {
  if (!event.target.closest?.(".console-tabs [role=tab]") || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  event.preventDefault();
  turn(event.key === "ArrowRight" ? 1 : -1);
});
