"""Orders of authorities: taken in, followed line by line, answered."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from piepowder.access.visibility import holds_whole, require_whole
from piepowder.decisions.operations import EnforcementOrder
from piepowder.duties import operations as duties
from piepowder.duties.models import Order
from piepowder.duties.orders.elements import Identifiers, OrderGiven
from piepowder.duties.orders.reading import OrderFilters, order_page, orders_list
from piepowder.duties.states import OrderKind, OrderState
from piepowder.http.identity import actor_of
from piepowder.http.pages import screen
from piepowder.kernel.actor import Actor
from piepowder.kernel.errors import NotFound, PiepowderError
from piepowder.kernel.permissions import Permission
from piepowder.policy.dsa import CATEGORY_KEYWORDS, EEA_MARKETS, MEASURES
from piepowder.web.filters import start_of, typed
from piepowder.web.forms import Codes, PlainForm
from piepowder.web.paging import paged
from piepowder.web.words import MEASURE_NAMES

_MOMENT = {"type": "datetime-local"}
_FORM = "%Y-%m-%dT%H:%M"
_COUNTRIES = [(code, code) for code in EEA_MARKETS]


class OrderForm(PlainForm):
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=OrderKind.choices)
    reference = forms.CharField(label=gettext_lazy("The authority's reference"), max_length=100)
    authority = forms.CharField(label=gettext_lazy("Authority"), max_length=200)
    country = forms.ChoiceField(label=gettext_lazy("Country of the authority"), choices=_COUNTRIES)
    received_at = forms.DateTimeField(
        label=gettext_lazy("Received"), widget=forms.DateTimeInput(attrs=_MOMENT, format=_FORM)
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of our answers"), choices=settings.LANGUAGES)
    contact_name = forms.CharField(label=gettext_lazy("Signed by"), max_length=200, required=False)
    contact_email = forms.EmailField(label=gettext_lazy("Where the answer goes"), required=False)
    legal_basis = forms.CharField(label=gettext_lazy("Legal basis"), max_length=300, required=False)
    reasons = forms.CharField(
        label=gettext_lazy("The authority's reasons"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    locations = forms.CharField(
        label=gettext_lazy("What it names"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("One exact address or id in each line, such as listing:4711."),
    )
    subject_ref = forms.CharField(
        label=gettext_lazy("Seller about whom information is asked"), max_length=200, required=False
    )
    territories = Codes(label=gettext_lazy("Where it applies"), help_text=gettext_lazy("Countries, such as DE, FR."))
    redress = forms.CharField(
        label=gettext_lazy("What it says about redress"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    category = forms.ChoiceField(
        label=gettext_lazy("Category of illegal content"),
        required=False,
        choices=[("", "–"), *((code, code.replace("_", " ").capitalize()) for code in CATEGORY_KEYWORDS)],
    )
    notify_not_before = forms.DateTimeField(
        label=gettext_lazy("The user must not be told before"),
        required=False,
        widget=forms.DateTimeInput(attrs=_MOMENT, format=_FORM),
    )
    identical_until = forms.DateField(
        label=gettext_lazy("Look for identical products until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Only if the order asks for it, and only by what it says itself."),
    )
    gtins = Codes(label=gettext_lazy("Product numbers (GTIN)"))
    brand = forms.CharField(label=gettext_lazy("Brand"), max_length=200, required=False)
    model = forms.CharField(label=gettext_lazy("Model"), max_length=200, required=False)
    title = forms.CharField(label=gettext_lazy("Exact title"), max_length=300, required=False)

    def given(self) -> OrderGiven:
        """What was typed, as the operation takes it."""
        told = self.cleaned_data
        return OrderGiven(
            **{name: told[name] for name in _PLAIN},
            language=_letter_language(told["language"]),
            territories=tuple(code.upper() for code in told["territories"]),
            locations=tuple(line.strip() for line in told["locations"].splitlines() if line.strip()),
            identifiers=Identifiers(tuple(told["gtins"]), told["brand"], told["model"], told["title"]),
        )


_PLAIN = (
    "kind", "reference", "authority", "country", "received_at", "contact_name", "contact_email", "legal_basis", "reasons",
    "subject_ref", "redress", "category", "notify_not_before", "identical_until",
)  # fmt: skip


class RuleForm(PlainForm):
    policy = forms.CharField(
        label=gettext_lazy("Policy"), max_length=40, help_text=gettext_lazy("Its code, such as U-1.")
    )
    measure = forms.ChoiceField(label=gettext_lazy("Measure"))
    facts = forms.CharField(
        label=gettext_lazy("Facts"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What the order says about these items."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["measure"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (f"{family}:{measure}", str(MEASURE_NAMES.get(measure, measure)))
            for family in ("visibility", "provision")
            for measure in MEASURES[family]
            if measure != "other"
        ]


class DisclosureForm(PlainForm):
    fields_given = forms.CharField(
        label=gettext_lazy("What was given"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The name of each piece in a line, such as: postal address. Never the values."),
    )
    recipient = forms.CharField(label=gettext_lazy("Handed to"), max_length=200)
    file = forms.FileField(
        label=gettext_lazy("The file that was handed over"),
        required=False,
        help_text=gettext_lazy("Only its fingerprint is kept."),
    )
    last = forms.BooleanField(label=gettext_lazy("This answers the order"), required=False, initial=True)


@screen()
def duties_orders(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    asked = typed(request.GET, "kind", "state", "country", "q")
    filters = OrderFilters(asked["kind"], asked["state"], asked["country"], asked["q"], request.GET.get("late") == "1")
    shown = {
        "page": paged(request, orders_list(actor, filters, now)),
        "filters": request.GET,
        "kinds": OrderKind.choices,
        "states": OrderState.choices,
        "countries": EEA_MARKETS,
        "now": now,
        "may_edit": holds_whole(actor, Permission.ORDER_EDIT),
    }
    return render(request, "web/duties/orders.html", shown)


@screen("GET", "HEAD", "POST")
def duties_order_add(request: HttpRequest) -> HttpResponse:
    """Take in an order; what it lacks is named on its page."""
    actor = actor_of(request)
    require_whole(actor, Permission.ORDER_EDIT)
    form = OrderForm(request.POST or None, initial={"received_at": timezone.localtime(), "language": "en"})
    if request.method == "POST" and form.is_valid():
        try:
            order = duties.receive_order(
                actor=actor, given=form.given(), at=timezone.now(), acknowledge=request.POST.get("acknowledge") == "1"
            )
        except PiepowderError as error:
            form.complain(error)
        else:
            messages.success(request, _("The order is taken in."))
            return redirect("duties_order", order.pk)
    shown = {"form": form, "order": None}
    return render(request, "web/duties/order_form.html", shown, status=422 if form.errors else 200)


@screen("GET", "HEAD", "POST")
def duties_order_edit(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Write what the authority added or corrected."""
    actor = actor_of(request)
    require_whole(actor, Permission.ORDER_EDIT)
    order = order_page(actor, order_id).order
    form = OrderForm(request.POST or None, initial=_initial(order))
    for name in ("kind", "reference", "authority", "country", "received_at"):
        form.fields[name].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            duties.complete_order(actor=actor, order_id=order_id, given=form.given(), at=timezone.now())
        except PiepowderError as error:
            form.complain(error)
        else:
            messages.success(request, _("The order is completed."))
            return redirect("duties_order", order_id)
    shown = {"form": form, "order": order}
    return render(request, "web/duties/order_form.html", shown, status=422 if form.errors else 200)


@screen()
def duties_order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    return _page(request, order_id)


@screen("POST")
def duties_order_do(request: HttpRequest, order_id: UUID, way: str) -> HttpResponse:
    """One step of an order; a form that is not right comes back with what was typed."""
    actor, now = actor_of(request), timezone.now()
    told: dict[str, Any] = {"actor": actor, "order_id": order_id, "at": now}
    if way == "receipt":
        duties.acknowledge_order(**told)
    elif way == "ask":
        duties.ask_authority(**told)
    elif way == "reply":
        duties.reply_to_authority(**told)
    elif way == "decline":
        duties.decline_order(why=request.POST.get("why", ""), **told)
    elif way == "search":
        duties.search_identical(**told)
    elif way == "hold":
        duties.change_user_hold(until=start_of(request.POST.get("until", "")), **told)
    elif way in ("miss", "leave_out"):
        duties.settle_line(line_id=_line_id(request), way=way, **told)
    elif way == "rule":
        return _rule(request, actor, order_id)
    elif way == "disclose":
        return _disclose(request, actor, order_id)
    else:
        raise NotFound(_("there is no such step"))
    messages.success(request, _("Done. The step is on the record."))
    return redirect("duties_order", order_id)


def _rule(request: HttpRequest, actor: Actor, order_id: UUID) -> HttpResponse:
    form = RuleForm(request.POST)
    lines = [UUID(one) for one in request.POST.getlist("line") if _is_id(one)]
    if not lines:
        form.add_error(None, _("Tick what is ruled on."))
    if form.is_valid():
        family, _colon, measure = form.cleaned_data["measure"].partition(":")
        order = order_page(actor, order_id).order
        try:
            duties.rule_lines(
                actor=actor,
                order_id=order_id,
                line_ids=lines,
                policy_codes=(form.cleaned_data["policy"].strip(),),
                facts=form.cleaned_data["facts"],
                enforcements=(EnforcementOrder(family, measure, territories=tuple(order.territories)),),
                at=timezone.now(),
            )
        except PiepowderError as error:
            form.complain(error)
        else:
            messages.success(request, _("Done. The step is on the record."))
            return redirect("duties_order", order_id)
    return _page(request, order_id, rule_form=form, ticked=lines)


def _disclose(request: HttpRequest, actor: Actor, order_id: UUID) -> HttpResponse:
    form = DisclosureForm(request.POST, request.FILES)
    if form.is_valid():
        told, file = form.cleaned_data, form.cleaned_data["file"]
        try:
            duties.disclose(
                actor=actor,
                order_id=order_id,
                fields=told["fields_given"].splitlines(),
                recipient=told["recipient"],
                digest=hashlib.sha256(file.read()).hexdigest() if file else "",
                last=told["last"],
                at=timezone.now(),
            )
        except PiepowderError as error:
            form.complain(error)
        else:
            messages.success(request, _("Done. The step is on the record."))
            return redirect("duties_order", order_id)
    return _page(request, order_id, disclosure_form=form)


def _page(
    request: HttpRequest,
    order_id: UUID,
    rule_form: RuleForm | None = None,
    disclosure_form: DisclosureForm | None = None,
    ticked: list[UUID] | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    page = order_page(actor, order_id)
    refused = bool(rule_form or disclosure_form)
    shown = {
        "page": page,
        "order": page.order,
        "now": timezone.now(),
        "may_edit": holds_whole(actor, Permission.ORDER_EDIT),
        "rule_form": rule_form or RuleForm(initial={"facts": _facts(page.order)}),
        "disclosure_form": disclosure_form or DisclosureForm(),
        "ticked": ticked if ticked is not None else [line.pk for line in page.open_lines if line.item_id],
    }
    return render(request, "web/duties/order.html", shown, status=422 if refused else 200)


def _facts(order: Order) -> str:
    """A beginning for the facts: what the authority itself says."""
    return _("Order %(reference)s of %(authority)s names this offer: %(reasons)s") % {
        "reference": order.reference,
        "authority": order.authority,
        "reasons": " ".join(order.reasons.split())[:600],
    }


def _initial(order: Order) -> dict[str, Any]:
    known = order.identifiers
    return {name: getattr(order, name) for name in _PLAIN} | {
        "language": next(
            (code for code, _name in settings.LANGUAGES if _letter_language(code) == order.language), "en"
        ),
        "territories": order.territories,
        "locations": "\n".join(order.lines.filter(origin="named").values_list("location", flat=True)),
        "gtins": known.get("gtins", []),
        "brand": known.get("brand", ""),
        "model": known.get("model", ""),
        "title": known.get("title", ""),
    }


def _letter_language(code: str) -> str:
    """Letters name Chinese by its script as the standard writes it."""
    return "zh-Hans" if code == "zh-hans" else code


def _line_id(request: HttpRequest) -> UUID:
    told = request.POST.get("line", "")
    if not _is_id(told):
        raise NotFound(_("there is no such line"))
    return UUID(told)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
