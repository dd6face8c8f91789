// The measures ordered: what the cited policies propose, until somebody changes it by hand.

import { action } from "./keys.js";
import { $, $$, announce, judging, tell } from "./page.js";

let touched = false; // what a person chose is never overwritten by a proposal
const boxes = () => $$("#chosen [name=order]");
const family = (box) => box.value.split(":")[0];
const days = (box) => $("input[type=number]", box.closest(".order"));
const there = () => Boolean($("#chosen .orders"));

export function forget() {
  touched = false;
}

export const ordered = () => new Map(boxes().filter((box) => box.checked).map((box) => [box.value, days(box)?.value ?? ""]));

export function put(orders, where) {
  touched = true;
  for (const box of boxes()) {
    box.checked = orders.has(box.value);
    if (!box.checked) continue;
    if (days(box)) days(box).value = orders.get(box.value);
    box.closest(".order").classList.remove("is-more");
  }
  const place = $("#chosen [name=where]");
  if (place && where !== undefined) place.value = where;
}

// The policy the decision rests on has just been put in with its own proposal. `before` is what was ordered until now;
// `also` are the fragments of the other policies: each adds its measures of the families in which nothing is ordered.
export function propose(also, before) {
  if (touched) put(before.orders, before.where);
  for (const part of also) add(part);
}

export function add(part) {
  const taken = new Set(boxes().filter((box) => box.checked).map(family));
  for (const theirs of $$("[name=order][data-proposed]", part)) {
    if (taken.has(family(theirs))) continue;
    const box = boxes().find((one) => one.value === theirs.value);
    if (!box) continue;
    box.checked = true;
    if (days(box)) days(box).value = days(theirs)?.value ?? "";
    box.closest(".order").classList.remove("is-more");
  }
}

export const current = () => ({ orders: ordered(), where: $("#chosen [name=where]")?.value });

const unfold = () => {
  $$("#chosen .order.is-more").forEach((order) => order.classList.remove("is-more"));
  const button = $("#chosen [data-more-orders]");
  if (button) button.hidden = true;
};

action("judge.orders", () => {
  unfold();
  boxes()[0].focus();
}, { when: there });

action("judge.ground", () => {
  const grounds = $$("#chosen [name=ground]");
  const other = grounds.find((one) => !one.checked && !one.disabled);
  if (!other) return;
  other.click();
  announce(other.closest("label").textContent.trim());
}, { when: () => judging() && Boolean($("#chosen [name=ground]")) });

action("judge.where", () => {
  const place = $("#chosen [name=where]");
  place.selectedIndex = (place.selectedIndex + 1) % place.options.length;
  announce(place.selectedOptions[0].textContent);
  touched = true;
  tell("judge:changed");
}, { when: there });

document.addEventListener("input", (event) => {
  if (event.target.closest?.("#chosen .orders")) touched = true;
});
document.addEventListener("click", (event) => event.target.closest("[data-more-orders]") && (unfold(), boxes()[0].focus()));

// Arrows go from measure to measure.
document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("#chosen [name=order]") || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  event.preventDefault();
  const all = boxes().filter((box) => !box.closest(".is-more"));
  const next = (all.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length;
  all[next].focus();
});
