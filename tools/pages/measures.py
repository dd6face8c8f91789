"""What Prometheus finds at /metrics."""

from __future__ import annotations

import ast

from pages.markdown import code, codes, document, table
from pages.source import calls, keyword, sources, text

FILE = "metrics.md"
TITLE = "Prometheus metrics"
TOLD = """\
`GET /metrics`, for loopback or for an API key that holds `board:view` without limits. Counters and histograms are added up
over the web processes; gauges are asked of the database at each scrape. The metrics of the Python process come beside."""

_TYPES = {
    "Counter": "counter",
    "Histogram": "histogram",
    "Gauge": "gauge",
    "GaugeMetricFamily": "gauge",
    "CounterMetricFamily": "counter",
}


def page() -> str:
    rows = []
    for source in sources():
        for name, call in calls(source.tree):
            shown = text(call.args[0]) if name in _TYPES and call.args else None
            if shown and shown.startswith("piepowder_"):
                labels = keyword(call, "labels") or (call.args[2] if len(call.args) > 2 else None)
                rows.append((code(shown), _TYPES[name], _labels(labels), text(call.args[1])))
    return document(TITLE, TOLD, "measures", table(("metric", "type", "labels", "meaning"), sorted(rows)))


def _labels(node: ast.AST | None) -> str:
    return codes(text(one) for one in node.elts) if isinstance(node, ast.List | ast.Tuple) else ""
