"""Single sign-on by SAML, with an identity provider that signs with a key of its own."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from piepowder.http.sso import read_sso
from tests.access.conftest import Organisation
from tests.access.saml_provider import EMAIL, ENTITY, SSO_URL, Question, SamlProvider, question_in, unsigned

INVITED = {"uid": "p-1", "email": "m@house.test"}
STRANGER = {"uid": "p-2", "email": "eve@elsewhere.test"}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> SamlProvider:
    return SamlProvider(tmp_path_factory.mktemp("idp"))


@pytest.fixture(scope="module")
def impostor(tmp_path_factory: pytest.TempPathFactory) -> SamlProvider:
    return SamlProvider(tmp_path_factory.mktemp("impostor"))


@pytest.fixture(autouse=True)
def _set_up(provider: SamlProvider, settings: Any, tmp_path: Any, organisation: Organisation) -> None:
    path = tmp_path / "sso.yaml"
    path.write_text(
        f"saml:\n- code: corp\n  name: Corp\n  email_is_verified: yes\n"
        f"  email_attribute: {EMAIL}\n  idp:\n    entity_id: {ENTITY}\n"
        f"    sso_url: {SSO_URL}\n    certificate: {provider.certificate}\n"
    )
    settings.SOCIALACCOUNT_PROVIDERS = dict(read_sso(path, "http://testserver").providers)
    organisation.person("m@house.test", "moderator")


def asked(browser: Client) -> Question:
    away = browser.post("/login/saml/corp/")
    assert away["Location"].startswith(SSO_URL)
    return question_in(away["Location"])


def post(browser: Client, answer: str) -> Any:
    return browser.post("/login/saml/corp/acs/", {"SAMLResponse": answer}, follow=True)


def is_in(browser: Client) -> bool:
    return browser.get("/").status_code == 200


def test_an_invited_person_comes_in(provider: SamlProvider) -> None:
    browser = Client()
    question = asked(browser)
    assert (question.answer_to, question.audience) == (
        "http://testserver/login/saml/corp/acs/",
        "http://testserver/login/saml/corp/metadata/",
    )
    post(browser, provider.answer(question, INVITED))
    assert is_in(browser)
    assert SocialAccount.objects.get().user.email == "m@house.test"


def test_a_stranger_does_not(provider: SamlProvider) -> None:
    browser = Client()
    answer = post(browser, provider.answer(asked(browser), STRANGER))
    assert answer.status_code == 403
    assert not is_in(browser)


def test_an_answer_without_signature_is_refused(provider: SamlProvider) -> None:
    _refused(lambda question: unsigned(provider.answer(question, INVITED)))


def test_somebody_elses_signature_is_refused(impostor: SamlProvider) -> None:
    _refused(lambda question: impostor.answer(question, INVITED))


def test_an_answer_for_another_audience_is_refused(provider: SamlProvider) -> None:
    _refused(lambda question: provider.answer(question, INVITED, sp_entity_id="https://other.example/sp"))


def test_an_answer_sent_elsewhere_is_refused(provider: SamlProvider) -> None:
    _refused(lambda question: provider.answer(question, INVITED, destination="https://other.example/acs/"))


def test_an_answer_to_no_question_of_ours_is_refused(provider: SamlProvider) -> None:
    _refused(lambda question: provider.answer(question, INVITED, in_response_to=None))
    _refused(lambda question: provider.answer(question, INVITED, in_response_to="id-of-nothing"))


def test_a_signed_answer_that_was_changed_is_refused(provider: SamlProvider) -> None:
    def changed(question: Question) -> str:
        told = base64.b64decode(provider.answer(question, STRANGER)).decode()
        return base64.b64encode(told.replace(STRANGER["email"], INVITED["email"]).encode()).decode()

    _refused(changed)


def test_a_comment_in_an_address_cuts_nothing_off(provider: SamlProvider) -> None:
    """Once readers of such answers took what stands before a comment for the whole address."""

    def split(question: Question) -> str:
        told = base64.b64decode(provider.answer(question, {"uid": "p-3", "email": "m@house.test.evil.test"})).decode()
        return base64.b64encode(told.replace("m@house.test.evil", "m@house.test<!-- -->.evil").encode()).decode()

    browser = Client()
    post(browser, split(asked(browser)))
    assert not is_in(browser)


def test_an_answer_counts_once(provider: SamlProvider) -> None:
    browser = Client()
    answer = provider.answer(asked(browser), INVITED)
    post(browser, answer)
    assert is_in(browser)
    browser.post("/logout/")
    assert "could not be accepted" in post(browser, answer).content.decode()
    assert not is_in(browser)
    other = Client()
    asked(other)
    assert "could not be accepted" in post(other, answer).content.decode()
    assert not is_in(other)


@pytest.mark.parametrize("nonsense", ["", "not base64 at all", base64.b64encode(b"<x/>").decode()])
def test_nonsense_is_refused_calmly(nonsense: str) -> None:
    browser = Client()
    asked(browser)
    assert "could not be accepted" in post(browser, nonsense).content.decode()


def test_an_answer_that_names_files_of_ours_is_not_read(provider: SamlProvider) -> None:
    browser = Client()
    asked(browser)
    bomb = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    answer = post(browser, base64.b64encode(bomb.encode()).decode())
    assert "could not be accepted" in answer.content.decode()
    assert "root:" not in answer.content.decode()


def test_nobody_logs_people_out_from_outside(organisation: Organisation) -> None:
    browser = Client()
    browser.post("/login/", {"login": "m@house.test", "password": "correct horse battery"})
    assert browser.get("/login/saml/corp/logout/?SAMLRequest=x").status_code == 404
    assert is_in(browser)


def test_the_provider_is_told_where_to_send_its_answers() -> None:
    told = Client().get("/login/saml/corp/metadata/").content.decode()
    assert "http://testserver/login/saml/corp/acs/" in told
    assert "SingleLogoutService" not in told
    assert Client().get("/login/saml/none/metadata/").status_code == 404


def _refused(make: Any) -> None:
    browser = Client()
    page = post(browser, make(asked(browser)))
    assert page.status_code in (400, 401, 403), page.status_code
    assert not is_in(browser)
    assert not SocialAccount.objects.exists()
