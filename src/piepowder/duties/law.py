"""What the half about content declares when Django starts: its letters and its clocks."""

from __future__ import annotations

from piepowder.duties.due import declare
from piepowder.duties.misuse import letters as _misuse_letters  # noqa: F401  (declares its kinds of letter)
from piepowder.duties.misuse import options as _misuse_options  # noqa: F401  (declares what can be chosen)
from piepowder.duties.orders import telling as _order_letters  # noqa: F401  (declares its kinds of letter)
from piepowder.duties.orders.reading import order_dues
from piepowder.duties.safety import options as _safety_options  # noqa: F401  (declares what can be chosen)
from piepowder.duties.safety.notices import notice_dues
from piepowder.duties.safety.reading import safety_dues
from piepowder.duties.threats.reading import threat_dues

declare(order_dues)
declare(threat_dues)
declare(notice_dues)
declare(safety_dues)
