"""Reasons in the reader's language, as templates show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from registry.errors import Reason, RegistryError
from registry.queries.names import with_names
from registry.views import here
from registry.words import refusals


@dataclass(frozen=True, slots=True)
class Told:
    """A reason for people: what is missing and what to do about it. who: who can meet it; source: the clause it comes from."""

    sentence: str
    who: str | None
    source: str | None


def told(reason: Reason) -> Told:
    """One reason in words, with the names of the parties that it waits for."""
    language = here.language()
    (reason,) = with_names(here.database(), (reason,), language)
    words = (refusals.sentence(reason, language), refusals.remedy(reason, language))
    return Told(("" if language == "zh" else " ").join(words), refusals.who(reason, language), reason.source)


def all_told(reasons: Iterable[Reason]) -> tuple[Told, ...]:
    """Each of them in words."""
    return tuple(told(reason) for reason in reasons)


def why(error: RegistryError) -> tuple[Told, ...]:
    """Everything that an error has to say."""
    return all_told(refusals.reasons_of(error))
