"""The API's operations, gathered."""

from __future__ import annotations

from ninja import NinjaAPI

api = NinjaAPI(title="Piepowder", version="1", docs_url="/docs", urls_namespace="api")
