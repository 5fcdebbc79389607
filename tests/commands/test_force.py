"""`registry force`: a file with a clause and acts, told in words or as data, without any register."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner, Result

from registry.commands import root
from registry.domain.force import Status
from registry.domain.force_parties import PartyStatus
from registry.words import LANGUAGES, label

FILE = """
clause:
  schema: force/1
  acts: {ratification: received}
  when: {kind: acts, at_least: 2}
  period: {kind: days, count: 90}
parties:
  - {code: a, zh: 甲市, en: City A}
  - {code: b, zh: 乙市, en: City B}
acts:
  - {party: a, kind: ratification, done: 2020-12-01, received: 2020-12-05}
  - {party: b, kind: ratification, done: 2021-01-15, received: 2021-01-22}
on: 2021-06-01
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REGISTRY_FOLDER", str(tmp_path / "nowhere"))
    path = tmp_path / "force.yaml"
    path.write_text(FILE, "utf-8")
    return path


def run(*words: str) -> Result:
    return CliRunner().invoke(root, list(words))


def test_it_tells_status_derivation_and_each_party(file: Path) -> None:
    told = run("force", str(file)).stdout
    assert told.startswith(
        "已生效  2021-04-22\n乙市的批准书于 2021年1月22日交存（2 份中的第 2 份），加 90 天，2021年4月22日生效\n"
    )
    assert "a\t已生效\t2021-04-22\t" in told
    english = run("--lang", "en", "force", str(file)).stdout
    assert "ratification of City B deposited 22 Jan 2021 (2nd of 2), + 90 days = 22 Apr 2021" in english


def test_as_data_it_gives_date_trigger_and_derivation(file: Path) -> None:
    data = json.loads(run("force", str(file), "--json").stdout)
    assert (data["date"], data["trigger"], set(data["derivation"])) == ("2021-04-22", ["2021-01-22", "b"], {"zh", "en"})
    assert [each["date"] for each in data["parties"]] == ["2021-04-22", "2021-04-22"]


def test_a_day_on_the_line_goes_before_the_one_in_the_file(file: Path) -> None:
    data = json.loads(run("force", str(file), "--json", "--on", "2021-01-21").stdout)
    assert (data["status"], data["date"], data["remaining"][0]["parties"]) == ("pending", None, ["b"])
    assert "尚未生效" in run("force", str(file), "--on", "2021-01-21").stdout
    file.write_text(FILE.replace("on: 2021-06-01", ""), "utf-8")
    assert run("force", str(file)).stdout.startswith("已生效")


def test_every_status_has_its_word() -> None:
    for kind, statuses in (("force", get_args(Status)), ("party_force", get_args(PartyStatus))):
        for status, language in itertools.product(statuses, LANGUAGES):
            assert label(kind, status, language) != status


def test_faults_are_told_with_their_places_and_status_1(file: Path) -> None:
    file.write_text(FILE.replace("count: 90", "cont: 90").replace("received: 2021", "recieved: 2021"), "utf-8")
    for language, words in (("zh", "没有“cont”这个键"), ("en", "there is no key cont")):
        ran = run("--lang", language, "force", str(file))
        assert ran.exit_code == 1
        assert words in ran.stderr
        assert "clause.period.cont" in ran.stderr
        assert "acts[1].recieved" in ran.stderr
