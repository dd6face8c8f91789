// The settings of keys and eyes: a key is pressed, not written, and the sample shows at once what was set.

import { chord } from "./keys.js";

const field = (target) => (target instanceof Element ? target.closest("[data-key-field]") : null);

document.addEventListener("keydown", (event) => {
  const into = field(event.target);
  if (!into || event.key === "Tab" || event.key === "Escape" || event.isComposing) return;
  const pressed = chord(event);
  if (!pressed) return;
  event.preventDefault();
  event.stopPropagation();
  into.value = ["Backspace", "Delete"].includes(pressed) ? "" : pressed;
  into.closest(".key-line").classList.toggle("is-changed", into.value !== into.dataset.default);
  into.dispatchEvent(new Event("input", { bubbles: true }));
}, true);
document.addEventListener("focusin", (event) => field(event.target)?.select());

// The same key in two fields is marked at once; whether they can meet is judged when it is saved.
document.addEventListener("input", (event) => {
  if (!field(event.target)) return;
  const all = [...document.querySelectorAll("[data-key-field]")];
  for (const one of all) {
    const twice = one.value !== "" && all.some((other) => other !== one && other.value === one.value && other.dataset.default !== one.dataset.default);
    one.closest(".key-line").classList.toggle("is-twice", twice);
  }
});

const form = document.querySelector("[data-eyes-form]");
const sample = document.querySelector("[data-eyes-sample]");

function look() {
  const root = document.documentElement;
  root.style.setProperty("--blur", `${form.elements.blur.value}px`);
  root.toggleAttribute("data-gray", form.elements.grayscale.checked);
  sample.classList.toggle("is-hidden", form.elements.reveal.value !== "always");
}
form?.addEventListener("input", look);
form?.addEventListener("click", (event) => event.target.closest("[data-eyes-show]") && sample.classList.remove("is-hidden"));
