// Documents: pdf.js draws one page at a time, once the document is uncovered. It is loaded only then.

import { action } from "./keys.js";
import { current, shown, stage, viewOf } from "./media.js";
import { $, announce, judging } from "./page.js";

const VENDOR = new URL("../../vendor/pdfjs/", import.meta.url);
const papers = new WeakMap(); // figure → { paper, page, drawing, near }
let library = null;

function pdfjs() {
  library ??= import(new URL("pdf.min.mjs", VENDOR)).then((loaded) => {
    loaded.GlobalWorkerOptions.workerSrc = String(new URL("pdf.worker.min.mjs", VENDOR));
    return loaded;
  });
  return library;
}

async function open(figure) {
  if (papers.has(figure)) return;
  const holder = $("[data-pdf]", figure);
  const state = { paper: null, page: 1, near: 1, drawing: null };
  papers.set(figure, state);
  try {
    const { getDocument } = await pdfjs();
    const loading = getDocument({
      url: holder.dataset.pdf,
      cMapUrl: String(new URL("cmaps/", VENDOR)),
      cMapPacked: true,
      standardFontDataUrl: String(new URL("fonts/", VENDOR)),
      wasmUrl: String(new URL("decoders/", VENDOR)),
      useWasm: false,
      enableXfa: false,
      isEvalSupported: false,
    });
    state.paper = await loading.promise;
    await draw(figure);
  } catch {
    papers.delete(figure);
    holder.replaceChildren(Object.assign(document.createElement("p"), { className: "media-missing", textContent: holder.dataset.failed }));
  }
}

async function draw(figure) {
  const state = papers.get(figure);
  if (!state?.paper) return;
  const page = await state.paper.getPage(state.page);
  const canvas = $("canvas", figure);
  const box = figure.getBoundingClientRect();
  const natural = page.getViewport({ scale: 1 });
  const fit = Math.min(box.width / natural.width, box.height / natural.height) || 1;
  const sharp = Math.min(4, (window.devicePixelRatio || 1) * Math.max(1, state.near));
  const viewport = page.getViewport({ scale: fit * sharp });
  state.drawing?.cancel();
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  canvas.style.width = `${Math.floor(viewport.width / sharp)}px`;
  canvas.style.height = `${Math.floor(viewport.height / sharp)}px`;
  state.drawing = page.render({ canvas, viewport });
  try {
    await state.drawing.promise;
    figure.dataset.page = state.page;
    pages();
  } catch (problem) {
    if (problem?.name !== "RenderingCancelledException") throw problem;
  }
}

function pages() {
  const box = $("[data-pages-shown]");
  const state = papers.get(current());
  if (!box) return;
  box.hidden = shown() !== "pdf" || !state?.paper;
  if (box.hidden) return;
  box.textContent = `${state.page} / ${state.paper.numPages}`;
  announce(`${stage().dataset.page} ${box.textContent}`);
}

function turnTo(by) {
  const figure = current();
  const state = papers.get(figure);
  if (!state?.paper) return;
  const next = Math.max(1, Math.min(state.paper.numPages, state.page + by));
  if (next === state.page) return;
  state.page = next;
  draw(figure);
}

const reading = () => judging() && shown() === "pdf";
action("media.page_back", () => turnTo(-1), { when: reading });
action("media.page_on", () => turnTo(1), { when: reading });

document.addEventListener("media:uncovered", ({ detail: { figure } }) => figure.dataset.shown === "pdf" && open(figure));
document.addEventListener("media:laid", pages);
document.addEventListener("media:sized", () => shown() === "pdf" && draw(current()));

// What is looked at from near is drawn anew, once it stays there.
let waiting = null;
document.addEventListener("media:placed", ({ detail: { figure, near } }) => {
  const state = papers.get(figure);
  if (!state?.paper || state.near === near) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    state.near = viewOf(figure).near;
    draw(figure);
  }, 150);
});
