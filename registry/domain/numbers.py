"""Record numbers: hbyy-2017-01, doc-2019-01, list-2019-01, items under them, hbyy-2017-01-001, and matters, finding-2026-001.

Given once and never reused; a year or grouping learnt later does not change them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

DOCUMENT = "doc"
LIST = "list"
MEETING = "meeting"
COMMITMENT = "commitment"
NO_GROUPING = "x"

_SERIES = re.compile("[a-z][a-z0-9]*")
_RECORD = re.compile("(?P<series>[a-z][a-z0-9]*)-(?P<year>[0-9]{4})-(?P<number>[0-9]{2,9})")
_ITEM = re.compile("(?P<parent>.+)-(?P<number>[0-9]{3,9})")
_SLUG = re.compile("[a-z][a-z0-9-]*")
_MATTER = re.compile("(?P<slug>[a-z][a-z0-9-]*)-(?P<year>[0-9]{4})-(?P<number>[0-9]{3,9})")


@dataclass(frozen=True, slots=True)
class RecordNumber:
    """The number of an agreement, a document, a list, a meeting or a commitment.

    series: code of the agreement's grouping, lower-case letters and digits without a hyphen; `x` for none; `doc`; `list`;
        `meeting`; `commitment`.
    year: four digits, or None where it is not known, written 0000.
    number: from 1, counted within series and year; written with two digits or more.
    Raises ValueError for anything else.
    """

    series: str
    year: int | None
    number: int

    def __post_init__(self) -> None:
        if not _SERIES.fullmatch(self.series):
            raise ValueError(f"{self.series!r} is not a series: lower-case letters and digits, a letter first")
        if self.year is not None and not 1000 <= self.year <= 9999:
            raise ValueError(f"{self.year} is not a year of four digits")
        if self.number < 1:
            raise ValueError(f"numbers begin at 1, not at {self.number}")

    def __str__(self) -> str:
        return f"{self.series}-{self.year or 0:04d}-{self.number:02d}"


@dataclass(frozen=True, slots=True)
class ItemNumber:
    """The number of an item: its parent's and its own, from 1, written with three digits or more."""

    parent: RecordNumber
    number: int

    def __post_init__(self) -> None:
        if self.number < 1:
            raise ValueError(f"numbers begin at 1, not at {self.number}")

    def __str__(self) -> str:
        return f"{self.parent}-{self.number:03d}"


@dataclass(frozen=True, slots=True)
class MatterNumber:
    """The number of a matter: its procedure, the year in which it was opened, and its own, from 1, with three digits or more.

    Raises ValueError for anything else.
    """

    slug: str
    year: int
    number: int

    def __post_init__(self) -> None:
        if not _SLUG.fullmatch(self.slug):
            raise ValueError(f"{self.slug!r} is not the code of a procedure")
        if not 1000 <= self.year <= 9999:
            raise ValueError(f"{self.year} is not a year of four digits")
        if self.number < 1:
            raise ValueError(f"numbers begin at 1, not at {self.number}")

    def __str__(self) -> str:
        return f"{self.slug}-{self.year}-{self.number:03d}"


def parse_record(text: str) -> RecordNumber:
    """The record number written as `text`, exactly as `str` writes it; raises ValueError otherwise."""
    found = _RECORD.fullmatch(text)
    if found:
        number = RecordNumber(found["series"], int(found["year"]) or None, int(found["number"]))
        if str(number) == text:  # -001 and -01 would be two addresses of one record
            return number
    raise ValueError(f"{text!r} is not a record number such as hbyy-2017-01")


def parse_item(text: str) -> ItemNumber:
    """The item number written as `text`, exactly as `str` writes it; raises ValueError otherwise."""
    found = _ITEM.fullmatch(text)
    if found:
        number = ItemNumber(parse_record(found["parent"]), int(found["number"]))
        if str(number) == text:
            return number
    raise ValueError(f"{text!r} is not an item number such as hbyy-2017-01-001")


def parse_matter(text: str) -> MatterNumber:
    """The number of a matter written as `text`, exactly as `str` writes it; raises ValueError otherwise."""
    found = _MATTER.fullmatch(text)
    if found:
        number = MatterNumber(found["slug"], int(found["year"]), int(found["number"]))
        if str(number) == text:
            return number
    raise ValueError(f"{text!r} is not the number of a matter such as finding-2026-001")


def next_record(series: str, year: int | None, existing: Iterable[str]) -> RecordNumber:
    """The number after the highest of `series` and `year` among `existing`.

    existing: every number ever given, also those of withdrawn and merged records; others are passed over. The caller
    holds the lock under which it was read. Raises ValueError where one of them is no record number.
    """
    taken = [number.number for number in map(parse_record, existing) if (number.series, number.year) == (series, year)]
    return RecordNumber(series, year, max(taken, default=0) + 1)


def next_item(parent: RecordNumber, existing: Iterable[str]) -> ItemNumber:
    """The item number after the highest under `parent` among `existing`; the same terms as `next_record`."""
    taken = [number.number for number in map(parse_item, existing) if number.parent == parent]
    return ItemNumber(parent, max(taken, default=0) + 1)


def next_matter(slug: str, year: int, existing: Iterable[str]) -> MatterNumber:
    """The number after the highest of `slug` and `year` among `existing`; the same terms as `next_record`."""
    taken = [number.number for number in map(parse_matter, existing) if (number.slug, number.year) == (slug, year)]
    return MatterNumber(slug, year, max(taken, default=0) + 1)
