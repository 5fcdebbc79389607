"""Names: tidying, lists, lead departments, and whom a name means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain import Outcome, Reading, Reason, accepted, asked, normalised
from registry.domain.names import AliasRow, lead_departments, resolve, split, tidy
from tests.domain.vectors import rows

ALIASES = (
    AliasRow("乌海市", "150300", None),
    AliasRow("鄂尔多斯市", "150600", None),
    AliasRow("鄂尔多斯", "150600", None),
    AliasRow("阿拉善盟", "152900", None),
    AliasRow("阿盟", "152900", None),
    AliasRow("巴彦淖尔市", "150800", None),
    AliasRow("巴盟", "150800", None),
    AliasRow("石嘴山市", "640200", None),
    AliasRow("宁夏石嘴山", "640200", None),
    AliasRow("铜川市", "610200", None),
    AliasRow("呼包鄂榆", "hubaoeyu", None),
    AliasRow("经济科教（轻纺工业）园区管委会", "park", None),
    AliasRow("高新区", "park-a", None),
    AliasRow("高新区", "park-b", None),
    AliasRow("铜川", "town", "150602"),
    AliasRow("我市", "150600", "150602"),
    AliasRow("我市", "150300", "150300"),
    AliasRow("我区", "150602", "150602"),
    AliasRow("全区", "150602", "150602"),
    AliasRow("全区", "150000", "150602"),
    AliasRow("全区", "150000", "150300"),
    AliasRow("自治区", "150000", None),
    AliasRow("各成员城市", "ningmengshangan", "150300"),
    AliasRow("四盟市", "mxsmy", None),
    AliasRow("全旗", "150622", None, "district"),
    AliasRow("全市", "150600", None, "city"),
    AliasRow("全市", "150300", "150300"),
    AliasRow("开发区", "park-c", None, "city"),
    AliasRow("开发区", "park-d", None),
)


@pytest.mark.parametrize(("typed", "outcome", "value", "reason"), rows("lists"))
def test_typed_lists(typed: str, outcome: str, value: list[str] | None, reason: str | None) -> None:
    reading = split(typed)
    assert (reading.outcome, reading.value and list(reading.value), reading.reason) == (outcome, value, reason)


@pytest.mark.parametrize(("typed", "outcome", "value", "reason"), rows("lead_departments"))
def test_typed_lead_departments(typed: str, outcome: str, value: list[str] | None, reason: str | None) -> None:
    reading = lead_departments(typed)
    assert (reading.outcome, reading.value and list(reading.value), reading.reason) == (outcome, value, reason)


NESTED = st.recursive(
    st.text("区局和科教", min_size=1, max_size=4),
    lambda inner: st.tuples(inner, st.sampled_from(["({})", "（{}）", "（{})"]), inner, inner).map(
        lambda parts: f"{parts[0]}{parts[1].format(f'{parts[2]}、{parts[3]}')}"
    ),
    max_leaves=6,
)


@given(names=st.lists(NESTED, min_size=1, max_size=4), separator=st.sampled_from("、,，;；/／\n"))
def test_a_joined_list_is_split_into_its_names(names: list[str], separator: str) -> None:
    assert split(separator.join(names)) == accepted(tuple(names))


@given(names=st.lists(NESTED, min_size=1, max_size=3), before=st.sampled_from(["", "推进(南段)建设。", "(一)"]))
def test_the_closing_clause_gives_back_its_names(names: list[str], before: str) -> None:
    assert lead_departments(f"{before}(牵头部门:{'、'.join(names)})\u00a0") == accepted(tuple(names))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("乌海市\u00a0", "乌海市"),
        ("\u3000乌 海\u3000市", "乌海市"),
        ("高\u00a0 鑫", "高鑫"),
        ("阿依 · 古丽", "阿依·古丽"),
        ("乌\u200b海市", "乌海市"),
        ("New  Area 管委会", "New Area 管委会"),
        ("园区（一期）", "园区（一期）"),
    ],
)
def test_tidying(typed: str, name: str) -> None:
    assert tidy(typed) == name


@given(st.text("乌海 \u00a0\u3000\u200b·ab（)", max_size=12))
def test_a_tidy_name_stays(typed: str) -> None:
    assert tidy(tidy(typed)) == tidy(typed)


@pytest.mark.parametrize(
    ("typed", "issuer", "expected"),
    [
        ("鄂尔多斯", None, accepted("150600")),
        ("宁夏石嘴山", None, accepted("640200")),
        ("阿盟", None, accepted("152900")),
        ("巴盟", None, accepted("150800")),
        ("呼包鄂榆", None, accepted("hubaoeyu")),
        ("乌海市 ", None, normalised("150300")),
        ("乌海市\u00a0", None, normalised("150300")),
        ("各成员城市", "150300", accepted("ningmengshangan")),
        ("各成员城市", None, asked(Reason.NEEDS_ISSUER)),
        # widths of parentheses differ between documents, the body does not
        ("经济科教(轻纺工业)园区管委会", None, accepted("park")),
        # a town of Dongsheng in Dongsheng's documents; never 铜川市 by its first two characters
        ("铜川", "150602", accepted("town")),
        ("铜川", "150300", asked(Reason.UNKNOWN_NAME)),
        ("铜川", None, asked(Reason.UNKNOWN_NAME)),
        ("铜川市", "150602", accepted("610200")),
        ("鄂尔多斯集团", None, asked(Reason.UNKNOWN_NAME)),
        # who is meant depends on who speaks
        ("我市", "150602", accepted("150600")),
        ("我市", "150300", accepted("150300")),
        ("我市", "640200", asked(Reason.NEEDS_ISSUER)),
        ("我市", None, asked(Reason.NEEDS_ISSUER)),
        ("我区", "150602", accepted("150602")),
        ("全区", "150300", accepted("150000")),
        ("全区", "150602", asked(Reason.AMBIGUOUS_NAME)),
        ("自治区", None, asked(Reason.NEEDS_ISSUER)),
        ("自治区", "150300", asked(Reason.NEEDS_ISSUER)),
        ("高新区", None, asked(Reason.AMBIGUOUS_NAME)),
        ("\u3000", None, asked(Reason.BLANK)),
    ],
)
def test_whom_a_name_means(typed: str, issuer: str | None, expected: Reading[str]) -> None:
    assert resolve(typed, ALIASES, issuer) == expected


@pytest.mark.parametrize(
    ("typed", "issuer", "kind", "grouping", "expected"),
    [
        # the issuer's own before those of its kind, these before what holds everywhere
        ("全市", "150300", "city", None, accepted("150300")),
        ("全市", "640100", "city", None, accepted("150600")),
        ("全市", "640100", "district", None, asked(Reason.NEEDS_ISSUER)),
        ("全市", None, None, None, asked(Reason.NEEDS_ISSUER)),
        ("全旗", "150622", "district", None, accepted("150622")),
        ("全旗", "150622", "city", None, asked(Reason.NEEDS_ISSUER)),
        ("开发区", "640100", "city", None, accepted("park-c")),
        ("开发区", "640100", "league", None, accepted("park-d")),
        ("开发区", None, None, None, accepted("park-d")),
        # the members of the grouping whose paper it is, where nothing nearer says otherwise
        ("各成员城市", None, None, "mxsmy", accepted("mxsmy")),
        ("各 成员城市", "640100", "city", "mxsmy", normalised("mxsmy")),
        ("各成员城市", "150300", "city", "mxsmy", accepted("ningmengshangan")),
        ("各方", None, None, "mxsmy", accepted("mxsmy")),
        ("各盟市", None, None, "mxsmy", accepted("mxsmy")),
        ("周边城市", None, None, "mxsmy", asked(Reason.NEEDS_ISSUER)),
        ("我市", None, None, "mxsmy", asked(Reason.NEEDS_ISSUER)),
        ("四盟市", None, None, None, accepted("mxsmy")),
    ],
)
def test_whom_a_name_means_by_issuer_kind_and_grouping(
    typed: str, issuer: str | None, kind: str | None, grouping: str | None, expected: Reading[str]
) -> None:
    assert resolve(typed, ALIASES, issuer, issuer_kind=kind, grouping=grouping) == expected


@given(st.sampled_from(ALIASES), st.text("市区盟乌海铜川", max_size=3), st.text("市区盟乌海铜川", max_size=3))
def test_no_name_is_found_inside_another(row: AliasRow, before: str, after: str) -> None:
    longer = f"{before}{row.text}{after}"
    reading = resolve(longer, ALIASES, row.issuer_code, issuer_kind=row.issuer_kind)
    if longer not in {alias.text for alias in ALIASES}:
        assert (reading.outcome, reading.value) == (Outcome.ASK, None)
