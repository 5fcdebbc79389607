"""A register with nobody in it, its procedures published, and the bundles that the project ships."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from registry.documents.bundles import read
from registry.ledger import atomic
from registry.models import Register
from registry.permissions import the_register
from registry.services.bundles import ImportResult, import_bundle
from registry.services.procedures import publish_shipped

HOST = the_register("command")


def founded(session: Session, at: datetime) -> None:
    """The register's one row."""
    with atomic(session) as book:
        session.add(
            Register(
                id=1, name_zh="登记簿", name_en="Register", origin="example.test/r", public_key="", zone="Asia/Shanghai"
            )
        )
        book.record(act="register.init", actor=HOST, subject=("register", 1), at=at)


def begun(session: Session, at: datetime) -> None:
    """The register's one row and its procedures."""
    founded(session, at)
    publish_shipped(session, HOST, at=at)


def imported(session: Session, files: Iterable[Path], at: datetime) -> list[ImportResult]:
    """Read and import these files, one after the other."""
    return [import_bundle(session, HOST, read(file.read_bytes(), file.name), at=at) for file in files]
