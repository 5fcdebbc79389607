"""Sentences of a derivation, in Chinese and in English side by side: whose act, when, how many, which period, which day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from registry.domain.force_acts import LONG_AGO, Between
from registry.domain.force_dates import NEVER, Period

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NAMED_AT_MOST = 6


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence, or a part of one, in both languages, without a full stop."""

    zh: str
    en: str

    def __add__(self, other: Words) -> Words:
        return Words(self.zh + other.zh, self.en + other.en)


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a party. en: None where it has none; the Chinese then stands in both languages."""

    zh: str
    en: str | None = None


NOTHING = Words("", "")
NOT_STATED = Words("未载明", "not stated")


@lru_cache(maxsize=4096)
def day(value: date) -> Words:
    """2021年4月22日, 22 Apr 2021."""
    return Words(f"{value.year}年{value.month}月{value.day}日", f"{value.day} {_MONTHS[value.month - 1]} {value.year}")


def between(days: Between) -> Words:
    """A day as far as it is known."""
    if found := days.exact:
        return day(found)
    if days.last == NEVER:
        return Words("未载明的某日", "on a day not stated")
    if days.first == LONG_AGO:
        return Words(f"{day(days.last).zh}或更早", f"by {day(days.last).en}")
    first, last = day(days.first), day(days.last)
    return Words(f"{first.zh}至{last.zh}之间", f"between {first.en} and {last.en}")


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{('th', 'st', 'nd', 'rd')[number % 10] if number % 10 < 4 else 'th'}"


def name(code: str, names: Mapping[str, Name]) -> Words:
    """A party by its name; by its code where nobody named it."""
    found = names.get(code)
    return Words(found.zh, found.en or found.zh) if found else Words(code, code)


def listed(codes: Iterable[str], names: Mapping[str, Name]) -> Words:
    """Parties one after the other; of many, the first six and how many there are."""
    found = [name(code, names) for code in codes]
    shown = found[:NAMED_AT_MOST]
    zh, en = "、".join(each.zh for each in shown), ", ".join(each.en for each in shown)
    if len(found) > len(shown):
        zh, en = f"{zh}等 {len(found)} 方", f"{en} and {len(found) - len(shown)} more"
    return Words(zh, en)


def joined(parts: Iterable[Words], zh: str = "；", en: str = "; ") -> Words:
    """Sentences one after the other."""
    found = list(parts)
    return Words(zh.join(each.zh for each in found), en.join(each.en for each in found))


# Kind of act → the paper that it is, and what is done with it by each of its dates.
_INSTRUMENTS = {
    "signature": Words("签署", "signature"),
    "ratification": Words("批准书", "ratification"),
    "acceptance": Words("接受书", "acceptance"),
    "approval": Words("核准书", "approval"),
    "accession": Words("加入书", "accession"),
    "succession": Words("继承通知", "succession"),
    "withdrawal_notice": Words("退出通知", "notice of withdrawal"),
    "withdrawal": Words("退出", "withdrawal"),
    "provisional_application": Words("暂时适用", "provisional application"),
}
_DEEDS = {
    "done": Words("作出", "done"),
    "received": Words("交存", "deposited"),
    "registered": Words("登记", "registered"),
}


def instrument(kind: str) -> Words:
    """批准书, ratification."""
    return _INSTRUMENTS.get(kind, Words(kind, kind))


def act(party: str, kind: str, counted: str, when: Words, names: Mapping[str, Name]) -> Words:
    """甲市的批准书于2021年1月22日交存; ratification of City A deposited 22 Jan 2021.

    counted: which of its dates counts: done, received or registered.
    """
    who, what = name(party, names), instrument(kind)
    if kind == "signature" and counted == "done":
        return Words(f"{who.zh}于 {when.zh}签署", f"{who.en} signed {when.en}")
    how = _DEEDS[counted]
    return Words(f"{who.zh}的{what.zh}于 {when.zh}{how.zh}", f"{what.en} of {who.en} {how.en} {when.en}")


def period(length: Period) -> Words:
    """加 90 天, + 90 days; of the kinds that end on the first of a month, what is counted."""
    n, many = length.count, "s" if length.count != 1 else ""
    first = Words("（起算日计入）", " (that day counted)") if length.first_day_counts else NOTHING
    match length.kind:
        case "days":
            return Words(f"加 {n} 天", f"+ {n} day{many}") + first
        case "months":
            return Words(f"加 {n} 个月", f"+ {n} month{many}") + first
        case "first_of_month_after_days":
            return Words(f"满 {n} 天", f"+ {n} day{many}") + first + Words("后的下月 1 日", ", first of the next month")
        case "first_of_month_after_months":
            return (
                Words(f"满 {n} 个月", f"+ {n} month{many}")
                + first
                + Words("后的下月 1 日", ", first of the next month")
            )
        case "first_day_of_nth_month_after_month":
            if n == 1:
                return Words("次月 1 日", "first day of the next month")
            return Words(f"当月之后第 {n} 个月的 1 日", f"first day of the {ordinal(n)} month after that month")


def counted_on(length: Period | None, begin: date, end: date) -> Words:
    """，加 90 天，2021年4月22日; , + 90 days = 22 Apr 2021. Without a period: the same day."""
    there = day(end)
    if length is None or (length.kind == "days" and length.count == 0):
        return Words(f"，当日（{there.zh}）", f", the same day = {there.en}")
    clamped = Words("（该月无此日，取月末）", " (end of the month)") if length.clamped(begin) else NOTHING
    how = period(length) + clamped
    return Words(f"，{how.zh}，{there.zh}", f", {how.en} = {there.en}")
