// The dry run: reads progress line by line while the server works, then puts the result in. Without it the form still works.

const form = document.querySelector("[data-trial]");
const result = document.querySelector("[data-trial-result]");
const progress = document.querySelector("[data-trial-progress]");
const said = document.querySelector("[data-trial-said]");
const csv = document.querySelector("[data-trial-csv]");
let running = null;

function asked() {
  const query = new URLSearchParams(new FormData(form));
  query.delete("run");
  return query;
}

function show(line) {
  if (line.html !== undefined) {
    result.innerHTML = line.html;
    progress.hidden = true;
  } else {
    progress.querySelector("progress").value = line.of ? (100 * line.done) / line.of : 0;
    const number = new Intl.NumberFormat(document.documentElement.lang);
    said.textContent = `${number.format(line.done)} / ${number.format(line.of)}`;
  }
}

async function run() {
  running?.abort();
  const own = (running = new AbortController());
  progress.hidden = false;
  result.replaceChildren();
  let finished = false;
  try {
    const answer = await fetch(`${form.dataset.trial}?${asked()}`, { signal: own.signal, headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines.filter(Boolean).map((text) => JSON.parse(text))) {
        show(line);
        finished ||= line.html !== undefined;
      }
    }
    if (!finished) throw new Error("broken off");
  } catch {
    if (own.signal.aborted) return;
    progress.hidden = true;
    result.textContent = form.dataset.lost;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  history.replaceState(null, "", `?${asked()}`);
  run();
});
form.addEventListener("change", () => {
  if (csv) csv.href = `${csv.dataset.trialCsv}?${asked()}`;
});
