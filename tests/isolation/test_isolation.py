"""Nobody sees another vendor: every address × every role × both vendors, in every word the other vendor ever wrote."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from itertools import islice, product
from typing import Any
from urllib.parse import parse_qsl, quote
from zipfile import ZipFile

import pytest
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.test.client import MULTIPART_CONTENT
from django.urls import NoReverseMatch, reverse
from django.utils.html import escape

from piepowder.access.models import ApiKey, Grant, User
from piepowder.access.roles import SHIPPED
from piepowder.api.urls import api
from piepowder.decisions.models import Decision
from piepowder.http.tables import XLSX
from piepowder.review.models import Case, Draft, Lease
from tests.isolation.routes import Route, routes
from tests.isolation.table import EXAMPLES, OPERATIONS, ROUTES, Asked
from tests.isolation.world import ACME, BPOS, HOUSE, ZENITH, Firm, World, keep_busy

ROLES = {
    ACME: sorted(SHIPPED),
    # The two firms are built alike: what holds for every role of one is tried with the widest and the plainest of the other.
    ZENITH: ["administrator", "moderator"],
}
THOROUGH = {"administrator", "moderator", "team_lead"}
"""They try every example of an address; the other roles try each address and query once, with the first."""
OTHER = {ACME: ZENITH, ZENITH: ACME}
# Of each address at most so many examples are posted to: posting is tried for refusal, not for what it shows.
_POSTS = 4
# So often is a route asked by a role that it refuses, whatever the address.
_PATIENCE = 2


def test_every_route_is_in_the_table() -> None:
    unlisted = [f"{route.name} ({route.told})" for route in routes() if route.name not in ROUTES]
    assert unlisted == [], "add these routes to tests/isolation/table.py"


def test_the_table_names_no_route_that_is_gone() -> None:
    assert set(ROUTES) - {route.name for route in routes()} == set()


def test_every_parameter_of_an_address_has_examples() -> None:
    for route in routes():
        known = set(EXAMPLES) | set(ROUTES[route.name].values or {})
        assert route.parameters <= known, f"{route.name} takes {sorted(route.parameters - known)}"


def test_every_operation_of_the_api_is_in_the_table() -> None:
    told = {op["operationId"] for path in api.get_openapi_schema()["paths"].values() for op in path.values()}
    assert told == set(OPERATIONS)
    assert set(OPERATIONS.values()) <= set(ROUTES)


@pytest.mark.parametrize("vendor", BPOS)
def test_no_screen_shows_another_vendor(world: World, vendor: str) -> None:
    asked, theirs = list(_requests(world, vendor)), _belongings(world.firms[OTHER[vendor]])
    leaks: list[str] = []
    for role in ROLES[vendor]:
        browser = _logged_in(world.firms[vendor], role)
        tried = asked if role in THOROUGH else _first_of_each(asked)
        # A route that does not answer a method at all is asked once, one that is not for this role twice.
        deaf: Counter[tuple[str, str]] = Counter()
        for request in tried:
            if deaf[request.route, request.method] < _PATIENCE:
                leaks += _leaks(world, browser, vendor, role, request, theirs, deaf)
    assert not leaks, "\n".join(leaks)


@pytest.mark.parametrize("vendor", BPOS)
def test_no_key_reaches_another_vendor(world: World, vendor: str) -> None:
    sender = Client(headers={"Authorization": f"Bearer {world.firms[vendor].key}"}, raise_request_exception=False)
    asked = [request for request in _requests(world, vendor) if request.route.startswith("api:")]
    theirs = _belongings(world.firms[OTHER[vendor]])
    leaks = [leak for request in asked for leak in _leaks(world, sender, vendor, "key", request, theirs, Counter())]
    assert not leaks, "\n".join(leaks)


SHOWN_TO_THE_HOUSE = {
    "people", "person", "vendors", "cases", "cases_export", "cases_export_xlsx", "board_people", "case", "decisions",
    "decisions_export", "decision", "keys",
    "ledger", "board", "api:people", "api:decisions", "api:decisions_csv", "api:decision",
}  # fmt: skip
SHOWN_TO_A_LEAD = {"people", "cases", "case", "decisions", "decisions_export", "api:people", "api:decisions"}


def test_the_house_sees_what_is_hidden_from_the_others(world: World) -> None:
    """Without this, the tests above could pass by finding nothing at all."""
    browser = _logged_in(world.firms[HOUSE], "administrator")
    for mark, name in product(BPOS, sorted(SHOWN_TO_THE_HOUSE)):
        assert _is_shown(world, browser, mark, name, asker=OTHER[mark]), f"{name} does not show {mark} to the house"


def test_a_lead_sees_their_own_vendor(world: World) -> None:
    for vendor in BPOS:
        browser = _logged_in(world.firms[vendor], "team_lead")
        for name in sorted(SHOWN_TO_A_LEAD):
            assert _is_shown(world, browser, vendor, name, asker=vendor), f"{name} does not show {vendor} its own"


@pytest.mark.parametrize("vendor", BPOS)
def test_what_another_vendor_does_changes_no_number(world: World, vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = world.now + timedelta(minutes=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    lead = _logged_in(world.firms[vendor], "team_lead")
    lists = [reverse(route.name) for route in routes() if not route.parameters and route.name not in OWN_NUMBERS]
    before = {url: _steady(lead.get(url)) for url in lists}
    keep_busy(world, OTHER[vendor], at=moment)
    assert {url: _steady(lead.get(url)) for url in lists} == before


OWN_NUMBERS = {"metrics", "readyz", "account_logout", "api:nothing-here", "api:cases_csv", "api:decisions_csv"}
"""What is not compared: numbers of the house, which a vendor's people cannot ask for, and what a look itself changes."""


def _steady(response: HttpResponseBase) -> str:
    """The answer without the marks of this one request."""
    marks = (
        r"set-cookie: sessionid=[^\n]*|x-request-id: \w+|x-age-s: [\d.]+|csrf\w+=\w+|expires[:=][^;\n]+|-\d{8}t\d{4}-"
    )
    whole = re.sub(marks, "", _whole(response))
    return re.sub(r'(csrf[\w-]*"?[ =:]+(content=|value=)?"?)\w{64}', r"\1", whole)


@dataclass(frozen=True, slots=True)
class Request:
    route: str
    method: str
    url: str
    posted: dict[str, Any]
    content_type: str = MULTIPART_CONTENT


class Written:
    """Stands between a request and the database, and tells whether anything was written there."""

    anything = False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.anything = self.anything or sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE", "WITH"))
        return execute(sql, params, many, context)


def _logged_in(firm: Firm, role: str) -> Client:
    browser = Client(raise_request_exception=False)
    browser.force_login(firm.people[role])
    return browser


def _is_shown(world: World, browser: Client, mark: str, route: str, *, asker: str) -> bool:
    asked = [one for one in _requests(world, asker) if one.route == route and one.method == "get"]
    return any(mark in _whole(browser.get(one.url)) for one in asked)


def _requests(world: World, vendor: str) -> Iterator[Request]:
    """Everything that ``vendor`` may try to learn of the other."""
    for route in routes():
        asked = ROUTES[route.name]
        addresses = list(_addresses(world, vendor, route, asked))
        for url in addresses:
            yield Request(route.name, "get", url, {})
            for query in asked.queries:
                yield Request(route.name, "get", f"{url}?{_filled(query, world, vendor)}", {})
        for url in islice(addresses, _POSTS):
            yield Request(route.name, "post", url, asked.posted or {})
            if asked.json is not None:
                yield Request(route.name, "post", url, asked.json, "application/json")


def _first_of_each(asked: list[Request]) -> list[Request]:
    """One request for each route, method and query."""
    found: dict[tuple[str, ...], Request] = {}
    for request in asked:
        query = request.url.partition("?")[2]
        found.setdefault((request.route, request.method, query, request.content_type), request)
    return list(found.values())


def _addresses(world: World, vendor: str, route: Route, asked: Asked) -> Iterator[str]:
    names = sorted(route.parameters)
    values = [
        (asked.values or {}).get(name) or EXAMPLES[name](world, world.firms[OTHER[vendor]], world.firms[vendor])
        for name in names
    ]
    for chosen in product(*values):
        try:
            yield reverse(route.name, kwargs=dict(zip(names, chosen, strict=True)))
        except NoReverseMatch:
            if names:
                raise
            yield "/api/v1/no/such/thing"


def _filled(query: str, world: World, vendor: str) -> str:
    other = OTHER[vendor]
    return query.format(other=other, stranger=world.firms[other].people["moderator"].pk)


def _sent(browser: Client, request: Request) -> HttpResponseBase:
    if request.method == "get":
        return browser.get(request.url)
    return browser.post(request.url, request.posted, content_type=request.content_type)


def _leaks(
    world: World,
    browser: Client,
    vendor: str,
    role: str,
    request: Request,
    theirs: Belongings,
    deaf: Counter[tuple[str, str]],
) -> Iterator[str]:
    """What is wrong with the answer; whatever the request did is undone."""
    other = OTHER[vendor]
    cookies = deepcopy(browser.cookies)
    wrote = Written()
    with transaction.atomic():
        with connection.execute_wrapper(wrote):
            response = _sent(browser, request)
            answer = _without_what_was_asked(_whole(response), request)
        changed = wrote.anything and _belongings(world.firms[other]) != theirs
        transaction.set_rollback(True)
    browser.cookies = cookies
    where = f"{role} of {vendor}: {request.method.upper()} {request.url} ({request.route})"
    if response.status_code in (401, 403, 405):
        deaf[request.route, request.method] += _PATIENCE if response.status_code == 405 else 1
    if response.status_code >= 500 and request.route != "readyz":
        yield f"{where} fails with {response.status_code}"
    at = answer.find(other)
    if at >= 0:
        yield f"{where} shows {other}: …{answer[max(0, at - 200) : at + 100]}…"
    if changed:
        yield f"{where} changed what belongs to {other}"


def _whole(response: HttpResponseBase) -> str:
    """Headers and body, in lower case, streams included."""
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    if response.get("Content-Type") == XLSX:
        with ZipFile(BytesIO(body)) as book:
            body = b"".join(book.read(name) for name in sorted(book.namelist()) if name.startswith("xl/worksheets/"))
    headers = "\n".join(f"{name}: {value}" for name, value in response.items())
    return f"{headers}\n{response.cookies.output()}\n{body.decode(errors='replace')}".lower()


def _without_what_was_asked(answer: str, request: Request) -> str:
    """The answer without what it says again of the question: the address to come back to, the words searched for."""
    path, _, query = request.url.lower().partition("?")
    told = f"{path}?{query}" if query else path
    for written in {told, quote(told, safe="/?&=")}:
        answer = answer.replace(f'name="next" value="{escape(written)}"', 'name="next"')
    if query:
        answer = answer.replace(f"?{escape(query)}", "?")
    for name, value in parse_qsl(query):
        answer = re.sub(rf'(<input[^>]* name="{re.escape(name)}"[^>]*) value="{re.escape(value)}"', r"\1", answer)
    return answer


Belongings = list[list[tuple[Any, ...]]]


def _belongings(firm: Firm) -> Belongings:
    """The rows that nobody outside the vendor may change."""
    people = [user.pk for user in firm.people.values()]
    mine = Case.objects.filter(vendor=firm.vendor.code)
    return [
        list(
            User.objects.filter(pk__in=people)
            .order_by("pk")
            .values_list("pk", "name", "email", "is_active", "password")
        ),
        list(Grant.objects.filter(user__in=people).order_by("pk").values_list("pk", "role", "vendors")),
        list(ApiKey.objects.filter(prefix=firm.key_prefix).values_list("pk", "revoked_at", "permissions")),
        list(mine.order_by("pk").values_list("pk", "state", "holder", "queue", "severity", "hold_reason")),
        list(Lease.objects.filter(user__in=people).order_by("pk").values_list("pk", "case")),
        list(Draft.objects.filter(user__in=people).order_by("pk").values_list("pk", "content")),
        list(Decision.objects.filter(vendor=firm.vendor.code).order_by("pk").values_list("pk", "state", "note")),
    ]
