"""Every flow table, as table and as diagram."""

from __future__ import annotations

from pages.markdown import code, codes, document, fenced, table
from pages.source import modules
from piepowder.kernel.flow import Flow

FILE = "flows.md"
TITLE = "Flows"
TOLD = """\
What may become of a thing. One table feeds the checks in operations, the buttons on screens and this page; a step that is
not in it raises `wrong_state`. A step is a compare-and-swap: of two who take it at once, one succeeds."""


def page() -> str:
    found: dict[str, tuple[str, Flow]] = {}
    for module in modules():
        for name, value in vars(module).items():
            if isinstance(value, Flow) and module.__name__.endswith(".states"):
                found[value.noun] = (f"{module.__name__}.{name}", value)
    parts = []
    for noun, (where, flow) in sorted(found.items()):
        rows = [(code(verb), codes(source.value for source in sources), code(target.value))
                for verb, (sources, target) in flow.verbs.items()]  # fmt: skip
        parts += [
            f"## {noun.capitalize()}",
            f"`{where}`",
            fenced("mermaid", flow.mermaid()),
            table(("verb", "from", "to"), rows),
        ]
    return document(TITLE, TOLD, "flows", *parts)
