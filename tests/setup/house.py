"""A checkout somewhere else, an environment without the checkout, and a register that is served there."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy

from tests.architecture.source import HOUSE

IN_A_CHECKOUT = (
    "registry", "workflows", "migrations", "templates", "setup.cfg", "pyproject.toml",
    "README.md", "LICENSE", "Makefile", "requirements.lock",
)  # fmt: skip


def copied(where: Path) -> Path:
    """The checkout, without what git ignores."""
    for name in IN_A_CHECKOUT:
        source = HOUSE / name
        if source.is_dir():
            shutil.copytree(source, where / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            where.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, where / name)
    return where


def environment(where: Path, wheel: Path) -> Path:
    """A new environment with this wheel and the packages of the present one, but not the project in it; the folder of programs."""
    venv.create(where, with_pip=False, symlinks=True)
    (packages,) = where.glob("lib/python*/site-packages")
    # A path line adds the packages; the .pth files among them, such as that of an editable install, are not read.
    (packages / "packages.pth").write_text(str(Path(sqlalchemy.__file__).parent.parent), "utf-8")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", str(where / "bin/python")]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--no-compile", str(wheel)], check=True)
    return where / "bin"


def bare(folder: Path, **more: str) -> dict[str, str]:
    """An environment of variables with nothing in it that points to the checkout."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "REGISTRY_FOLDER": str(folder / "instance"),
        **more,
    }


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(command: list[str | Path], port: int, *, cwd: Path, env: dict[str, str]) -> Iterator[str]:
    """Run a command that serves on this port until the end of the block; what it printed so far lies in `cwd/served`."""
    with (cwd / "served").open("wb") as output:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=output, stderr=output, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(900):
            if process.poll() is not None:
                raise AssertionError((cwd / "served").read_text("utf-8"))
            with contextlib.suppress(OSError):  # not there yet, or its processes still read their modules
                fetch(address)
                break
            time.sleep(0.1)
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        process.wait(30)


def fetch(address: str) -> str:
    """A page as text."""
    with urllib.request.urlopen(address, timeout=20) as answer:  # our own http address
        page: bytes = answer.read()
    return page.decode()
