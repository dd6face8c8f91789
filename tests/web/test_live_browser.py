"""In a real browser: a stream that ffmpeg makes plays, is marked, interrupted and watched on; papers and films can be read."""

from __future__ import annotations

import functools
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Frame, expect

from tests.conftest import Database
from tests.web.live import Visitor, chromium, served_town

pytestmark = pytest.mark.browser

FACTS = "The host says twice that the lamp heals headaches at once."


class _Outside(SimpleHTTPRequestHandler):
    """The marketplace's stream server, which is another origin than ours."""

    extensions_map = {".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t", "": "application/octet-stream"}

    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output quiet."""


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds as an HLS stream and as a film."""
    folder = tmp_path_factory.mktemp("films")
    picture = ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=10", "-t", "4"]
    encoded = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p"]
    hls = ["-f", "hls", "-hls_time", "1", "-hls_list_size", "0", "-hls_flags", "program_date_time"]
    for out in (
        [*encoded, *hls, "live.m3u8"],
        ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "film.webm"],
    ):
        subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *picture, *out], cwd=folder, check=True)
    return folder


@pytest.fixture
def outside(films: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Outside, directory=str(films)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def visitor(fresh_database: Database, films: Path, outside: str) -> Iterator[Visitor]:
    with served_town(fresh_database) as address, chromium() as browser:
        filled = fresh_database.run("-m", "tests.web.stall", str(films / "film.webm"), f"{outside}/live.m3u8")
        assert filled.returncode == 0, filled.stderr
        yield Visitor(browser, address)


def claim(visitor: Visitor, external_id: str) -> None:
    page = visitor.page
    page.goto(f"{visitor.address}/cases/?q={external_id}")
    page.locator("main a[href^='/cases/0']").first.click()
    page.get_by_role("button", name="Claim and judge").click()
    page.wait_for_selector("#ruling")
    page.wait_for_selector(".media-tools [data-for][hidden]", state="attached")


def player(visitor: Visitor) -> Frame:
    frame = visitor.page.wait_for_selector(".live-screen iframe").content_frame()
    assert frame is not None
    return frame


def plays(frame: Frame) -> None:
    frame.locator("video").evaluate(
        "film => new Promise(go => { const look = () => film.currentTime > 0.3 ? go() : setTimeout(look, 50); look(); })"
    )


def test_a_stream_plays_is_marked_interrupted_and_watched_on(visitor: Visitor) -> None:
    page = visitor.page
    visitor.log_in("moderator")
    claim(visitor, "V-1")
    assert page.locator(".live-screen iframe").count() == 0  # Nothing is loaded before somebody asks for it.
    visitor.press("Space")
    plays(player(visitor))
    expect(page.locator(".live-moment mark")).to_have_text("it heals")
    visitor.press("m")
    page.keyboard.type("the claim")
    visitor.press("Enter")
    expect(page.locator("[data-mark]")).to_contain_text("the claim")
    visitor.press("1")
    page.fill("#facts", FACTS)
    visitor.press("Escape", "Shift+I")
    expect(page.locator("#toasts")).to_contain_text("The stream is interrupted")
    plays(player(visitor))
    expect(page.locator(".live-done li")).to_contain_text("interrupted for 15 min")
    expect(page.locator("[data-mark]")).to_contain_text("the claim")
    page.goto(f"{visitor.address}/live/?places=1")
    card = page.locator("[data-stream]")
    expect(card).to_contain_text("In your hands")
    wall = page.wait_for_selector(".wall-frame iframe").content_frame()
    assert wall is not None
    plays(wall)
    assert wall.evaluate("document.querySelector('video').muted") is True
    visitor.press("1")
    page.wait_for_selector("#ruling")
    assert visitor.complaints == []


def _pictures(visitor: Visitor) -> None:
    """They stay covered until asked for, lie side by side, and turn."""
    page = visitor.page
    claim(visitor, "L-1001")
    visitor.press("z", "c")
    expect(page.locator(".console-media")).not_to_have_class("is-large")
    assert page.locator(".media-stage .media:not([hidden]):not(.is-hidden)").count() == 0
    visitor.press("Space")
    expect(page.locator(".media-stage .media:visible")).to_have_count(2)
    expect(page.locator(".media-stage .media.is-hidden:visible")).to_have_count(0)
    visitor.press("o")
    assert "rotate(90deg)" in page.locator(".media-stage > .media img").first.evaluate("one => one.style.transform")
    visitor.press("c", "]")
    expect(page.locator("[data-media-count]")).to_have_text("2 / 2")


def test_films_papers_and_pictures_are_looked_at_by_keyboard(visitor: Visitor) -> None:
    page = visitor.page
    visitor.log_in("moderator")
    _pictures(visitor)
    claim(visitor, "F-1")
    film: Any = page.locator(".media video").first
    visitor.press(".")
    assert film.evaluate("film => film.currentTime") == 0 or film.evaluate("film => film.currentTime") < 0.1
    visitor.press("Space")
    page.wait_for_selector("[data-thumbs] canvas >> nth=7")
    before = film.evaluate("film => film.currentTime")
    visitor.press(".", ".", ".")
    assert film.evaluate("film => film.currentTime") > before
    visitor.press(">", ">")
    expect(page.locator("[data-speed-shown]")).to_have_text("1.5×")
    claim(visitor, "D-1")
    expect(page.locator(".verdict-late")).to_contain_text("expired")
    visitor.press("Space")
    expect(page.locator("[data-pages-shown]")).to_have_text("1 / 2")
    visitor.press("PageDown")
    expect(page.locator("[data-pages-shown]")).to_have_text("2 / 2")
    visitor.press("z", "+")
    page.wait_for_selector(".console-media.is-large .is-near")
    visitor.press("Escape")
    page.wait_for_selector(".console-media:not(.is-large)")
    assert visitor.complaints == []
