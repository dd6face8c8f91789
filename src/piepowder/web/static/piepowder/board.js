// The live board: asks every few seconds while somebody looks, and changes only what has changed.

const board = document.getElementById("board");
const asOf = document.querySelector("[data-as-of]");
let tag = "";
let lostAt = null;

function say() {
  asOf.classList.toggle("is-lost", lostAt !== null);
  asOf.textContent = lostAt === null ? `● ${asOf.dataset.now} ${new Date().toLocaleTimeString(document.documentElement.lang)}` : `${asOf.dataset.lost} ${lostAt.toLocaleTimeString(document.documentElement.lang)}`;
}

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(board.dataset.live, { cache: "no-store", headers: { "HX-Request": "true", ...(tag && { "If-None-Match": tag }) } });
    if (answer.status === 200) {
      tag = answer.headers.get("ETag") ?? "";
      const held = document.activeElement?.getAttribute?.("href");
      board.innerHTML = await answer.text();
      if (held) board.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
    } else if (answer.status !== 304) throw new Error(String(answer.status));
    lostAt = null;
  } catch {
    lostAt ??= new Date();
  }
  say();
}

say();
setInterval(look, 5000);
document.addEventListener("visibilitychange", look);
