import { token } from "./shell.js";

// Pictures outside the console: shown on request, and the request is recorded.
document.addEventListener("click", (event) => {
  const veil = event.target.closest(".media-veil[data-reveal]");
  if (!veil) return;
  const figure = veil.closest(".media");
  figure.classList.remove("is-hidden");
  const body = new FormData();
  body.set("digest", figure.dataset.digest);
  fetch(veil.closest("[data-reveal-url]").dataset.revealUrl, { method: "POST", headers: { "X-CSRFToken": token() }, body });
});
