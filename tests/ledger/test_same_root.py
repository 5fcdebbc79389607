"""The same acts, clock, nonces and salts give the same entries and the same root on both databases."""

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from registry.db import open_engine, sessions
from registry.ledger.verify import Verdict, verify
from registry.models import LedgerEntry
from tests.cast import Chance
from tests.conftest import DATABASES, EXAMPLES, at_database, execute
from tests.ledger.script import Script


def grown(url: str, seed: int, acts: int) -> tuple[Verdict, list[str]]:
    engine = open_engine(url)
    with sessions(engine)() as session:
        session.info["random_bytes"] = Chance(str(seed))
        Script(session, seed).play(acts)
        session.rollback()
        verdict, bodies = (
            verify(session),
            list(session.scalars(sa.select(LedgerEntry.body).order_by(LedgerEntry.index))),
        )
    engine.dispose()
    return verdict, bodies


@pytest.mark.skipif(len(DATABASES) < 2, reason="asked to run on one database only")
@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, EXAMPLES // 20))]
)
def test_same_script_same_root(sqlite_template: Path, postgres_server: str, tmp_path: Path, seed: int) -> None:
    execute(postgres_server, f"CREATE DATABASE same_root_{seed} TEMPLATE template_register STRATEGY file_copy")
    shutil.copy(sqlite_template, tmp_path / "register.db")
    lite, lite_entries = grown(f"sqlite:///{tmp_path / 'register.db'}", seed, 60)
    great, great_entries = grown(at_database(postgres_server, f"same_root_{seed}"), seed, 60)
    assert lite_entries == great_entries  # first, because it shows where
    assert (lite.size, lite.root) == (great.size, great.root)
    assert lite.size > 60
    assert lite.findings == great.findings == ()
    execute(postgres_server, f"DROP DATABASE same_root_{seed} WITH (FORCE)")


def test_another_nonce_is_another_root(sqlite_template: Path, tmp_path: Path) -> None:
    """The control: the roots agree because the bytes do, not because they say little."""
    roots = set()
    for seed in (1, 2):
        path = tmp_path / f"{seed}.db"
        shutil.copy(sqlite_template, path)
        engine = open_engine(f"sqlite:///{path}")
        with sessions(engine)() as session:
            session.info["random_bytes"] = Chance(str(seed))
            Script(session, 7).play(5)
            session.rollback()
            roots.add(verify(session).root)
        engine.dispose()
    assert len(roots) == 2
