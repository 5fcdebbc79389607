"""Rules for lamps: every border of the shipped ones by hand, and a checker that leaves no value undecided."""

from __future__ import annotations

from datetime import date, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given

from registry.domain.lamps import (
    COLOURS,
    WHY,
    LampRulesError,
    Seen,
    canonical,
    lamp,
    matches,
    read_policy,
    shipped,
)

TODAY = date(2026, 5, 31)
POLICIES = {slug: read_policy(text) for slug, text in shipped().items()}
REPORTED = Seen(grade="on_track", reported_on=TODAY)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("slug", "seen", "expected"),
    [
        ("own-1", Seen(), "grey never_reported"),
        ("own-1", Seen(due_on=ago(99)), "grey never_reported"),
        ("own-1", Seen(observed=True), "green otherwise"),
        ("own-1", Seen(ended=True, grade="blocked", override="red"), "none ended"),
        ("own-1", Seen(override="red"), "red overridden"),
        ("own-1", REPORTED, "green otherwise"),
        ("own-1", REPORTED._replace(grade="blocked"), "red blocked"),
        ("own-1", REPORTED._replace(grade="slow", behind=3001), "red behind"),
        ("own-1", REPORTED._replace(grade="slow", behind=3000), "yellow slow"),
        ("own-1", REPORTED._replace(behind=3000), "yellow behind"),
        ("own-1", REPORTED._replace(behind=1001), "yellow behind"),
        ("own-1", REPORTED._replace(behind=1000), "green otherwise"),
        ("own-1", REPORTED._replace(behind=-2000), "green otherwise"),
        ("own-1", REPORTED._replace(due_on=ago(31)), "red overdue"),
        ("own-1", REPORTED._replace(due_on=ago(30)), "yellow overdue"),
        ("own-1", REPORTED._replace(due_on=ago(1)), "yellow overdue"),
        ("own-1", REPORTED._replace(due_on=TODAY), "blue due"),
        ("own-1", REPORTED._replace(due_on=ago(-14)), "blue due"),
        ("own-1", REPORTED._replace(due_on=ago(-15)), "green otherwise"),
        ("own-1", REPORTED._replace(reported_on=date(2025, 5, 31)), "green otherwise"),
        ("own-1", REPORTED._replace(reported_on=date(2025, 5, 30)), "yellow stale"),
        ("own-1", REPORTED._replace(reported_on=None), "green otherwise"),
        ("yinchuan-2025", REPORTED._replace(behind=999), "green behind"),
        ("yinchuan-2025", REPORTED._replace(behind=1000), "yellow behind"),
        ("yinchuan-2025", REPORTED._replace(behind=3000), "yellow behind"),
        ("yinchuan-2025", REPORTED._replace(behind=3001), "red behind"),
        ("yinchuan-2025", REPORTED._replace(due_on=date(2026, 2, 28)), "red overdue"),  # three months before 31 May
        ("yinchuan-2025", REPORTED._replace(due_on=date(2026, 3, 1)), "yellow overdue"),
        ("yinchuan-2025", REPORTED._replace(due_on=TODAY), "green otherwise"),
        ("sanya-2022", REPORTED._replace(short=5001), "red short"),
        ("sanya-2022", REPORTED._replace(short=5000), "yellow short"),
        ("sanya-2022", REPORTED._replace(short=1), "yellow short"),
        ("sanya-2022", REPORTED._replace(short=0), "green short"),
        ("suqian-2025", REPORTED._replace(due_on=ago(1), grade="slow"), "red overdue"),
        ("suqian-2025", REPORTED._replace(grade="blocked"), "yellow blocked"),
        ("suqian-2025", REPORTED._replace(behind=1, due_on=TODAY), "yellow behind"),
        ("suqian-2025", REPORTED._replace(due_on=ago(-7)), "blue due"),
        ("suqian-2025", REPORTED._replace(due_on=ago(-8)), "green otherwise"),
        ("guangyuan-2018", REPORTED._replace(behind=1001), "yellow behind"),
    ],
)
def test_every_border(slug: str, seen: Seen, expected: str) -> None:
    found = lamp(POLICIES[slug], seen, TODAY)
    assert f"{found.colour} {found.why}" == expected


def test_what_is_shipped() -> None:
    assert list(shipped()) == ["own-1", "guangyuan-2018", "sanya-2022", "suqian-2025", "yinchuan-2025"]
    assert all(rule.ours for rule in POLICIES["own-1"].rules)
    for slug, text in shipped().items():
        assert POLICIES[slug].slug == slug
        assert read_policy(canonical(text)) == POLICIES[slug]


DAYS = st.none() | st.dates(date(2024, 1, 1), date(2027, 12, 31))
SEEN = st.builds(
    Seen, st.booleans(), st.sampled_from(("on_track", "slow", "blocked", "not_reported")), DAYS, st.booleans(),
    st.none() | st.integers(-10_000, 10_000), st.none() | st.integers(0, 10_000), DAYS, st.none() | st.sampled_from(COLOURS),
)  # fmt: skip


@given(st.sampled_from(sorted(POLICIES)), SEEN, st.dates(date(2025, 1, 1), date(2026, 12, 31)))
def test_everything_is_decided_by_the_first_rule_that_takes_it(slug: str, seen: Seen, today: date) -> None:
    policy = POLICIES[slug]
    found = lamp(policy, seen, today)
    assert found.colour in (*COLOURS, "none") and found.why in WHY
    assert (found.colour == "none") == seen.ended
    if found.rule is not None:
        assert [matches(rule, seen, today) for rule in policy.rules[: found.rule + 1]] == [False] * found.rule + [True]
        assert found.colour == policy.rules[found.rule].colour


HEAD = """schema: lamps/1
slug: a
title: {zh: 甲, en: A}
source: {zh: 甲, en: A}
rules:
  - {when: never_reported, colour: grey}
"""
END = "  - {when: otherwise, colour: green}\n"


@pytest.mark.parametrize(
    ("rules", "line", "culprit", "words"),
    [
        (None, 5, "rules", "a list of 2–500 parts"),
        ("when: otherwise, colour: red", 8, "rules[2]", "the last rule"),
        ("when: moon, colour: red", 7, "rules[1].when", "one of: never_reported"),
        ("when: grade, is: [slow], colour: pink", 7, "rules[1].colour", "one of: red"),
        ("when: grade, is: [bad], colour: red", 7, "rules[1].is[0]", "one of: on_track"),
        ("when: behind, above: 3, colour: red", 7, "rules[1].above", "no key above"),
        ("when: grade, colour: red", 7, "rules[1]", "`is` with when: grade"),
        ("when: behind, colour: red", 7, "rules[1]", "a border with what is measured"),
        ("when: behind, over: 3 days, colour: red", 7, "rules[1]", "numbers for behind"),
        ("when: stale, over: 3, colour: red", 7, "rules[1]", "days or months for overdue"),
        ("when: behind, over: -3, colour: red", 7, "rules[1].over", "points or percent such as"),
        ("when: behind, over: 3, at_least: 3, colour: red", 7, "rules[1]", "one lower and one upper"),
        # what is left undecided
        ("when: behind, over: 30, colour: red / when: behind, at_most: 0, colour: green", 8, "rules[2]", "(0–30 is undecided)"),
        ("when: behind, over: 30, colour: red / when: behind, under: 30, colour: green", 8, "rules[2]", "(30–30 is undecided)"),
        ("when: short, over: 10, at_most: 30, colour: red", 7, "rules[1]", "without a border at its worse end"),
        ("when: due, over: 1 days, colour: blue", 7, "rules[1]", "without a border at its worse end"),
        ("when: stale, over: 3 months, colour: red / when: stale, over: 0 days, colour: blue", 8, "rules[2]", "one unit"),
        # what can never be lit
        ("when: behind, over: 10, colour: red / when: behind, over: 30, colour: yellow", 8, "rules[2]", "no rule before it takes"),
        ("when: behind, over: 10, under: 5, colour: red", 7, "rules[1]", "no rule before it takes"),
    ],
)  # fmt: skip
def test_rules_that_are_refused(rules: str | None, line: int, culprit: str, words: str) -> None:
    with pytest.raises(LampRulesError) as caught:
        read_policy(HEAD + "".join(f"  - {{{rule}}}\n" for rule in rules.split(" / ")) + END if rules else HEAD)
    assert [found[:2] for found in caught.value.findings[:1]] == [(line, culprit)], caught.value.findings
    assert words in caught.value.findings[0][3]
    assert str(caught.value).startswith(f"line {line}, {culprit}")


def test_never_reported_is_grey_and_first() -> None:
    for changed in (("colour: grey", "colour: green"), ("when: never_reported", "when: grade, is: [slow]")):
        with pytest.raises(LampRulesError, match="the first rule"):
            read_policy((HEAD + END).replace(*changed))
    with pytest.raises(LampRulesError, match="the last rule"):
        read_policy(HEAD + "  - {when: grade, is: [slow], colour: red}\n")
    with pytest.raises(LampRulesError, match="line 3, YAML"):
        read_policy((HEAD + END).replace("slug: a", "slug: a\nslug: b"))
    assert read_policy(HEAD + END).slug == "a"
