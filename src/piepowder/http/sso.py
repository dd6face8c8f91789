"""The file that says which identity providers people may come in through.

It is the only place where they are set up: nothing is fetched from an address that a person typed into a screen.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

_OIDC = {"code", "name", "server_url", "client_id", "client_secret", "client_secret_env", "origins", "welcome"}
_SAML = {
    "code",
    "name",
    "idp",
    "entity_id",
    "email_attribute",
    "name_attribute",
    "email_is_verified",
    "origins",
    "welcome",
}
_IDP = {"entity_id", "sso_url", "certificate"}
_WELCOME = {"domains", "role", "vendor"}
_EMAIL = [
    "email",
    "mail",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "urn:oid:1.2.840.113549.1.9.1",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
]
_NAME = [
    "displayName",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
]


class BadSsoFile(Exception):
    """The file cannot be used; the text says where and why."""


@dataclass(frozen=True, slots=True)
class SingleSignOn:
    """``providers`` as allauth wants them; ``origins`` are where the login form may lead."""

    providers: Mapping[str, Any]
    origins: tuple[str, ...] = ()


def read_sso(path: Path, public_url: str) -> SingleSignOn:
    """The providers in the YAML file at ``path``; none when there is no such file. Raises ``BadSsoFile``."""
    if not path.exists():
        return SingleSignOn({})
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadSsoFile(f"{path}: {error}") from None
    if not isinstance(told, dict) or set(told) - {"oidc", "saml"}:
        raise BadSsoFile(f"{path}: it holds the lists 'oidc' and 'saml', nothing else")
    oidc = [_oidc(one, f"{path}: oidc {number}") for number, one in enumerate(told.get("oidc") or [], start=1)]
    saml = [_saml(one, f"{path}: saml {number}", public_url) for number, one in enumerate(told.get("saml") or [], 1)]
    codes = [app["provider_id"] for app, _ in (*oidc, *saml)]
    if len(set(codes)) < len(codes):
        raise BadSsoFile(f"{path}: each provider needs a code of its own")
    origins = tuple(sorted({origin for _, found in (*oidc, *saml) for origin in found}))
    providers: dict[str, dict[str, Any]] = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app for app, _ in oidc]},
        "saml": {"APPS": [app for app, _ in saml]},
    }
    return SingleSignOn({name: one for name, one in providers.items() if one["APPS"]}, origins)


def _oidc(told: Any, where: str) -> tuple[dict[str, Any], list[str]]:
    _check(told, where, _OIDC, ("code", "name", "server_url", "client_id"))
    secret = told.get("client_secret") or os.environ.get(str(told.get("client_secret_env", "")), "")
    if not secret:
        raise BadSsoFile(f"{where}: give client_secret, or client_secret_env naming a variable that is set")
    server = _web_address(told["server_url"], f"{where}: server_url").rstrip("/")
    settings = {"server_url": server, "welcome": _welcome(told, where), "email_is_verified": False}
    app = {
        "provider_id": str(told["code"]),
        "name": str(told["name"]),
        "client_id": str(told["client_id"]),
        "secret": str(secret),
        "settings": settings,
    }
    return app, _origins(told, server)


def _saml(told: Any, where: str, public_url: str) -> tuple[dict[str, Any], list[str]]:
    _check(told, where, _SAML, ("code", "name", "idp"))
    idp = told["idp"]
    _check(idp, f"{where}: idp", _IDP, tuple(sorted(_IDP)))
    sso_url = _web_address(idp["sso_url"], f"{where}: idp: sso_url")
    code = str(told["code"])
    app = {
        "provider_id": code,
        "client_id": code,
        "name": str(told["name"]),
        "settings": {
            "attribute_mapping": {
                "email": told.get("email_attribute") or _EMAIL,
                "email_verified": ["http://schemas.auth0.com/email_verified", "email_verified"],
                "name": told.get("name_attribute") or _NAME,
            },
            "idp": {"entity_id": str(idp["entity_id"]), "sso_url": sso_url, "x509cert": str(idp["certificate"])},
            "sp": {"entity_id": told.get("entity_id") or f"{public_url}/login/saml/{code}/metadata/"},
            # An answer must be one to a question of ours, and the assertion itself signed, not only its envelope.
            "advanced": {
                "strict": True,
                "want_assertion_signed": True,
                "reject_idp_initiated_sso": True,
                "reject_deprecated_algorithm": True,
                "allow_single_label_domains": True,
                "want_name_id": True,
            },
            "email_is_verified": told.get("email_is_verified") is True,
            "welcome": _welcome(told, where),
        },
    }
    return app, _origins(told, sso_url)


def _check(told: Any, where: str, known: set[str], needed: tuple[str, ...]) -> None:
    if not isinstance(told, dict):
        raise BadSsoFile(f"{where}: names with values are expected")
    unknown = sorted(set(map(str, told)) - known)
    missing = [name for name in needed if not told.get(name)]
    if unknown or missing:
        problems = [f"'{name}' is unknown" for name in unknown] + [f"'{name}' is missing" for name in missing]
        raise BadSsoFile(f"{where}: {'; '.join(problems)}")


def _welcome(told: Mapping[str, Any], where: str) -> dict[str, Any] | None:
    given = told.get("welcome")
    if given is None:
        return None
    _check(given, f"{where}: welcome", _WELCOME, tuple(sorted(_WELCOME)))
    domains = sorted(str(domain).lower().lstrip("@") for domain in given["domains"])
    return {"domains": domains, "role": str(given["role"]), "vendor": str(given["vendor"])}


def _origins(told: Mapping[str, Any], address: str) -> list[str]:
    return [_origin(address), *(_origin(str(one)) for one in told.get("origins") or ())]


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _web_address(told: Any, where: str) -> str:
    """``https``, or ``http`` to this very machine."""
    parts = urlsplit(str(told))
    local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or not (parts.scheme == "https" or local):
        raise BadSsoFile(f"{where}: '{told}' is not an address that begins with https://")
    return str(told)
