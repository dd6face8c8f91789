"""What a person sets for themselves."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override

from piepowder.access.models import User
from piepowder.access.operations import change_preferences, set_password
from piepowder.access.states import Theme
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.errors import PiepowderError
from piepowder.web.forms import PasswordForm, SettingsForm


def person_of(request: HttpRequest) -> User:
    """The person behind a request that has passed ``screen``."""
    assert isinstance(request.user, User)
    return request.user


def back_to(request: HttpRequest, fallback: str, *arguments: object) -> HttpResponse:
    """To the page that the form came from, when it is one of ours."""
    target = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    # What is no path would be taken for the name of a page.
    return HttpResponseRedirect(target) if ours and "/" in target else redirect(fallback, *arguments)


@screen("GET", "HEAD", "POST")
def my_settings(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    chosen = {"interface_language": person.interface_language, "theme": person.theme, "timezone": person.timezone}
    form = SettingsForm(request.POST or None, initial=chosen)
    if form.is_valid():
        change_preferences(actor=actor_of(request), user=person, **form.cleaned_data)
        with override(person.interface_language):
            messages.success(request, _("Your settings are saved."))
        return redirect("my_settings")
    return render(request, "web/me/settings.html", {"form": form, "password_form": PasswordForm()})


@screen("POST")
def my_password(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    form = PasswordForm(request.POST)
    if form.is_valid() and not person.check_password(form.cleaned_data["current"]):
        form.add_error("current", _("This is not your current password."))
    if form.is_valid():
        try:
            set_password(
                actor=actor_of(request), user=person, password=form.cleaned_data["password"], at=timezone.now()
            )
        except PiepowderError as error:
            form.complain(error)
        else:
            update_session_auth_hash(request, person)
            messages.success(request, _("Your password is changed."))
            return redirect("my_settings")
    chosen = {"interface_language": person.interface_language, "theme": person.theme, "timezone": person.timezone}
    shown = {"form": SettingsForm(initial=chosen), "password_form": form}
    return render(request, "web/me/settings.html", shown, status=422)


@screen("POST")
def my_language(request: HttpRequest) -> HttpResponse:
    person, language = person_of(request), request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        change_preferences(
            actor=actor_of(request),
            user=person,
            interface_language=language,
            timezone=person.timezone,
            theme=person.theme,
        )
    return back_to(request, "home")


@screen("POST")
def my_theme(request: HttpRequest) -> HttpResponse:
    person, theme = person_of(request), request.POST.get("theme", "")
    if theme in Theme.values:
        change_preferences(
            actor=actor_of(request),
            user=person,
            interface_language=person.interface_language,
            timezone=person.timezone,
            theme=theme,
        )
    return back_to(request, "home")
