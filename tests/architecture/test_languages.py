"""Every label of the pages has its English, compiled and up to date with its catalogue."""

import io

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from tests.architecture.source import HOUSE

CATALOGUES = sorted((HOUSE / "registry/translations").glob("*/LC_MESSAGES/*.po"))


def test_english_is_there() -> None:
    assert [path.parent.parent.name for path in CATALOGUES] == ["en"]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_catalogue_is_complete_and_compiled(path) -> None:  # type: ignore[no-untyped-def]  # a Path
    with path.open("rb") as file:
        catalogue = read_po(file)
    assert [message.id for message in catalogue if message.id and (message.fuzzy or not message.string)] == []
    with path.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(io.BytesIO(file.read()))
    said, written = ({each.id: each.string for each in book if each.id} for book in (compiled, catalogue))
    assert said == written


def test_every_label_is_in_the_catalogue() -> None:
    ways = [("**.html", "jinja2"), ("**.py", "python")]
    options = {
        "**.html": {"extensions": "jinja2.ext.do", "silent": "false"}
    }  # a page that cannot be read is no page without words
    used = {
        message
        for room in ("templates", "registry")
        for _, _, message, _, _ in extract_from_dir(
            str(HOUSE / room),
            method_map=ways,
            options_map=options,
            keywords={"_": None, "gettext": None, "ngettext": (1, 2)},
        )
    }
    with CATALOGUES[0].open("rb") as file:
        known = {message.id for message in read_po(file)}
    assert used - known == set()
