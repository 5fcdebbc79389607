"""Set up a register, fill it, serve it."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, cast

import click
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from registry.commands.demo import CAST, demo_accounts
from registry.commands.root import Desk, private_folder, told, write_private
from registry.commands.sample_acts import sample_acts
from registry.commands.sample_figures import sample_figures
from registry.commands.sample_lists import sample_lists
from registry.commands.time import load_known_years
from registry.config import Config
from registry.db import begin_write
from registry.documents.bundles import REAL, SAMPLE, read
from registry.documents.bundles import schema as bundle_schema
from registry.ledger.roles import grant_roles
from registry.ledger.schema import upgrade
from registry.models import Register
from registry.permissions import the_register
from registry.services.bundles import import_bundle
from registry.services.policies import set_first_policies
from registry.services.procedures import publish_shipped
from registry.services.register import InitRegister, init_register

NAME_ZH, NAME_EN = "城市合作协议登记系统", "Register of Cooperation Agreements"


@click.command()
@click.option("--name-zh", default=NAME_ZH, help="名称 name in Chinese")
@click.option("--name-en", default=NAME_EN, help="name in English")
@click.option("--origin", help="日志来源行 origin line of the log; default: made for this register")
@told
def init(desk: Desk, name_zh: str, name_en: str, origin: str | None) -> None:
    """建立登记系统：数据表、来源、密钥和首位管理员的一次性口令。Make a register."""
    token = make_register(desk, name_zh, name_en, origin)
    click.echo("登记系统已建立。首位管理员请在 /begin 页面或用 registry person first 使用下面的一次性口令：")
    click.echo(
        "The register is made. The first administrator uses this token once, at /begin or with `registry person first`:"
    )
    click.echo(token)


def make_register(desk: Desk, name_zh: str = NAME_ZH, name_en: str = NAME_EN, origin: str | None = None) -> str:
    """Make folder, secret, key, tables and the register's row; returns the first administrator's token.

    A half-made register (a key without a row) is completed with the key it has.
    """
    private_folder(desk.config)
    token = secrets.token_urlsafe(24)
    public = _key(desk.config)
    if not (desk.config.folder / "secret_key").exists():
        write_private(desk.config.folder / "secret_key", secrets.token_hex(32))
    with desk.engine() as engine:
        upgrade(engine, at=desk.at)
    with desk.session() as session:
        ask = InitRegister(
            name_zh, name_en, origin or f"registry.invalid/{secrets.token_hex(8)}", public, desk.config.zone, token
        )
        init_register(session, the_register("command"), ask, at=desk.at)
        load_known_years(session, the_register("command"), at=desk.at)
    return token


def _key(config: Config) -> str:
    """The public half of the log's key, base64; the private half is made once and lies in the folder, PEM, mode 0600."""
    path = config.folder / "log_key.pem"
    if path.exists():
        key = load_pem_private_key(path.read_bytes(), password=None)
    else:
        key = Ed25519PrivateKey.generate()
        write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


@click.command()
@told
def migrate(desk: Desk) -> None:
    """把数据表升级到本版本，并发布随附流程的新版，都记入变更史。Bring tables and shipped procedures to this version, as acts."""
    with desk.engine() as engine:
        upgrade(engine, at=desk.at)
    _publish_newer(desk)


def _publish_newer(desk: Desk) -> None:
    """Publish the versions, and set the policies, that this release came with; a register that is not made yet gets them when it is."""
    with desk.session() as session:
        if session.get(Register, 1) is not None:
            publish_shipped(session, the_register("command"), at=desk.at)
            set_first_policies(session, the_register("command"), at=desk.at)


@click.command()
@click.option("--application", default="registry_application", help="网页进程的角色 role of the web processes")
@click.option("--auditor", default="registry_auditor", help="审计只读角色 role of auditors, read only")
@told
def roles(desk: Desk, application: str, auditor: str) -> None:
    """在 PostgreSQL 上设立应用与审计两个角色，由表的所有者运行。Make the two database roles; run by the owner of the tables."""
    with desk.session() as session:
        grant_roles(begin_write(session), application, auditor)
        session.commit()
    click.echo(f"✓ {application} {auditor}")


@click.command("import")
@click.argument("files", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1, required=True)
@told
def import_(desk: Desk, files: tuple[Path, ...]) -> None:
    """导入登记册文件；重复导入不产生任何变化。Import bundles; importing twice changes nothing."""
    with desk.session() as session:
        for path in files:
            result = import_bundle(session, the_register("import"), read(path.read_bytes(), path.name), at=desk.at)
            click.echo(f"{path.name}: 新增 created {len(result.created)}, 未变 unchanged {len(result.unchanged)}")


@click.group()
def schema() -> None:
    """公布的数据格式。Published formats."""


@schema.command("bundle")
def schema_bundle() -> None:
    """登记册文件的 JSON Schema。JSON Schema of a bundle."""
    click.echo(json.dumps(bundle_schema(), ensure_ascii=False, indent=2))


@click.command()
@click.option("--host", default="127.0.0.1", help="监听地址 address")
@click.option("--port", default=8000, type=click.IntRange(1, 65535), help="端口 port")
@click.option("--workers", default=2, type=click.IntRange(1), help="进程数 processes")
@told
def serve(desk: Desk, host: str, port: int, workers: int) -> None:
    """开始服务，并每分钟办理到期的时限。Serve the pages (gunicorn, threads), and sweep the time limits every minute."""
    _refuse_busy_port(host, port)
    # A process of its own, never in a web worker. It ends when its input is closed: by the last of gunicorn's processes, which
    # keep the other end open. Of a session of its own, so that Ctrl-C does not cut a sweep short.
    sweeper = subprocess.Popen(
        [sys.executable, "-c", "from registry.commands import main; main()", "sweep", "--beside"],
        stdin=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    os.set_inheritable(cast(IO[bytes], sweeper.stdin).fileno(), True)
    # No control socket: its thread would stand in the first process when a worker is forked again, and such a worker may wait for ever.
    os.execv(  # noqa: S606  # our own interpreter, no shell: signals reach gunicorn itself
        sys.executable,
        [sys.executable, "-m", "gunicorn", "--bind", f"{host}:{port}", "--workers", str(workers), "--worker-class", "gthread",
         "--threads", "4", "--reuse-port", "--no-control-socket", "--log-level", "warning", "registry.app:create_app()"],
    )  # fmt: skip


@click.command()
@click.option("--port", default=8000, type=click.IntRange(1, 65535), help="端口 port")
@click.pass_context
def run(context: click.Context, port: int) -> None:
    """在一台机器上试用：建立、导入随附登记册、设八个演示账号、开始服务。Try it on one machine."""
    desk = context.find_object(Desk)
    if desk is None:
        raise click.UsageError("run belongs to registry")
    _refuse_busy_port("127.0.0.1", port)
    os.environ.setdefault("REGISTRY_SECURE_COOKIES", "false")  # http on loopback
    private_folder(desk.config)
    with desk.engine() as engine:
        if sa.inspect(engine).has_table("register"):
            upgrade(engine, at=desk.at)
        else:
            make_register(desk)
    _publish_newer(desk)
    with desk.session() as session:
        load_known_years(session, the_register("command"), at=desk.at)
        for path in (*REAL, *SAMPLE):
            import_bundle(session, the_register("import"), read(path.read_bytes(), path.name), at=desk.at)
        sample_acts(session, at=desk.at)
        sample_lists(session, at=desk.at)
        sample_figures(session, at=desk.at)
        accounts = demo_accounts(session, desk.config.folder / "demo_accounts", at=desk.at)
    click.echo(f"\n  http://127.0.0.1:{port}\n\n  演示账号 demo accounts ({desk.config.folder / 'demo_accounts'}):")
    for member in CAST:
        click.echo(f"  {member.login:<14} {accounts[member.login]:<18} {member.post_zh} · {member.post_en}")
    click.echo("")
    context.invoke(serve, port=port)


def _refuse_busy_port(host: str, port: int) -> None:
    """Raise a clear error before anything is written, if the port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"端口 {port} 已被占用，请用 PORT=… 换一个 · port {port} is in use; choose another with PORT=…"
            ) from error
