"""The list of reference pages, the hand-written one included."""

from __future__ import annotations

from collections.abc import Mapping

from pages.markdown import document

FILE = "README.md"
TITLE = "Reference"
TOLD = "Generated from the code by `make docs`, but for the page on webhooks, which is written by hand."


def page(found: Mapping[str, str]) -> str:
    titles = {
        name: next(line[2:] for line in text.splitlines() if line.startswith("# ")) for name, text in found.items()
    }
    titles["webhooks.md"] = "Webhooks: topics, envelope, signature, retries"
    lines = [f"- [{title}]({name})" for name, title in sorted(titles.items(), key=lambda pair: pair[1].lower())]
    return document(TITLE, TOLD, "index", "\n".join(lines))
