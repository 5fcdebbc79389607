"""Files: content in the store, its hash in the register, in this order."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from registry import files
from registry.files import FileStore
from registry.services.files import store_file
from tests.cast import Cast
from tests.services.acts import contents, entries, refused, told, who_may

PDF = b"%PDF-1.7 sample"


def test_a_file_is_kept_by_its_content(session: Session, cast: Cast, at: datetime, tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    stored = store_file(session, cast.officer_ordos, store, io.BytesIO(PDF), at=at)
    assert (stored.sha256, stored.size, stored.media_type) == (
        hashlib.sha256(PDF).hexdigest(),
        len(PDF),
        "application/pdf",
    )
    assert store.path(stored.sha256).read_bytes() == PDF
    assert (entries(session, 1)[0]["act"], entries(session, 1)[0]["for"]) == ("file.store", "150600")


def test_the_same_content_is_one_file(session: Session, cast: Cast, at: datetime, tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    first = store_file(session, cast.officer_ordos, store, io.BytesIO(PDF), at=at)
    before = contents(session)
    assert store_file(session, cast.officer_wuhai, store, io.BytesIO(PDF), at=at).id == first.id
    assert contents(session) == before


def test_what_a_file_is_refused_for(
    session: Session, cast: Cast, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LIMIT", 1024 * 1024)
    store = FileStore(tmp_path / "files")
    with refused(session, ("file-empty", "evidence")):
        store_file(session, cast.officer_ordos, store, io.BytesIO(b""), at=at)
    with refused(session, ("file-too-large", "evidence")) as reasons:
        store_file(session, cast.officer_ordos, store, io.BytesIO(b"x" * (1024 * 1024 + 1)), at=at)
    assert reasons[0].values == {"limit": 1}
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_who_may_store(session: Session, cast: Cast, at: datetime, tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    assert who_may(
        session,
        cast,
        lambda number: io.BytesIO(b"%d" % number),
        lambda actor, stream: store_file(session, actor, store, stream, at=at),
    ) == told(
        may="officer_wuhai officer_ordos officer_outsider secretariat", may_not="viewer auditor administrator nobody"
    )
    assert len([path for path in (tmp_path / "files").rglob("*") if path.is_file()]) == 4
