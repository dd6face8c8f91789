"""A small OpenID provider that runs beside a test and lets in whomever the test names."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa


class Provider:
    """``people`` by their ``sub``, with the claims told of each."""

    def __init__(self, people: dict[str, dict[str, Any]]) -> None:
        self.people = people
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.codes: dict[str, dict[str, str]] = {}
        self.issuer = ""
        self.audience = ""
        """Whom tokens are for, when that shall not be whoever asks."""

    def configuration(self) -> dict[str, Any]:
        named = {"authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "userinfo"}
        told: dict[str, Any] = {name: f"{self.issuer}/{path}" for name, path in named.items()}
        return {
            **told,
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def allow(self, asked: dict[str, str], sub: str) -> str:
        """Where the browser goes after ``sub`` has proven who they are."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**asked, "sub": sub}
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, asked: dict[str, str]) -> dict[str, Any] | None:
        """Tokens for a code that was given out, once, to whoever has the secret and the verifier."""
        given = self.codes.pop(asked.get("code", ""), None)
        verifier = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if given is None or asked.get("client_secret") != "s3cret" or given["code_challenge"] != challenge:
            return None
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.audience or asked["client_id"], "iat": now, "exp": now + 60}
        claims["sub"] = given["sub"]
        signed = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})
        return {"access_token": given["sub"], "token_type": "Bearer", "id_token": signed}


@contextmanager
def served(provider: Provider) -> Iterator[str]:
    """The address of ``provider`` while it runs."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/.well-known/openid-configuration":
                self._tell(provider.configuration())
            elif path == "/userinfo":
                sub = self.headers["Authorization"].removeprefix("Bearer ")
                self._tell({"sub": sub, **provider.people[sub]})
            elif path.startswith("/detour"):
                self.send_response(302)
                self.send_header("Location", f"{provider.issuer}/.well-known/openid-configuration")
                self.end_headers()
            else:
                self._tell({}, 404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            if urlsplit(self.path).path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                self.send_response(302)
                self.send_header("Location", provider.allow(query, asked["sub"]))
                self.end_headers()
                return
            told = provider.token(asked)
            self._tell(told or {"error": "invalid_grant"}, 200 if told else 400)

        def _tell(self, told: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *told: Any) -> None:
            """Nothing: the test says what went wrong."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider.issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
