"""Numbers as documents state them: 近70项, 80%以上, 2至3个; exact, with their approximation and unit.

Numbers are decimal strings, as written and without separators: floats would not give 1.5 万台 back exactly.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from registry.domain import Reading, Reason, accepted, asked, half_width, normalised, rejected

DIGIT_SIGNS = "〇○◯零Oo一二三四五六七八九"
"""Signs that write a year digit by digit (二〇一七), with the look-alikes of 〇 that people type."""

_DIGITS = "零一二三四五六七八九"
_SIZES = {"千": 1000, "百": 100, "十": 10}


_DIGIT_VALUES = str.maketrans(DIGIT_SIGNS, "000000123456789")


def digits(text: str) -> str:
    """`text` with each of the DIGIT_SIGNS as its Arabic digit."""
    return text.translate(_DIGIT_VALUES)


def chinese_integer(text: str) -> int | None:
    """The number from 1 to 9999 that `text` writes in Chinese, two forms allowed (十 or 一十, 二 or 两); else None.

    Colloquial forms whose size is left out (一百二) are not guessed at.
    """
    plain = text.replace("两", "二").replace("〇", "零")
    total = digit = 0
    for sign in plain:
        if sign in _SIZES:
            total, digit = total + max(digit, 1) * _SIZES[sign], 0
        elif sign in _DIGITS:
            digit = _DIGITS.index(sign)
        else:
            return None
    total += digit
    written = _written(total) if total < 10_000 else ""
    return total if plain and plain in (written, written.removeprefix("一") if total < 20 else written) else None


def _written(number: int) -> str:
    text = ""
    for size, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, size)
        if digit:
            text += _DIGITS[digit] + name
        elif text and number and not text.endswith("零"):
            text += "零"
    return text


@dataclass(frozen=True, slots=True)
class Quantity:
    """A stated number: either `number`, or one or both bounds, which belong to the range.

    number, minimum, maximum: decimal strings in `unit`.
    approx: the word that makes the number approximate, as written (近, 余, 超过 …); None where it is exact.
    unit: as written, with its multiplier (万台, 亿元, %); None where none is written.
    implied: the words name no number (全覆盖).
    """

    number: str | None = None
    minimum: str | None = None
    maximum: str | None = None
    approx: str | None = None
    unit: str | None = None
    implied: bool = False


_ARABIC = "(?:0|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,4}|[1-9][0-9]{0,14})(?:[.][0-9]{1,9})?"
_NUMBER = f"(?:{_ARABIC}|[零〇一二两三四五六七八九十百千]+)"
# No unit holds a numeral or a word of degree: 三至五年 and 3个多月 must not become 3 of an odd unit.
_UNIT = "(?:(?![零〇一二两三四五六七八九十至到几余多以上下左右])[A-Za-z%‰℃°²³㎡\u4e00-\u9fff/·])"
# 以上, 以下, 以内 include the number; 超过, 不满 do not (Civil Code, art. 1259), so those stay words beside it.
_AT_LEAST = "不低于|不少于|不小于|至少|≥|>="
_AT_MOST = "不超过|不高于|不多于|不大于|至多|最多|≤|<="
_NEARLY = "将近|接近|近|大约|约|逾|超过|超|不足|不到|不满"
_ONE = re.compile(
    f"(?:(?P<least>{_AT_LEAST})|(?P<most>{_AT_MOST})|(?P<before>{_NEARLY}))?"
    f"(?P<sign>-)?(?P<percent>百分之)?(?P<number>{_NUMBER})(?P<after>余|多)?(?P<unit>{_UNIT}{{1,8}}?)?"
    "(?:(?P<above>及?以上)|(?P<below>及?以[下内])|(?P<around>左右|上下))?"
)
_RANGE = re.compile(
    f"(?P<low>{_NUMBER})(?P<first>{_UNIT}{{1,8}}?)?(?:至|到|[-~—–〜])(?P<high>{_NUMBER})(?P<unit>{_UNIT}{{1,8}})?"
)
_EVERYTHING = ("全覆盖", "全部覆盖")


def read(raw: str) -> Reading[Quantity]:
    """Read one stated number.

    A comma of either width is a thousands separator where it stands before three digits; anywhere else it is asked about.
    Outcomes: accept; normalise where spaces or widths changed; ask for implied numbers (全覆盖, with 100 % as a proposal)
    and for what is no single number; reject for a range whose ends are reversed.
    """
    text = re.sub(r"(?<=[^0-9]) | (?=[^0-9])", "", half_width(raw))
    if not text:
        return asked(Reason.BLANK)
    if text in _EVERYTHING:
        return asked(Reason.IMPLIED_NUMBER, Quantity(number="100", unit="%", implied=True))
    try:
        quantity = _single(text) or _range(text)
    except _Reversed:
        return rejected(Reason.RANGE_REVERSED)
    if quantity is None:
        return asked(Reason.NOT_UNDERSTOOD)
    return accepted(quantity) if text == raw.replace("，", ",") else normalised(quantity)


class _Reversed(Exception):
    """The ends of a range stand in the wrong order."""


def _decimal(text: str) -> str | None:
    if text[0].isascii():
        return text.replace(",", "")
    written = chinese_integer(text)
    return None if written is None else str(written)


def _single(text: str) -> Quantity | None:
    found = _ONE.fullmatch(text)
    number = _decimal(found["number"]) if found else None
    if found is None or number is None:
        return None
    words = [name for name in ("least", "most", "before", "after", "above", "below", "around") if found[name]]
    if len(words) > 1 or (found["percent"] and found["unit"]):
        return None
    number = f"{found['sign'] or ''}{number}"
    unit = "%" if found["percent"] else found["unit"]
    match words:
        case ["least" | "above"]:
            return Quantity(minimum=number, unit=unit)
        case ["most" | "below"]:
            return Quantity(maximum=number, unit=unit)
        case [word]:
            return Quantity(number=number, approx=found[word], unit=unit)
    return Quantity(number=number, unit=unit)


def _range(text: str) -> Quantity | None:
    found = _RANGE.fullmatch(text)
    if found is None or found["first"] not in (None, found["unit"]):
        return None
    low, high = _decimal(found["low"]), _decimal(found["high"])
    if low is None or high is None:
        return None
    if Decimal(low) > Decimal(high):
        raise _Reversed
    return Quantity(minimum=low, maximum=high, unit=found["unit"])
