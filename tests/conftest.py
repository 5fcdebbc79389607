"""What every test may ask for: a database of its own on each engine, a clock, the cast, a served register, a browser."""

from __future__ import annotations

import gc
import itertools
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import hypothesis
import psycopg
import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, sync_playwright
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from registry.config import Config
from registry.db import open_engine, sessions
from registry.ledger.schema import upgrade
from registry.ledger.verify import verify
from registry.services import people
from tests import postgres
from tests.cast import BEGIN, HASHER, SECRET, Cast, Chance, Clock, an_agreement, found_again, the_cast
from tests.compiled import sharing

IN_CI = os.environ.get("CI") == "true"
DATABASES = os.environ.get("REGISTRY_TEST_DATABASES", "sqlite postgresql").split()
EXAMPLES = int(os.environ.get("REGISTRY_EXAMPLES", "40"))
"""How many examples a property or a race is tried with: 40 for `make test`; long and drill runs ask for more."""
counted = pytest.mark.parametrize("examples", [40, pytest.param(EXAMPLES, marks=pytest.mark.long)])
"""A test of safety that counts: 40 in `make test`, 100 in `make test-long`, 500 in `make drill`."""
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ALONE = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip

hypothesis.settings.register_profile(
    "register",
    max_examples=EXAMPLES,
    deadline=None,  # two busy cores: time is measured in benchmarks
    derandomize=IN_CI,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large],
)
hypothesis.settings.load_profile("register")
sa.create_engine = sharing(sa.create_engine)
STRONG, people.hasher, people._NOBODY = people.hasher, HASHER, HASHER.hash("nobody")
"""What the register hashes passwords with; a test asks for its strength."""
missing: set[str] = set()


def absent(what: str) -> None:
    """Skip the test loudly; in CI, where everything must be there, fail it."""
    if IN_CI:
        pytest.fail(f"{what}: CI needs it")
    missing.add(what)
    pytest.skip(what)


BOTH = (
    "acts",
    "bundles",
    "consent",
    "consent_races",
    "corrections",
    "kept_life",
    "kill",
    "races",
    "same_as",
    "signatures",
    "sweep",
)
"""Tests of services that `make test` runs on both databases: what races, what an import writes, what decides."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Pages, reading, commands and the other acts are tried on PostgreSQL by `make test-long`; the history always."""
    for item in items:
        room = item.path.relative_to(Path(__file__).parent).parts[0]
        database = (
            item.callspec.params.get("make_database")
            if isinstance(item, pytest.Function) and hasattr(item, "callspec")
            else None
        )
        both = room == "services" and item.path.stem.removeprefix("test_") in BOTH
        if room in ("views", "queries", "commands", "services") and database == "postgresql" and not both:
            item.add_marker(pytest.mark.postgresql)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end what was not tested for want of a program, and where each database came from."""
    skipped = {
        str(report.longrepr[2])
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    }
    for what in sorted(reason for reason in skipped if "is not installed" in reason):
        terminalreporter.write_line(f"NOT TESTED: {what}", red=True, bold=True)


@pytest.fixture(scope="session")
def memory() -> Iterator[Path]:
    """A folder for SQLite registers, in memory where there is room: the disk is waited for at every commit."""
    with tempfile.TemporaryDirectory(prefix="registry-", dir=postgres.memory()) as name:
        yield Path(name)


@pytest.fixture(scope="session")
def sqlite_template(memory: Path) -> Path:
    """An SQLite register, migrated and empty, to be copied."""
    path = memory / "template.db"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine, at=BEGIN, chance=Chance("template"))
    engine.dispose()  # the last connection folds the write-ahead log into the file
    return path


@pytest.fixture(scope="session")
def sqlite_peopled(sqlite_template: Path) -> Cast:
    """The cast, in a copy of the template beside it: most tests ask for it, and it is made once."""
    return peopled(f"sqlite:///{shutil.copy(sqlite_template, sqlite_template.with_name('peopled.db'))}")


@pytest.fixture(scope="session")
def postgresql_peopled(postgres_server: str) -> Cast:
    """The cast, in the database `template_peopled`."""
    execute(postgres_server, "CREATE DATABASE template_peopled TEMPLATE template_register STRATEGY file_copy")
    return peopled(at_database(postgres_server, "template_peopled"))


def peopled(url: str) -> Cast:
    """The cast, put into an empty register."""
    engine = open_engine(url)
    with sessions(engine)() as session:
        session.info["random_bytes"] = Chance("cast")
        cast = the_cast(session, BEGIN)
    engine.dispose()
    return cast


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of this test process, with the database `template_register`, migrated and empty."""
    programs = postgres.programs()
    if programs is None:
        absent("PostgreSQL is not installed: half of the tests did not run")
    with postgres.running(programs) as url:
        execute(url, "CREATE DATABASE template_register")
        engine = open_engine(at_database(url, "template_register"))
        upgrade(engine, at=BEGIN, chance=Chance("template"))
        engine.dispose()
        yield url


def at_database(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    return url.replace("/postgres?", f"/{name}?")


def execute(url: str, statement: str) -> None:
    """One statement outside a transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]  # statements of this file only


@pytest.fixture(params=DATABASES)
def make_database(request: pytest.FixtureRequest, memory: Path) -> Iterator[Callable[[], str]]:
    """Makes a migrated register at each call and tells its URL: with the cast where the test asks for it, else empty.
    The test runs once on each database."""
    with_cast = "cast" in request.fixturenames
    if with_cast:
        request.getfixturevalue(f"{request.param}_peopled")
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        if with_cast:
            template = template.with_name("peopled.db")
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            names = (Path(folder) / f"{name}.db" for name in itertools.chain(["register"], itertools.count(2)))
            yield lambda: f"sqlite:///{shutil.copy(template, next(names))}"
        return
    server = request.getfixturevalue("postgres_server")
    template = "template_peopled" if with_cast else "template_register"
    made: list[str] = []

    def make() -> str:
        made.append(f"register_{secrets.token_hex(6)}")
        execute(server, f"CREATE DATABASE {made[-1]} TEMPLATE {template} STRATEGY file_copy")
        return at_database(server, made[-1])

    yield make
    for name in made:
        execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(make_database: Callable[[], str]) -> str:
    """The register of this test alone."""
    return make_database()


@pytest.fixture
def engine(request: pytest.FixtureRequest, database_url: str) -> Iterator[sa.Engine]:
    """The register's engine on that database. At the end the whole is proved, unless the test tampers with it."""
    engine = open_engine(database_url)
    try:
        yield engine
        if request.node.get_closest_marker("tampers") is None:
            with sessions(engine)() as session:
                check_registry(session)
    finally:
        engine.dispose()


def check_registry(session: Session) -> None:
    """Ledger unbroken, rows and versions equal to replayed history, states equal to replayed steps."""
    session.rollback()
    assert verify(session).findings == ()


@pytest.fixture
def random_bytes() -> Chance:
    """Nonces and salts, the same in every run."""
    return Chance()


@pytest.fixture
def session(engine: sa.Engine, random_bytes: Chance) -> Iterator[Session]:
    """A reading session, as a request has one."""
    with sessions(engine)() as session:
        session.info["random_bytes"] = random_bytes
        yield session


@pytest.fixture
def clock() -> Clock:
    """Begins at `BEGIN`; moves when told."""
    return Clock()


@pytest.fixture
def at(clock: Clock) -> datetime:
    """The moment the test begins, UTC."""
    return clock.at


@pytest.fixture
def cast(request: pytest.FixtureRequest, session: Session) -> Cast:
    """The fixed cast, in the database since `BEGIN`."""
    return found_again(session, request.getfixturevalue(f"{session.get_bind().dialect.name}_peopled"))


@pytest.fixture
def agreement(session: Session, cast: Cast, at: datetime):  # type: ignore[no-untyped-def]  # an Agreement
    """An agreement of the three cities, open for signature, its text settled."""
    return an_agreement(session, cast, at)


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    """Settings of a register on the test's database, for plain HTTP."""
    return Config(database_url=database_url, folder=tmp_path, secret_key=SECRET, secure_cookies=False, development=True)


@pytest.fixture
def server(config: Config, engine: sa.Engine) -> Iterator[str]:
    """The register as served: its address on a free port of this machine."""
    from registry.app import create_app

    serving = make_server("127.0.0.1", 0, create_app(config), threaded=True)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{serving.port}"
    serving.shutdown()
    thread.join(10)
    serving.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Debian's Chromium, told to speak to nobody."""
    if not CHROMIUM.exists():
        absent("chromium is not installed: no page was opened in a browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*CHROMIUM_ALONE])
        yield browser
        browser.close()


@pytest.fixture
def browser_page(browser) -> Iterator[Page]:  # type: ignore[no-untyped-def]  # the fixture above
    """A page of a fresh browser context at 1280 × 800."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    yield context.new_page()
    context.close()
