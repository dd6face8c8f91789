"""Coming in, proving who one is, sessions, invitations and the review of who holds what.

allauth's own pages are listed one by one: only those that an installation by invitation needs, each in our look.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkey
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.urls import URLPattern, URLResolver, path

from piepowder.http.pages import screen
from piepowder.web.views import access_review, factors, invitations, locks, places, sessions
from piepowder.web.views.single_sign_on import (
    oidc_login,
    saml_answer,
    saml_finish,
    saml_login,
    saml_metadata,
    saml_no_logout,
)

own = screen("GET", "HEAD", "POST")

urlpatterns: list[URLPattern | URLResolver] = [
    path("me/factors/", own(factor.index), name="mfa_index"),
    path("me/factors/app", own(totp.activate_totp), name="mfa_activate_totp"),
    path("me/factors/app/remove", own(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("me/factors/codes", own(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("me/factors/codes/new", own(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("me/factors/passkeys/", own(passkey.list_webauthn), name="mfa_list_webauthn"),
    path("me/factors/passkeys/add", own(passkey.add_webauthn), name="mfa_add_webauthn"),
    path("me/factors/passkeys/<int:pk>/remove", own(passkey.remove_webauthn), name="mfa_remove_webauthn"),
    path("me/confirm/", own(account.reauthenticate), name="account_reauthenticate"),
    path("me/confirm/code", own(factor.reauthenticate), name="mfa_reauthenticate"),
    path("me/confirm/passkey", own(passkey.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path("me/sessions/", sessions.my_sessions, name="usersessions_list"),
    path("me/sessions/end", sessions.my_sessions_end, name="my_sessions_end"),
    path("people/<int:person_id>/sessions/end", sessions.person_sessions_end, name="person_sessions_end"),
    path("people/<int:person_id>/factors/remove", factors.person_factors_remove, name="person_factors_remove"),
    path("people/<int:person_id>/links/remove", factors.person_unlink, name="person_unlink"),
    path("people/<int:person_id>/invite", invitations.invitation_again, name="invitation_again"),
    path("invitations/", invitations.invitations, name="invitations"),
    path("invitations/add", invitations.invitation_add, name="invitation_add"),
    path("invitations/<int:invitation_id>/revoke", invitations.invitation_revoke, name="invitation_revoke"),
    path("locks/", locks.locks, name="locks"),
    path("locks/<int:lock_id>/unlock", locks.lock_open, name="lock_open"),
    path("vendors/add", places.vendor_edit, name="vendor_add"),
    path("vendors/<slug:vendor>/", places.vendor_edit, name="vendor_edit"),
    path("vendors/<slug:vendor>/sites/add", places.site_edit, name="site_add"),
    path("sites/<slug:site>/", places.site_edit, name="site_edit"),
    path("sites/<slug:site>/teams/add", places.team_edit, name="team_add"),
    path("teams/<slug:team>/", places.team_edit, name="team_edit"),
    path("access/", access_review.access, name="access_review"),
    path("access/export.<str:ending>", access_review.access_export, name="access_export"),
    path("access/sign-off", access_review.access_sign_off, name="access_sign_off"),
    # Without a login.
    path("invitation/<str:secret>", invitations.invitation_accept, name="invitation_accept"),
    path("login/factor", factor.authenticate, name="mfa_authenticate"),
    path("login/passkey", passkey.login_webauthn, name="mfa_login_webauthn"),
    path("login/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("login/oidc/<slug:provider_id>/", oidc_login, name="openid_connect_login"),
    path("login/oidc/<slug:provider_id>/callback", oidc.callback, name="openid_connect_callback"),
    path("login/saml/<slug:organization_slug>/", saml_login, name="saml_login"),
    path("login/saml/<slug:organization_slug>/acs/", saml_answer, name="saml_acs"),
    path("login/saml/<slug:organization_slug>/acs/finish/", saml_finish, name="saml_finish_acs"),
    path("login/saml/<slug:organization_slug>/metadata/", saml_metadata, name="saml_metadata"),
    path("login/saml/<slug:organization_slug>/logout/", saml_no_logout, name="saml_sls"),
]
