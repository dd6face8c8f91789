// The player of one livestream, alone on its page. HLS is played by hls.js, whose worker is a file of ours, not a blob.

import Hls from "../vendor/hls/hls.min.mjs";

const video = document.querySelector("video");
const problem = document.querySelector(".live-problem");

function waits(on) {
  problem.textContent = problem.dataset.waits;
  problem.hidden = !on;
}

function fails() {
  problem.textContent = problem.dataset.fails;
  problem.hidden = false;
}

function start() {
  video.play().catch(() => {});
}

function stream(src) {
  if (!Hls.isSupported()) {
    if (!video.canPlayType("application/vnd.apple.mpegurl")) return fails();
    video.src = src;
    return video.addEventListener("loadedmetadata", start, { once: true });
  }
  const player = new Hls({ workerPath: new URL("../vendor/hls/hls.worker.js", import.meta.url).href, lowLatencyMode: true, backBufferLength: 600 });
  player.on(Hls.Events.MANIFEST_PARSED, start);
  player.on(Hls.Events.FRAG_LOADED, () => waits(false));
  // When the pieces say at what time they were made, places in the stream can be told from its beginning.
  player.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => {
    const first = details.fragments.find((one) => one.programDateTime);
    if (first) video.dataset.zero = first.programDateTime - first.start * 1000;
  });
  let broken = 0;
  player.on(Hls.Events.ERROR, (_, { fatal, type }) => {
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR && broken++ < 3) return player.recoverMediaError();
    waits(true);
    setTimeout(() => player.loadSource(src), 3000);
  });
  player.loadSource(src);
  player.attachMedia(video);
}

if (video) {
  const { src, plays } = video.dataset;
  if (plays === "film") {
    // A film that stands for a stream: it goes on as a stream does.
    video.loop = true;
    video.src = src;
    video.addEventListener("error", fails);
    start();
  } else {
    stream(src);
  }
}
