"""Refusals in words: every code has its sentence and its remedy in both languages, and each renders with what is given."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from registry import domain
from registry.domain.guards import GUARDS, VOCABULARY
from registry.errors import NotFound, NotPermitted, Reason, Refused, RegistryError, Stale
from registry.permissions import PERMISSIONS, ROLE_GRANTS
from registry.words import LANGUAGES, Language, label, refusals, strict_yaml
from tests.words.codes import ROOT, Site, sites
from workflows import SHIPPED, load
from workflows.engine import ENGINE_CODES

SITES = sites()
RAISED = {site.code for site in SITES}
OWN = {"not-permitted", "not-found", "stale"}
"""Codes that registry/words itself gives to errors that carry none."""
GUARD_CODES = {guard.code for guard in GUARDS.values()}
READ = {str(reason) for reason in domain.Reason}
ALL = RAISED | OWN | GUARD_CODES | READ | ENGINE_CODES
FOUND_BY_GUARDS = {"parties-named": {"at_least", "found"}, "items-ended": {"found"}}
FORMS = ("zh", "en", "remedy_zh", "remedy_en")


def placeholders(code: str) -> set[str]:
    """Names of the values that the four texts of a code use."""
    texts = (refusals.table()[code][form] for form in FORMS)
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def given(site: Site) -> set[str] | None:
    """Names of the values that a place gives; the engine adds what guards and evidence report as found."""
    if site.values is None or site.code == "evidence-missing":
        return None
    return set(site.values)


def test_the_source_is_really_read() -> None:
    assert len(RAISED) > 60
    assert {"already-declined", "already-signed", "basis-missing", "wrong-state", "bundle-conflict"} <= RAISED


def test_every_code_has_its_words_and_no_words_lack_a_code() -> None:
    assert ALL - set(refusals.table()) == set()
    assert set(refusals.table()) - ALL == set()


@pytest.mark.parametrize("code", sorted(ALL))
def test_the_four_texts_of_a_code_are_whole(code: str) -> None:
    words = refusals.table()[code]
    assert set(words) == set(FORMS)
    for form in ("zh", "remedy_zh"):
        assert re.search("[\u4e00-\u9fff]", words[form])
        assert words[form].endswith("。")
    for form in ("en", "remedy_en"):
        assert words[form].endswith(".")
        assert words[form][0].isupper() or words[form][0] in '"{'


@pytest.mark.parametrize(
    "site", [site for site in SITES if given(site) is not None], ids=lambda site: f"{site.place} {site.code}"
)
def test_what_a_place_gives_is_enough_for_its_words(site: Site) -> None:
    reason = Reason(site.code, dict.fromkeys(given(site) or (), "7"), field=site.field)
    for language in LANGUAGES:
        assert "{" not in refusals.sentence(reason, language) + refusals.remedy(reason, language)


@pytest.mark.parametrize("code", sorted(READ))
def test_a_typed_text_is_named_where_it_is_not_blank(code: str) -> None:
    assert placeholders(code) == ({"value"} if code != "blank" else set())


@pytest.mark.parametrize("code", sorted(GUARD_CODES))
def test_a_guard_gives_what_its_words_use(code: str) -> None:
    assert placeholders(code) == FOUND_BY_GUARDS.get(code, set())


def test_engine_values_are_named_as_people_know_them() -> None:
    refusal = Reason("wrong-state", {"state": "planned", "trigger": "sign", "possible_in": "open,partly_signed"})
    assert refusals.sentence(refusal, "zh") == "现为“拟签”，不能办理“签署”；须处于开放签署、部分签署。"
    assert "Open for signature, Partly signed" in refusals.sentence(refusal, "en")
    short = Reason("evidence-missing", {"type": "consensus", "min": 2, "found": 1})
    assert refusals.sentence(short, "zh") == "“取得共识”佐证不足：须 2 份，现有 1 份。"


def test_a_procedure_speaks_of_its_own_titles() -> None:
    """Also where a shipped procedure has other words for the same id, or none."""
    text = (
        (SHIPPED / "item.yaml")
        .read_text("utf-8")
        .replace("合作意向", "初步意向")
        .replace("牵头方联络员", "牵头市联络人")
    )
    text = text.replace("in_progress", "under_construction").replace("stage: under_construction", "stage: in_progress")
    own = load(text.replace("推进中", "施工中"), VOCABULARY)
    values = {"state": "intent", "trigger": "begin", "possible_in": "listed,under_construction"}
    reason = Reason("wrong-state", values, who=("lead_officer",), definition=own)
    assert refusals.sentence(reason, "zh") == "现为“初步意向”，不能办理“启动推进”；须处于已纳入清单、施工中。"
    assert refusals.who(reason, "zh") == "牵头市联络人"
    assert refusals.sentence(replace(reason, definition=None), "zh").startswith("现为“合作意向”")


def test_values_stand_in_the_sentence_as_given_and_dates_as_people_write_them() -> None:
    twice = Reason("already-signed", {"party": "石嘴山市", "date": "2026-11-20"})
    assert refusals.sentence(twice, "zh") == "不能登记：石嘴山市已于2026年11月20日签署本协议。"
    assert refusals.sentence(twice, "en") == "Not possible: 石嘴山市 signed this agreement on 20 November 2026."
    for stored, shown in (("2026-11", "2026年11月"), ("2026", "2026年"), ("2026-Q3", "2026年第三季度"), ("—", "—")):
        assert shown in refusals.sentence(Reason("in-the-future", {"value": stored}), "zh")


def test_a_value_cannot_smuggle_a_placeholder_in() -> None:
    assert refusals.sentence(Reason("login-bad", {"value": "{party} {0} a b"}), "en").count("{party} {0} a b") == 1


def test_a_code_without_words_is_an_error_that_names_it() -> None:
    with pytest.raises(KeyError, match="no-such-code"):
        refusals.sentence(Reason("no-such-code"), "zh")


def test_a_value_that_is_missing_is_an_error_that_names_it() -> None:
    with pytest.raises(KeyError, match="party"):
        refusals.sentence(Reason("not-a-party", {"agreement": "x-2026-01"}), "zh")


@pytest.mark.parametrize("permission", sorted(PERMISSIONS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_who_lacks_a_permission_hears_which_roles_grant_it(permission: str, language: Language) -> None:
    (answer,) = refusals.answers(NotPermitted(permission), language)
    assert label("permission", permission, language) in answer.sentence
    granting = [role for role, grants in ROLE_GRANTS.items() if permission in grants and role != "register"] or [
        "register"
    ]
    for role in granting:
        assert label("role", role, language) in answer.remedy


def test_what_no_role_grants_is_for_whoever_is_signed_in() -> None:
    (answer,) = refusals.answers(NotPermitted("person:self"), "zh")
    assert (answer.code, answer.sentence) == ("not-permitted", "您没有“修改本人密码”的权限。")
    assert "登录者本人" in answer.remedy


@pytest.mark.parametrize(("error", "code"), [(NotFound("agreement"), "not-found"), (Stale("item"), "stale")])
def test_errors_without_reasons_have_words_too(error: RegistryError, code: str) -> None:
    (answer,) = refusals.answers(error, "en")
    assert (answer.code, answer.field, answer.who, answer.source) == (code, None, None, None)


def test_an_unknown_kind_of_error_is_not_answered_with_wrong_words() -> None:
    with pytest.raises(KeyError):
        refusals.answers(RegistryError(), "zh")


def test_an_answer_names_field_helpers_and_clause() -> None:
    reason = Reason("text-settled", field="text_sha256", who=("host_officer", "150300"), source="示例协议 第三条")
    (answer,) = refusals.answers(Refused(reason), "zh")
    assert (answer.field, answer.who, answer.source) == ("text_sha256", "主办方联络员、150300", "示例协议 第三条")


def test_a_line_says_it_all_at_once() -> None:
    reason = Reason(
        "in-the-future", {"value": "2026-03-09"}, field="signed_on", who=("party_officer",), source="第三条"
    )
    assert refusals.line(Refused(reason), "zh") == (
        "签署日期：日期2026年3月9日晚于今天。可由谁满足：签署方联络员。依据：第三条。请填已经签署的日期；尚未签署的，签署后再登记。"
    )
    assert refusals.line(Refused(reason), "en") == (
        "date of signature: The date 9 March 2026 is later than today. Who can meet it: Liaison officer of a party. "
        "Source: 第三条. Give the day on which it happened; what has not happened is logged when it has."
    )
    assert refusals.line(Refused(Reason("already-ended")), "zh") == "这一角色已经终止。无须再次终止。"


def test_the_engines_own_refusals_render() -> None:
    """Codes and values as `explain` gives them, from every state on every trigger of the shipped procedures, with nothing true."""
    from workflows import Facts
    from workflows.engine import explain

    for path in sorted(SHIPPED.glob("*.yaml")):
        definition = load(path.read_text("utf-8"), VOCABULARY)
        values: Mapping[str, int | bool] = {
            name: 0 if kind == "integer" else False for name, kind in definition.facts.items()
        }
        facts = Facts(actor_roles=frozenset(), values=values, before_suspension=None, steps_taken={})
        for state in definition.states:
            for trigger in {each.trigger for each in definition.transitions} | {"no_such_step"}:
                for unmet in explain(definition, GUARDS, state, trigger, facts):
                    for language in LANGUAGES:
                        assert refusals.sentence(Reason(unmet.code, unmet.values), language)
                        assert refusals.remedy(Reason(unmet.code, unmet.values), language)


def test_the_file_is_written_for_translators() -> None:
    """Every text in one line of its own, in quotes, so that a comparison of two versions shows one text a line."""
    file = Path(refusals.__file__).with_name("refusals.yaml")
    lines = [line for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*:|  (remedy_)?(zh|en): \".*\"", line) for line in lines)
    assert strict_yaml.read(file.read_bytes()).data == refusals.table()
    assert file.is_relative_to(ROOT / "registry" / "words")
