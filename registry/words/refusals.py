"""What is said instead of an act: why not, who can help, what to do. One table for page, API and log: refusals.yaml."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from registry.domain.dates import PartialDate
from registry.errors import NotFound, NotPermitted, Reason, Refused, RegistryError, Stale
from registry.permissions import ROLE_GRANTS
from registry.words import Language, Table, label, table_of
from workflows import Definition

_SEPARATOR: Mapping[Language, str] = {"zh": "、", "en": ", "}
_DATES = {
    "day": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "month": r"[0-9]{4}-[0-9]{2}",
    "quarter": r"[0-9]{4}-Q[1-4]",
    "year": r"[0-9]{4}",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One reason in words. field: the input it is about. who: who can meet it; source: the clause; None: nobody, none."""

    code: str
    field: str | None
    sentence: str
    remedy: str
    who: str | None
    source: str | None


def answers(error: RegistryError, language: Language) -> tuple[Answer, ...]:
    """Everything that an error has to say, one answer for each reason."""
    return tuple(
        Answer(
            each.code, each.field, sentence(each, language), remedy(each, language), who(each, language), each.source
        )
        for each in reasons_of(error)
    )


def reasons_of(error: RegistryError) -> tuple[Reason, ...]:
    """The reasons behind an error; one of our own code where the error has none. Raises KeyError for an unknown kind of error."""
    if isinstance(error, Refused):
        return error.reasons
    if isinstance(error, NotPermitted):
        return (Reason("not-permitted", {"permission": error.permission}),)
    return (Reason({NotFound: "not-found", Stale: "stale"}[type(error)]),)


def sentence(reason: Reason, language: Language) -> str:
    """Why not, with its values put in. Raises KeyError for a code without a sentence, or a value that was not given."""
    return _said(reason, language, language)


def remedy(reason: Reason, language: Language) -> str:
    """What to do about it. Raises KeyError as `sentence`."""
    return _said(reason, f"remedy_{language}", language)


def who(reason: Reason, language: Language) -> str | None:
    """Who can meet it: roles in words, parties as they were given."""
    return _joined("role", reason.who, language, reason.definition) or None


def line(error: RegistryError, language: Language) -> str:
    """An error as one line of a log or a command's answer: field, sentence, who, clause and remedy of each reason."""
    return " ".join(_line(each, language) for each in answers(error, language))


def _line(answer: Answer, language: Language) -> str:
    colon, can, by = ("：", "可由谁满足", "依据") if language == "zh" else (": ", "Who can meet it", "Source")
    stop = "。" if language == "zh" else ". "
    name = f"{label('input', answer.field, language)}{colon}" if answer.field else ""
    helpers = f"{can}{colon}{answer.who}{stop}" if answer.who else ""
    clause = f"{by}{colon}{answer.source}{stop}" if answer.source else ""
    space = "" if language == "zh" else " "
    return f"{name}{answer.sentence}{space}{helpers}{clause}{answer.remedy}"


def _granting(permission: str) -> list[str]:
    """The roles of accounts that grant it; the register's own host where none does; oneself where nothing but sign-in is asked."""
    roles = [role for role, grants in ROLE_GRANTS.items() if permission in grants]
    return [role for role in roles if role != "register"] or roles or ["self"]


def _joined(kind: str, codes: Iterable[str], language: Language, definition: Definition | None = None) -> str:
    return _SEPARATOR[language].join(label(kind, code, language, definition) for code in codes)


def _said(reason: Reason, what: str, language: Language) -> str:
    return _Sentence(language, reason.definition).vformat(table()[reason.code][what], (), reason.values)


@cache
def table() -> Table:
    """refusals.yaml: code → zh, en, remedy_zh, remedy_en."""
    return table_of("refusals.yaml")


class _Sentence(string.Formatter):
    """Puts values in: as given, or in the words of the kind that stands behind the colon."""

    def __init__(self, language: Language, definition: Definition | None) -> None:
        self.language = language
        self.definition = definition

    def format_field(self, value: Any, format_spec: str) -> str:
        """A date; a list of codes; a code; or the value as it is."""
        text = str(value)
        if format_spec == "date":
            return _date(text, self.language)
        if format_spec == "granting":
            return _joined("role", _granting(text), self.language)
        if format_spec.endswith(","):
            return _joined(format_spec[:-1], text.split(","), self.language, self.definition)
        return label(format_spec, text, self.language, self.definition) if format_spec else text


def _date(value: str, language: Language) -> str:
    """A stored date as people write it; what has another shape stays as it is."""
    precision = next((name for name, shape in _DATES.items() if re.fullmatch(shape, value)), None)
    if precision is None:
        return value
    written = PartialDate.of(value, precision)
    return written.zh() if language == "zh" else written.en()
