// Many cases at once: ticking them, and deciding them a few at a time with the progress shown.

import { token } from "./shell.js";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// Ticking ------------------------------------------------------------------------------------------------------------

const all = $("[data-tick-all]");
if (all) {
  const boxes = () => $$("[data-bulk-choose] tbody input[name=case]");
  all.hidden = false;
  all.addEventListener("change", () => boxes().forEach((box) => (box.checked = all.checked)));
  document.addEventListener("change", (event) => {
    if (event.target.name === "case") all.checked = boxes().every((box) => box.checked);
  });
}

// Running: the ruling is kept first, then a few cases are decided per request, so that a lost connection loses nothing.

const plan = $("#bulk-plan");
const bar = $("#bulk-progress");

function show(told) {
  bar.hidden = false;
  const meter = $("progress", bar);
  meter.max = told.total;
  meter.value = told.done;
  $("[data-done]", bar).textContent = `${told.done} / ${told.total}`;
}

async function step() {
  const answer = await fetch(bar.dataset.runUrl, { method: "POST", headers: { "X-CSRFToken": token(), Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function run() {
  $$("button", document.querySelector("main") ?? document).forEach((button) => (button.disabled = true));
  $("[data-stopped]", bar).hidden = true;
  try {
    let told = await step();
    show(told);
    while (told.planned > 0) show((told = await step()));
    location.reload();
  } catch {
    $("[data-stopped]", bar).hidden = false;
    $$("button", document.querySelector("main") ?? document).forEach((button) => (button.disabled = false));
  }
}

plan?.addEventListener("submit", async (event) => {
  if (event.submitter?.value !== "1") return;
  event.preventDefault();
  const kept = await fetch(plan.action, { method: "POST", body: new FormData(plan), headers: { "X-CSRFToken": token() } });
  if (kept.ok) return run();
  // What is wrong with the ruling is said by the page itself.
  $("[name=run]", plan).value = "0";
  HTMLFormElement.prototype.submit.call(plan);
});

$("#bulk-go-on")?.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
$("[data-go-on]")?.addEventListener("click", run);

// Measures and facts only matter for a violation.
function fit() {
  const violation = $("[name=outcome][value=violation]:checked", plan);
  for (const part of $$("[data-violation]", plan)) part.hidden = !violation;
}
if (plan) {
  plan.addEventListener("change", fit);
  fit();
}
