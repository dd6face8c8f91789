"""What is fetched from strangers, and what is not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zlib import crc32

import httpx
import pytest
from PIL import Image

from piepowder.intake.guard import Fetched, NotTaken, Unreachable, fetch
from piepowder.intake.sniffing import TooManyPixels, content_type_of, picture_size
from piepowder.kernel.pinned import pinned_client
from tests.intake.conftest import Shop, here, png


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with pinned_client(allow_private=True, ports=None, timeout_s=5, resolver=here) as open_client:
        yield open_client


def get(client: httpx.Client, url: str, folder: Path, most_bytes: int = 100_000, most_s: float = 10) -> Fetched:
    return fetch(client, url, folder=folder, most_bytes=most_bytes, most_s=most_s)


def test_a_picture_is_brought_in_with_its_digest_and_its_own_type(
    client: httpx.Client, shop: Shop, tmp_path: Path
) -> None:
    url = shop.serve("/a.jpg", png(), Content_Type="text/html")
    fetched = get(client, url, tmp_path)
    assert (fetched.digest, fetched.size) == (hashlib.sha256(png()).hexdigest(), len(png()))
    assert fetched.content_type == "image/png"
    assert fetched.path.read_bytes() == png()


@pytest.mark.parametrize(
    "body",
    [
        b"<html><script>alert(1)</script></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b'<?xml version="1.0"?><svg/>',
        b"MZ\x90\x00",
        b"plain words",
        b"PK\x03\x04",
    ],
)
def test_pages_vector_pictures_and_programs_are_refused_whatever_they_are_called(
    client: httpx.Client, shop: Shop, tmp_path: Path, body: bytes
) -> None:
    url = shop.serve("/a.png", body, Content_Type="image/png")
    with pytest.raises(NotTaken, match="no picture"):
        get(client, url, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_redirect_is_followed_and_checked_like_the_first_address(
    client: httpx.Client, shop: Shop, tmp_path: Path
) -> None:
    shop.serve("/b", png())
    shop.serve("/relative", b"", 302, Location="/b")
    assert get(client, shop.url("/relative"), tmp_path).size == len(png())
    shop.serve("/file", b"", 302, Location="file:///etc/passwd")
    with pytest.raises(NotTaken, match="http"):
        get(client, shop.url("/file"), tmp_path)
    shop.serve("/round", b"", 301, Location="/round")
    with pytest.raises(NotTaken, match="redirects"):
        get(client, shop.url("/round"), tmp_path)
    assert shop.asked.count("/round") == 4


def test_a_redirect_to_a_private_address_is_refused_and_never_asked(shop: Shop, tmp_path: Path) -> None:
    shop.serve("/secret", png())
    shop.serve("/a.png", b"", 302, Location=f"http://inside.example:{shop.port}/secret")

    # The first name is let through by being put on the list of the public ones; the second is judged as it is.
    from piepowder.kernel import addresses

    judged = addresses.is_public
    names: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        names.append(host)
        return ["127.0.0.1"]

    with (
        pytest.MonkeyPatch.context() as patch,
        pinned_client(ports=None, resolver=resolver) as client,
        pytest.raises(NotTaken, match=r"inside\.example is at a private"),
    ):
        patch.setattr(addresses, "is_public", lambda address: names[-1] == "shop.example" or judged(address))
        get(client, shop.url("/a.png"), tmp_path)
    assert shop.asked == ["/a.png"]


def test_an_ip_address_of_the_own_network_is_refused_as_such(shop: Shop, tmp_path: Path) -> None:
    with pinned_client(ports=None) as client:
        for host in ("127.0.0.1", "[::1]", "169.254.169.254", "0x7f000001", "[::ffff:127.0.0.1]"):
            with pytest.raises(NotTaken, match="private"):
                get(client, f"http://{host}:{shop.port}/", tmp_path)
    assert shop.asked == []


def test_other_ports_than_those_of_the_web_are_refused(shop: Shop, tmp_path: Path) -> None:
    with pinned_client(allow_private=True, resolver=here) as client, pytest.raises(NotTaken, match="port"):
        get(client, shop.url("/"), tmp_path)


def test_a_body_that_is_too_large_is_stopped_on_the_way_or_before(
    client: httpx.Client, shop: Shop, tmp_path: Path
) -> None:
    body = png() + b"\0" * 3_000_000
    announced = shop.serve("/announced", body)
    silent = shop.serve("/silent", body, Content_Length=str(len(body)), Connection="close")
    unannounced = shop.serve("/chunked", b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), Transfer_Encoding="chunked")
    for url in (announced, silent, unannounced):
        with pytest.raises(NotTaken, match="larger than 1 MB"):
            get(client, url, tmp_path, most_bytes=1_048_576)
    assert list(tmp_path.iterdir()) == []


def test_packed_content_is_not_taken(client: httpx.Client, shop: Shop, tmp_path: Path) -> None:
    url = shop.serve("/a.png", png(), Content_Encoding="gzip")
    with pytest.raises(Unreachable, match="packed"):
        get(client, url, tmp_path)


@pytest.mark.parametrize(("status", "text"), [(404, "404"), (500, "500"), (204, "204")])
def test_an_answer_that_is_no_file_may_be_tried_again(
    client: httpx.Client, shop: Shop, tmp_path: Path, status: int, text: str
) -> None:
    url = shop.serve("/a", b"" if status == 204 else b"oops", status)
    with pytest.raises(Unreachable, match=text):
        get(client, url, tmp_path)


def test_a_file_that_breaks_off_may_be_tried_again_and_leaves_nothing(
    client: httpx.Client, shop: Shop, tmp_path: Path
) -> None:
    url = shop.serve("/a", png(), Content_Length="100000", Connection="close")
    with pytest.raises(Unreachable):
        get(client, url, tmp_path, most_s=1)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_may_be_tried_again(client: httpx.Client, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="connection failed"):
        get(client, "http://shop.example:9/a", tmp_path)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_the_size_of_a_picture_is_read_from_its_header(form: str) -> None:
    out = BytesIO()
    Image.new("RGB", (31, 17)).save(out, form)
    content_type = content_type_of(out.getvalue()[:4096])
    assert content_type == f"image/{form.lower()}"
    assert picture_size(out, content_type) == (31, 17)


def test_the_size_of_a_lossless_webp_is_read_too() -> None:
    out = BytesIO()
    Image.new("RGBA", (300, 7)).save(out, "WEBP", lossless=True)
    assert picture_size(out, "image/webp") == (300, 7)


def test_a_picture_that_would_unpack_to_gigabytes_is_refused_unopened() -> None:
    wide = bytearray(png())
    wide[16:24] = (60_000).to_bytes(4, "big") * 2
    wide[29:33] = crc32(wide[12:29]).to_bytes(4, "big")
    with pytest.raises(TooManyPixels):
        picture_size(BytesIO(bytes(wide)), "image/png")
    webp = b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00" + (16_382).to_bytes(3, "little") * 2
    with pytest.raises(TooManyPixels):
        picture_size(BytesIO(webp), "image/webp")


@pytest.mark.parametrize("content_type", ["image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4"])
def test_what_is_no_readable_picture_has_no_size(content_type: str) -> None:
    assert picture_size(BytesIO(b"\x89PNG\r\n\x1a\nbroken"), content_type) is None
    assert picture_size(BytesIO(b""), content_type) is None


@pytest.mark.parametrize(
    ("head", "content_type"),
    [
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"\x00\x00\x00\x18ftypqt  ", "video/quicktime"),
        (b"\x00\x00\x00\x18ftypavif", "image/avif"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska", ""),
        (b"%PDF-1.7", "application/pdf"),
        (b"ID3\x04", "audio/mpeg"),
        (b"", ""),
        (b"<!DOCTYPE html>", ""),
    ],
)
def test_a_file_is_what_its_first_bytes_say(head: bytes, content_type: str) -> None:
    assert content_type_of(head) == content_type
