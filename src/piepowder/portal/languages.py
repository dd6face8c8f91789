"""How the codes of the screens' languages match those of texts."""

from __future__ import annotations

from django.utils.translation import get_language, get_language_info


def text_language(interface_language: str | None = None) -> str:
    """The code under which texts in the reader's language are kept: ``zh-hans`` is ``zh-Hans`` there."""
    code = interface_language or get_language() or "en"
    return {"zh-hans": "zh-Hans"}.get(code, code)


def language_name(code: str) -> str:
    """The language in its own words, or its code when nobody knows it."""
    try:
        return str(get_language_info(code.lower())["name_local"])
    except KeyError:
        return code
