// The break page: what is left of the break, told quietly, and the key that ends it.

import { typing } from "./shell.js";

const clock = document.querySelector("[data-until]");

function tell() {
  if (!clock) return;
  const left = Math.ceil((Date.parse(clock.dataset.until) - Date.now()) / 1000);
  if (left <= 0) {
    clock.textContent = clock.dataset.over;
    return;
  }
  const minutes = Math.floor(left / 60);
  clock.textContent = `${minutes} ${clock.dataset.m} ${String(left % 60).padStart(2, "0")} ${clock.dataset.s}`;
}
tell();
setInterval(tell, 1000);

document.addEventListener("keydown", (event) => {
  if (event.key !== "n" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  event.preventDefault();
  document.querySelector("[data-next]")?.click();
});
