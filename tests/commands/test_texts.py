"""Texts and relations on the command line: the same acts and refusals as the pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from registry.commands import root
from registry.models import Agreement
from tests.cast import TEXT, Cast, an_agreement
from tests.services.acts import a_document

A, B = "mxsmy-2026-01", "mxsmy-2026-02"
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line on the register of the cast."""
    monkeypatch.setenv("REGISTRY_FOLDER", str(tmp_path / "instance"))
    monkeypatch.setenv("REGISTRY_DATABASE_URL", database_url)
    monkeypatch.setenv("REGISTRY_AS", "wuhai")

    def run(*words: object, fails: bool = False) -> Result:
        result = CliRunner().invoke(root, [str(word) for word in words])
        if isinstance(result.exception, Exception) and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert (result.exit_code != 0) == fails, result.output
        return result

    return run


def test_texts_and_relations(
    run: Run, session: Session, cast: Cast, agreement: Agreement, at: datetime, tmp_path: Path
) -> None:
    a_document(session, at)
    an_agreement(session, cast, at, number=B)
    paths = {}
    for name, content in (
        ("text", TEXT), ("amendment", b"%PDF-1.7"), ("english", b"English"), ("copy", b"\xff\xd8\xff"), ("other", TEXT + b"\n"),
        ("clause", b"schema: force/1\nacts: {signature: done}\nwhen: {kind: all}\n"), ("wrong", b"when: soon\n"),
    ):  # fmt: skip
        paths[name] = tmp_path / name
        paths[name].write_bytes(content)
    assert run("text", "amend", A, "关于第三条的修订", paths["amendment"]).stdout == "2\n"
    assert '"kind":"all"' in run("text", "clause", A, paths["clause"], "--place", "第九条").stdout
    assert (
        "没有写明事由"
        in run("text", "clause", A, "--stated", "2026-05-01", "--basis", "doc-2026-01", fails=True).stderr
    )
    assert "At " in run("--lang", "en", "text", "clause", A, paths["wrong"], fails=True).stderr
    run("text", "file", A, "translation", paths["english"], "--language", "en")
    run("text", "file", A, "certified_copy", paths["copy"], "--certified", "2026年3月1日")
    run("text", "keep", A, "original", "150300", "--place", "档案馆", "--since", "2026年")
    for name, said in (("text", "1 协议文本\n"), ("amendment", "2 修订\n"), ("english", "1 协议文本 译本\n")):
        assert run("text", "check", A, paths[name]).stdout == said
    assert "不是" in run("text", "check", A, paths["other"], fails=True).stderr
    run("relation", "add", A, "unclear", B, "--note", "标题相近")
    run("relation", "end", B, "unclear", A, "--reason", "是两份协议")
    assert run("relation", "end", B, "unclear", A, "--reason", "再一次", fails=True).stderr.startswith("✗ 没有这条记录")
