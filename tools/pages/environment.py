"""Every environment variable that the program reads, and what it means."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pages.markdown import code, codes, document, table
from pages.source import sources, text

FILE = "settings.md"
TITLE = "Settings"
TOLD = """\
All settings come from the environment; `piepowder doctor` says what is missing. Everything else (queues, routing,
calendars, targets, policies, roles, endpoints) is kept in the database, changed on screens, and recorded in the ledger."""

DESCRIBED: dict[str, tuple[str, str]] = {
    "PIEPOWDER_HOME": (
        "`./var`",
        "The folder for the embedded database, secret key, media, mail, backups and published ledger heads.",
    ),
    "DATABASE_URL": (
        "SQLite in the home",
        "`postgresql://user:password@host:5432/name` (15 or newer; libpq's options after `?`) or `sqlite:///path`.",
    ),
    "PIEPOWDER_PUBLIC_URL": (
        "`http://127.0.0.1:8000`",
        "The address people use. With `https://` cookies are secure, HSTS is sent and the proxy's `X-Forwarded-Proto` is "
        "believed.",
    ),
    "PIEPOWDER_HOSTS": (
        "none",
        "Host names that are answered besides loopback and that of the public address, by commas.",
    ),
    "PIEPOWDER_SECRET_KEY": (
        "made in the home",
        "Signs sessions and password-reset links. Set it when several machines serve.",
    ),
    "PIEPOWDER_MARKETPLACE": ("`Market`", "The marketplace's name, as statements of reasons give it."),
    "PIEPOWDER_DSA_TOKEN": (
        "empty",
        "Token for the DSA Transparency Database; without it, the one given on the page of submissions.",
    ),
    "PIEPOWDER_SMTP_URL": (
        "mail is written to `mail/` in the home",
        "`smtp://user:password@host:587?tls=1` (STARTTLS) or `smtps://…`.",
    ),
    "PIEPOWDER_MAIL_FROM": ("`Piepowder <piepowder@localhost>`", "The sender of e-mail."),
    "PIEPOWDER_S3_BUCKET": (
        "media in the home",
        "Keep media in this bucket of an S3-compatible store; needs the extra `s3`.",
    ),
    "PIEPOWDER_S3_ENDPOINT": (
        "Amazon's",
        "The address of another store than Amazon's. Credentials come as boto3 finds them.",
    ),
    "PIEPOWDER_MEDIA_LIMIT_MB": ("`200`", "The largest picture, film or document that is fetched or uploaded."),
    "PIEPOWDER_ALLOW_PRIVATE_ADDRESSES": (
        "no",
        "`1` lets media and webhooks reach private addresses everywhere: for trying things out. A single endpoint can be "
        "allowed to instead.",
    ),
    "PIEPOWDER_STREAM_ORIGINS": (
        "none",
        "Origins from which parts of livestreams come beside that of the stream's own address, such as "
        "`https://cdn.example`; several with commas. Only the page of the player is allowed to load from them.",
    ),
    "PIEPOWDER_SSO_FILE": (
        "`sso.yaml` in the home",
        "The identity providers through which people log in (OpenID Connect, SAML); without the file, by password alone.",
    ),
    "PIEPOWDER_TRUSTED_PROXIES": (
        "`0`",
        "How many proxies of your own stand before the web processes: that many entries from the end of "
        "`X-Forwarded-For` is the client's address, which limits on log-ins count by.",
    ),
    "PIEPOWDER_CLIENT_IP_HEADER": (
        "none",
        "A header in which your proxy tells the client's address; believed before `X-Forwarded-For`.",
    ),
    "PIEPOWDER_LEDGER_HEAD_FILE": (
        "`ledger-heads.ndjson` in the home",
        "Where published ledger heads are appended; best on storage that the database's owner cannot change.",
    ),
    "PIEPOWDER_LOG_LEVEL": ("`INFO`", "Level of the JSON log lines on standard error."),
    "PIEPOWDER_DEBUG": (
        "no",
        "`1` shows internals on error pages and stack traces on the command line. Never in production.",
    ),
    "PROMETHEUS_MULTIPROC_DIR": (
        "none",
        "A folder through which the web processes of one machine add up their metrics.",
    ),
}
"""Default and meaning. A variable that is read and not described here, or described and not read, stops the generator."""

OWN: dict[str, str] = {
    "DJANGO_SETTINGS_MODULE": "set by the program",
    "PIEPOWDER_WORKERS": "the number of web processes, set by `serve` so that they share a key's rate limit",
    "PIEPOWDER_SERVES": "set by `serve`",
    "PROMETHEUS_MULTIPROC_DIR": "the folder through which the web processes of one `serve` count together",
}
"""What the program tells its own child processes; nobody sets these by hand."""


def page() -> str:
    found = read()
    if unknown := sorted(set(found) - set(DESCRIBED) - set(OWN)):
        raise SystemExit(f"describe in tools/pages/environment.py: {', '.join(unknown)}")
    if gone := sorted((set(DESCRIBED) | set(OWN)) - set(found)):
        raise SystemExit(f"nothing reads {', '.join(gone)} any more: take it out of tools/pages/environment.py")
    rows = [(code(name), default, told, codes(sorted(found[name]))) for name, (default, told) in DESCRIBED.items()]
    return document(TITLE, TOLD, "environment", table(("variable", "default", "meaning", "read in"), rows))


def read() -> dict[str, set[str]]:
    """Each variable with the modules that read or set it."""
    found: dict[str, set[str]] = {}
    for source in sources():
        for name in _names(source.tree):
            found.setdefault(name, set()).add(source.name)
    return found


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        given: ast.AST | None = None
        if isinstance(node, ast.Subscript) and _is_environment(node.value):
            given = node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            asked = node.func.attr in {"get", "setdefault", "pop"} and _is_environment(node.func.value)
            if asked or node.func.attr == "getenv":
                given = node.args[0]
        elif isinstance(node, ast.Compare) and any(_is_environment(one) for one in node.comparators):
            given = node.left
        name = text(given)
        if name:
            yield name


def _is_environment(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "environ"
