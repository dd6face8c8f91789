"""Procrastinate's fetch from many processes, as JSON; run by its own interpreter: ``claiming_peer.py URL JOBS PROCESSES``."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
import time
from importlib.metadata import version
from typing import Any

import procrastinate

WARM_UP = 3


def app_for(url: str) -> procrastinate.App:
    connector = procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=1)
    app = procrastinate.App(connector=connector)
    app.task(name="review")(len)
    return app


async def fill(url: str, jobs: int) -> None:
    async with app_for(url).open_async() as app:
        await app.schema_manager.apply_schema_async()
        task = app.configure_task("review")
        for start in range(0, jobs, 1_000):
            await task.batch_defer_async(*[{"obj": str(n)} for n in range(start, min(start + 1_000, jobs))])


async def fetch_all(url: str, barrier: Any) -> dict[str, Any]:
    async with app_for(url).open_async() as app:
        worker = await app.job_manager.register_worker()
        claimed: list[str] = []
        for _ in range(WARM_UP):
            job = await app.job_manager.fetch_job(queues=None, worker_id=worker)
            claimed += [str(job.id)] if job else []
        took: list[float] = []
        ends: list[float] = []
        barrier.wait()
        started = time.perf_counter()
        while True:
            before = time.perf_counter()
            job = await app.job_manager.fetch_job(queues=None, worker_id=worker)
            after = time.perf_counter()
            if job is None:
                return {"claimed": claimed, "took": took, "ends": ends, "started": started, "dry": after}
            claimed.append(str(job.id))
            took.append(after - before)
            ends.append(after)


def work(url: str, barrier: Any, results: Any) -> None:
    results.put(asyncio.run(fetch_all(url, barrier)))


def main(url: str, jobs: int, processes: int) -> None:
    asyncio.run(fill(url, jobs))
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(processes), context.Queue()
    workers = [context.Process(target=work, args=(url, barrier, results)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    gathered = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    print(json.dumps({"version": version("procrastinate"), "results": gathered}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
