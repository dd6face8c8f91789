// Judging in company: asking for a second opinion, what waits for approval, and cases decided together.

import { action } from "./keys.js";
import { $, $$, form, judging, lost } from "./page.js";

action("opinion.ask", () => $("#second").click(), { when: () => judging() && !lost() && Boolean($("#second")) });

// Says while it is being ordered that a measure waits for approval.
function hint() {
  const words = $("#approval-hint");
  if (!words) return;
  const asked = new Set(words.dataset.measures.split(" "));
  words.hidden = !$$("#chosen [name=order]:checked").some((box) => asked.has(box.value));
}
document.addEventListener("change", (event) => form()?.contains(event.target) && hint());
document.addEventListener("judge:changed", hint);
document.addEventListener("case:shown", hint);

// A case that is ticked gets facts of its own: what was written about the first, to be put right for this one.
document.addEventListener("change", (event) => {
  if (event.target.name !== "join") return;
  const facts = $("textarea", event.target.closest("li"));
  facts.hidden = !event.target.checked;
  if (event.target.checked && !facts.value) facts.value = $("#facts").value;
});
