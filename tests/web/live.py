"""A town behind a real server, and a browser that walks through it."""

from __future__ import annotations

import os
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import ROOT, Database
from tests.web.town import PASSWORD

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_TRIES = 300


@contextmanager
def served_town(database: Database, builder: str = "tests.web.town") -> Iterator[str]:
    """The address of a server with the town in its database; it is stopped at the end."""
    built = database.run("-m", builder)
    assert built.returncode == 0, built.stderr
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = database.start(
        "-m", "piepowder.cli", "serve", "--port", str(port), "--workers", "1", start_new_session=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(address: str) -> None:
    for _ in range(_TRIES):
        try:
            with urllib.request.urlopen(f"{address}/healthz"):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError("the server did not come up")


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
        yield browser
        browser.close()


class Visitor:
    """Somebody at a screen. Whatever the browser complains about is kept and must be nothing at the end."""

    def __init__(self, browser: Browser, address: str, *, width: int = 1280, height: int = 720) -> None:
        self.address = address
        self.complaints: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    def log_in(self, login: str) -> None:
        self.page.goto(f"{self.address}/login/")
        self.page.fill("#id_login", f"{login}@market.example")
        self.page.fill("#id_password", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"{self.address}/")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def scrolls(self) -> bool:
        """Whether the page as a whole can be scrolled in any direction."""
        sizes = self.page.evaluate(
            "(({scrollHeight: h, clientHeight: H, scrollWidth: w, clientWidth: W}) => [h > H, w > W])(document.documentElement)"
        )
        return any(sizes)

    def picture(self, name: str) -> None:
        """Keep what is seen for the documentation, when pictures are asked for."""
        if os.environ.get("PIEPOWDER_SCREENSHOTS") != "1":
            return
        folder = Path(ROOT) / "docs" / "images"
        folder.mkdir(parents=True, exist_ok=True)
        before = self.page.viewport_size
        self.page.set_viewport_size({"width": 1440, "height": 900})
        self.page.screenshot(path=folder / f"{name}.png")
        if before is not None:
            self.page.set_viewport_size(before)
