"""Files that come with a form: kept at once, and carried along under our signature while the form is put right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _

from piepowder.http.client_address import client_address
from piepowder.intake.media import MediaRefused
from piepowder.intake.operations import store_upload
from piepowder.kernel.actor import Actor
from piepowder.portal.limits import spend

MOST_FILES = 10
MOST_BYTES = 20 * 1024 * 1024
FIELD, CARRIED = "files", "kept"
_SALT = "piepowder.portal.upload"
_LASTS_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Carried:
    """A file that is kept already; ``token`` brings it back with the form."""

    digest: str
    name: str
    token: str


@dataclass(frozen=True, slots=True)
class Files:
    """``problems`` are sentences about those that could not be kept."""

    carried: tuple[Carried, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def digests(self) -> tuple[str, ...]:
        return tuple(one.digest for one in self.carried)

    @property
    def evidence(self) -> tuple[str, ...]:
        """As notices name uploads."""
        return tuple(f"sha256:{digest}" for digest in self.digests)


def take_files(request: HttpRequest, actor: Actor, at: datetime) -> Files:
    """Keep what was sent now, after what was kept before. A file is sniffed and measured, never trusted."""
    carried = {one.digest: one for token in request.POST.getlist(CARRIED)[:MOST_FILES] if (one := _read(token))}
    problems = []
    for file in request.FILES.getlist(FIELD):
        name = (file.name or "")[:100]
        if len(carried) >= MOST_FILES:
            problems.append(_("At most %(most)d files; “%(name)s” was left out.") % {"most": MOST_FILES, "name": name})
            break
        problem = _keep(request, file, name, actor, at, carried)
        if problem:
            problems.append(problem)
    return Files(tuple(carried.values()), tuple(problems))


def _keep(
    request: HttpRequest, file: UploadedFile[Any], name: str, actor: Actor, at: datetime, carried: dict[str, Carried]
) -> str:
    if not file.size:
        return _("“%(name)s” is empty.") % {"name": name}
    if file.size > MOST_BYTES:
        return _("“%(name)s” is too large; at most %(most)d MB.") % {"name": name, "most": MOST_BYTES // 1024 // 1024}
    spend("upload", client_address(request))
    try:
        stored = store_upload(actor=actor, content=file, at=at)
    except MediaRefused as error:
        return _("“%(name)s” cannot be kept: %(why)s") % {"name": name, "why": error.detail}
    carried[stored.digest] = Carried(
        stored.digest, name, signing.dumps([stored.digest, name], salt=_SALT, compress=True)
    )
    return ""


def _read(token: str) -> Carried | None:
    try:
        digest, name = signing.loads(token, salt=_SALT, max_age=_LASTS_S)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Carried(str(digest), str(name), token)
