"""The policy tree that ships."""

from __future__ import annotations

from pages.markdown import code, document, table
from piepowder.policy.library import shipped_tree

FILE = "shipped-policies.md"
TITLE = "The policy tree that ships"
TOLD = """\
Written for this program, in English and Simplified Chinese, as a beginning that a house adapts: severity 0 is the gravest.
`piepowder upgrade` adds what is new in a release and never touches what is there. Rule, examples, reviewer's note and the
text for the recipient stand in `src/piepowder/policy/shipped/`; title and text for the recipient also in German, French, Spanish
and Italian, in `words/` there."""


def page() -> str:
    rows = []
    leaves = 0
    for node in shipped_tree():
        version = node.versions[-1]
        titles = [version.texts[language].title for language in ("en", "zh-Hans")]
        if not node.is_leaf:
            rows.append((f"**{node.code}**", *(f"**{title}**" for title in titles), "", "", ""))
            continue
        leaves += 1
        measures = ", ".join(
            f"{one.family}: {one.measure.replace('_', ' ')}"
            + (f" for {one.duration_days} days" if one.duration_days else "")
            for one in version.default_enforcement
        )
        rows.append((code(node.code), *titles, f"SEV{int(version.severity)}", version.ground, measures))
    header = ("code", "English", "简体中文", "severity", "ground", "default enforcement")
    return document(TITLE, TOLD, "policies", f"{leaves} policies can be cited.", table(header, rows))
