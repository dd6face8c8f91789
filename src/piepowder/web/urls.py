"""The screens. Every view asks for a login except those that allauth gives to people without one."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import URLPattern, URLResolver, path, re_path
from django.views.i18n import set_language

from piepowder.web.views import (
    decisions,
    ledger,
    me,
    media,
    outbox,
    people,
    policies,
    queues,
    rights,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("me/", me.my_settings, name="my_settings"),
    path("me/password", me.my_password, name="my_password"),
    path("me/language", me.my_language, name="my_language"),
    path("me/theme", me.my_theme, name="my_theme"),
    path("media/<str:digest>", media.media, name="media"),
    path("decisions/", decisions.decisions, name="decisions"),
    path("decisions/export.csv", decisions.decisions_export, name="decisions_export"),
    path("decisions/<uuid:decision_id>/", decisions.decision, name="decision"),
    path("queues/", queues.queues, name="queues"),
    path("queues/add", queues.queue_edit, name="queue_add"),
    path("queues/<str:code>/", queues.queue_edit, name="queue_edit"),
    path("policies/", policies.policies, name="policies"),
    path("policies/<str:code>/", policies.policy, name="policy"),
    path("people/", people.people, name="people"),
    path("people/add", people.person_add, name="person_add"),
    path("people/<int:person_id>/", people.person, name="person"),
    path("people/<int:person_id>/edit", people.person_edit, name="person_edit"),
    path("people/<int:person_id>/active", people.person_active, name="person_active"),
    path("people/<int:person_id>/link", people.person_link, name="person_link"),
    path("people/<int:person_id>/grants", people.grant_give, name="grant_give"),
    path("people/<int:person_id>/grants/<int:grant_id>", people.grant_take_back, name="grant_take_back"),
    path("vendors/", people.vendors, name="vendors"),
    path("roles/", rights.roles, name="roles"),
    path("roles/add", rights.role_edit, name="role_add"),
    path("roles/<str:code>/", rights.role_edit, name="role_edit"),
    path("keys/", rights.keys, name="keys"),
    path("keys/add", rights.key_add, name="key_add"),
    path("keys/<str:prefix>/revoke", rights.key_revoke, name="key_revoke"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/dead/", outbox.dead, name="dead_letters"),
    path("outbox/deliveries/", outbox.all_deliveries, name="deliveries"),
    path("outbox/deliveries/<uuid:delivery_id>/", outbox.delivery, name="delivery"),
    path("outbox/deliveries/<uuid:delivery_id>/replay", outbox.delivery_replay, name="delivery_replay"),
    path("outbox/deliveries/<uuid:delivery_id>/bury", outbox.delivery_bury, name="delivery_bury"),
    path("ledger/", ledger.ledger, name="ledger"),
    # Without a login: allauth's own pages, only those that an installation by invitation needs.
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("signup/", account.signup, name="account_signup"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/sent/", account.password_reset_done, name="account_reset_password_done"),
    path("password/reset/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("language", set_language, name="set_language"),
]
