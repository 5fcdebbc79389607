"""Settings of one register, read once from the environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from environs import Env


@dataclass(frozen=True)
class Config:
    """Everything that differs from one installation to the next.

    database_url: sqlite:///PATH or postgresql://…  folder: where keys, secrets and files lie; mode 0700.
    zone: IANA name of the register's one time zone.  secret_key: signs sessions.
    secure_cookies: cookies only over HTTPS.  development: shows /style.
    """

    database_url: str
    folder: Path
    zone: str = "Asia/Shanghai"
    secret_key: str = ""
    secure_cookies: bool = True
    development: bool = False


def from_environment() -> Config:
    """Config from REGISTRY_DATABASE_URL, REGISTRY_FOLDER, REGISTRY_ZONE, REGISTRY_SECRET_KEY, REGISTRY_SECURE_COOKIES,
    REGISTRY_DEVELOPMENT.

    Without a URL: an SQLite file in the folder. Without a secret: the one kept in the folder by `registry init`.
    """
    env = Env(prefix="REGISTRY_")
    folder = Path(env.str("FOLDER", "instance")).absolute()
    kept = folder / "secret_key"
    return Config(
        database_url=env.str("DATABASE_URL", f"sqlite:///{folder / 'register.db'}"),
        folder=folder,
        zone=env.str("ZONE", "Asia/Shanghai"),
        secret_key=env.str("SECRET_KEY", "") or (kept.read_text("utf-8") if kept.exists() else ""),
        secure_cookies=env.bool("SECURE_COOKIES", True),
        development=env.bool("DEVELOPMENT", False),
    )


def shipped(name: str) -> Path:
    """A folder that lies beside the package in a checkout and inside it in a wheel: templates, migrations."""
    inside = Path(__file__).parent / name
    return inside if inside.exists() else Path(__file__).parent.parent / name
