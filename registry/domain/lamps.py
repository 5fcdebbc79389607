# ruff: noqa: RUF009 - `key` is dataclasses.field with the field's shape
"""Lamps: which colour an item shows and why, by ordered rules that are data. The first rule that matches decides.

Every measure is a whole number or a day, and each rule says for itself which of them it takes: the same bounds go into SQL
(`queries/lamps.py`) and into `lamp` here.
"""

from __future__ import annotations

import json
import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, cast

from workflows.shape import Bad, Reader, choice, key, listing, record, text, whole
from workflows.strict_yaml import Path as Place
from workflows.strict_yaml import YamlError
from workflows.strict_yaml import read as read_yaml

COLOURS = ("red", "yellow", "blue", "green", "grey")
"""What needs attention first."""
NONE = "none"
"""The lamp of an item that has ended."""
GRADES = ("on_track", "slow", "blocked")
FIGURES = ("behind", "short")
"""Measures of the last observations. behind: points behind schedule; short: percent of what was due that is missing."""
DAYS = ("overdue", "due", "stale")
"""Measures of a day. overdue: since a running time limit passed; due: until it passes; stale: since the last report's day."""
CONDITIONS = ("never_reported", "grade", *FIGURES, *DAYS, "otherwise")
WHY = ("ended", "overridden", "never_reported", *GRADES, *FIGURES, *DAYS, "otherwise")
"""What can have decided a lamp."""
LONGEST = 3660
"""Days or months in a border, at most."""

Finding: TypeAlias = tuple[int, str, str, str]
"""Line, key, what should stand there in Chinese and in English."""


class LampRulesError(ValueError):
    """Rules that leave a value undecided, or are not written as rules are."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"line {line}, {culprit}: {en}" for line, culprit, _, en in self.findings))


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages."""

    zh: str = key(text(r"(?s)\S.{0,999}", "1000 字以内的文字", "a text of at most 1000 characters"))
    en: str = key(text(r"(?s)\S.{0,1999}", "2000 字以内的文字", "a text of at most 2000 characters"))


@dataclass(frozen=True, slots=True)
class Border:
    """One end of a rule. amount: in 1/100 point or 1/100 percent, in days or in months, as `unit` says."""

    amount: int
    unit: Literal["hundredths", "days", "months"]

    @property
    def shown(self) -> str:
        """The number as people write it: points or percent, days, months."""
        whole_part, rest = divmod(self.amount, 100)
        decimals = f".{rest:02}".rstrip("0") if rest else ""
        return f"{whole_part}{decimals}" if self.unit == "hundredths" else str(self.amount)


def _border(reader: Reader, path: Place, data: object) -> Border:
    written = str(data) if isinstance(data, str | int) and not isinstance(data, bool) else ""
    if found := re.fullmatch(r"(0|[1-9][0-9]{0,3})(?:[.]([0-9]{1,2}))?", written):
        return Border(int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")), "hundredths")
    if (found := re.fullmatch(r"(0|[1-9][0-9]{0,3}) (days|months)", written)) and int(found[1]) <= LONGEST:
        return Border(int(found[1]), cast(Literal["days", "months"], found[2]))
    raise reader.report(
        path, "wrong-type", zh="10、12.5 这样的百分点或百分数，或 30 days、3 months",
        en="points or percent such as 10 or 12.5, or 30 days, 3 months",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a condition and the colour that follows. is_: the grades of a rule on grades.

    over, at_least: its lower border without and with the value itself; under, at_most: its upper one.
    ours: where the published rule is silent, what was decided here and why.
    """

    when: str = key(choice(*CONDITIONS))
    colour: str = key(choice(*COLOURS))
    is_: tuple[str, ...] = key(listing(choice(*GRADES), at_least=1), (), name="is")
    over: Border | None = key(_border, None)
    at_least: Border | None = key(_border, None)
    under: Border | None = key(_border, None)
    at_most: Border | None = key(_border, None)
    ours: Words | None = key(record(Words), None)

    @property
    def lower(self) -> Border | None:
        """The lower border, whether the value itself is in or not."""
        return self.over or self.at_least

    @property
    def upper(self) -> Border | None:
        """The upper border, likewise."""
        return self.under or self.at_most

    def figures(self) -> tuple[int | None, int | None]:
        """The least and the greatest value of its measure that it takes, in hundredths; None: no such end."""
        least = self.over.amount + 1 if self.over else self.at_least.amount if self.at_least else None
        most = self.under.amount - 1 if self.under else self.at_most.amount if self.at_most else None
        return least, most

    def days(self, today: date) -> tuple[date | None, date | None]:
        """The first and the last of the days that it takes: last days of time limits, or days of last reports.

        Months are calendar months: three months after 30 November end on the last day of February.
        """
        one = timedelta(days=1)
        if self.when == "due":
            first = _moved(today, self.lower, 1) + (one if self.over else 0 * one) if self.lower else today
            last = _moved(today, self.upper, 1) - (one if self.under else 0 * one) if self.upper else None
            return max(first, today), last
        last = _moved(today, self.lower, -1) - (one if self.over else 0 * one) if self.lower else None
        first_day = _moved(today, self.upper, -1) + (one if self.under else 0 * one) if self.upper else None
        if self.when == "overdue":
            last = min(last or today - one, today - one)
        return first_day, last


def _moved(day: date, by: Border, sign: int) -> date:
    """The day so many days or calendar months later or earlier; of a shorter month, its last day."""
    if by.unit == "days":
        return day + timedelta(days=sign * by.amount)
    months = day.year * 12 + day.month - 1 + sign * by.amount
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows for people from a colour: told, never computed. time: the how manieth one; 1: each."""

    colour: str = key(choice(*COLOURS))
    says: Words = key(record(Words))
    time: int = key(whole(1), 1)


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules for lamps. slug: e.g. yinchuan-2025. source: the place and year, and what was published there.

    left_out: what the publication has and the register does not compute.
    """

    schema: str = key(choice("lamps/1"))
    slug: str = key(text("[a-z][a-z0-9-]{0,39}", "小写字母、数字和连字符", "lower-case letters, digits and hyphens"))
    title: Words = key(record(Words))
    source: Words = key(record(Words))
    rules: tuple[Rule, ...] = key(listing(record(Rule), at_least=2))
    consequences: tuple[Consequence, ...] = key(listing(record(Consequence)), ())
    left_out: tuple[Words, ...] = key(listing(record(Words)), ())


class Seen(NamedTuple):
    """What an item's lamp follows from.

    grade: of its last report; reported_on: the last day that the report can speak of. observed: whether an observation of a
    target stands. behind, short: of the last observations, the worst of the comparable targets, in 1/100 point and 1/100
    percent; None: none is comparable. due_on: last day of its running time limit, the soonest. override: a colour decided.
    """

    ended: bool = False
    grade: str = "not_reported"
    reported_on: date | None = None
    observed: bool = False
    behind: int | None = None
    short: int | None = None
    due_on: date | None = None
    override: str | None = None


class Lamp(NamedTuple):
    """A colour and why. rule: the place of the rule that decided, from 0; None: no rule was asked."""

    colour: str
    why: str
    rule: int | None = None


def lamp(policy: Policy, seen: Seen, today: date) -> Lamp:
    """The lamp of an item on a day. What has ended shows none; what a leader decided goes before every rule."""
    if seen.ended:
        return Lamp(NONE, "ended")
    if seen.override is not None:
        return Lamp(seen.override, "overridden")
    place, rule = next((place, rule) for place, rule in enumerate(policy.rules) if matches(rule, seen, today))
    return Lamp(rule.colour, seen.grade if rule.when == "grade" else rule.when, place)


def matches(rule: Rule, seen: Seen, today: date) -> bool:
    """Whether a rule takes an item on a day. A measure that is not known is taken by none of its rules."""
    if rule.when == "otherwise":
        return True
    if rule.when == "never_reported":
        return seen.grade == "not_reported" and not seen.observed
    if rule.when == "grade":
        return seen.grade in rule.is_
    if rule.when in FIGURES:
        value = seen.behind if rule.when == "behind" else seen.short
        least, most = rule.figures()
        return value is not None and (least is None or value >= least) and (most is None or value <= most)
    day = seen.reported_on if rule.when == "stale" else seen.due_on
    first, last = rule.days(today)
    return day is not None and (first is None or day >= first) and (last is None or day <= last)


# ---- reading and checking

SHIPPED = Path(__file__).parents[1] / "data" / "lamps"
"""The rules that come with the register, one file for each."""
OWN = "own-1"
"""The rules of a register that chose none."""


@cache
def shipped() -> Mapping[str, str]:
    """The text of each file of rules that comes with the register, by slug; the register's own first."""
    slugs = sorted((path.stem for path in SHIPPED.glob("*.yaml")), key=lambda slug: (slug != OWN, slug))
    return {slug: (SHIPPED / f"{slug}.yaml").read_text("utf-8") for slug in slugs}


@lru_cache(maxsize=64)
def read_policy(content: str) -> Policy:
    """Read rules from YAML, or from the JSON of `canonical`. Raises LampRulesError with every fault and its line."""
    try:
        document = read_yaml(content)
    except YamlError as error:
        raise LampRulesError([(error.line, "YAML", error.zh, error.en)]) from error
    reader = Reader(document)
    try:
        policy = record(Policy)(reader, (), document.data)
        _check(reader, policy)
    except Bad:
        pass
    if reader.findings:
        found = sorted(reader.findings, key=lambda each: each.line)
        raise LampRulesError((each.line, each.culprit, each.remedy_zh, each.remedy_en) for each in found)
    return policy


def canonical(content: str) -> str:
    """Rules that were read, as the history keeps them: JSON with sorted keys, `read_policy` reads it back."""
    return json.dumps(read_yaml(content).data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _check(reader: Reader, policy: Policy) -> None:
    """Hold what the shapes cannot: each rule has its borders, and together they decide every value."""
    for place, rule in enumerate(policy.rules):
        _check_rule(reader, ("rules", place), rule)
    first, otherwise = policy.rules[0], [rule.when == "otherwise" for rule in policy.rules]
    if (first.when, first.colour) != ("never_reported", "grey"):
        _wrong(
            reader, ("rules", 0), "第一条规则 when: never_reported、colour: grey",
            "the first rule, when: never_reported with colour: grey",
        )  # fmt: skip
    if otherwise != [False] * (len(otherwise) - 1) + [True]:
        _wrong(
            reader, ("rules", len(otherwise) - 1), "最后一条规则，且只有它是 when: otherwise",
            "the last rule, and it alone, when: otherwise",
        )  # fmt: skip
    if not reader.findings:
        for measure in (*FIGURES, *DAYS):
            _check_borders(reader, policy, measure)


def _check_rule(reader: Reader, path: Place, rule: Rule) -> None:
    borders = [each for each in (rule.over, rule.at_least, rule.under, rule.at_most) if each]
    measured = rule.when in (*FIGURES, *DAYS)
    if bool(rule.is_) != (rule.when == "grade"):
        _wrong(reader, path, "when: grade 才写且必须写 is", "`is` with when: grade, and only there")
    if measured != bool(borders):
        _wrong(reader, path, "只有可量的条件才写边界，且至少一个", "a border with what is measured, and only there")
    if (rule.over and rule.at_least) or (rule.under and rule.at_most):
        _wrong(
            reader, path, "over 与 at_least 二者之一，under 与 at_most 二者之一", "one lower and one upper border at most"
        )  # fmt: skip
    units = ("hundredths",) if rule.when in FIGURES else ("days", "months")
    if measured and any(each.unit not in units for each in borders):
        _wrong(
            reader, path, "behind、short 用数；overdue、due、stale 用 days 或 months",
            "numbers for behind and short; days or months for overdue, due and stale",
        )  # fmt: skip


def _check_borders(reader: Reader, policy: Policy, measure: str) -> None:
    """The spans of one measure meet, reach the worse end, and each can still take something when its turn comes."""
    rules = [(place, rule) for place, rule in enumerate(policy.rules) if rule.when == measure]
    if not rules:
        return
    if len({each.unit for _, rule in rules for each in (rule.lower, rule.upper) if each}) > 1:
        _wrong(reader, ("rules", rules[-1][0]), f"{measure} 各条用同一单位", f"one unit in all rules on {measure}")
        return
    taken: list[tuple[float, float]] = []
    for place, rule in rules:
        low, high = _span(rule)
        if low >= high or any(one <= low and high <= other for one, other in _joined(taken)):
            _wrong(reader, ("rules", place), "前面各条没有取走的范围", "a span that no rule before it takes")
        taken.append((low, high))
    spans = _joined(taken)
    if len(spans) > 1:
        gap = f"{_at(spans[0][1], measure)}–{_at(spans[1][0], measure)}"
        _wrong(
            reader, ("rules", rules[-1][0]), f"与其他各条相接的 {measure}（{gap} 没有规定）",
            f"a {measure} that meets the other rules ({gap} is undecided)",
        )  # fmt: skip
    worst_open = spans[0][0] == -1 if measure == "due" else spans[-1][1] == float("inf")
    if not worst_open:
        _wrong(
            reader, ("rules", rules[-1][0]), f"最差一端没有边界的 {measure}", f"a {measure} without a border at its worse end"
        )  # fmt: skip


def _span(rule: Rule) -> tuple[float, float]:
    """Where a rule begins and ends on a line on which each value has a place before it and one after it: 2 v and 2 v + 1."""
    least: float = 0 if rule.when == "overdue" else -1 if rule.when == "due" else float("-inf")
    low = 2 * rule.over.amount + 1 if rule.over else 2 * rule.at_least.amount if rule.at_least else least
    high = 2 * rule.under.amount if rule.under else 2 * rule.at_most.amount + 1 if rule.at_most else float("inf")
    return low, high


def _joined(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The spans with those that meet made one, in order."""
    found: list[tuple[float, float]] = []
    for low, high in sorted(spans):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def _at(place: float, measure: str) -> str:
    return f"{place // 2 / (100 if measure in FIGURES else 1):g}"


def _wrong(reader: Reader, path: Place, zh: str, en: str) -> None:
    reader.report(path, "wrong-type", zh=zh, en=en)
