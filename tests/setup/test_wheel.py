"""A wheel runs with the checkout gone, and holds the tree: nothing forgotten, nothing stale."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.setup.house import bare, copied, environment, fetch, free_port, serving

ROOMS = {
    "registry": "registry",
    "workflows": "workflows",
    "migrations": "registry/migrations",
    "templates": "registry/templates",
}
"""Where each folder of the checkout lies in the wheel."""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("checkout") / "house")


@pytest.fixture(scope="module")
def wheel(checkout: Path) -> Path:
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--quiet",
        "--disable-pip-version-check",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
    ]
    subprocess.run([*pip, "--wheel-dir", "dist", "."], cwd=checkout, check=True)
    (built,) = (checkout / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(tmp_path_factory.mktemp("environment"), wheel)


def test_the_wheel_holds_the_tree(checkout: Path, wheel: Path) -> None:
    tree = {
        f"{there}/{path.relative_to(checkout / here)}"
        for here, there in ROOMS.items()
        for path in (checkout / here).rglob("*")
        if path.is_file()
    }
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == tree


def test_it_runs_with_the_checkout_gone(programs: Path, tmp_path: Path) -> None:
    env = bare(tmp_path, REGISTRY_SECURE_COOKIES="false")
    where = subprocess.run(
        [programs / "python", "-c", "import registry, workflows; print(registry.__file__, workflows.__file__)"],
        cwd=tmp_path, env=env, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert where.count(str(programs.parent)) == 2
    made = subprocess.run(
        [programs / "registry", "init"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    port = free_port()
    with serving(
        [programs / "registry", "serve", "--port", str(port), "--workers", "1"], port, cwd=tmp_path, env=env
    ) as address:
        assert "登记" in fetch(address)
        assert "register" in fetch(f"{address}/en/").lower()
    verified = subprocess.run(
        [programs / "registry", "verify"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
