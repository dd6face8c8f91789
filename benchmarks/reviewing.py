"""Next item → submit, beside Label Studio: ``python -m benchmarks.reviewing [--people 1 16] [--seconds N] [--record]``.

The same listings with the same payload bytes, the same people logged in over HTTP, each system in its documented
production server, one after the other in one run, on SQLite. A cycle is one case: it is judged, and the next one is there
with its payload. Label Studio's label stream fetches the next task and posts its annotation, both JSON; at Piepowder's
bench for programs one post judges the case and answers with the next, JSON too. As a third row Piepowder's own console
does the same with pages that are ready to be looked at (HTML). Every fifth case is restricted, with facts; for Piepowder
that is a decision with its statement of reasons, its restriction and its facts in the ledger. Afterwards each database is
asked what was judged twice.

Label Studio runs twice: under uWSGI with the settings of its image, and as ``label-studio start``, which is how its package
says to start it. It is installed from the package index into a virtual environment of its own (``--peer``) the first time.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from benchmarks.intake import listings
from benchmarks.recording import machine, record

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "a long enough password"
RESTRICT_EVERY = 5
FACTS = "The listing {title} offers a replica under the name of a brand that did not make it."
_SETUP = """
import sys
import django; django.setup()
from datetime import UTC, datetime
from piepowder import wiring
from piepowder.access.models import Role
from piepowder.access.operations import PersonFields, add_person, create_vendor, give
from piepowder.intake.operations import receive
from piepowder.intake.schemas import parse_submission
from piepowder.kernel.actor import EVERYWHERE, SYSTEM
from piepowder.review import operations as review
import orjson
at = datetime.now(UTC)
people, password = int(sys.argv[1]), sys.argv[2]
languages = ["en", "de", "fr", "es", "it", "pl", "nl", "zh-Hans"]
wiring.load_shipped(at=at)
house = create_vendor(actor=SYSTEM, code="house", name="House", kind="in_house", at=at)
review.save_queue(actor=SYSTEM, at=at, code="listings", name="Listings")
for severity in range(4):
    review.set_target(actor=SYSTEM, at=at, queue_code="listings", severity=severity, target_s=3600)
review.publish_routing(actor=SYSTEM, at=at, rules=[{"name": "All", "when": {}, "then": {"queue": "listings"}}])
for number in range(people):
    fields = PersonFields(email=f"p{number}@peer.test", name=f"Person {number}", vendor=house, languages=languages)
    user = add_person(actor=SYSTEM, fields=fields, at=at, password=password)
    give(actor=SYSTEM, user=user, role=Role.objects.get(code="moderator"), scope=EVERYWHERE, at=at)
items = [parse_submission(orjson.loads(line)) for line in sys.stdin.buffer]
for start in range(0, len(items), 100):
    for outcome in receive(actor=SYSTEM, submissions=items[start:start + 100], at=at):
        assert outcome.result == "created", outcome
"""


Person = Callable[[int, int, Callable[[], bool], dict[str, Any]], Iterator[float]]


@dataclass(frozen=True, slots=True)
class Ran:
    """What one system did: seconds from the first cycle's start to the last one's end."""

    system: str
    people: int
    cycles: int
    seconds: float
    took_s: list[float]
    twice: int
    errors: int

    @property
    def per_second(self) -> float:
        return self.cycles / self.seconds if self.seconds else 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60, help="a system is stopped after so many")
    parser.add_argument("--peer", type=Path, default=ROOT / "var" / "peers" / "label-studio")
    parser.add_argument("--only", choices=["piepowder", "label-studio"])
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    peer = _peer(options.peer) if options.only != "piepowder" else ""
    rows: list[Ran] = []
    for people in options.people:
        lines = list(listings(options.cases, prefix="race", seed=people))
        if options.only != "label-studio":
            rows.append(_piepowder(lines, people, options.seconds, "Piepowder", _at_the_bench))
            print(_line(rows[-1]), flush=True)
        if options.only != "piepowder":
            for server in ("uWSGI", "label-studio start"):
                rows.append(_label_studio(lines, people, options.seconds, peer, server))
                print(_line(rows[-1]), flush=True)
        if options.only != "label-studio":
            rows.append(_piepowder(lines, people, options.seconds, "Piepowder, console (HTML)", _in_console))
            print(_line(rows[-1]), flush=True)
    table = _table(rows)
    print(table)
    if options.record:
        told = (
            f"{machine()}. {options.cases} listings of {sum(map(len, lines)) // len(lines)} bytes; `python -m "
            "benchmarks.reviewing`; SQLite; Piepowder: `piepowder serve --workers 2 --threads 4 --with-worker` (granian); Label "
            f"Studio {_peer_version(peer)}: uWSGI with the settings of its image (two processes a core, one thread), "
            "without nginx before it, and `label-studio start`"
        )
        record("Next item → submit beside Label Studio", told, table)
    return 0


# Piepowder -----------------------------------------------------------------------------------------------------------


def _piepowder(lines: list[bytes], people: int, seconds: float, name: str, person: Person) -> Ran:
    with tempfile.TemporaryDirectory() as home:
        database = f"{home}/race.sqlite3"
        environment = {
            **os.environ,
            "PIEPOWDER_HOME": home,
            "DJANGO_SETTINGS_MODULE": "piepowder.settings",
            "DATABASE_URL": f"sqlite:///{database}",
            "PYTHONPATH": str(ROOT / "src"),
        }
        subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"], env=environment, check=True)
        setup = [sys.executable, "-c", _SETUP, str(people), PASSWORD]
        subprocess.run(setup, env=environment, input=b"\n".join(lines), check=True)
        port = _free_port()
        command = [sys.executable, "-m", "piepowder.cli", "serve", "--port", str(port), "--with-worker"]
        with _serving([*command, "--workers", "2", "--threads", "4"], environment, port, "/healthz"):
            took, seconds, errors = _race(person, port, people, seconds, {})
        with sqlite3.connect(database) as rows:
            cycles, cases = rows.execute("SELECT count(*), count(DISTINCT case_id) FROM decisions_decision").fetchone()
            handed = rows.execute(
                "SELECT count(*) FROM (SELECT case_id FROM review_caseevent WHERE kind = 'claimed' "
                "GROUP BY case_id HAVING count(*) > 1)"
            ).fetchone()[0]
        _check(len(took), cycles, name)
        return Ran(name, people, len(took), seconds, took, cycles - cases + handed, errors)


def _logged_in(http: Browser, number: int) -> None:
    http.get("/login/")
    token = http.cookies["csrftoken"]
    form = {"login": f"p{number}@peer.test", "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert "login" not in http.post("/login/", data=form).path
    http.headers.update({"X-CSRFToken": http.cookies["csrftoken"]})


def _at_the_bench(port: int, number: int, until: Callable[[], bool], _told: dict[str, Any]) -> Iterator[float]:
    with Browser(port) as http:
        _logged_in(http, number)
        yield 0.0
        case = _good(http.post("/api/v1/bench/next", json={})).json()["next"]
        done = 0
        while case and not until():
            item = case["item"]
            ruling: dict[str, Any] = {"snapshot_id": item["snapshot_id"], "outcome": "no_violation", "next": True}
            if done % RESTRICT_EVERY == 0:
                ruling |= {
                    "outcome": "violation", "policy_codes": ["C-2.1"], "ground": "terms",
                    "facts": FACTS.format(title=item["content"]["title"]),
                    "enforcements": [{"family": "visibility", "measure": "content_removed"}],
                }  # fmt: skip
            started = time.perf_counter()
            case = _good(http.post(f"/api/v1/bench/{case['lease_id']}/judge", json=ruling)).json()["next"]
            done += 1
            yield time.perf_counter() - started


def _in_console(port: int, number: int, until: Callable[[], bool], _told: dict[str, Any]) -> Iterator[float]:
    with Browser(port) as http:
        _logged_in(http, number)
        http.headers.update({"HX-Request": "true"})
        yield 0.0
        page = _good(http.post("/console/next")).text
        done = 0
        while (lease := re.search(r'data-lease="([0-9a-f-]{36})"', page)) and not until():
            snapshot = _found(r'name="snapshot" value="([0-9a-f-]{36})"', page)
            title = _found(r"<h1[^>]*><a[^>]*>(?:<mark[^>]*>)?([^<]*)", page)
            ruling: dict[str, Any] = {"snapshot": snapshot, "outcome": "no_violation"}
            if done % RESTRICT_EVERY == 0:
                ruling |= {
                    "outcome": "violation", "policy": "C-2.1", "ground": "terms", "facts": FACTS.format(title=title),
                    "order": "visibility:content_removed",
                }  # fmt: skip
            started = time.perf_counter()
            page = _good(http.post(f"/console/{lease[1]}/decide", data=ruling)).text
            done += 1
            yield time.perf_counter() - started


# Label Studio ---------------------------------------------------------------------------------------------------------


def _label_studio(lines: list[bytes], people: int, seconds: float, peer: str, server: str) -> Ran:
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTHON"))},
            "LABEL_STUDIO_BASE_DATA_DIR": home,
            "DJANGO_DB": "sqlite",
            "DEBUG": "false",
            "COLLECT_ANALYTICS": "false",
            "SENTRY_DSN": "",
            "LATEST_VERSION_CHECK": "false",
            "APP_WEBSERVER": "uwsgi",
            "DJANGO_SETTINGS_MODULE": "core.settings.label_studio",
            "SECRET_KEY": "one for all of its processes",
        }
        tasks = [_task(line) for line in lines]
        prepared = subprocess.run(
            [f"{peer}/bin/python", str(ROOT / "benchmarks" / "reviewing_peer.py"), "prepare", str(people), PASSWORD],
            env=environment, input=json.dumps(tasks), text=True, check=True, stdout=subprocess.PIPE, cwd=home,
        )  # fmt: skip
        told = json.loads(prepared.stdout.strip().splitlines()[-1])
        port = _free_port()
        package = next(Path(peer).glob("lib/python*/site-packages/label_studio"))
        # The settings of deploy/uwsgi.ini in its repository; a pid file and log formats aside.
        uwsgi = [
            f"{peer}/bin/uwsgi", "--chdir", str(package), "--http", f"127.0.0.1:{port}", "--module", "core.wsgi:application",
            "--master", "--cheaper", "1", "--single-interpreter", "--processes", str(2 * (os.cpu_count() or 1)), "--threads",
            "1", "--vacuum", "--die-on-term", "--buffer-size", "65535", "--http-timeout", "300", "--need-app",
            "--ignore-sigpipe", "--ignore-write-errors", "--disable-write-exception", "--harakiri", "120",
            "--post-buffering", "4096", "--disable-logging", "--enable-threads", "--thunder-lock", "--lazy-apps",
            "--max-requests", "5000", "--reload-on-rss", "2048", "--venv", peer,
        ]  # fmt: skip
        start = [
            f"{peer}/bin/label-studio", "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port),
            "--data-dir", home,
        ]  # fmt: skip
        command = uwsgi if server == "uWSGI" else start
        with _serving(command, environment, port, "/health"):
            took, seconds, errors = _race(_in_label_studio, port, people, seconds, told)
        database = next(Path(home).glob("*.sqlite3"))
        with sqlite3.connect(database) as rows:
            stored = rows.execute("SELECT count(*) FROM task_completion").fetchone()[0]
            twice = rows.execute(
                "SELECT count(*) FROM (SELECT task_id FROM task_completion GROUP BY task_id HAVING count(*) > 1)"
            ).fetchone()[0]
        _check(len(took), stored, "Label Studio")
        return Ran(f"Label Studio {told['version']}, {server}", people, len(took), seconds, took, twice, errors)


def _task(line: bytes) -> dict[str, Any]:
    """The same payload: the content's texts as the template shows them, and the whole submission beside."""
    item = json.loads(line)
    content = item["content"]
    images = content.get("images") or [{}]
    image = images[0].get("url", "") if isinstance(images[0], dict) else images[0]
    shown = {"title": content["title"], "description": content.get("description", ""), "image": image}
    rest = {name: value for name, value in content.items() if name not in ("title", "description", "images")}
    return {**shown, "item": {**item, "content": rest}}


def _in_label_studio(port: int, number: int, until: Callable[[], bool], told: dict[str, Any]) -> Iterator[float]:
    # uWSGI's own front closes each connection without saying so.
    with Browser(port, keeps=False) as http:
        http.get("/user/login/")
        form = {
            "email": f"p{number}@peer.test", "password": PASSWORD, "csrfmiddlewaretoken": http.cookies["csrftoken"],
        }  # fmt: skip
        assert "login" not in http.post("/user/login/", data=form).path
        http.headers.update({"X-CSRFToken": http.cookies["csrftoken"]})
        yield 0.0
        done = 0
        while not until():
            started = time.perf_counter()
            answer = http.get(f"/api/projects/{told['project']}/next/")
            if answer.status_code == 404:
                return
            task = _good(answer).json()
            choices = "violation" if done % RESTRICT_EVERY == 0 else "no_violation"
            result = [_region("outcome", "choices", {"choices": [choices]})]
            if choices == "violation":
                result.append(_region("facts", "textarea", {"text": [FACTS.format(title=task["data"]["title"])]}))
            body = {"result": result, "lead_time": 1.0, "started_at": None}
            _good(http.post(f"/api/tasks/{task['id']}/annotations/?project={told['project']}", json=body))
            done += 1
            yield time.perf_counter() - started


def _region(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "from_name": name, "to_name": "text", "type": kind, "value": value}


def _peer(folder: Path) -> str:
    if not (folder / "bin" / "uwsgi").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([f"{folder}/bin/pip", "install", "-q", "label-studio", "uwsgi"], check=True)
    return str(folder)


def _peer_version(peer: str) -> str:
    code = "from importlib.metadata import version; print(version('label-studio'))"
    return subprocess.run(
        [f"{peer}/bin/python", "-c", code], check=True, text=True, stdout=subprocess.PIPE
    ).stdout.strip()


class Answer:
    """What a server said; ``path`` is where it came from after redirects."""

    def __init__(self, status_code: int, path: str, content: bytes) -> None:
        self.status_code, self.path, self.content = status_code, path, content

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


class Browser:
    """As little of one as is needed: cookies, redirects, one connection for as long as the server keeps it.

    The clients share the processors with the server, so they are made of the standard library's plainest parts.
    """

    def __init__(self, port: int, *, keeps: bool = True) -> None:
        self._keeps = keeps
        self._connection = HTTPConnection("127.0.0.1", port, timeout=120)
        self._host = f"http://127.0.0.1:{port}"
        self.headers: dict[str, str] = {}
        self.cookies: dict[str, str] = {}

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_problem: object) -> None:
        self._connection.close()

    def get(self, path: str) -> Answer:
        return self._follow("GET", path, None, {})

    def post(self, path: str, data: dict[str, Any] | None = None, json: Any = None) -> Answer:
        if json is not None:
            return self._follow("POST", path, orjson.dumps(json), {"Content-Type": "application/json"})
        form = urlencode(data or {}).encode()
        return self._follow("POST", path, form, {"Content-Type": "application/x-www-form-urlencoded"})

    def _follow(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        for _ in range(5):
            status, location, content = self._once(method, path, body, headers)
            if status not in (301, 302, 303):
                return Answer(status, path, content)
            method, path, body, headers = "GET", urlsplit(location).path, None, {}
        raise RuntimeError(f"redirects without end at {path}")

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, str, bytes]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        every = {**self.headers, **headers, "Cookie": cookie, "Referer": self._host, "Origin": self._host}
        self._connection.request(method, path, body, every)
        answer = self._connection.getresponse()
        content = answer.read()
        if not self._keeps:
            self._connection.close()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _equals, value = line.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value
        return answer.status, answer.headers.get("Location", ""), content


# The race itself ------------------------------------------------------------------------------------------------------


def _race(
    person: Person, port: int, people: int, seconds: float, told: dict[str, Any]
) -> tuple[list[float], float, int]:
    """Everybody logs in, then all start at one moment; what each cycle took, how long all of it, how many broke off."""
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(people), context.Queue()
    runners = [
        context.Process(target=_run, args=(person, port, number, seconds, told, barrier, results))
        for number in range(people)
    ]
    for runner in runners:
        runner.start()
    gathered = [results.get() for _ in runners]
    for runner in runners:
        runner.join()
    for error in (one["error"] for one in gathered if one["error"]):
        print(f"  broke off: {error}", file=sys.stderr)
    took = [span for one in gathered for span in one["took"]]
    began = min(one["began"] for one in gathered)
    return took, max(one["ended"] for one in gathered) - began, sum(1 for one in gathered if one["error"])


def _run(
    person: Person, port: int, number: int, seconds: float, told: dict[str, Any], barrier: Any, results: Any
) -> None:
    took: list[float] = []
    error, began, ended = "", 0.0, 0.0
    try:
        cycles = person(port, number, lambda: time.perf_counter() - began > seconds, told)
        next(cycles)
        barrier.wait()
        began = ended = time.perf_counter()
        for span in cycles:
            took.append(span)
            ended = time.perf_counter()
    except Exception as problem:  # the result says so, whatever it was
        error = f"{type(problem).__name__}: {problem}"[:300]
        barrier.abort() if not began else None
    results.put({"took": took, "began": began, "ended": ended, "error": error})


def _good(answer: Any) -> Any:
    if answer.status_code >= 400:
        raise RuntimeError(f"{answer.status_code} {answer.path}: {answer.text[:200]}")
    return answer


def _found(pattern: str, page: str) -> str:
    match = re.search(pattern, page)
    assert match is not None, pattern
    return match[1]


def _check(told: int, stored: int, system: str) -> None:
    if told != stored:
        print(f"  {system}: {told} cycles were answered, {stored} are stored", file=sys.stderr)


@contextmanager
def _serving(command: list[str], environment: dict[str, str], port: int, path: str) -> Iterator[None]:
    import httpx

    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, env=environment, start_new_session=True, stdout=log, stderr=log)
        try:
            for _ in range(600):
                try:
                    if httpx.get(f"http://127.0.0.1:{port}{path}", timeout=30).status_code < 500:
                        break
                except httpx.TransportError:
                    time.sleep(0.2)
                if server.poll() is not None:
                    log.seek(0)
                    raise SystemExit(f"the server ended with {server.returncode}:\n{log.read().decode()[-2_000:]}")
            else:
                raise SystemExit("the server did not come up")
            yield
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _line(ran: Ran) -> str:
    ordered = sorted(ran.took_s) or [0.0]
    p50, p95 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.95))
    return (
        f"| {ran.system} | {ran.people} | {ran.cycles} | {ran.seconds:.1f} | {ran.per_second:.1f} | {p50:,.0f} | {p95:,.0f} | "
        f"{ran.twice} | {ran.errors} |"
    )


def _table(rows: list[Ran]) -> str:
    head = (
        "| system | people | cycles | seconds | cycles/s | p50 ms | p95 ms | judged or handed out twice | broke off |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    )
    ratios = []
    for theirs in (row for row in rows if row.system.startswith("Label Studio") and row.cycles):
        people = "one person" if theirs.people == 1 else f"{theirs.people} people"
        for ours in (row for row in rows if row.people == theirs.people and row.system.startswith("Piepowder")):
            times = ours.per_second / theirs.per_second
            ratios.append(f"- {ours.system}, {people}: {times:.1f} times the cycles per second of {theirs.system}")
    return "\n".join([head, *map(_line, rows), "", *ratios])


if __name__ == "__main__":
    sys.exit(main())
