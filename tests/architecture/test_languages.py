"""Every label of the pages has its English, compiled and up to date with its catalogue."""

import io
import re

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from tests.architecture.source import HOUSE

HOLE = re.compile(r"%\((\w+)\)s")
CHINESE_MARKS = re.compile("[\u3001\u3002\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]")
CATALOGUES = sorted((HOUSE / "registry/translations").glob("*/LC_MESSAGES/*.po"))


def test_english_is_there() -> None:
    assert [path.parent.parent.name for path in CATALOGUES] == ["en"]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_catalogue_is_complete_and_compiled(path) -> None:  # type: ignore[no-untyped-def]  # a Path
    with path.open("rb") as file:
        catalogue = read_po(file)
    assert [message.id for message in catalogue if message.id and (message.fuzzy or not all(forms(message)))] == []
    with path.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(io.BytesIO(file.read()))
    said, written = ({one(each): forms(each) for each in book if each.id} for book in (compiled, catalogue))
    assert said == written


def one(message: Message) -> str:
    """The Chinese of a message, which is the same for every number."""
    return str(message.id[0] if message.pluralizable else message.id)


def forms(message: Message) -> list[str]:
    """What is said: once, or for each form that a number may ask for. A form that is not there is empty."""
    if not message.pluralizable:
        return [str(message.string)]
    said = dict(enumerate(message.string))
    return [said.get(n, "") for n in range(Catalog(locale="en").num_plurals)]


def extracted(**keywords: tuple[int, ...] | None) -> set[str]:
    """The messages of all calls of these names."""
    ways = [("**.html", "jinja2"), ("**.py", "python")]
    options = {
        "**.html": {"extensions": "jinja2.ext.do", "silent": "false"}
    }  # a page that cannot be read is no page without words
    return {
        message
        for room in ("templates", "registry")
        for _, _, message, _, _ in extract_from_dir(
            str(HOUSE / room),
            method_map=ways,
            options_map=options,
            keywords=keywords,
        )
    }


def test_every_label_is_in_the_catalogue() -> None:
    with CATALOGUES[0].open("rb") as file:
        known = {one(message) for message in read_po(file) if message.id}
    assert extracted(_=None, gettext=None) - known == set()


def test_every_counted_sentence_has_a_form_for_each_number() -> None:
    """Chinese has one form, which stands for all of them in the code (registry/views/counted.py); English has two."""
    with CATALOGUES[0].open("rb") as file:
        plural = {one(message): forms(message) for message in read_po(file) if message.pluralizable}
    assert set(plural) == extracted(_n=None)
    assert {zh: said for zh, said in plural.items() if len(set(said)) == 1} == {}
    holes = {(zh, each) for zh, said in plural.items() for each in (zh, *said)}
    assert {zh for zh, each in holes if set(HOLE.findall(each)) != set(HOLE.findall(zh))} == set()


def test_english_has_no_chinese_marks() -> None:
    with CATALOGUES[0].open("rb") as file:
        said = [each for message in read_po(file) if message.id for each in forms(message)]
    assert [each for each in said if CHINESE_MARKS.search(each)] == []
