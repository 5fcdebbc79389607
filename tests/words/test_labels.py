"""Words of codes: every code that a table, an act, a role or an input can show has its word in both languages."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import get_type_hints

import pytest
import sqlalchemy as sa

from registry import services
from registry.documents import bundles
from registry.domain.dates import Precision
from registry.domain.guards import VOCABULARY
from registry.models import audited_tables, logged_columns
from registry.models.people import ROLES
from registry.permissions import PERMISSIONS, ROLE_GRANTS
from registry.services.evidence import OF_ITEMS
from registry.services.moves import BY_ACTS
from registry.words import COLUMNS, LANGUAGES, _labels, label, table_of
from tests.words.codes import ROOT, fields
from workflows import SHIPPED, load
from workflows.definition import Kind
from workflows.replay import MIGRATE

TABLES = {table.name: table for table in audited_tables()}
DEFINITIONS = [load(path.read_text("utf-8"), VOCABULARY) for path in sorted(SHIPPED.glob("*.yaml"))]


def known(kind: str, key: str) -> bool:
    return key in _labels().get(COLUMNS.get(kind, kind), {})


def checked_values() -> Iterator[tuple[str, str]]:
    """Values that a CHECK of the database allows, as `table.column` and value."""
    for table in TABLES.values():
        for constraint in table.constraints:
            if isinstance(constraint, sa.CheckConstraint):
                for column, values in re.findall(r"^(\w+) IN \(([^)]*)\)$", str(constraint.sqltext)):
                    yield from ((f"{table.name}.{column}", value) for value in re.findall("'([^']*)'", values))


def bundle_values() -> Iterator[tuple[str, str]]:
    """Values that a bundle may hold in a column of codes, as its published schema lists them."""
    rows = {"Member": "membership", "Series": "meeting_series"}
    for name, shape in bundles.schema()["$defs"].items():
        table = rows.get(name, name.lower())
        for column, field in shape["properties"].items():
            if table in TABLES and column in TABLES[table].c:
                yield from ((f"{table}.{column}", value) for value in field.get("enum", ()))


def recorded_acts() -> set[str]:
    """The acts that the source records: every literal `act=`, and f-strings of a trigger."""
    found = {"schema"}
    for path in [*ROOT.glob("registry/services/*.py"), *ROOT.glob("registry/ledger/*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.fullmatch(r"[a-z]+\.[a-z]+", node.value)
            ):
                found.add(node.value)
    taken = {
        f"{each.subject}.{arrow.trigger}"
        for each in DEFINITIONS
        if each.subject != "matter"
        for arrow in each.transitions
        if arrow.kind not in ("entry", "system")
    }
    return {act for act in found if not act.endswith(".yaml")} | (taken - {f"agreement.{each}" for each in BY_ACTS})


def modules(package: ModuleType) -> list[ModuleType]:
    return [
        importlib.import_module(f"{package.__name__}.{each.name}") for each in pkgutil.iter_modules(package.__path__)
    ]


def asked_fields() -> set[str]:
    """Fields of every ask of a service."""
    asks = {
        get_type_hints(thing)["ask"]
        for module in modules(services)
        for thing in vars(module).values()
        if inspect.isfunction(thing) and "ask" in thing.__annotations__
    }
    return {
        field.name for ask in asks if ask.__module__.startswith(services.__name__) for field in dataclasses.fields(ask)
    }


@pytest.mark.parametrize(("column", "value"), sorted(set(checked_values())))
def test_a_value_that_the_database_allows_has_a_word(column: str, value: str) -> None:
    assert known(column, value)


@pytest.mark.parametrize(("column", "value"), sorted(set(bundle_values())))
def test_a_value_that_a_bundle_may_hold_has_a_word(column: str, value: str) -> None:
    assert known(column, value)


def test_bundles_and_checks_are_really_read() -> None:
    assert ("body.kind", "league") in set(bundle_values())
    assert ("act.confirmation", "awaited") in set(checked_values())


def test_a_column_of_codes_is_a_column_and_its_kind_has_words() -> None:
    for place, kind in COLUMNS.items():
        table, column = place.split(".")
        assert column in TABLES[table].c
        assert kind in _labels()


def test_every_precision_column_is_said_in_words() -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in TABLES.values()
        for column in table.c
        if column.name.endswith("_precision")
    }
    assert columns == {place for place, kind in COLUMNS.items() if kind == "precision"}
    assert set(_labels()["precision"]) == {str(each) for each in Precision}


def test_tables_and_columns_of_the_history_have_words_and_no_word_is_left_over() -> None:
    assert set(_labels()["table"]) == set(TABLES)
    assert set(_labels()["field"]) == {column.name for table in TABLES.values() for column in logged_columns(table)}


def test_subjects_of_the_history_have_words() -> None:
    kinds = {kind for table in TABLES.values() for kind, _ in table.info["subject"] if kind != "*"}
    assert set(_labels()["subject"]) == kinds


def test_every_recorded_act_has_a_word_and_no_word_is_left_over() -> None:
    assert recorded_acts() == set(_labels()["act"])


def test_permissions_and_roles_have_words() -> None:
    assert set(_labels()["permission"]) == set(PERMISSIONS) | {"person:self"}
    assert set(ROLES) | set(ROLE_GRANTS) <= set(_labels()["role"])


def test_stages_and_kinds_of_steps_have_words() -> None:
    stages = {state.stage for each in DEFINITIONS for state in each.states.values()} - {"as_before"}
    assert stages <= set(_labels()["stage"])
    assert {*Kind.__args__, MIGRATE} == set(_labels()["step_kind"])


def test_evidence_of_services_has_words() -> None:
    assert set(OF_ITEMS) <= set(_labels()["evidence"])


def test_titles_of_procedures_come_from_the_procedures_and_agree() -> None:
    assert label("state", "partly_signed", "zh") == "部分签署"
    assert label("item.state", "long_term_mechanism", "en") == "Long-term mechanism"
    assert label("transition", "sign_last", "zh") == "签署（各方签齐）"
    assert label("role", "host_officer", "zh") == "主办方联络员"
    titles: dict[tuple[str, str], set[str]] = {}
    for each in DEFINITIONS:
        for state in each.states.values():
            titles.setdefault(("state", state.id), set()).add(state.title.zh)
    assert {key for key, words in titles.items() if len(words) > 1} == set()


def test_every_input_that_an_ask_has_or_a_refusal_names_has_a_word() -> None:
    named = fields()
    inputs = set(_labels()["input"])
    assert asked_fields() - inputs == set()
    assert named - inputs == set()
    assert inputs - asked_fields() - named == set()


def test_every_word_is_in_both_languages() -> None:
    for kind, words in table_of("labels.yaml").items():
        for key, texts in words.items():
            assert set(texts) == set(LANGUAGES), (kind, key)
            assert texts["zh"] and (texts["en"] or kind == "unit"), (kind, key)  # English has no measure words


def test_every_province_has_its_english_name() -> None:
    provinces = table_of("labels.yaml")["province"]
    assert len(provinces) == 34
    assert all(
        texts["zh"] == name and re.fullmatch("[A-Z][A-Za-z ]+", texts["en"]) for name, texts in provinces.items()
    )  # type: ignore[index]  # two levels deep


def test_a_code_without_a_word_stands_for_itself() -> None:
    assert label("item.state", "a_city_s_own_state", "zh") == "a_city_s_own_state"
    assert label("body.name_zh", "乌海市", "en") == "乌海市"
