// What every module of the console needs: finding parts of the page, and sending without leaving it.

import { token } from "../shell.js";

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
export const bench = () => $("#console");
export const form = () => $("#ruling");
export const judging = () => Boolean(form());
export const lost = () => Boolean($("#lost") && !$("#lost").hidden);

// Everything that is sent by itself goes this way; a session that ended is said, and nothing typed is thrown away.
export async function send(url, options = {}) {
  const answer = await fetch(url, { method: "POST", ...options, headers: { "X-CSRFToken": token(), "HX-Request": "true", ...options.headers } });
  const out = answer.headers.has("HX-Redirect");
  if ($("#logged-out")) $("#logged-out").hidden = !out;
  if (out) throw new Error("logged out");
  return answer;
}

// For a screen reader: said once, without moving the focus.
export function announce(words) {
  const live = $("#announce");
  if (live) live.textContent = words;
}

// Tells the other modules; each listens for what concerns it. Names: case:shown, case:left, judge:changed, lease:lost.
export function tell(name, detail = {}) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}
