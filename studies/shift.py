"""A shift of many reviewers at once: ``python -m studies.shift [--people 200] [--minutes 15] [--record]``.

Starts ``piepowder serve`` with two web processes and the worker on the database of ``DATABASE_URL`` (run it under
``tools/with_postgres.py``), fills the queue, keeps feeding it, and lets people work through the console's own addresses:
each takes a case, looks at it, thinks, beats, decides; now and then gives one back and takes another. Watched are the
times of claim, view and decide, every answer that is not as it should be, and the memory of the web processes. At the end
the database is asked whether any case was in two hands or decided twice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from benchmarks.intake import listings
from benchmarks.recording import machine
from benchmarks.serving import resident_mb

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_name("RESULTS.md")
MEAN_THINKING_S = 25.0
RESTRICT_EVERY = 4
GIVE_BACK_EVERY = 15
BEAT_S = 20.0
_SETUP = """
import json, sys
import django; django.setup()
from datetime import UTC, datetime, timedelta
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from piepowder import wiring
from piepowder.access.models import Role
from piepowder.access.operations import PersonFields, add_person, create_key, create_vendor, give
from piepowder.kernel.actor import EVERYWHERE, SYSTEM
from piepowder.kernel.permissions import Permission
from piepowder.review import operations as review
at = datetime.now(UTC)
wiring.load_shipped(at=at)
languages = ["en", "de", "fr", "es", "it", "pl", "nl", "zh-Hans"]
vendors = [create_vendor(actor=SYSTEM, code=code, name=code.title(), kind="bpo", at=at) for code in ("acme", "zenith")]
review.save_queue(actor=SYSTEM, at=at, code="listings", name="Listings", lease_s=120)
for severity in range(4):
    review.set_target(actor=SYSTEM, at=at, queue_code="listings", severity=severity, target_s=3600)
review.publish_routing(actor=SYSTEM, at=at, rules=[{"name": "All", "when": {}, "then": {"queue": "listings"}}])
store = import_module(settings.SESSION_ENGINE).SessionStore
sessions = []
for number in range(int(sys.argv[1])):
    fields = PersonFields(
        email=f"p{number}@shift.test", name=f"Person {number}", vendor=vendors[number % 2], languages=languages
    )
    user = add_person(actor=SYSTEM, fields=fields, at=at, password=None)
    give(actor=SYSTEM, user=user, role=Role.objects.get(code="moderator"), scope=EVERYWHERE, at=at)
    session = store()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    sessions.append(session.session_key)
key = create_key(
    actor=SYSTEM, name="feeder", permissions=[Permission.ITEM_SUBMIT], at=at, expires_at=at + timedelta(days=1),
    rate_per_minute=6_000_000,
).secret
print(json.dumps({"sessions": sessions, "key": key, "cookie": settings.SESSION_COOKIE_NAME}))
"""
_AUDIT = """
import json
import django; django.setup()
from django.db.models import Count
from piepowder.decisions.models import Decision
from piepowder.review.models import CaseEvent
decided = Decision.objects.count()
twice = Decision.objects.values("case").annotate(n=Count("id")).filter(n__gt=1).count()
holding, doubled = {}, 0
for case, kind in CaseEvent.objects.order_by("case_id", "id").values_list("case_id", "kind").iterator():
    if kind == "claimed":
        doubled += holding.get(case, False)
        holding[case] = True
    elif kind in ("released", "expired", "decided", "skipped", "held", "transferred", "escalated"):
        holding[case] = False
print(json.dumps({"decided": decided, "decided_twice": twice, "in_two_hands": doubled}))
"""


@dataclass(slots=True)
class Watched:
    """What was seen so far: seconds per kind of step, what went wrong, memory as (minutes, MB)."""

    took: dict[str, list[float]] = field(default_factory=lambda: {"claim": [], "view": [], "decide": []})
    wrong: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, float]] = field(default_factory=list)
    idle: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--stock", type=int, default=2_000, help="cases that wait at the start")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", action="store_true", help="append what came out to RESULTS.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "PIEPOWDER_HOME": home,
            "DJANGO_SETTINGS_MODULE": "piepowder.settings",
            "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{home}/shift.sqlite3",
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        }
        subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"], env=environment, check=True)
        told = _asked(_SETUP, environment, str(options.people))
        port = _free_port()
        command = [
            sys.executable,
            "-m",
            "piepowder.cli",
            "serve",
            "--port",
            str(port),
            "--with-worker",
            "--workers",
            "2",
        ]
        with tempfile.TemporaryFile() as log:
            server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            try:
                watched = asyncio.run(_shift(options, told, f"http://127.0.0.1:{port}", server.pid))
            finally:
                server.terminate()
                server.wait(timeout=60)
        audited = _asked(_AUDIT, environment)
    text = _told(options, watched, audited, environment["DATABASE_URL"].partition(":")[0])
    print(text)
    if options.record:
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")
    return 1 if watched.wrong or audited["decided_twice"] or audited["in_two_hands"] else 0


async def _shift(options: argparse.Namespace, told: Mapping[str, Any], address: str, server: int) -> Watched:
    watched = Watched()
    await _until_up(address)
    lines = list(listings(options.stock + int(options.minutes * 60 * 20), prefix="shift", seed=options.seed))
    headers = {"Authorization": f"Bearer {told['key']}"}
    async with httpx.AsyncClient(base_url=address, timeout=120, headers=headers) as feeder:
        stock = b"\n".join(lines[: options.stock])
        answer = await feeder.post("/api/v1/items/bulk", content=stock)
        answer.raise_for_status()
        began = time.monotonic()
        ends = began + options.minutes * 60
        pace = options.people / MEAN_THINKING_S
        work = [
            _reviewer(
                number, session, told["cookie"], address, ends, random.Random(options.seed * 1_000 + number), watched
            )
            for number, session in enumerate(told["sessions"])
        ]
        await asyncio.gather(
            *work, _feeder(feeder, lines[options.stock :], pace, ends, watched), _memory(server, began, ends, watched)
        )
    return watched


async def _reviewer(
    number: int, session: str, cookie: str, address: str, ends: float, chance: random.Random, watched: Watched
) -> None:
    """One person, from the first case to the end of the shift."""
    token = f"{number:032d}"
    cookies = {cookie: session, "csrftoken": token}
    async with httpx.AsyncClient(
        base_url=address, timeout=120, cookies=cookies, headers={"X-CSRFToken": token}
    ) as http:
        await asyncio.sleep(chance.uniform(0, MEAN_THINKING_S))
        where, done = "", 0
        while time.monotonic() < ends:
            if not where:
                where = await _step(http, "claim", "/console/next", {}, watched)
                if not where:
                    watched.idle += 1
                    await asyncio.sleep(5)
                    continue
            page = await _page(http, where, watched)
            if page is None:
                where = ""
                continue
            lease = where.strip("/").rpartition("/")[2]
            await _think(http, lease, chance.expovariate(1 / MEAN_THINKING_S), ends, watched)
            done += 1
            if done % GIVE_BACK_EVERY == 0:
                await _step(http, "", f"/console/{lease}/leave/release", {"reason": "break"}, watched)
                where = ""
                continue
            where = await _step(http, "decide", f"/console/{lease}/decide", _ruling(page, done), watched)
        if where:
            await _step(http, "", f"/console/{where.strip('/').rpartition('/')[2]}/leave/release", {}, watched)


async def _step(http: httpx.AsyncClient, kind: str, path: str, form: Mapping[str, str], watched: Watched) -> str:
    """Post, and return the address of the case that the answer leads to; empty when it leads to none."""
    began = time.perf_counter()
    try:
        answer = await http.post(path, data=dict(form))
    except httpx.HTTPError as error:
        watched.wrong[f"{kind or 'give back'}: {type(error).__name__}"] += 1
        return ""
    if kind:
        watched.took[kind].append(time.perf_counter() - began)
    if answer.status_code >= 400:
        watched.wrong[f"{kind or 'give back'}: {answer.status_code} {_code(answer)}"] += 1
        return ""
    target = answer.headers.get("location", "")
    return target if re.fullmatch(r"/console/[0-9a-f-]{36}/", target) else ""


async def _page(http: httpx.AsyncClient, path: str, watched: Watched) -> str | None:
    began = time.perf_counter()
    try:
        answer = await http.get(path)
    except httpx.HTTPError as error:
        watched.wrong[f"view: {type(error).__name__}"] += 1
        return None
    watched.took["view"].append(time.perf_counter() - began)
    if answer.status_code != 200:
        watched.wrong[f"view: {answer.status_code} {_code(answer)}"] += 1
        return None
    return answer.text


async def _think(http: httpx.AsyncClient, lease: str, seconds: float, ends: float, watched: Watched) -> None:
    until = min(time.monotonic() + seconds, ends)
    while (left := until - time.monotonic()) > 0:
        await asyncio.sleep(min(left, BEAT_S))
        if left > BEAT_S:
            await _step(http, "", f"/console/{lease}/beat", {}, watched)


def _ruling(page: str, done: int) -> dict[str, str]:
    snapshot = re.search(r'name="snapshot" value="([0-9a-f-]{36})"', page)
    assert snapshot is not None
    if done % RESTRICT_EVERY:
        return {"snapshot": snapshot[1], "outcome": "no_violation"}
    return {
        "snapshot": snapshot[1],
        "outcome": "violation",
        "policy": "C-2.1",
        "ground": "terms",
        "facts": f"Picture {done % 7 + 1} shows the mark of a brand on goods that this brand does not make.",
        "order": "visibility:content_removed",
    }


async def _feeder(http: httpx.AsyncClient, lines: list[bytes], pace: float, ends: float, watched: Watched) -> None:
    for line in lines:
        if time.monotonic() >= ends:
            return
        answer = await http.post("/api/v1/items", content=line, headers={"Content-Type": "application/json"})
        if answer.status_code != 201:
            watched.wrong[f"feed: {answer.status_code}"] += 1
        await asyncio.sleep(1 / pace)


async def _memory(server: int, began: float, ends: float, watched: Watched) -> None:
    while (now := time.monotonic()) < ends:
        watched.memory.append(((now - began) / 60, resident_mb(server)))
        await asyncio.sleep(10)


def _told(options: argparse.Namespace, watched: Watched, audited: Mapping[str, int], database: str) -> str:
    rows = []
    for kind, took in watched.took.items():
        ordered = sorted(took) or [0.0]
        shares = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.95, 0.99))
        rows.append(
            f"| {kind} | {len(took):,} | {' | '.join(f'{one:.0f}' for one in shares)} | {ordered[-1] * 1000:.0f} |"
        )
    late = [(at, mb) for at, mb in watched.memory if at >= options.minutes * 0.2]
    slope = statistics.linear_regression(*zip(*late, strict=True)).slope if len(late) > 2 else float("nan")
    first, peak = watched.memory[0][1], max(mb for _at, mb in watched.memory)
    wrong = ", ".join(f"{count} × {what}" for what, count in watched.wrong.most_common()) or "none"
    return "\n".join(
        [
            f"## A shift of {options.people} people, {database}, {machine()}",
            "",
            f"`python -m studies.shift --people {options.people} --minutes {options.minutes:g} --seed {options.seed}`, two web "
            f"processes and the worker, thinking {MEAN_THINKING_S:g} s in the mean. {audited['decided']:,} decisions; "
            f"{audited['decided_twice']} decided twice, {audited['in_two_hands']} in two hands; errors: {wrong}; nothing "
            f"to do {watched.idle} times.",
            "",
            "| step | count | p50 ms | p95 ms | p99 ms | max ms |",
            "|---|---:|---:|---:|---:|---:|",
            *rows,
            "",
            f"Memory of all server processes: {first:.0f} MB at the start, {peak:.0f} MB at the peak, slope over the last "
            f"80 % {slope:+.2f} MB a minute.",
        ]
    )


def _code(answer: httpx.Response) -> str:
    found = re.search(r'data-code="([a-z_]+)"', answer.text)
    return found[1] if found else ""


def _asked(code: str, environment: Mapping[str, str], *arguments: str) -> Any:
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, check=True, text=True, stdout=subprocess.PIPE
    )
    return json.loads(run.stdout.strip().splitlines()[-1])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _until_up(address: str) -> None:
    async with httpx.AsyncClient() as http:
        for _ in range(300):
            try:
                if (await http.get(f"{address}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)
    raise SystemExit("the server did not come up")


if __name__ == "__main__":
    sys.exit(main())
