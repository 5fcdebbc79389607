"""What every command shares: the register it opens, the person it acts as, and how a refusal is told."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import click
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from registry.config import Config, from_environment
from registry.db import open_engine, sessions
from registry.documents.bundles import BundleUnreadable
from registry.domain import Outcome
from registry.domain.dates import PartialDate, read
from registry.errors import Reason, Refused, RegistryError
from registry.files import FileStore
from registry.permissions import Actor
from registry.queries.names import with_names
from registry.queries.people import actor_of
from registry.services.files import store_file
from registry.words import Language, label
from registry.words.refusals import answers, remedy, sentence
from workflows import DefinitionError, Finding

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Desk:
    """What a command works with: settings, language of its words, and the moment it began."""

    config: Config
    language: Language
    at: datetime

    @contextmanager
    def engine(self) -> Iterator[sa.Engine]:
        """The engine of these settings, closed at the end."""
        engine = open_engine(self.config.database_url)
        try:
            yield engine
        finally:
            engine.dispose()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session on the register of these settings."""
        with self.engine() as engine, sessions(engine)() as session:
            yield session

    def actor(self, session: Session, login: str) -> Actor:
        """The person that the operator of this machine acts as. Raises click.BadParameter of an unknown account."""
        actor = actor_of(session, login, at=self.at, door="command")
        if actor is None:
            raise click.BadParameter(f"{login}: 没有这个账号 · no such account", param_hint="--as")
        return actor


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", envvar="REGISTRY_LANG", help="语言 language")
@click.version_option(package_name="cooperation-registry")
@click.pass_context
def root(context: click.Context, lang: Language) -> None:
    """城市间合作协议登记系统。A register of cooperation agreements between cities.

    Settings: REGISTRY_FOLDER, REGISTRY_DATABASE_URL, REGISTRY_ZONE.
    """
    context.obj = Desk(from_environment(), lang, datetime.now(UTC))


acting = click.option("--as", "login_as", required=True, envvar="REGISTRY_AS", help="以谁的账号办理 account to act as")


def told(function: Function) -> Function:
    """Tell refusals in words and leave with status 1, as the pages do; a fault of the program stays a traceback."""

    @click.pass_obj
    @functools.wraps(function)
    def wrapped(desk: Desk, /, *args: Any, **kwargs: Any) -> Any:
        try:
            return function(desk, *args, **kwargs)
        except BundleUnreadable as error:
            for fault in error.faults:
                words = (fault.zh, fault.remedy_zh) if desk.language == "zh" else (fault.en, fault.remedy_en)
                click.echo(
                    f"✗ {fault.file}:{fault.line} {fault.field} “{fault.value}” {words[0]}；{words[1]}", err=True
                )
            raise SystemExit(1) from error
        except RegistryError as error:
            for answer in answers(_named(desk, error), desk.language):
                where = f"{label('input', answer.field, desk.language)}: " if answer.field else ""
                click.echo(f"✗ {where}{answer.sentence} {answer.remedy}", err=True)
            raise SystemExit(1) from error
        except DefinitionError as error:
            for finding in error.findings:
                click.echo(finding_line(finding, desk.language), err=True)
            raise SystemExit(1) from error
        except DatabaseError as error:
            if "no such table" in str(error) or "does not exist" in str(error):
                raise click.ClickException(
                    "登记系统尚未建立，请先运行 registry init · no register here yet: registry init"
                ) from error
            raise

    return cast(Function, wrapped)


def finding_line(finding: Finding, language: Language) -> str:
    """What the checks say in one line: code, line, culprit, remedy."""
    sign = "✗" if finding.refuses else "!"
    if language == "zh":
        return f"{sign} {finding.code} 第 {finding.line} 行 {finding.culprit}：{finding.remedy_zh}"
    return f"{sign} {finding.code} line {finding.line} {finding.culprit}: {finding.remedy_en}"


def _named(desk: Desk, error: RegistryError) -> RegistryError:
    """The error with the names of the parties that it waits for."""
    if not isinstance(error, Refused):
        return error
    with desk.session() as session:
        return Refused(*with_names(session, error.reasons, desk.language))


def kept_file(desk: Desk, session: Session, actor: Actor, path: Path) -> str:
    """Put a file into the content store; its SHA-256."""
    with path.open("rb") as stream:
        return store_file(session, actor, FileStore(desk.config.folder / "files"), stream, at=desk.at).sha256


class Dated(click.ParamType[PartialDate]):
    """A date as people write it: 2017-07-06, 2017年7月, 2019年底."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> PartialDate:
        """Read the date, or say why it cannot be read."""
        if isinstance(value, PartialDate):
            return value
        reading = read(value)
        if reading.outcome in (Outcome.ACCEPT, Outcome.NORMALISE) and reading.value is not None:
            return reading.value
        desk = ctx.find_object(Desk) if ctx else None
        language: Language = desk.language if desk else "zh"
        reason = Reason(str(reading.reason), {"value": value})
        raise click.BadParameter(f"{sentence(reason, language)} {remedy(reason, language)}", ctx, param)


DATED = Dated()


def private_folder(config: Config) -> None:
    """Make the register's folder, for its owner alone."""
    config.folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_private(path: Any, text: str) -> None:
    """Write a secret to a new file that only its owner may read. Raises FileExistsError: a secret is never overwritten."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
