// The next case, taken ahead as soon as somebody begins to rule on this one, drawn and with its pictures, so that it is
// there at the moment of the decision. Whether it may be taken, and whether it is still as drawn, the server says.

import { bench, form, judging, lost, send } from "./page.js";

let kept = null; // {lease, stamp, html}
let asking = null; // the lease for which it was asked: once per case

async function take() {
  const here = bench();
  if (!judging() || lost() || kept || asking === here.dataset.lease || !here.dataset.aheadUrl) return;
  asking = here.dataset.lease;
  try {
    const answer = await send(here.dataset.aheadUrl);
    if (answer.status !== 200 || !answer.headers.has("X-Ahead")) return;
    const html = await answer.text();
    const lease = answer.headers.get("X-Ahead");
    // Decided meanwhile, and the server has shown it already.
    if (bench()?.dataset.lease === lease) return;
    const page = new DOMParser().parseFromString(html, "text/html");
    kept = { lease, stamp: page.getElementById("console").dataset.stamp, html };
    for (const picture of page.querySelectorAll(".console-media figure:not([hidden]) img[src]")) {
      const ahead = new Image();
      ahead.src = picture.getAttribute("src");
      ahead.decode?.().catch(() => {});
    }
  } catch {
    // Without it the next case comes as it always can: with the answer to the decision.
  }
}

document.addEventListener("judge:changed", take);
document.addEventListener("input", (event) => form()?.contains(event.target) && event.target.id !== "policy-search" && take());

document.addEventListener("htmx:configRequest", (event) => {
  if (!kept || !["ruling", "leave-form"].includes(event.detail.elt.id)) return;
  event.detail.parameters.set("ahead", kept.lease);
  event.detail.parameters.set("ahead_stamp", kept.stamp);
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!kept || event.detail.xhr.getResponseHeader("X-Ahead") !== kept.lease) return;
  event.detail.serverResponse = kept.html + event.detail.serverResponse;
});

document.addEventListener("case:shown", (event) => {
  asking = null;
  if (kept?.lease === event.detail.lease || !judging()) kept = null;
});

// Nobody sits here any more.
window.addEventListener("pagehide", () => {
  const back = bench()?.dataset.aheadBackUrl;
  if (!back || !(kept || asking)) return;
  kept = null;
  send(back, { keepalive: true }).catch(() => {});
});
window.addEventListener("pageshow", (event) => event.persisted && (kept = null));
