"""Entry into force: hand-made cases with their sources, the arithmetic against python-dateutil, and any order of recording."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.domain.dates import UNKNOWN, PartialDate, Precision
from registry.domain.force import Clause, Deed, Force, Name, as_json, canonical, derive, read
from registry.domain.force_dates import KINDS, Period, months_after
from workflows.strict_yaml import read as read_yaml


def _plain(value: Any) -> Any:
    """`nil` as None, days as dates, the rest as the strict reader has it."""
    if isinstance(value, dict):
        return {name: part if name == "clause" and part != "nil" else _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return date.fromisoformat(value)
    return None if value == "nil" else value


CASES = _plain(read_yaml(Path(__file__).with_name("force_cases.yaml").read_bytes()).data)
each_case = pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
_DATES = ("done", "received", "registered", "takes_effect", "valid_until")
_PRECISIONS = {4: Precision.YEAR, 7: Precision.MONTH, 10: Precision.DAY, 19: Precision.SECOND}


def partial(written: object) -> PartialDate:
    """A date as far as it is written."""
    return UNKNOWN if written is None else PartialDate(str(written), _PRECISIONS[len(str(written))])


def clause_of(case: Mapping[str, Any]) -> Clause | None:
    if case["clause"] is None:
        return None
    return read(json.dumps({"schema": "force/1", **case["clause"]}, ensure_ascii=False))


def deeds_of(case: Mapping[str, Any]) -> list[Deed]:
    filler = case.get("filler", {"count": 0})
    acts = [[f"p{n}", filler["kind"], filler["on"]] for n in range(1, filler["count"] + 1)]
    found = []
    for party, kind, told in [*acts, *case.get("acts", ())]:
        day = told if isinstance(told, dict) else dict.fromkeys(_DATES[:3], told)
        dates = {name: partial(day[name]) for name in _DATES if name in day}
        dates.setdefault("done", dates.get("registered", UNKNOWN))
        found.append(Deed(party, kind, **dates, ordinal=day.get("ordinal"), predecessor=day.get("predecessor")))
    return found


def names_of(case: Mapping[str, Any], deeds: list[Deed]) -> dict[str, Name]:
    silent = [f"s{n}" for n in range(case.get("silent", 0))]
    codes = case.get("parties") or dict.fromkeys(deed.party for deed in deeds)
    return {code: Name(code) for code in (*codes, *silent)}


def derived(case: Mapping[str, Any], deeds: list[Deed] | None = None) -> Force:
    found = deeds_of(case)
    names = names_of(case, found)
    return derive(clause_of(case), deeds or found, on=case["on"], names=names, before=case.get("before", {}))


@each_case
def test_case(case: dict[str, Any]) -> None:
    force, expect = derived(case), case["expect"]
    words = {"zh": force.derivation.zh, "en": force.derivation.en}
    assert (force.status, force.date) == (expect["status"], expect.get("date", force.date)), words
    if "trigger" in expect:
        assert force.trigger == (tuple(expect["trigger"]) if expect["trigger"] else None), words
    if "until" in expect:
        assert force.until == expect["until"]
    if "remaining" in expect:
        found = [[each.kind, each.count, list(each.parties)] for each in force.remaining]
        assert found == expect["remaining"]
    for language in ("zh", "en"):
        assert expect.get(language, "") in words[language]
    parties = {each.party: each for each in force.parties}
    for code, wanted in expect.get("parties", {}).items():
        party = parties[code]
        said = wanted.get("zh", "")
        assert said in party.derivation.zh
        assert {name: getattr(party, name) for name in wanted.keys() - {"zh"}} | {"zh": said} == {
            "zh": said,
            **wanted,
        }, party


def test_there_are_sixty_cases_each_with_its_source() -> None:
    assert len(CASES) >= 60
    assert all("from memory" in case["source"] or case["source"].startswith("constructed") for case in CASES)
    assert len({case["id"] for case in CASES}) == len(CASES)
    used = json.dumps([case["clause"] for case in CASES])
    assert [kind for kind in KINDS if f'"{kind}"' not in used] == []


@each_case
def test_the_order_of_recording_makes_no_difference(case: dict[str, Any]) -> None:
    deeds = deeds_of(case)
    first = derived(case)
    shuffled = [random.Random(seed).sample(deeds, len(deeds)) for seed in range(3)] + [deeds[::-1]]
    for order in shuffled:
        assert derived(case, order) == first


def test_every_order_of_a_few_acts_gives_the_same_force() -> None:
    case = next(case for case in CASES if case["id"] == "succession-after-force")
    orders = list(itertools.permutations(deeds_of(case)))
    assert {json.dumps(as_json(derived(case, list(order)))) for order in orders} == {json.dumps(as_json(derived(case)))}
    assert len(orders) == 6


# ---- arithmetic

days = st.dates(date(1900, 1, 1), date(2200, 12, 31))
few = st.integers(0, 2000)


@given(days, few)
def test_months_are_those_of_dateutil(day: date, count: int) -> None:
    assert months_after(day, count) == day + relativedelta(months=count)


@given(days, few, st.booleans())
def test_periods_are_those_of_dateutil(day: date, count: int, first_day_counts: bool) -> None:
    less = timedelta(days=int(first_day_counts))
    ends = {
        "days": day + timedelta(days=count) - less,
        "months": day + relativedelta(months=count) - less,
        "first_of_month_after_days": day + timedelta(days=count) - less + relativedelta(months=1, day=1),
        "first_of_month_after_months": day + relativedelta(months=count) - less + relativedelta(months=1, day=1),
        "first_day_of_nth_month_after_month": day + relativedelta(day=1) + relativedelta(months=count),
    }
    assert {kind: Period(kind, count, first_day_counts).after(day) for kind in KINDS} == ends


@given(days, days, st.sampled_from(KINDS), few)
def test_a_later_act_never_gives_an_earlier_day(one: date, other: date, kind: Any, count: int) -> None:
    early, late = sorted((one, other))
    assert Period(kind, count).after(early) <= Period(kind, count).after(late)


def test_past_the_end_of_the_calendar_a_period_gives_no_day() -> None:
    for kind in KINDS:
        assert Period(kind, 9999).after(date(9999, 1, 31)) == date.max


# ---- what people do to acts

_kinds = st.sampled_from(
    [
        "signature",
        "ratification",
        "accession",
        "succession",
        "provisional_application",
        "withdrawal_notice",
        "withdrawal",
    ]
)
_partial = st.one_of(
    days.map(lambda day: PartialDate(day.isoformat(), Precision.DAY)),
    days.map(lambda day: PartialDate(day.isoformat()[:7], Precision.MONTH)),
    st.just(UNKNOWN),
)
_codes = st.sampled_from("abcdef")
_deeds = st.lists(
    st.builds(Deed, _codes, _kinds, _partial, _partial, predecessor=_codes, ordinal=st.none() | st.integers(1, 3)),
    max_size=12,
)
_CLAUSES = [clause for case in CASES if (clause := clause_of(case))]


@settings(max_examples=60)
@given(st.sampled_from(_CLAUSES), _deeds, days, st.randoms(use_true_random=False))
def test_any_acts_get_one_answer(clause: Clause, deeds: list[Deed], on: date, chance: random.Random) -> None:
    names = {code: Name(code) for code in "abcdef"}
    force = derive(clause, deeds, on=on, names=names)
    assert derive(clause, chance.sample(deeds, len(deeds)), on=on, names=names) == force
    assert (force.date is None) == (force.status in ("pending", "undetermined"))
    assert force.date is None or (force.date <= on) == (force.status in ("in_force", "suspended", "ended"))
    assert force.derivation.zh
    assert force.derivation.en
    for party in force.parties:
        assert party.date is None or party.status not in ("none", "signed")
        assert party.date is not None or party.status not in ("set", "in_force")
        assert party.status != "in_force" or (party.date is not None and party.date <= on)
        assert party.status != "left" or (party.until is not None and party.until <= on)
    json.dumps(as_json(force))


@settings(max_examples=40)
@given(st.sampled_from(_CLAUSES), _deeds, days)
def test_a_day_told_later_stays_between_what_was_possible(clause: Clause, deeds: list[Deed], on: date) -> None:
    """Where months are filled in with a day, a date that was known stays, and one that was not is no surprise."""
    names = {code: Name(code) for code in "abcdef"}
    vague = derive(clause, deeds, on=on, names=names)

    def told(written: PartialDate) -> PartialDate:
        month = written.precision == Precision.MONTH
        return PartialDate(f"{written.value}-15", Precision.DAY) if month else written

    exact = [replace(each, done=told(each.done), received=told(each.received)) for each in deeds]
    if vague.date is not None:
        assert derive(clause, exact, on=on, names=names).date == vague.date


@pytest.mark.parametrize("clause", _CLAUSES, ids=[case["id"] for case in CASES if case["clause"]])
def test_the_canonical_form_reads_back(clause: Clause) -> None:
    assert read(canonical(clause)) == clause
    assert canonical(read(canonical(clause))) == canonical(clause)
