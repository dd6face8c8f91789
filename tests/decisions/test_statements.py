"""What a statement of reasons says, in six languages, and its structured twin."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piepowder.decisions.reasons import Reason, Reasons, Restriction, eea_reach
from piepowder.decisions.references import cited_in
from piepowder.decisions.statements import render
from piepowder.decisions.states import MEASURES, Family, Source
from piepowder.decisions.structured import structured
from piepowder.decisions.transparency import FieldError, validate
from piepowder.decisions.wording import REQUIRED, Wording, parse, problems, shipped_wordings
from piepowder.intake.states import Kind
from piepowder.kernel.actor import SYSTEM
from piepowder.policy.dsa import EEA_MARKETS
from piepowder.policy.library import shipped_tree
from piepowder.policy.operations import load_shipped
from piepowder.policy.states import Ground
from tests.decisions.conftest import Court, policy, ruling

TODAY = date(2026, 3, 4)
SHIPPED = {wording.language: (wording, raw) for wording, raw in shipped_wordings()}
REASONS = Reasons(
    puid="0198-reference",
    marketplace="Bazaar",
    kind="listing",
    external_id="L-77",
    title="Highlighter set",
    market="DE",
    content_language="de",
    content_on=date(2026, 3, 1),
    decided_on=TODAY,
    restrictions=(
        Restriction(Family.VISIBILITY, "content_removed", TODAY),
        Restriction(Family.ACCOUNT, "suspended", TODAY, date(2026, 3, 11), ("DE", "FR")),
    ),
    ground=Ground.ILLEGAL,
    policies=(
        Reason(
            code="R-2",
            title="Tobacco and nicotine",
            why="You offered nicotine goods.",
            reference="Directive 2014/40/EU",
            category="UNSAFE_AND_PROHIBITED_PRODUCTS",
            keywords=("PROHIBITED_PRODUCTS",),
        ),
    ),
    facts="Picture 2 shows a vape.",
    source=Source.NOTICE,
    automated_detection=True,
    automated_decision=False,
    complaint_until=date(2026, 9, 4),
    gtin="4006381333931",
)
# Per language: removal, the account, France, the end, the notice, detection, a person decided, complaint, ODS, court.
ELEMENTS = {
    "en": (
        "has been removed", "account is suspended", "France", "11 March 2026", "because of a notice", "Automated means",
        "taken by a person", "until the end of 4 September 2026", "out-of-court", "court at any time",
    ),
    "de": (
        "wurde entfernt", "Konto ist gesperrt", "Frankreich", "11. März 2026", "eine Meldung", "automatisierte Mittel",
        "hat ein Mensch getroffen", "bis zum Ablauf des 4. September 2026", "Streitbeilegungsstelle", "ein Gericht",
    ),
    "fr": (
        "a été retiré", "compte est suspendu", "France", "11 mars 2026", "une notification", "moyens automatisés ont été",
        "prise par une personne", "4 septembre 2026", "règlement extrajudiciaire", "un tribunal",
    ),
    "es": (
        "Se ha retirado", "suspendido su cuenta", "Francia", "11 de marzo de 2026", "una notificación", "medios automatizados",
        "adoptado una persona", "hasta el 4 de septiembre de 2026", "resolución extrajudicial", "a los tribunales",
    ),
    "it": (
        "è stato rimosso", "account è sospeso", "Francia", "11 marzo 2026", "una segnalazione", "strumenti automatizzati",
        "presa da una persona", "4 settembre 2026", "risoluzione extragiudiziale", "un giudice",
    ),
    "zh-Hans": (
        "已被移除", "账号已被暂停", "法国", "2026年3月11日", "收到的举报", "使用了自动化手段",
        "由工作人员作出", "2026年9月4日结束前", "庭外争议解决", "向法院起诉",
    ),
}  # fmt: skip


def test_six_languages_are_shipped_complete_and_publishable() -> None:
    assert set(SHIPPED) == {"en", "de", "fr", "es", "it", "zh-Hans"}
    assert [problem for wording, _ in SHIPPED.values() for problem in problems(wording)] == []
    named = set(EEA_MARKETS) | {"GB", "CH", "US", "CN"}
    assert {language for language, (wording, _) in SHIPPED.items() if set(wording.countries) != named} == set()


@pytest.mark.parametrize("language", sorted(ELEMENTS))
def test_every_element_that_the_law_asks_for_is_said(language: str) -> None:
    text = render(SHIPPED[language][0], REASONS).text
    expected = [
        *ELEMENTS[language],
        "Picture 2 shows a vape.",
        "Tobacco and nicotine",
        "You offered nicotine goods.",
        cited_in(language, "Directive 2014/40/EU"),
        "2022/2065",
        "0198-reference",
        "L-77",
    ]
    assert [words for words in expected if words not in text] == []
    assert "{" not in text


@pytest.mark.parametrize("language", sorted(ELEMENTS))
def test_every_measure_kind_source_and_reach_has_words_of_its_own(language: str) -> None:
    wording = SHIPPED[language][0]
    said = set()
    for family, measures in MEASURES.items():
        for measure in measures:
            one = Restriction(family, measure, TODAY, description="as agreed")
            said.add(render(wording, replace(REASONS, restrictions=(one,))).text)
    for kind in Kind.values:
        said.add(render(wording, replace(REASONS, kind=kind, title="")).text)
    for source in Source:
        said.add(render(wording, replace(REASONS, source=source, facts="x")).text)
    for market in ("GB", "IS"):
        said.add(render(wording, replace(REASONS, market=market, facts="y")).text)
    assert len(said) == sum(len(measures) for measures in MEASURES.values()) + len(Kind.values) + len(Source) + 2
    assert not any("{" in text for text in said)


def test_reach_is_told_as_everywhere_as_the_whole_eea_or_by_country() -> None:
    wording = SHIPPED["en"][0]

    def told(*territories: str) -> str:
        one = Restriction(Family.VISIBILITY, "content_removed", TODAY, territories=territories)
        return render(wording, replace(REASONS, restrictions=(one,))).text

    assert "everywhere on Bazaar" in told()
    assert "whole European Economic Area" in told("EEA")
    assert "in: Germany, United Kingdom." in told("GB", "DE")
    assert "in: JP." in told("JP")


def test_outside_the_eea_no_european_body_is_promised() -> None:
    text = render(SHIPPED["en"][0], replace(REASONS, market="GB")).text
    assert "2022/2065" not in text
    assert "out-of-court" in text


@given(facts=st.text(max_size=200), title=st.text(max_size=60), why=st.text(max_size=60))
def test_what_people_wrote_stays_as_it_is_and_is_never_taken_for_a_placeholder(
    facts: str, title: str, why: str
) -> None:
    wild = "{{ court }} {marketplace} \\1 " + facts
    reasons = replace(REASONS, facts=wild, title=title, policies=(replace(REASONS.policies[0], why=why),))
    assert wild.strip() in render(SHIPPED["en"][0], reasons).text


def test_a_subject_fits_its_column_however_long_the_title() -> None:
    assert len(render(SHIPPED["de"][0], replace(REASONS, title="ä" * 300)).subject) == 300


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_body_without_a_place_for_an_element_is_found(name: str) -> None:
    raw = SHIPPED["fr"][1]
    found = problems(parse("fr", {**raw, "body": raw["body"].replace("{{ " + name + " }}", "")}))
    assert [(problem.pointer, problem.code) for problem in found] == [("/body", "missing_placeholder")]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"subject": ""}, "/subject", "required"),
        ({"subject": "{{ facts }}"}, "/subject", "unknown_placeholder"),
        ({"body": "{{ reporter }}"}, "/body", "unknown_placeholder"),
        ({"phrases": {"complaint": "Complain!"}}, "/phrases/complaint", "missing_placeholder"),
        ({"phrases": {"court": "{judge}"}}, "/phrases/court", "unknown_placeholder"),
        ({"phrases": {"court": " "}}, "/phrases/court", "required"),
        ({"phrases": {"weather": "fine"}}, "/phrases/weather", "unknown_phrase"),
        ({"phrases": {"months": ["January"]}}, "/phrases/months", "not_twelve"),
    ],
)
def test_a_broken_template_is_told_where(change: dict[str, Any], pointer: str, code: str) -> None:
    raw = SHIPPED["en"][1]
    phrases = {**raw["phrases"], **change.get("phrases", {})}
    found = problems(parse("en", {**raw, **change, "phrases": phrases}))
    assert (pointer, code) in [(problem.pointer, problem.code) for problem in found]


def test_the_structured_twin_says_the_same_in_the_databases_words() -> None:
    fields = structured(REASONS)
    assert validate(fields, "strict", TODAY) == []
    assert fields["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_REMOVED"]
    assert fields["decision_account"] == "DECISION_ACCOUNT_SUSPENDED"
    assert fields["end_date_account_restriction"] == "2026-03-11"
    assert "end_date_visibility_restriction" not in fields
    assert fields["decision_ground"] == "DECISION_GROUND_ILLEGAL_CONTENT"
    assert fields["illegal_content_legal_ground"] == "Directive 2014/40/EU"
    assert fields["category"] == "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS"
    assert fields["category_specification"] == ["KEYWORD_PROHIBITED_PRODUCTS"]
    assert fields["content_type"] == ["CONTENT_TYPE_PRODUCT"]
    assert fields["content_id"] == {"EAN-13": "4006381333931"}
    assert (fields["content_language"], fields["content_date"]) == ("DE", "2026-03-01")
    assert fields["application_date"] == "2026-03-04"
    assert fields["territorial_scope"] == list(EEA_MARKETS)
    assert (fields["automated_detection"], fields["automated_decision"]) == (
        "Yes",
        "AUTOMATED_DECISION_NOT_AUTOMATED",
    )
    assert "source_identity" not in fields


_ORDERS = st.sampled_from([(family, measure) for family, measures in MEASURES.items() for measure in measures])


@given(
    orders=st.lists(_ORDERS, min_size=1, max_size=5, unique=True),
    days=st.one_of(st.none(), st.integers(1, 3_650)),
    territories=st.lists(st.sampled_from(["EEA", "EU", "DE", "GB", "US", "NO"]), unique=True),
    kind=st.sampled_from(Kind.values),
    ground=st.sampled_from(list(Ground)),
    source=st.sampled_from(list(Source)),
    keywords=st.sampled_from([(), ("OTHER",), ("PROHIBITED_PRODUCTS", "OTHER")]),
    gtin=st.sampled_from(["", "4006381333931", "4006381333930", "96385074"]),
    language=st.sampled_from(["de", "zh-Hans", "uk", "xx", "en"]),
    machine=st.booleans(),
)
def test_whatever_is_ordered_the_structured_twin_is_valid_wherever_it_reaches_the_eea(
    orders: list[tuple[Family, str]],
    days: int | None,
    territories: list[str],
    kind: str,
    ground: Ground,
    source: Source,
    keywords: tuple[str, ...],
    gtin: str,
    language: str,
    machine: bool,
) -> None:
    ends_on = date.fromordinal(TODAY.toordinal() + days) if days else None
    reasons = replace(
        REASONS,
        restrictions=tuple(
            Restriction(family, measure, TODAY, ends_on, tuple(territories), "as agreed") for family, measure in orders
        ),
        kind=kind,
        ground=ground,
        source=source,
        policies=(replace(REASONS.policies[0], keywords=keywords),),
        gtin=gtin,
        content_language=language,
        automated_decision=machine,
    )
    fields = structured(reasons)
    found = {error.field for error in validate(fields, "strict", TODAY) if error.severity == "error"}
    assert found == (set() if eea_reach("DE", territories) else {"territorial_scope"})


def test_a_market_outside_the_eea_reaches_no_eea_country_unless_one_is_named() -> None:
    assert structured(replace(REASONS, market="GB", restrictions=REASONS.restrictions[:1]))["territorial_scope"] == []
    assert structured(replace(REASONS, market="GB"))["territorial_scope"] == ["DE", "FR"]


def test_several_policies_become_one_category_with_additions() -> None:
    second = replace(REASONS.policies[0], category="SCAMS_AND_FRAUD", keywords=("PHISHING",), reference="Law 2")
    fields = structured(replace(REASONS, policies=(*REASONS.policies, second)))
    assert fields["category_addition"] == ["STATEMENT_CATEGORY_SCAMS_AND_FRAUD"]
    assert fields["illegal_content_legal_ground"] == "Directive 2014/40/EU; Law 2"
    assert validate(fields, "strict", TODAY) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"puid": " spaced "}, "puid"),
        ({"puid": 7}, "puid"),
        ({"territorial_scope": []}, "territorial_scope"),
        ({"territorial_scope": ["EL"]}, "territorial_scope"),
        ({"content_date": "2026-03-05"}, "content_date"),
        ({"application_date": "2026-03-05"}, "application_date"),
        ({"application_date": "2026-02-30"}, "application_date"),
        ({"application_date": "2026/03/04"}, "application_date"),
        ({"end_date_account_restriction": "2026-03-03"}, "end_date_account_restriction"),
        ({"end_date_monetary_restriction": "2026-04-01"}, "end_date_monetary_restriction"),
        ({"end_date_account_restriction": "2038-01-02"}, "end_date_account_restriction"),
        ({"content_id": {"EAN-13": "4006381333930"}}, "content_id.EAN-13"),
        ({"content_id": {"ISBN": "1"}}, "content_id"),
        ({"content_id": "4006381333931"}, "content_id"),
        ({"content_id_ean": "4006381333930"}, "content_id_ean"),
        ({"category": "STATEMENT_CATEGORY_UNSAFE_AND_ILLEGAL_PRODUCTS"}, "category"),
        ({"category_addition": None}, "category_addition"),
        ({"category_specification": ["KEYWORD_OTHER"]}, "category_specification_other"),
        ({"category_specification_other": "lost"}, "category_specification_other"),
        ({"category_specification": "KEYWORD_OTHER"}, "category_specification"),
        ({"content_type": ["CONTENT_TYPE_OTHER"]}, "content_type_other"),
        ({"content_type": []}, "content_type"),
        ({"content_language": "de-DE"}, "content_language"),
        ({"decision_facts": "  "}, "decision_facts"),
        ({"decision_facts": "x" * 5_001}, "decision_facts"),
        ({"illegal_content_explanation": "x" * 2_001}, "illegal_content_explanation"),
        ({"illegal_content_legal_ground": ""}, "illegal_content_legal_ground"),
        ({"incompatible_content_illegal": None}, "incompatible_content_illegal"),
        ({"automated_detection": True}, "automated_detection"),
        ({"automated_decision": "Yes"}, "automated_decision"),
        ({"source_type": None}, "source_type"),
        ({"decision_ground_reference_url": "example"}, "decision_ground_reference_url"),
        (
            {"decision_visibility": [], "decision_account": None, "end_date_account_restriction": None},
            "decision_provision",
        ),
        ({"decision_monetary": ["DECISION_MONETARY_OTHER"]}, "decision_monetary"),
    ],
)
def test_what_authorities_would_refuse_or_lose_is_found_before_it_is_sent(change: dict[str, Any], field: str) -> None:
    fields = {**structured(REASONS), **change}
    assert field in {error.field for error in validate(fields, "strict", TODAY) if error.severity == "error"}


def test_a_keyword_of_another_category_is_a_warning() -> None:
    fields = {**structured(REASONS), "category_specification": ["KEYWORD_NUDITY"]}
    assert validate(fields, "strict", TODAY) == [FieldError("category_specification", "category_keyword", "warning")]


@pytest.mark.django_db
def test_the_notifier_is_named_nowhere(court: Court) -> None:
    item = court.item()
    case = court.case(item)
    court.report(item, "trusted_flagger", name="Canary Watch e.V.", email="canary@watch.example")
    decision = court.decide(court.person(), case)
    statement = decision.statement
    assert decision.source == "trusted_flagger"
    assert "vertrauenswürdigen Hinweisgebers" in statement.text
    assert "anary" not in statement.text + str(statement.structured)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reporters", "source"),
    [
        ([], "own_initiative"),
        (["user", "anonymous"], "notice"),
        (["user", "trusted_flagger"], "trusted_flagger"),
        (["trusted_flagger", "authority"], "authority"),
    ],
)
def test_the_source_is_the_weightiest_reporter_since_the_case_opened(
    court: Court, reporters: list[str], source: str
) -> None:
    item = court.item()
    earlier = court.report(item, "authority")
    type(earlier).objects.filter(pk=earlier.pk).update(received_at=item.received_at)
    case = court.case(item)
    for kind in reporters:
        court.report(item, kind)
    assert court.decide(court.person(), case).source == source


@pytest.mark.django_db
def test_a_suspended_trusted_flagger_is_a_notifier_like_any_other(court: Court) -> None:
    case = court.case()
    court.report(case.item, "trusted_flagger", suspended_at=court.now)
    assert court.decide(court.person(), case).source == "notice"


@pytest.mark.django_db
def test_detection_is_automated_when_a_model_pointed_at_what_was_ruled(court: Court) -> None:
    hit, miss = court.case(), court.case()
    court.detection(hit.item, "R-2")
    court.detection(miss.item, "T-1")
    actor = court.person()
    assert court.decide(actor, hit).automated_detection is True
    assert court.decide(actor, miss).automated_detection is False


@pytest.mark.django_db
def test_the_policys_words_come_in_the_recipients_language_where_there_are_any(court: Court) -> None:
    version = policy("L-1")
    version.texts.create(
        language="de", title="Verbotene Waren", rule="Verboten.", recipient_text="Das darf hier nicht verkauft werden."
    )
    decision = court.decide(court.person(), policy_codes=("L-1", "R-2"))
    assert "Das darf hier nicht verkauft werden." in decision.statement.text
    assert "You offered goods that may not be sold here." in decision.statement.text
    assert ruling(decision.item).ground == decision.ground


@pytest.mark.django_db
def test_a_german_statement_has_no_english_sentence_of_a_shipped_policy(court: Court) -> None:
    load_shipped(actor=SYSTEM, at=court.now)
    said = {
        node.code: (node.versions[0].texts["en"], node.recipient_words[0]["de"])
        for node in shipped_tree()
        if node.is_leaf
    }
    codes = ("P-1.1", "P-1.2", "C-1.1", "M-4", "F-5")
    statement = court.decide(court.person(), policy_codes=codes).statement
    assert statement.language == "de"
    for code in codes:
        english, german = said[code]
        assert german.title in statement.text
        assert german.recipient_text in statement.text
        assert english.title not in statement.text
        assert not any(sentence in statement.text for sentence in english.recipient_text.split(". "))
    assert "Verordnung (EU) 2019/1148 Art. 5" in statement.text
    assert "Regulation" not in statement.text
    assert "Directive" not in statement.text


@pytest.mark.parametrize(
    ("language", "reference", "cited"),
    [
        (
            "de",
            "Directive 2001/83/EC Art. 85c; Regulation (EU) 2017/745 Art. 6",
            "Richtlinie 2001/83/EG Art. 85c; Verordnung (EU) 2017/745 Art. 6",
        ),
        ("de", "Council Framework Decision 2008/913/JHA", "Rahmenbeschluss 2008/913/JI des Rates"),
        ("es", "Regulation (EU) No 1169/2011 Art. 14", "Reglamento (UE) n.º 1169/2011 art. 14"),
        ("fr", "Directive 2005/29/EC Annex I point 23c", "directive 2005/29/CE annexe I, point 23c"),
        ("it", "Directive 2011/93/EU Arts 3 to 7", "direttiva 2011/93/UE artt. da 3 a 7"),
        ("it", "15 U.S.C. 45f", "15 U.S.C. 45f"),
        ("en", "Directive (EU) 2021/555", "Directive (EU) 2021/555"),
        ("zh-Hans", "Directive (EU) 2021/555", "Directive (EU) 2021/555"),
    ],
)
def test_a_law_is_cited_as_the_language_cites_it(language: str, reference: str, cited: str) -> None:
    assert cited_in(language, reference) == cited


@pytest.mark.parametrize("language", ["de", "es", "fr", "it"])
def test_no_law_of_the_shipped_policies_keeps_its_english_kind(language: str) -> None:
    for node in shipped_tree():
        for draft in node.versions:
            cited = cited_in(language, draft.legal_reference)
            # Neither of these is an act of the Union.
            if not cited.startswith(("Digital Markets", "15 U.S.C.")):
                english = {"Regulation", "Directive", "Council", "Decision", "No", "Arts", "Annex", "point"}
                # A French point is spelt like an English one.
                assert not (english - ({"point"} if language == "fr" else set())) & set(cited.split()), cited


def test_a_wording_is_a_value() -> None:
    wording, raw = SHIPPED["it"]
    assert isinstance(wording, Wording)
    assert parse("it", raw) == wording
