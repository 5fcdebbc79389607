"""The papers of a city on the command line."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from registry.commands import root
from tests.cast import Cast, an_agreement, an_item


def test_the_papers_of_a_city_are_written(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, session: Session, cast: Cast, at: datetime
) -> None:
    monkeypatch.setenv("REGISTRY_FOLDER", str(tmp_path / "instance"))
    monkeypatch.setenv("REGISTRY_DATABASE_URL", database_url)
    an_item(session, cast, at, an_agreement(session, cast, at))
    session.rollback()
    contents = {}
    for login in ("", "wuhai"):
        file = tmp_path / f"papers-{login}.zip"
        words = ["--lang", "en", "package", "150300", str(file), "--since", "0", *(("--as", login) if login else ())]
        result = CliRunner().invoke(root, words)
        assert result.exit_code == 0, result.output
        with zipfile.ZipFile(file) as parts:
            assert "SHA256SUMS.txt" in parts.namelist()
            contents[login] = parts.read("Contents.txt").decode("utf-8-sig")
    assert "Items: 0 (0)" in contents[""]
    assert "Items: 1 (1 Grey)" in contents["wuhai"]
    assert "not signed in" in contents[""]
    missing = tmp_path / "none.zip"
    refused = CliRunner().invoke(root, ["package", "nix", str(missing)])
    assert refused.exit_code == 1
    assert not missing.exists()
