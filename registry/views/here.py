"""What a view may ask of its request: database, reader, moment, day, language, snapshot. Each is fetched once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

from flask import current_app, g, request, session
from flask_login import UserMixin, current_user
from sqlalchemy.orm import Session, sessionmaker

from registry.config import Config
from registry.files import FileStore
from registry.models import Procedure
from registry.permissions import ANONYMOUS, Actor
from registry.queries.definitions import published_definitions
from registry.queries.frame import Frame, SignedIn, frame_of
from registry.queries.people import actor_of
from registry.queries.register import names_of_register
from registry.queries.snapshot import Snapshot, day_asked, known_entry
from registry.words import COLUMNS, Language, label
from workflows import Definition

GUEST = "registry.guest"
"""In the environ of a request that is not its sender's own: read through a link, or rendered to be frozen. Holds the Actor."""


class Account(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """Who is signed in, as Flask-Login wants it. Its id holds the session key: a changed password ends every session."""

    def __init__(self, identity: str, known: SignedIn) -> None:
        self.id = identity
        self.known = known


def identity_of(person_id: int, session_key: str) -> str:
    """What the browser's session holds of a person."""
    return f"{person_id}:{session_key}"


def account_of(identity: str) -> Account | None:
    """The account of an identity, if its session still holds. Flask-Login asks at the first use in each request."""
    known = frame().account
    return Account(identity, known) if known else None


def config() -> Config:
    """Settings of this register."""
    settings: Config = current_app.extensions["config"]
    return settings


def database() -> Session:
    """The request's session: one read transaction, until an act begins its write."""
    found: Session = current_app.extensions["sessions"]()
    return found


def session_of_stream() -> Session:
    """A session of its own for an answer that is streamed when the request's session is closed already; the stream closes it."""
    factory: sessionmaker[Session] = current_app.extensions["sessions"].session_factory
    return factory()


def store() -> FileStore:
    """The content store."""
    return FileStore(config().folder / "files")


def frame() -> Frame:
    """What every page needs, in one statement."""
    if "frame" not in g:
        g.frame = frame_of(database(), _identity())
    found: Frame = g.frame
    return found


def account() -> SignedIn | None:
    """Who is signed in. Anonymous readers cost no look into Flask-Login, and get no cookie from it."""
    if GUEST in request.environ or "_user_id" not in session or not current_user.is_authenticated:
        return None
    known: SignedIn = current_user.known
    return known


def names() -> tuple[str | None, str | None]:
    """What the register is called, in Chinese and English; on a page of the past, what it was called then."""
    if "snapshot" in g and g.snapshot.known is not None:
        return names_of_register(g.snapshot)
    return frame().name_zh, frame().name_en


def actor() -> Actor:
    """Who is asking, with the grants that hold at this moment."""
    if GUEST in request.environ:
        lent: Actor = request.environ[GUEST]
        return lent
    if "actor" not in g:
        known = account()
        found = known and actor_of(database(), known.login, at=at(), door="web", request_id=g.request_id)
        g.actor = found or ANONYMOUS
    asking: Actor = g.actor
    return asking


def at() -> datetime:
    """The moment of the request, UTC."""
    moment: datetime = g.at
    return moment


def zone() -> ZoneInfo:
    """The register's one time zone."""
    return ZoneInfo(frame().zone or config().zone)


def today() -> date:
    """The register's date."""
    return at().astimezone(zone()).date()


def day_began() -> datetime:
    """The moment when the register's date began, UTC: pages of one day are the same page, so that a 304 is true."""
    return datetime.combine(today(), time(0, tzinfo=zone())).astimezone(UTC)


def language() -> Language:
    """The language of this address: zh, or en under /en/."""
    return "en" if request.environ.get("registry.language") == "en" else "zh"


class Titled(Protocol):
    """A record with its title in Chinese, and in English where it has one."""

    @property
    def title_zh(self) -> str:
        """In Chinese."""
        ...

    @property
    def title_en(self) -> str | None:
        """In English."""
        ...


def title(record: Titled) -> str:
    """What a record is called, in the reader's language; in Chinese where it has no English title."""
    return (record.title_en if language() == "en" else None) or record.title_zh


def word(kind: str, code: str, definition: Definition | None = None) -> str:
    """The word for a code in the reader's language. definition: the procedure that speaks first; where nobody else knows a
    state or a step, any published procedure of this register may."""
    said = label(kind, code, language(), definition)
    if said != code or COLUMNS.get(kind, kind) not in ("state", "transition", "trigger", "act", "matter_field"):
        return said
    if "definitions" not in g:
        known = snapshot().of(Procedure) if "snapshot" in g else None
        g.definitions = published_definitions(database(), known)
    words = (label(kind, code, language(), each) for each in g.definitions)
    return next((each for each in words if each != code), code)


def snapshot() -> Snapshot:
    """The register as it is, as it was known at `known=`, as it stood on the day `on=`. Raises Refused bad-known, bad-on."""
    if "snapshot" not in g:
        session_, on = database(), day_asked(request.args.get("on"))
        known = known_entry(session_, request.args.get("known"), zone().key, field="known")
        g.snapshot = Snapshot(session_, known, today(), on)
    found: Snapshot = g.snapshot
    return found


def _identity() -> tuple[int, str] | None:
    person_id, _, key = str(session.get("_user_id", "")).partition(":")
    return (int(person_id), key) if person_id.isdecimal() and key else None
