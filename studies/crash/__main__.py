"""``python -m studies.crash [--kills 200] [--seed 1] [--record]``: the study, on SQLite or on what DATABASE_URL names."""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import secrets
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studies.crash.stack import Member, children_of, free_port, wait_ready

ROOT = Path(__file__).resolve().parents[2]


def study(*, kills: int, seed: int, folder: Path, database: str, settle_s: float = 0.3) -> dict[str, Any]:
    """Run the whole stack under load, kill one member at each of ``kills`` seeded instants, then audit what is left."""
    chance = random.Random(seed)
    port, hook, secret = free_port(), free_port(), secrets.token_hex(16)
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "DATABASE_URL": database or f"sqlite:///{folder / 'crash.sqlite3'}",
        "PIEPOWDER_HOME": str(folder),
        "PIEPOWDER_SECRET_KEY": "study",
        "PIEPOWDER_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "piepowder.settings",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }
    _run(environment, "-m", "django", "migrate", "--verbosity", "0")
    key = _run(environment, "-m", "studies.crash.setting", f"http://127.0.0.1:{hook}/hook", secret).strip()

    def member(name: str, *arguments: str) -> Member:
        return Member(name, list(arguments), environment, folder / f"{name}.log")

    receiver = member(
        "receiver", "-m", "tests.outbox.receiver", "--port", str(hook), "--file", str(folder / "received.ndjson"),
        "--secret", secret,
    )  # fmt: skip
    web = member("web", "-m", "piepowder.cli", "serve", "--port", str(port), "--workers", "1")
    worker = member("worker", "-m", "piepowder.cli", "worker")
    poster = member("poster", "-m", "studies.crash.poster", url, key, str(folder / "posted.log"), "1")
    people = [
        member(f"reviewer-{n}", "-m", "studies.crash.reviewer", f"{name}@crash.test", str(folder / f"decided-{n}.log"))
        for n, name in enumerate(("one", "two"))
    ]
    everybody = [receiver, web, worker, *people, poster]
    victims = [web, web, worker, worker, *people]
    try:
        for one in (receiver, worker):
            one.start()
        poster.start()
        for point in ("after_intake", "mid_bulk"):
            dying = member(f"web {point}", "-m", "studies.crash.dying", str(port), point)
            everybody.append(dying)
            _let_die(dying, reap_group=True)
        web.start()
        wait_ready(url)
        for point in ("claim", "decide"):
            dying = member(f"reviewer after_{point}", *people[0].arguments, "--die-after", point)
            everybody.append(dying)
            _let_die(dying)
        _kill_mid_webhook(worker, folder / "received.ndjson", people[1])
        for one in people:
            if one.ended:
                one.start()
        for number in range(kills):
            time.sleep(settle_s + chance.random())
            victim = chance.choice(victims)
            victim.kill()
            victim.start()
            if poster.ended:
                raise SystemExit(poster.log.read_text()[-2000:])
            if number % 20 == 19:
                print(f"  {number + 1} of {kills} kills", file=sys.stderr)
        wait_ready(url)
        time.sleep(2)
        poster.stop()
        for one in people:
            one.stop()
        _drain(environment, folder)
    finally:
        for one in reversed(everybody):
            one.stop()
    result: dict[str, Any] = json.loads(_run(environment, "-m", "studies.crash.audit", str(folder)))
    result["kills"] = {one.name: one.kills for one in everybody if one.kills}
    return result


def _let_die(member: Member, reap_group: bool = False, limit_s: float = 60) -> None:
    """Start a process that will kill itself at its named point, and wait until it has."""
    member.start()
    assert member.process is not None
    until = time.monotonic() + limit_s
    # Granian's parent outlives the worker that killed itself; its port closing is the sign.
    while time.monotonic() < until and member.process.poll() is None:
        if reap_group and member.time_up() > 3 and not children_of(member.process.pid):
            break
        time.sleep(0.05)
    else:
        if member.process.poll() is None:
            raise SystemExit(f"{member.name} did not die at its point: {member.log.read_text()[-1000:]}")
    member.kill()


def _kill_mid_webhook(worker: Member, received: Path, reviewer: Member, limit_s: float = 60) -> None:
    """Kill the worker at the moment at which a request reached the receiver and is not yet recorded as delivered."""
    reviewer.start()
    before = received.stat().st_size if received.exists() else 0
    until = time.monotonic() + limit_s
    while time.monotonic() < until and (not received.exists() or received.stat().st_size == before):
        time.sleep(0.0005)
    worker.kill()
    worker.start()


def _drain(environment: dict[str, str], folder: Path, limit_s: float = 180) -> None:
    """Wait until the worker has nothing left to send or seal."""
    waiting = (
        "import django; django.setup()\n"
        "from piepowder.outbox.models import Delivery\n"
        "from piepowder.ledger.models import Unsealed\n"
        "print(Delivery.objects.filter(state__in=['pending', 'taken']).count() + Unsealed.objects.count())"
    )
    until = time.monotonic() + limit_s
    while int(_run(environment, "-c", waiting)) and time.monotonic() < until:
        time.sleep(1)


def _run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {done.stderr[-3000:]}")
    return done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", action="store_true", help="append to studies/RESULTS.md")
    options = parser.parse_args()
    database = os.environ.get("DATABASE_URL", "")
    with tempfile.TemporaryDirectory(prefix="piepowder-crash-") as folder:
        result = study(kills=options.kills, seed=options.seed, folder=Path(folder), database=database)
    name = "PostgreSQL" if database.startswith("postgres") else "SQLite"
    print(json.dumps({"database": name, **result}, indent=2))
    if options.record:
        _record(name, options, result)
    return 1 if result["wrong"] else 0


def _record(name: str, options: argparse.Namespace, result: dict[str, Any]) -> None:
    path = ROOT / "studies" / "RESULTS.md"
    if not path.exists():
        path.write_text("# Studies\n\nWhat was run, when, where, and what came out. Each is one command with a seed.\n")
    counts = ", ".join(f"{value:,} {what}" for what, value in result["counts"].items())
    kills = ", ".join(f"{who} {n}" for who, n in result["kills"].items())
    wrong = result["wrong"] or ["nothing lost, nothing doubled, nothing out of order, the ledger whole"]
    told = "\n".join(f"- {line}" for line in wrong)
    with open(path, "a") as file:
        file.write(
            f"\n## Crash study, {name}, {datetime.now(UTC):%Y-%m-%d}\n\n"
            f"`python -m studies.crash --kills {options.kills} --seed {options.seed}` on {platform.machine()}, "
            f"{os.cpu_count()} cores, Python {platform.python_version()}. SIGKILL to whole process groups: {kills}.\n\n"
            f"{counts}.\n\n{told}\n"
        )


if __name__ == "__main__":
    sys.exit(main())
