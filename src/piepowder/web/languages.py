"""Names of languages, and how Django's codes match those of the texts."""

from __future__ import annotations

from django.utils.translation import get_language_info


def policy_language(interface_language: str | None) -> str:
    """The code under which texts in this language of the screens are kept: ``zh-hans`` is ``zh-Hans`` there."""
    return {"zh-hans": "zh-Hans"}.get(interface_language or "", interface_language or "en")


def language_name(code: str) -> str:
    """The language in its own words, or its code when nobody knows it."""
    try:
        return str(get_language_info(code.lower())["name_local"])
    except KeyError:
        return code
