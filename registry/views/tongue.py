"""How a table speaks to its reader: words, names and dates in one language, moments in one zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from registry.domain.dates import PartialDate, Precision
from registry.domain.sheets import Cell, Column, Kind
from registry.queries.rows import Named
from registry.words import COLUMNS, Language, Table, label, table_of
from workflows import Definition

Cells = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Tongue:
    """word: the word for a code of a kind, as `registry.words.label` has it. zone: of the register."""

    language: Language
    zone: ZoneInfo
    word: Callable[[str, str], str]

    def say(self, code: str, **values: object) -> str:
        """What a cell says: a code under `said` of words/sheets.yaml; n: the number that decides its form."""
        forms = _words("said")[code]
        form = f"{self.language}_one" if values.get("n") == 1 else self.language
        return forms.get(form, forms[self.language]).format(**values)

    def sheet(self, code: str) -> str:
        """The title of a sheet."""
        return _words("sheet")[code][self.language]

    def head(self, code: str, kind: Kind = "text", width: int = 12, among: Iterable[str] = ()) -> Column:
        """A column, by the code of its head."""
        return Column(_words("column")[code][self.language], kind, width, tuple(among))

    def what(self, code: str) -> str:
        """The head of a column as the name of a fact."""
        return _words("column")[code][self.language]

    def title(self, zh: str, en: str | None = None) -> str:
        """A title in the reader's language; where there is no English one, the Chinese stands."""
        return en if self.language == "en" and en else zh

    def named(self, named: Named | None) -> str:
        """A record by its name; None is not known."""
        if named is None:
            return self.say("unknown")
        return self.title(named.title_zh, named.title_en)

    def all(self, records: Iterable[Named]) -> str:
        """Several records in a line; none is not known."""
        return self.say("between").join(map(self.named, records)) or self.say("unknown")

    def date(self, partial: PartialDate | None) -> Cell:
        """A day as such, any other precision in its words, what is not known as that."""
        if partial is None or partial.precision is Precision.UNKNOWN:
            return self.say("unknown")
        if partial.precision is Precision.DAY and partial.value:
            return date.fromisoformat(partial.value)
        return self.dated(partial)

    def dated(self, partial: PartialDate) -> str:
        """A date in words, whatever its precision."""
        return partial.en() if self.language == "en" else partial.zh()

    def moment(self, at: datetime | None) -> datetime | None:
        """A moment in the register's zone, to the minute."""
        return None if at is None else at.astimezone(self.zone).replace(second=0, microsecond=0)

    def marks(self, *, sample: bool, backfilled: bool = False) -> str:
        """The marks that a record bears."""
        borne = [code for code, is_so in (("sample", sample), ("backfilled", backfilled)) if is_so]
        return self.say("between").join(map(self.say, borne))


def speaking(language: Language, zone: ZoneInfo, definitions: Sequence[Definition] = ()) -> Tongue:
    """The tongue of a register. definitions: its published procedures, which name states and steps that nobody else knows."""

    def word(kind: str, code: str) -> str:
        said = label(kind, code, language)
        if said != code or COLUMNS.get(kind, kind) not in ("state", "transition"):
            return said
        words = (label(kind, code, language, each) for each in definitions)
        return next((each for each in words if each != code), code)

    return Tongue(language, zone, word)


@cache
def _words(part: str) -> Table:
    table: dict[str, Table] = table_of("sheets.yaml")  # type: ignore[assignment]  # codes under three parts
    return table[part]
