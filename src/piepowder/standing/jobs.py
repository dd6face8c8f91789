"""The sweep over standings: rows say themselves when something changes, so running late or twice changes nothing."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction

from piepowder.kernel.errors import PiepowderError
from piepowder.standing.adopting import adopt
from piepowder.standing.catalogue import ladders_on
from piepowder.standing.models import Tally
from piepowder.standing.settling import locked_account, settle

log = logging.getLogger(__name__)

AT_ONCE = 200
_AGAIN = timedelta(minutes=10)


def sweep(*, now: datetime) -> int:
    """Work out anew where something has changed: points that begin or cease to count, announced measures, sanctions that
    end. While every ladder is off nothing is asked but that."""
    known = {one.id: one for one in ladders_on()}
    if not known:
        return 0
    done = adopt(now=now)
    ready = {ladder_id: one for ladder_id, one in known.items() if one.ready}
    due = Tally.objects.filter(next_at__lte=now, ladder__in=list(ready)).order_by("next_at", "id")
    for pk, account_id, ladder_id in list(due.values_list("pk", "account", "ladder")[:AT_ONCE]):
        try:
            with transaction.atomic():
                account = locked_account(account_id)
                if Tally.objects.filter(pk=pk, next_at__lte=now).exists():
                    settle(account, ready[ladder_id], now, may_impose=True)
                    done += 1
        except (PiepowderError, DatabaseError) as problem:
            # One account must not hold up the others; it is tried again, and the page says that something is wrong.
            log.exception("the standing %s could not be worked out", pk)
            code = getattr(problem, "code", "database")
            Tally.objects.filter(pk=pk).update(next_at=now + _AGAIN, problem=str(code)[:40])
    return done
