"""发文字号, the number of an official document: agency code, year in 〔〕, number, 号."""

import re

from registry.domain import LIKELY_YEARS, Reading, Reason, accepted, asked, half_width, normalised, rejected
from registry.domain.quantities import DIGIT_SIGNS, chinese_integer, digits

_WHOLE = re.compile(
    "(?P<code>[\u3400-\u9fff]*)"
    "[(\\[{〔【〖﹝](?P<year>[0-9" + DIGIT_SIGNS + "]{2,4})年?[)\\]}〕】〗﹞]"
    "第?(?P<number>[0-9]{1,6}|[一二三四五六七八九十百千零〇]{1,8})号?"
)
_SEVERAL = re.compile("[0-9]号?[-~—–、,至和]第?[0-9]|号.*号")
_YEARLESS = re.compile("[\u3400-\u9fff]*第?[0-9]+号")


def read(raw: str) -> Reading[str]:
    """Read a document number into its normal form, 乌海政字〔2019〕59号.

    Normal form: brackets 〔〕, year in full, no 第, no leading zero, no spaces, Arabic digits.
    Outcomes: accept for the normal form itself; normalise for other brackets, 第, spaces, leading zeros, a missing 号,
    Chinese numerals; ask where agency code or year is missing or several numbers stand together; reject for number 0.
    Source: GB/T 9704-2012, 7.2.5 (发文字号).
    """
    text = half_width(raw).replace(" ", "")
    if not text:
        return asked(Reason.BLANK)
    found = _WHOLE.fullmatch(text)
    if found is None:
        return asked(_doubt(text))
    year = digits(found["year"])
    number = int(found["number"]) if found["number"].isascii() else chinese_integer(found["number"])
    if len(year) == 2:
        return asked(Reason.TWO_DIGIT_YEAR)
    if int(year) not in LIKELY_YEARS:
        return asked(Reason.UNLIKELY_YEAR)
    if number is None:
        return asked(Reason.NOT_UNDERSTOOD)
    if number == 0:
        return rejected(Reason.NUMBER_ZERO)
    if not found["code"]:
        return asked(Reason.AGENCY_CODE_MISSING)
    normal = f"{found['code']}〔{year}〕{number}号"
    return accepted(normal) if normal == raw else normalised(normal)


def _doubt(text: str) -> Reason:
    if _SEVERAL.search(text):
        return Reason.SEVERAL_NUMBERS
    return Reason.YEAR_MISSING if _YEARLESS.fullmatch(text) else Reason.NOT_UNDERSTOOD
