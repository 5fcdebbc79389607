"""Every command in the README runs as written, but `make test`, which runs this."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import HOUSE
from tests.setup.house import bare, copied, fetch, free_port, serving

PROGRAMS = Path(sys.executable).parent
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.M | re.S)


def commands() -> list[str]:
    """The lines of all shell blocks, without their comments."""
    lines = [
        line.partition("#")[0].strip()
        for block in BLOCK.findall((HOUSE / "README.md").read_text("utf-8"))
        for line in block.splitlines()
    ]
    return [line for line in lines if line]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose environment is the present one."""
    house = copied(tmp_path_factory.mktemp("readme") / "house")
    (house / ".venv").symlink_to(PROGRAMS.parent)
    return house


def make_run(house: Path, port: int) -> list[str | Path]:
    """`make run`, with the environment taken as made."""
    return ["make", "-o", ".venv/ready", "run", f"PORT={port}"]


def outside(folder: Path, **more: str) -> dict[str, str]:
    """Variables of a newcomer, who finds the source in the checkout at hand."""
    return bare(folder, PYTHONPATH=str(folder), **more) | {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"}


def test_the_readme_is_known() -> None:
    """A command that is added there must be added to a test here."""
    assert commands() == [
        "make run",
        "make test",
        "registry procedures show finding 1 --form yaml > my-procedure.yaml",
        "registry procedures guards",
        "registry procedures check my-procedure.yaml",
        "registry check",
        "registry verify",
        "registry history export --from 2026-01-01 --until 2026-12-31 --as audit --out changes.csv",
        "registry init",
        "registry person first ADMIN --token TOKEN --name 姓名",
        "registry import registry/data/real/*.yaml",
        "registry serve --host 127.0.0.1 --port 8000",
    ]


def run(command: str, house: Path, env: dict[str, str], typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command], cwd=house, env=env, input=typed, capture_output=True, text=True, check=False
    )


@pytest.mark.timeout(600)  # loads all bundles, on a disk that may be busy
def test_make_run_and_the_tour(house: Path) -> None:
    env = outside(house)
    port = free_port()
    with serving(make_run(house, port), port, cwd=house, env=env) as address:
        assert "示例协议" in fetch(f"{address}/agreements/sample-2023-01")
        told = (house / "served").read_text("utf-8")
        assert address in told
        busy = subprocess.run(make_run(house, port), cwd=house, env=env, capture_output=True, text=True, check=False)
        assert busy.returncode != 0
        assert f"port {port} is in use" in busy.stderr
        kept = house / "instance/demo_accounts"
        accounts = kept.read_text("utf-8")
        assert kept.stat().st_mode & 0o777 == 0o600
        assert len(accounts.splitlines()) == 8
        for command in commands()[2:8]:
            done = run(command, house, env)
            assert done.returncode == 0, (command, done.stdout, done.stderr)
        assert (house / "changes.csv").stat().st_size > 10_000
    before = run("registry verify", house, env).stdout
    with serving(make_run(house, port), port, cwd=house, env=env):  # a second time keeps what is there
        assert run("registry verify", house, env).stdout == before
        assert kept.read_text("utf-8") == accounts


@pytest.mark.timeout(300)
def test_in_earnest(house: Path, tmp_path: Path) -> None:
    env = outside(house, REGISTRY_SECURE_COOKIES="false") | {"REGISTRY_FOLDER": str(tmp_path / "instance")}
    init, first, imported, served = commands()[8:]
    made = run(init, house, env)
    assert made.returncode == 0, made.stderr
    token = made.stdout.split()[-1]
    words = shlex.quote("three words at least")
    done = run(first.replace("ADMIN", "chief").replace("TOKEN", token), house, env, typed=f"{words}\n{words}\n")
    assert done.returncode == 0, (done.stdout, done.stderr)
    done = run(imported, house, env)
    assert done.returncode == 0, (done.stdout, done.stderr)
    port = free_port()
    with serving(["bash", "-c", f"exec {served.replace('8000', str(port))}"], port, cwd=house, env=env) as address:
        assert "乌海" in fetch(address)
