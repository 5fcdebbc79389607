"""Levels of visibility, and that nothing under a record is wider than it."""

from itertools import product

import pytest

from registry.domain.levels import Level, effective


def test_the_greater_level_is_the_narrower() -> None:
    assert Level.PUBLIC < Level.MEMBERS < Level.PARTIES
    assert sorted(Level, reverse=True) == [Level.PARTIES, Level.MEMBERS, Level.PUBLIC]
    assert Level.MEMBERS <= Level.MEMBERS and not Level.MEMBERS < Level.MEMBERS


@pytest.mark.parametrize(("parent", "own"), list(product(Level, [None, *Level])))
def test_an_own_level_only_narrows(parent: Level, own: Level | None) -> None:
    level = effective(parent, own)
    assert level >= parent
    assert level == (own if own is not None and own > parent else parent)
