// What the browser or the person refused about a passkey is said on the page, beside the button that asked for it.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  for (const place of document.querySelectorAll("[data-passkey-problem]")) place.hidden = false;
});
