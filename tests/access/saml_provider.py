"""A SAML identity provider that signs whatever a test asks it to."""

from __future__ import annotations

import base64
import shutil
import warnings
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree

with warnings.catch_warnings():
    # The library imports a cipher that is about to move; nothing here uses it.
    warnings.simplefilter("ignore")
    from saml2 import BINDING_HTTP_REDIRECT
    from saml2.config import IdPConfig
    from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
    from saml2.server import Server

ENTITY = "https://idp.example/metadata"
EMAIL = "urn:oid:1.2.840.113549.1.9.1.1"
"""How this provider's library names the attribute with the address."""
SSO_URL = "https://idp.example/sso"
_AUTHENTICATED = {
    "class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
    "authn_auth": ENTITY,
}


@dataclass(frozen=True, slots=True)
class Question:
    """What a browser was sent to the provider with."""

    id: str
    answer_to: str
    audience: str


def question_in(location: str) -> Question:
    packed = parse_qs(urlsplit(location).query)["SAMLRequest"][0]
    tree = etree.fromstring(zlib.decompress(base64.b64decode(packed), -15))
    issuer = tree.findtext("{urn:oasis:names:tc:SAML:2.0:assertion}Issuer")
    return Question(tree.get("ID") or "", tree.get("AssertionConsumerServiceURL") or "", issuer or "")


class SamlProvider:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate = _key_pair(folder)
        config = {
            "entityid": ENTITY,
            "xmlsec_binary": shutil.which("xmlsec1"),
            "key_file": str(folder / "key.pem"),
            "cert_file": str(folder / "cert.pem"),
            "service": {"idp": {"endpoints": {"single_sign_on_service": [(SSO_URL, BINDING_HTTP_REDIRECT)]}}},
        }
        self.server = Server(config=IdPConfig().load(config))

    def answer(self, question: Question, claims: dict[str, str], **otherwise: Any) -> str:
        """The answer as a browser posts it; ``otherwise`` replaces what a good one would say."""
        told: dict[str, Any] = {
            "identity": claims,
            "in_response_to": question.id,
            "destination": question.answer_to,
            "sp_entity_id": question.audience,
            "name_id": NameID(format=NAMEID_FORMAT_PERSISTENT, text=claims.get("uid", "somebody")),
            "authn": _AUTHENTICATED,
            "sign_assertion": True,
            "sign_response": False,
            "encrypt_assertion": False,
            "encrypted_advice_attributes": False,
            "sign_alg": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "digest_alg": "http://www.w3.org/2001/04/xmlenc#sha256",
        }
        response = self.server.create_authn_response(**{**told, **otherwise})
        return base64.b64encode(str(response).encode()).decode()


def unsigned(answer: str) -> str:
    """The answer with every signature cut out."""
    tree = etree.fromstring(base64.b64decode(answer))
    for signature in list(tree.iter("{http://www.w3.org/2000/09/xmldsig#}Signature")):
        parent = signature.getparent()
        assert parent is not None
        parent.remove(signature)
    return base64.b64encode(etree.tostring(tree)).decode()


def _key_pair(folder: Path) -> str:
    """Write key and certificate; returns the certificate without its frame."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    (folder / "key.pem").write_bytes(pem)
    framed = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "cert.pem").write_bytes(framed)
    return "".join(framed.decode().splitlines()[1:-1])
