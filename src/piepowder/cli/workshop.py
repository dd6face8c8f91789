"""The worker: one thread per job, each with its own database connection."""

from __future__ import annotations

import logging
import threading

from django.db import close_old_connections, connection
from django.utils import timezone

from piepowder.wiring import FINISH, JOBS, Job

logger = logging.getLogger("piepowder.worker")
_LONGEST_PAUSE_S = 30.0


class Workshop:
    """Runs every job of ``wiring.JOBS`` again and again; a job that fails is logged and tried again, later and later."""

    def __init__(self, jobs: tuple[Job, ...] = JOBS) -> None:
        self.jobs = jobs
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until ``stop`` is called, then finish what is in hand."""
        threads = [threading.Thread(target=self._repeat, args=(job,), name=job.name) for job in self.jobs]
        for thread in threads:
            thread.start()
        logger.info("worker started", extra={"jobs": [job.name for job in self.jobs]})
        for thread in threads:
            thread.join()
        for finish in FINISH:
            finish(now=timezone.now())
        logger.info("worker stopped")

    def stop(self) -> None:
        self._stopping.set()

    def run_until_idle(self) -> int:
        """Run all jobs in turn until a round finds nothing to do; returns how much was done."""
        total = 0
        for _ in range(1_000):
            done = sum(job.run(now=timezone.now()) for job in self.jobs)
            total += done
            if not done:
                break
        return total

    def _repeat(self, job: Job) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                done = job.run(now=timezone.now())
                failures = 0
            except Exception:
                done, failures = 0, failures + 1
                logger.exception("job failed", extra={"job": job.name, "failures": failures})
                close_old_connections()
            if failures:
                self._stopping.wait(min(_LONGEST_PAUSE_S, job.every_s * 2**failures))
            elif not done:
                self._stopping.wait(job.every_s)
        connection.close()
