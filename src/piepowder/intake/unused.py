"""Files that nothing refers to any more go from the storage too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.core.files.storage import default_storage
from django.db import models, transaction

from piepowder.intake.media import storage_name
from piepowder.intake.models import StoredMedia


def letting_go(model: type[models.Model], column: str) -> Callable[[list[Any]], Callable[[], None]]:
    """For emptying rows of ``model``: the files that ``column`` named are deleted after, unless something else has them."""

    def watch(ids: list[Any]) -> Callable[[], None]:
        rows = model._default_manager.filter(pk__in=ids, **{f"{column}__isnull": False})
        digests = sorted(set(rows.values_list(column, flat=True)))

        def finish() -> None:
            drop_unused(digests)

        return finish

    return watch


def drop_unused(digests: Iterable[str]) -> list[str]:
    """Delete those of the files that no row refers to; returns them. The bytes go once the transaction has committed."""
    dropped = []
    for digest in digests:
        uses = (
            relation.related_model._default_manager.filter(**{relation.field.name: digest})
            for relation in StoredMedia._meta.related_objects
            if isinstance(relation.related_model, type)
        )
        if any(use.exists() for use in uses):
            continue
        StoredMedia.objects.filter(pk=digest).delete()
        name = storage_name(digest)
        transaction.on_commit(lambda name=name: default_storage.delete(name))  # type: ignore[misc]
        dropped.append(digest)
    return dropped
