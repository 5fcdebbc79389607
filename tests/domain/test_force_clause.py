"""The format `force/1`: what the reader refuses and where, and that the published schema refuses the same."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from registry import domain
from registry.domain.dates import Precision
from registry.domain.force import ClauseError, read
from registry.domain.force_clause import CHARACTERS_AT_MOST, prerequisites
from registry.domain.force_dates import KINDS as KINDS_OF_PERIOD
from registry.domain.force_dates import Period
from registry.domain.force_file import KINDS, read_file
from registry.models.agreements import ACT_KINDS
from tests.domain.test_force import CASES

SCHEMA = json.loads((Path(domain.__file__).parent / "force_clause.schema.json").read_text("utf-8"))
CHECKER = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
PLAIN = {"schema": "force/1", "acts": {"ratification": "received"}, "when": {"kind": "acts", "at_least": 2}}
GOOD = [{"schema": "force/1", **case["clause"]} for case in CASES if case["clause"]]
BAD: list[tuple[str, Any, str]] = [
    ("schema", "force/2", "schema"),
    ("acts", {}, "acts"),
    ("acts", {"declaration": "done"}, "acts.declaration"),
    ("acts", {"ratification": "recieved"}, "acts.ratification"),
    ("when", {"kind": "sometimes"}, "when"),
    ("when", {"kind": "acts"}, "when"),
    ("when", {"kind": "acts", "at_least": 2, "more_than": 2}, "when"),
    ("when", {"kind": "acts", "at_least": 0}, "when.at_least"),
    ("when", {"kind": "acts", "at_least": "half"}, "when.at_least"),
    ("when", {"kind": "acts", "at_least": True}, "when.at_least"),
    ("when", {"kind": "share", "weights": {}, "at_least": "55%"}, "when.weights"),
    ("when", {"kind": "share", "weights": {"a": "-1"}, "at_least": "55%"}, "when.weights.a"),
    ("when", {"kind": "date", "on": "soon"}, "when.on"),
    ("when", {"kind": "date", "on": "2021-02-30"}, "when.on"),
    ("when", {"kind": "all_of", "of": []}, "when.of"),
    ("when", {"kind": "any_of", "of": [{"kind": "all", "off": "x"}]}, "when.of[0].off"),
    ("period", {"kind": "weeks", "count": 1}, "period.kind"),
    ("period", {"kind": "days", "count": -1}, "period.count"),
    ("period", {"kind": "days", "count": 10000}, "period.count"),
    ("period", {"kind": "days"}, "period"),
    ("period", {"kind": "first_day_of_nth_month_after_month", "count": 0}, "period.count"),
    ("period", {"kind": "first_day_of_nth_month_after_month", "count": 1, "first_day_counts": True}, "period.count"),
    ("period", {"kind": "days", "count": 0, "first_day_counts": True}, "period.count"),
    ("zone", "Asia Shanghai", "zone"),
    ("groups", {"g": {"zh": "组", "en": "group", "parties": []}}, "groups.g.parties"),
    ("groups", {"g": {"zh": "", "en": "group", "parties": ["a"]}}, "groups.g.zh"),
    ("organisations", {"o": {"counts": "members"}}, "organisations.o"),
    ("organisations", {"o": {"counts": "nothing", "members": ["a"]}}, "organisations.o"),
    ("binds", "everybody", "binds"),
    ("joining", {"after": "signature"}, "joining.after"),
    ("provisional", {"until": "2021-01-01"}, "provisional"),
    ("withdrawal", {}, "withdrawal"),
    ("below", {"parties": 0, "effect": "ends"}, "below.parties"),
    ("place", "第九条", "place"),
]
BEYOND: list[tuple[str, Any, str]] = [  # what a schema cannot see
    ("when", {"kind": "all", "of": "nowhere"}, "when.of"),
    ("when", {"kind": "share", "weights": {"a": "0"}, "at_least": "55%"}, "when.weights"),
    ("when", {"kind": "acts", "at_least": "101%"}, "when.at_least"),
    ("zone", "Asia/Nowhere", "zone"),
]


def refused(clause: Any) -> tuple[tuple[str, str, str], ...]:
    with pytest.raises(ClauseError) as caught:
        read(json.dumps(clause, ensure_ascii=False))
    return caught.value.findings


@pytest.mark.parametrize(("name", "value", "place"), [*BAD, *BEYOND])
def test_a_fault_is_told_with_its_place_and_remedy(name: str, value: Any, place: str) -> None:
    findings = refused({**PLAIN, name: value})
    assert place in [where for where, _, _ in findings]
    assert all(zh and en and zh != en for _, zh, en in findings)


@pytest.mark.parametrize(("name", "value", "place"), BAD)
def test_the_schema_refuses_what_the_reader_refuses(name: str, value: Any, place: str) -> None:
    assert not CHECKER.is_valid({**PLAIN, name: value})


@pytest.mark.parametrize("clause", GOOD, ids=[case["id"] for case in CASES if case["clause"]])
def test_the_schema_takes_what_the_reader_takes(clause: dict[str, Any]) -> None:
    read(json.dumps(clause))
    assert list(CHECKER.iter_errors(clause)) == []


def _spoiled(value: Any, chance: random.Random) -> Any:
    """The same with one part left out, renamed, or of another kind."""
    value = copy.deepcopy(value)
    holder: Any = value
    if isinstance(holder, dict | list) and holder:
        key: Any = chance.choice(list(holder) if isinstance(holder, dict) else list(range(len(holder))))
        if chance.random() < 0.4 and isinstance(holder[key], dict | list) and holder[key]:
            holder[key] = _spoiled(holder[key], chance)
            return holder
        match chance.randrange(4 if isinstance(holder, dict) else 3):
            case 0:
                del holder[key]
            case 1:
                holder[key] = chance.choice(
                    [0, -1, 3, "", "days", "2/3", "2021-01-01", True, [], {}, ["a", "a"], "0/1"]
                )
            case 2:
                holder[key] = [holder[key]]
            case 3:
                holder[f"{key}_"] = holder.pop(key)
    return holder


UNSEEN = ("there is no group", "at least one weight", "part above 0")
"""What the reader says of faults that the schema cannot see."""


def _every_spoiled() -> Iterator[dict[str, Any]]:
    chance = random.Random(1969)
    for clause in GOOD:
        for _ in range(12):
            yield _spoiled(clause, chance)


def test_reader_and_schema_agree_on_spoiled_clauses() -> None:
    """Over a thousand clauses with one thing wrong, or changed for something as good."""
    verdicts = {True: 0, False: 0}
    for clause in _every_spoiled():
        try:
            read(json.dumps(clause))
            taken, places = True, []
        except ClauseError as error:
            taken, places = False, [en for _, _, en in error.findings]
        beyond = places and all(any(words in en for words in UNSEEN) for en in places)
        if not beyond:
            assert CHECKER.is_valid(clause) == taken, (clause, places)
        verdicts[taken] += 1
    assert min(verdicts.values()) > 30


def test_what_is_no_clause_at_all() -> None:
    for text in ("", "[]", "schema: [", "a: &x 1", "schema: force/1\nschema: force/1", b"\xff"):
        with pytest.raises(ClauseError):
            read(text)
    with pytest.raises(ClauseError, match="shorten"):
        read("#" * (CHARACTERS_AT_MOST + 1))


def test_prerequisites_are_found_at_any_depth() -> None:
    of = [{"kind": "all"}, {"kind": "any_of", "of": [{"kind": "agreement", "number": "x-2020-01"}]}]
    clause = read(json.dumps({**PLAIN, "when": {"kind": "all_of", "of": of}}))
    assert prerequisites(clause) == {"x-2020-01"}


# ---- the file of the command line

FILE = """
clause: {schema: force/1, acts: {ratification: received}, when: {kind: all}}
parties: [150300, {code: "150600", zh: 鄂尔多斯市, en: Ordos}]
acts:
  - {party: 150300, kind: ratification, done: 2021年1月, received: 2021-01-22, ordinal: 1}
before: {x-2020-01: 2020-05-01, x-2020-02: 不详}
"""


def test_a_file_is_read_with_dates_as_people_write_them() -> None:
    asked = read_file(FILE)
    (deed,) = asked.deeds
    assert (deed.party, deed.done.precision, deed.received.value, deed.ordinal) == (
        "150300",
        Precision.MONTH,
        "2021-01-22",
        1,
    )
    assert {code: (name.zh, name.en) for code, name in asked.names.items()} == {
        "150300": ("150300", None),
        "150600": ("鄂尔多斯市", "Ordos"),
    }
    assert [day and day.isoformat() for day in asked.before.values()] == ["2020-05-01", None]
    assert read_file('{"clause": "not stated", "acts": []}').clause is None


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("kind: all}", "kind: al}", "clause.when"),
        ("ratification, done", "ratifcation, done", "acts[0].kind"),
        ("2021年1月", "2021-02-30", "acts[0].done"),
        ("不详", "2020", "before.x-2020-02"),
        ("parties:", "party:", "party"),
        ("acts:\n  -", "acts:\n", "acts"),
    ],
)
def test_a_fault_of_the_file_is_told_with_its_place(old: str, new: str, place: str) -> None:
    with pytest.raises(ClauseError) as caught:
        read_file(FILE.replace(old, new, 1))
    assert place in [where for where, _, _ in caught.value.findings]


def test_the_file_knows_every_kind_of_act() -> None:
    assert set(KINDS) == set(ACT_KINDS)


# ---- the description for officers

GUIDE = (Path(__file__).parents[2] / "docs" / "force-clauses.md").read_text("utf-8")


def test_the_guide_shows_what_the_reader_takes() -> None:
    clause, file = re.findall("```yaml\n(.*?)```", GUIDE, re.DOTALL)
    assert read(clause).period == Period("days", 90)
    assert len(read_file(file).deeds) == 2
    periods = re.findall(r"\| `\{kind: (\w+), count: (\d+)\}` \| .*?(\d{4}-\d{2}-\d{2})", GUIDE)
    assert {kind for kind, _, _ in periods} == set(KINDS_OF_PERIOD)
    for kind, count, day in periods:
        assert Period(kind, int(count)).after(date(2021, 1, 22)) == date.fromisoformat(day)


def test_the_guide_tells_every_key_and_every_condition() -> None:
    assert [name for name in SCHEMA["properties"] if f"`{name}`" not in GUIDE and name != "schema"] == []
    kinds = [each["properties"]["kind"] for each in SCHEMA["$defs"]["condition"]["oneOf"]]
    named = [kind for each in kinds for kind in each.get("enum", [each.get("const")])]
    assert [kind for kind in named if f"{{kind: {kind}" not in GUIDE] == []
