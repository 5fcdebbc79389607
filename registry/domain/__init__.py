"""The pure rules of the field: what people write and what it means, how records are numbered, shown and counted.

Here stands what all readers of typed text share: the shape of their answer and the folding of character widths.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar


class Outcome(StrEnum):
    """What becomes of a typed text."""

    ACCEPT = "accept"  # store it
    NORMALISE = "normalise"  # store the normal form and say so
    ASK = "ask"  # keep the text as typed and ask the person; never guess
    REJECT = "reject"  # refuse with the reason


class Reason(StrEnum):
    """Why a text was not simply accepted. The sentences for people stand in `registry/words`."""

    # changed on the way in
    BLANK = "blank"
    TIDIED = "tidied"
    # any text
    AMBIGUOUS = "ambiguous"
    NOT_UNDERSTOOD = "not-understood"
    # dates
    A_PERIOD = "a-period"
    NO_SUCH_DAY = "no-such-day"
    NO_SUCH_MONTH = "no-such-month"
    NO_SUCH_QUARTER = "no-such-quarter"
    NO_SUCH_TIME = "no-such-time"
    RELATIVE_DATE = "relative-date"
    SECONDS_MISSING = "seconds-missing"
    SERIAL_NUMBER = "serial-number"
    TWO_DIGIT_YEAR = "two-digit-year"
    UNLIKELY_YEAR = "unlikely-year"
    YEAR_MISSING = "year-missing"
    # document numbers
    AGENCY_CODE_MISSING = "agency-code-missing"
    NUMBER_ZERO = "number-zero"
    SEVERAL_NUMBERS = "several-numbers"
    # quantities
    IMPLIED_NUMBER = "implied-number"
    RANGE_REVERSED = "range-reversed"
    # names
    AMBIGUOUS_NAME = "ambiguous-name"
    LABEL_NOT_AT_END = "label-not-at-end"
    NEEDS_ISSUER = "needs-issuer"
    OTHER_LABEL = "other-label"
    SHARED_SUFFIX = "shared-suffix"
    UNBALANCED_PARENTHESES = "unbalanced-parentheses"
    UNKNOWN_NAME = "unknown-name"


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """The answer of every reader of typed text; made by the four functions below.

    value: what to store; under `ask` at most a proposal for the person; under `reject` None.
    reason: None exactly under `accept`.
    """

    outcome: Outcome
    value: T | None
    reason: Reason | None


def accepted(value: T) -> Reading[T]:
    """Store `value`: the text was written in a known way."""
    return Reading(Outcome.ACCEPT, value, None)


def normalised(value: T, reason: Reason = Reason.TIDIED) -> Reading[T]:
    """Store `value` and tell the person that it is not what was typed."""
    return Reading(Outcome.NORMALISE, value, reason)


def asked(reason: Reason, proposal: T | None = None) -> Reading[T]:
    """Keep the text as typed and ask, at most with a proposal."""
    return Reading(Outcome.ASK, proposal, reason)


def rejected(reason: Reason) -> Reading[T]:
    """Refuse the text: what it says cannot be."""
    return Reading(Outcome.REJECT, None, reason)


LIKELY_YEARS = range(1900, 2200)
"""Years that a document of the field can carry; another is a slip of the hand and is asked about."""

# Full NFKC would turn km² into km2 and ① into 1, so only the full-width copies of ASCII are folded.
_WIDTHS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))


def even_spaces(text: str) -> str:
    """`text` with every run of white space (U+00A0 and U+3000, too) as one space, no margins, no invisible characters."""
    return " ".join(text.translate(_INVISIBLE).split())


def half_width(text: str) -> str:
    """`text` with full-width ASCII folded and even spaces."""
    return even_spaces(text.translate(_WIDTHS))
