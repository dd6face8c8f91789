"""The reference page tells the truth: its table and its examples are the program's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from piepowder.outbox.backoff import schedule
from piepowder.outbox.signing import new_secret, signature_header
from tests.conftest import ROOT
from tests.outbox.receiver import Receiver

PAGE = (ROOT / "docs" / "reference" / "webhooks.md").read_text(encoding="utf-8")


def example(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def clock(duration: timedelta) -> str:
    seconds = int(duration.total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def test_the_table_of_attempts_is_the_schedule() -> None:
    written = re.findall(r"^\| (\d+) \| ([\d:]+) \| ([\d:]+) \|$", PAGE, re.MULTILINE)
    assert written == [(str(line.number), clock(line.wait), clock(line.elapsed)) for line in schedule()]


def test_the_python_example_accepts_our_signature_and_no_other(now: datetime) -> None:
    names: dict[str, Any] = {}
    exec(example("python"), names)
    check, secret, body, ref = names["is_from_piepowder"], new_secret(), '{"a":"限"}'.encode(), "0190a0b0"
    headers = {
        "Piepowder-Event-Id": ref,
        "Piepowder-Signature": signature_header([new_secret(), secret], now, ref, body),
    }
    then = now.timestamp()
    assert check(headers, body, secret, then + 299)
    assert not check(headers, body, secret, then + 301)
    assert not check(headers, body, new_secret(), then)
    assert not check(headers, body + b" ", secret, then)
    assert not check({**headers, "Piepowder-Event-Id": "0190a0b1"}, body, secret, then)


@pytest.mark.skipif(not shutil.which("openssl") or not shutil.which("curl"), reason="needs openssl and curl")
def test_the_shell_example_sends_what_a_receiver_accepts(receiver: Receiver) -> None:
    receiver.secrets.append("pps_example")
    done = subprocess.run(
        ["sh", "-c", example("sh")], env={**os.environ, "RECEIVER": receiver.url}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (request,) = receiver.received
    assert (request.signed_by, request.sequence, request.topic) == ([0], 3, "enforcement.applied")


def test_the_signature_that_the_page_names_is_right() -> None:
    (body,) = re.findall(r"^BODY='(.*)'$", PAGE, re.MULTILINE)
    (ref,) = re.findall(r"^ID=(.*)$", PAGE, re.MULTILINE)
    (timestamp, told) = re.findall(r"With `T=(\d+)` the signature is `(\w+)`", PAGE)[0]
    header = signature_header(["pps_example"], datetime.fromtimestamp(int(timestamp), UTC), ref, body.encode())
    assert header == f"t={timestamp},v1={told}"
