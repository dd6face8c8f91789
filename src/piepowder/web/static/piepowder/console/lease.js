// The lease: renewed while the page is open; when it is lost, that is said and nothing typed goes away.

import { action } from "./keys.js";
import { $, bench, form, lost, send, tell } from "./page.js";

let beating = null;
let beatNow = 0;

async function beat() {
  const here = bench();
  if (!here?.dataset.beatUrl) return;
  const mine = ++beatNow;
  try {
    if (here.dataset.thenBeatUrl) send(here.dataset.thenBeatUrl).catch(() => {});
    const answer = await send(here.dataset.beatUrl);
    if (mine !== beatNow || bench() !== here) return;
    if (answer.status === 409 || answer.status === 404) return lose();
    if (!answer.ok) return;
    const told = await answer.json();
    if (told.snapshot !== here.dataset.snapshot) $("#newer").hidden = false;
    const reports = $("#tab-reports .badge");
    if (reports) reports.textContent = told.reports;
    tell("case:beat", told);
  } catch {
    // Without a connection the next beat tries again; the server keeps the lease a while longer.
  }
}

export function lose() {
  $("#lost").hidden = false;
  $("#decide").disabled = true;
  clearInterval(beating);
  tell("lease:lost");
}

export function keepAlive() {
  clearInterval(beating);
  if (!form()) return;
  beat();
  beating = setInterval(beat, Number(bench().dataset.beatS) * 1000);
}

// Whoever comes back to this tab learns at once whether the case is still theirs.
window.addEventListener("focus", beat);

const newer = () => Boolean($("#newer") && !$("#newer").hidden);
action("lease.again", () => $("#lost [data-claim-again] button").click(), { when: lost });
action("version.show", () => $("[data-show-newer]").click(), { when: newer });
action("version.confirm", () => $("#newer [name=confirm_older]").click(), { when: newer });
