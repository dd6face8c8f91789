"""What the log must not tell: whoever holds the token of a link is let in by it."""

from __future__ import annotations

import logging
import re
from typing import Any, Final

_LINK: Final = re.compile(r"(/portal/(?:open|report/sent)/)[^/?#\s'\"<>]+")


class WithoutLinks(logging.Filter):
    """Lets every record pass, without the tokens in the addresses that it names."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _told(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_told(one) for one in record.args)
        request = getattr(record, "request", None)
        if request is not None and _LINK.search(str(request)):
            record.request = _told(str(request))
        return True


def _told(value: Any) -> Any:
    return _LINK.sub(r"\1…", value) if isinstance(value, str) else value
