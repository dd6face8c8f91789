"""From the key that decides to the next case before one's eyes, in a real browser against a running server.

``python -m benchmarks.console http://127.0.0.1:8000 moderator@demo.test piepowder-demo`` on the demonstration judges that
many cases as “no violation” and prints milliseconds from the key to: the answer, the next case painted, its picture decoded.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from typing import Any

from playwright.sync_api import Page, sync_playwright

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_LOOK_S = 1.0
"""How long the reader looks at each case, so that what is loaded beside it does not stand in its way."""
_BETWEEN_KEYS_S = 0.25
_WARM_UP = 2

_PROBE = """
window.runs = [];
let pressed = 0;
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && document.querySelector("#ruling [name=outcome]")?.value) pressed = performance.now();
}, true);
document.addEventListener("case:shown", () => {
  if (!pressed) return;
  const [start, run] = [pressed, {}];
  pressed = 0;
  window.runs.push(run);
  const sent = performance.getEntriesByType("resource").filter((one) => one.name.endsWith("/decide")).at(-1);
  if (sent) run.answer = sent.responseEnd - start;
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => (run.painted = performance.now() - start);
    channel.port2.postMessage(0);
  });
  const picture = document.querySelector(".console-media figure:not([hidden]) img");
  picture?.decode().then(() => (run.picture = performance.now() - start), () => {});
});
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("login")
    parser.add_argument("password")
    parser.add_argument("--cases", type=int, default=30)
    told = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.add_init_script(_PROBE)
        _begin(page, told.address, told.login, told.password)
        runs = _judge(page, told.cases)
        browser.close()
    for name in ("answer", "painted", "picture"):
        took = sorted(run[name] for run in runs[_WARM_UP:] if run.get(name) is not None)
        if took:
            worst = took[min(len(took) - 1, int(len(took) * 0.95))]
            print(f"{name:8} n={len(took)} median {statistics.median(took):.0f} ms, p95 {worst:.0f} ms")


def _begin(page: Page, address: str, login: str, password: str) -> None:
    page.goto(f"{address}/login/")
    page.fill("#id_login", login)
    page.fill("#id_password", password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/console/")
    page.keyboard.press("n")
    page.wait_for_selector("#ruling")


def _judge(page: Page, cases: int) -> list[dict[str, Any]]:
    for _ in range(cases):
        lease = page.get_attribute("#console", "data-lease")
        if not lease:
            break
        time.sleep(_LOOK_S)
        page.keyboard.press("0")
        time.sleep(_BETWEEN_KEYS_S)
        page.keyboard.press("Enter")
        page.wait_for_function("lease => document.querySelector('#console').dataset.lease !== lease", arg=lease)
    time.sleep(_LOOK_S)
    runs: list[dict[str, Any]] = page.evaluate("window.runs")
    return runs


if __name__ == "__main__":
    main()
