"""What `docker compose up` starts, as far as it can be read."""

from __future__ import annotations

from urllib.parse import urlsplit

import yaml

from tests.conftest import ROOT

SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]


def test_any_password_will_do_because_none_stands_in_an_address() -> None:
    for name in ("upgrade", "web", "worker"):
        environment = SERVICES[name]["environment"]
        address = urlsplit(environment["DATABASE_URL"])
        assert (address.username, address.password, address.hostname) == ("piepowder", None, "database")
        assert environment["PGPASSWORD"] == "${POSTGRES_PASSWORD}"


def test_only_what_serves_is_asked_for_its_health() -> None:
    assert SERVICES["worker"]["healthcheck"] == {"disable": True}
    assert "healthcheck" not in SERVICES["web"]
