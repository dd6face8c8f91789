"""E-mail leaves: by SMTP, or into a folder where none is set up."""

from __future__ import annotations

import os
import smtplib
import ssl
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings

from piepowder.outbox.parcels import Outcome, Parcel


@dataclass(frozen=True, slots=True)
class Relay:
    """The mail server that takes our mail."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = False
    tls: bool = False


class BadSmtpUrl(ValueError):
    """``PIEPOWDER_SMTP_URL`` names no mail server."""


def relay(url: str) -> Relay:
    """Read ``smtp://user:password@host:587?tls=1`` (STARTTLS) or ``smtps://…`` (TLS from the start)."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise BadSmtpUrl("PIEPOWDER_SMTP_URL looks like smtp://user:password@host:587?tls=1 or smtps://host")
    tls = parts.scheme == "smtps"
    return Relay(
        host=parts.hostname,
        port=parts.port or (465 if tls else 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parse_qs(parts.query).get("tls", ["0"])[0] == "1" and not tls,
        tls=tls,
    )


def post_letter(parcel: Parcel) -> Outcome:
    """Hand one letter to the mail server, or write it to the folder ``mail`` when none is set up."""
    if not parcel.recipient or not parcel.payload:
        return Outcome(delivered=False, took_ms=0, problem="the recipient was erased", final=True)
    if not settings.SMTP_URL:
        return _write(parcel, Path(settings.HOME) / "mail")
    try:
        return _submit(parcel, relay(settings.SMTP_URL))
    except smtplib.SMTPRecipientsRefused as refused:
        status, said = next(iter(refused.recipients.values()))
        return _refused(status, said)
    except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as refused:
        return _refused(refused.smtp_code, refused.smtp_error)
    except smtplib.SMTPResponseException as failure:
        # Greeting or login: that is our own set-up, which can be mended while the letter waits.
        return Outcome(delivered=False, took_ms=0, status=failure.smtp_code, problem=_words(failure.smtp_error))
    except (smtplib.SMTPException, OSError) as failure:
        return Outcome(delivered=False, took_ms=0, problem=f"{type(failure).__name__}: {failure}")


def _refused(status: int, said: bytes | str) -> Outcome:
    """5xx about this letter is for good (RFC 5321, 4.2.1); 4xx is for now."""
    return Outcome(
        delivered=False,
        took_ms=0,
        status=status,
        problem=f"the mail server answered {status}",
        answer=_words(said),
        final=500 <= status < 600,
    )


def _submit(parcel: Parcel, server: Relay) -> Outcome:
    _, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    context = ssl.create_default_context()
    smtp: smtplib.SMTP
    if server.tls:
        smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=parcel.timeout_s, context=context)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=parcel.timeout_s)
    with smtp:
        if server.starttls:
            smtp.starttls(context=context)
        if server.user:
            smtp.login(server.user, server.password)
        smtp.sendmail(sender, [parcel.recipient], parcel.payload)
    return Outcome(delivered=True, took_ms=0, status=250)


def _write(parcel: Parcel, folder: Path) -> Outcome:
    """One file per event, so that a letter that is sent again lies over the first; for this user's eyes alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{parcel.event_id}.eml"
    fresh = path.with_suffix(f".{os.getpid()}")
    try:
        with fresh.open("wb") as file:
            file.write(parcel.payload)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as failure:
        return Outcome(delivered=False, took_ms=0, problem=f"{type(failure).__name__}: {failure}")
    return Outcome(delivered=True, took_ms=0, answer=f"written to {path.name}")


def _words(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
