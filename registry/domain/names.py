"""Names of parties and departments: tidying, lists, lead-department clauses, and whom a name means.

A name means what an alias row says, whole and exactly; no name is found inside another. 铜川 may be a town of Dongsheng
and is then not 铜川市; 我市 is another city in each city's document.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from registry.domain import Reading, Reason, accepted, asked, even_spaces, half_width, normalised

_HAN = "\u3400-\u9fff·"
_SPACE_BETWEEN_HAN = re.compile(f"(?<=[{_HAN}]) (?=[{_HAN}])")


def tidy(raw: str) -> str:
    """A typed name without margins, invisible characters and the spaces that printing puts between Chinese characters.

    U+00A0 and full-width spaces are spaces. Between words of other scripts one space stays. Nothing else changes: widths
    of parentheses stay as typed.
    """
    return _SPACE_BETWEEN_HAN.sub("", even_spaces(raw))


# ---- lists

_SEPARATORS = "、,，;；/／\n\r"


class _Unbalanced(Exception):
    """A parenthesis has no partner."""


def _parts(text: str, separators: str) -> list[str]:
    """`text` cut at separators that stand outside all parentheses, whose widths may be mixed; raises _Unbalanced."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "(（") - (sign in ")）")
        if depth < 0:
            raise _Unbalanced
        if depth == 0 and sign in separators:
            parts.append("")
        else:
            parts[-1] += sign
    if depth:
        raise _Unbalanced
    return parts


def split(raw: str) -> Reading[tuple[str, ...]]:
    """The names of a typed list, in its order, each tidied.

    Cut at 、 , ， ; ； / ／ and line breaks; never at 和, which stands inside names of departments, nor inside parentheses.
    Outcomes: accept; normalise where a name was tidied or an empty place dropped; ask for a blank text or a parenthesis
    without its partner.
    """
    try:
        parts = _parts(raw.strip(), _SEPARATORS)
    except _Unbalanced:
        return asked(Reason.UNBALANCED_PARENTHESES)
    names = tuple(name for name in map(tidy, parts) if name)
    if not names:
        return asked(Reason.BLANK)
    return accepted(names) if list(names) == parts else normalised(names)


# ---- lead departments

_LABEL = re.compile("牵头(?:部门|单位)[:：]")
_OPENING_LABEL = re.compile(f"[(（]\\s*{_LABEL.pattern}")
_BODY = re.compile("(?P<place>.*[区县市旗盟州镇乡地])(?P<body>人民政府|政府|管理委员会|管委会)")
_PLACE = re.compile(".*(?:[区县市旗盟州镇乡]|基地)")


def lead_departments(text: str) -> Reading[tuple[str, ...]]:
    """The lead departments that a paragraph's closing clause names, or a plain list of them, in order.

    The clause, (牵头部门:…), is the balanced parenthesis that ends the text, white space and a full stop aside: names may
    hold parentheses themselves. A text without the label is read as a list.
    Outcomes: those of `split`; ask also for a clause elsewhere than at the end, for a second label inside (配合单位:…), and,
    with the written-out names as a proposal, for places that share the last one's suffix (荔湾区、黄埔区政府).
    """
    closing = text.strip().rstrip("。.").rstrip()
    labelled = _LABEL.search(closing)
    try:
        clause = _closing_clause(closing) if labelled else closing
    except _Unbalanced:
        return asked(Reason.UNBALANCED_PARENTHESES)
    if clause is None:
        return asked(Reason.LABEL_NOT_AT_END)
    if ":" in clause or "：" in clause:
        return asked(Reason.OTHER_LABEL)
    reading = split(clause)
    if reading.value is None:
        return reading
    written_out = tuple(name for group in _parts(clause, ",，;；\n\r") for name in _written_out(group))
    return reading if written_out == reading.value else asked(Reason.SHARED_SUFFIX, written_out)


def _closing_clause(text: str) -> str | None:
    """What stands after the label in the balanced parenthesis that ends `text`; None where that has no label."""
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        depth += (text[place] in ")）") - (text[place] in "(（")
        if depth == 0:
            label = _OPENING_LABEL.match(text, place)
            return text[label.end() : -1] if label else None
    raise _Unbalanced


def _written_out(group: str) -> list[str]:
    """The names of one comma group; bare places right before 某区政府 receive its suffix."""
    names = [name for name in map(tidy, _parts(group, _SEPARATORS)) if name]
    last = _BODY.fullmatch(names[-1]) if names else None
    if last:
        for place in range(len(names) - 2, -1, -1):
            if not _PLACE.fullmatch(names[place]):
                break
            names[place] += last["body"]
    return names


# ---- whom a name means


@dataclass(frozen=True, slots=True)
class AliasRow:
    """One way of writing one party or grouping; its official name is a row, too.

    issuer_code: the party in whose documents the text means this; issuer_kind: or the kind of the parties, such as district;
    both None where it means this everywhere.
    """

    text: str
    party_code: str
    issuer_code: str | None
    issuer_kind: str | None = None


# Who is meant depends on who speaks: 我市 is 鄂尔多斯市 in one document and 乌海市 in the next.
_MEMBERS = re.compile("[各本]?成员(?:城市|盟市|单位|方)|各(?:城市|盟市|方)")
_SPEAKER = re.compile(
    "[我本全][省市区盟州县旗镇乡](?:人民)?(?:政府)?|自治[区州县旗](?:人民)?(?:政府)?|[各本]?(?:周边|有关)(?:城市|盟市|单位|方)"
    f"|{_MEMBERS.pattern}"
)


def resolve(
    name: str,
    aliases: Iterable[AliasRow],
    issuer: str | None = None,
    *,
    issuer_kind: str | None = None,
    grouping: str | None = None,
) -> Reading[str]:
    """The code of the one party or grouping that `name` means in a document of `issuer`.

    aliases: rows whose texts are compared whole, spaces and widths aside; those of the issuer go before those of its kind,
        and these before the general ones.
    issuer, issuer_kind: party code and kind of the document's issuer; None where there is no document.
    grouping: code of the grouping that the document is of: 各成员城市 then means it, where no row says otherwise.
    The code of a grouping stands for its members as of a date, which the caller looks up.
    Outcomes: accept; normalise where the name was tidied; ask for a name nobody has, for one with two meanings, and for
    我市, 全区, 各成员城市 and the like where nothing says whom they mean.
    """
    wanted = _folded(name)
    rows = [row for row in aliases if _folded(row.text) == wanted]
    own = {row.party_code for row in rows if issuer and row.issuer_code == issuer}
    own = own or {row.party_code for row in rows if issuer_kind and row.issuer_kind == issuer_kind}
    if grouping and _MEMBERS.fullmatch(wanted):
        own = own or {grouping}
    if _SPEAKER.fullmatch(wanted) and not own:
        return asked(Reason.NEEDS_ISSUER)
    codes = own or {row.party_code for row in rows if row.issuer_code is None and row.issuer_kind is None}
    if len(codes) > 1:
        return asked(Reason.AMBIGUOUS_NAME)
    if not codes:
        return asked(Reason.UNKNOWN_NAME if wanted else Reason.BLANK)
    (code,) = codes
    return accepted(code) if tidy(name) == name else normalised(code)


def _folded(name: str) -> str:
    return half_width(tidy(name))
