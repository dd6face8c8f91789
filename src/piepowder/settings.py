"""Django's settings, from the environment alone. ``piepowder doctor`` tells what is set and what is missing.

Everything Piepowder keeps beside the database (its secret key, media, published ledger heads) lies in
``PIEPOWDER_HOME``.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from piepowder.database.address import BadDatabaseUrl, database_settings
from piepowder.http.secret import secret_key
from piepowder.http.sso import BadSsoFile, read_sso

HOME = Path(os.environ.get("PIEPOWDER_HOME", "var")).resolve()
DEBUG = os.environ.get("PIEPOWDER_DEBUG", "") == "1"
SECRET_KEY = os.environ.get("PIEPOWDER_SECRET_KEY") or secret_key(HOME)
PUBLIC_URL = os.environ.get("PIEPOWDER_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
MARKETPLACE_NAME = os.environ.get("PIEPOWDER_MARKETPLACE", "Market")
# Loopback names always: health checks ask by them.
ALLOWED_HOSTS = [
    *("127.0.0.1", "localhost", "[::1]"),
    *filter(None, [urlsplit(PUBLIC_URL).hostname, *map(str.strip, os.environ.get("PIEPOWDER_HOSTS", "").split(","))]),
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

try:
    DATABASES = {"default": database_settings(os.environ.get("DATABASE_URL", ""), HOME)}
except BadDatabaseUrl as error:
    raise ImproperlyConfigured(str(error)) from error
# Only the limits on log-in attempts live here; in the database they hold for all web processes together.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "http_limit"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    # Before allauth, whose pages it draws in our look.
    "piepowder.web",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "piepowder.http.apps.SessionList",
    "csp",
    "ninja",
    "piepowder.ledger",
    "piepowder.access",
    "piepowder.outbox",
    "piepowder.policy",
    "piepowder.intake",
    "piepowder.review",
    "piepowder.decisions",
    "piepowder.correspondence",
    "piepowder.standing",
    "piepowder.appeals",
    "piepowder.rights",
    "piepowder.duties",
    "piepowder.interop",
    "piepowder.portal",
    "piepowder.simulate",
    "piepowder",
]

MIDDLEWARE = [
    "piepowder.http.observe.Observe",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "piepowder.http.csp.Csp",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "piepowder.http.preferences.Preferences",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "piepowder.http.identity.Identity",
    "piepowder.http.sessions.Sessions",
    "piepowder.http.second_factor.SecondFactor",
]

ROOT_URLCONF = "piepowder.urls"
WSGI_APPLICATION = "piepowder.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "piepowder.web.shell.shell",
            ]
        },
    }
]

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["piepowder.http.sign_in.Backend"]
SESSION_ENGINE = "piepowder.http.session_store"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "piepowder.http.accounts.ClosedDoor"
ACCOUNT_PREVENT_ENUMERATION = True
# A site of a hundred people shares one address at the start of a shift: strict for an account, generous for an address.
# Accounts are locked by ``access.lockout`` after fewer failures; this holds should somebody set that very high.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": "120/m/ip,30/5m/key",
    "reset_password": "60/m/ip,5/5m/key",
    "reauthenticate": "10/m/user",
}
# Otherwise anybody could have us write to anybody.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
CLIENT_IP_HEADER = os.environ.get("PIEPOWDER_CLIENT_IP_HEADER", "")
"""A header in which the proxy in front says where a request comes from, such as ``CF-Connecting-IP``; it must overwrite
what the client sent."""
TRUSTED_PROXIES = int(os.environ.get("PIEPOWDER_TRUSTED_PROXIES", "0"))
"""How many proxies in front write into ``X-Forwarded-For``; 0 believes nobody but the connection."""

MFA_ADAPTER = "piepowder.http.second_factor.Factors"
MFA_FORMS = {"authenticate": "piepowder.http.second_factor.Code"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Addresses are given by an administrator, never by the person: there is nothing to verify.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = f"Piepowder {MARKETPLACE_NAME}"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
# A site of a hundred people shares one address at the start of a shift.
MFA_RATE_LIMITS = {"webauthn_login": "300/m/ip"}

SSO_FILE = Path(os.environ.get("PIEPOWDER_SSO_FILE", str(HOME / "sso.yaml")))
try:
    _SSO = read_sso(SSO_FILE, PUBLIC_URL)
except BadSsoFile as error:
    raise ImproperlyConfigured(str(error)) from error
SOCIALACCOUNT_ADAPTER = "piepowder.http.single_sign_on.InvitedOnly"
SOCIALACCOUNT_PROVIDERS = dict(_SSO.providers)
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX = "oidc"

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("zh-hans", _("Simplified Chinese")),
    ("de", _("German")),
    ("fr", _("French")),
    ("es", _("Spanish")),
    ("it", _("Italian")),
    ("pl", _("Polish")),
]
LOCALE_PATHS = [Path(__file__).parent / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(HOME / "media")}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if os.environ.get("PIEPOWDER_S3_BUCKET"):
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": os.environ["PIEPOWDER_S3_BUCKET"],
            "endpoint_url": os.environ.get("PIEPOWDER_S3_ENDPOINT") or None,
            "default_acl": "private",
            "file_overwrite": False,
        },
    }
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_LIMIT_BYTES = int(os.environ.get("PIEPOWDER_MEDIA_LIMIT_MB", "200")) * 1024 * 1024
ALLOW_PRIVATE_ADDRESSES = os.environ.get("PIEPOWDER_ALLOW_PRIVATE_ADDRESSES", "") == "1"
STREAM_ORIGINS = [
    part for part in os.environ.get("PIEPOWDER_STREAM_ORIGINS", "").lower().replace(",", " ").split() if part
]
"""Where parts of livestreams lie beside the origin of their own address, such as ``https://cdn.example``."""
DSA_TOKEN = os.environ.get("PIEPOWDER_DSA_TOKEN", "").strip()
"""Token for the DSA Transparency Database; without it, the one that was given on the page of submissions."""
LEDGER_HEAD_FILE = Path(os.environ.get("PIEPOWDER_LEDGER_HEAD_FILE", str(HOME / "ledger-heads.ndjson")))

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF, "blob:"],
        "style-src": [SELF],
        "script-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # The login form leads on to the identity providers that are set up.
        "form-action": [SELF, *_SSO.origins],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# The most that ``accounts.session_hours`` can ask for; when a session really ends is decided on each request.
SESSION_COOKIE_AGE = 720 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
if SESSION_COOKIE_SECURE:
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

# Mail leaves through the outbox, so that it is retried; the outbox itself speaks SMTP.
EMAIL_BACKEND = "piepowder.outbox.mail.OutboxBackend"
DEFAULT_FROM_EMAIL = os.environ.get("PIEPOWDER_MAIL_FROM", "Piepowder <piepowder@localhost>")
SMTP_URL = os.environ.get("PIEPOWDER_SMTP_URL", "")
"""``smtp://user:password@host:587?tls=1``; empty writes mail to ``PIEPOWDER_HOME/mail``."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
            "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
        }
    },
    "filters": {"without_links": {"()": "piepowder.http.logs.WithoutLinks"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["without_links"]}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("PIEPOWDER_LOG_LEVEL", "WARNING")},
    "loggers": {"piepowder": {"level": os.environ.get("PIEPOWDER_LOG_LEVEL", "INFO")}},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
