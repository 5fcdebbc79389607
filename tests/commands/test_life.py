"""A register's life on the command line: from nothing to a verified history, on both databases."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from registry.commands import root
from registry.commands.demo import CAST
from registry.db import open_engine, sessions
from registry.documents.bundles import REAL, SAMPLE
from registry.models import Register
from tests.conftest import check_registry
from workflows import SHIPPED

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line in a folder of its own, on this test's database."""
    monkeypatch.setenv("REGISTRY_FOLDER", str(tmp_path / "instance"))
    monkeypatch.setenv("REGISTRY_DATABASE_URL", database_url)

    def run(*words: str, fails: bool = False) -> Result:
        result = CliRunner().invoke(root, list(words))
        if isinstance(result.exception, Exception) and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert (result.exit_code != 0) == fails, result.output
        return result

    return run


@pytest.fixture
def begun(run: Run) -> Run:
    """A register with the bundled records, an administrator, and officers of two fictional cities."""
    token = run("init").stdout.split()[-1]
    run("import", *map(str, (*REAL, *SAMPLE)))
    run("person", "first", "admin", "--token", token, "--name", "管理员")
    for login, party in (("jia", "x-a"), ("yi", "x-b")):
        run("person", "add", login, "--name", "某某", "--post", "联络员", "--party", party, "--as", "admin")
        run("grant", login, "officer", "--party", party, "--as", "admin")
    run("person", "add", "audit", "--name", "某某", "--post", "审计员", "--as", "admin")
    run("grant", "audit", "auditor", "--as", "admin")
    run("person", "add", "office", "--name", "某某", "--post", "秘书处", "--as", "admin")
    run("grant", "office", "secretariat", "--grouping", "sample", "--as", "admin")
    return run


def test_a_new_register_has_an_origin_and_keys_of_its_own(run: Run, tmp_path: Path, database_url: str) -> None:
    """Keys and secrets are for their owner alone; the token works once; init works once."""
    token = run("init").stdout.split()[-1]
    folder = tmp_path / "instance"
    for secret in ("log_key.pem", "secret_key"):
        assert stat.S_IMODE((folder / secret).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    engine = open_engine(database_url)
    with sessions(engine)() as session:
        register = session.scalars(sa.select(Register)).one()
        assert re.fullmatch(r"registry\.invalid/[0-9a-f]{16}", register.origin)
        Ed25519PublicKey.from_public_bytes(base64.b64decode(register.public_key))
        check_registry(session)
    engine.dispose()
    run("person", "first", "a", "--token", token, "--name", "甲")
    assert "✗" in run("person", "first", "b", "--token", token, "--name", "乙", fails=True).stderr
    assert run("init", fails=True).stderr


def test_tallies_of_the_bundled_register(begun: Run) -> None:
    """The figures of the real register; the sample is in none of them; a second import adds nothing."""
    said = json.loads(begun("check", "--json").stdout)
    assert set(json.loads(begun("check", "--json", "--known", "0").stdout).values()) == {0}
    assert set(json.loads(begun("check", "--json", "--on", "1949-10-01").stdout).values()) != set(said.values())
    assert {key: said[key] for key in ("bodies", "groupings", "meetings", "documents", "agreements", "claims", "events")} == {
        "bodies": 29, "groupings": 7, "meetings": 6, "documents": 8, "agreements": 9, "claims": 16, "events": 15,
    }  # fmt: skip
    assert (said["items"], said["targets"], said["commitments"]) == (40, 24, 12)
    before = begun("verify").stdout
    again = begun("import", *map(str, (*REAL, *SAMPLE))).stdout
    assert re.findall(r"created (\d+)", again) == ["0"] * len((*REAL, *SAMPLE))
    assert begun("verify").stdout == before
    words = begun("check").stdout
    assert "44  牵头部门出现次数" in words
    assert "近70 / 0" in words


def test_a_signature_on_the_command_line(begun: Run, tmp_path: Path) -> None:
    """From a planned agreement to a signed one, with a wrong text refused, one annulled and signed rightly."""
    number = begun(
        "agreement", "create", "示例水利协议", "--grouping", "sample", "--year", "2026", "--party", "x-a", "--party", "x-b",
        "--host", "x-a", "--as", "office",
    ).stdout.strip()  # fmt: skip
    assert number == "sample-2026-01"
    text = tmp_path / "text.pdf"
    text.write_bytes(b"%PDF-1.4 text")
    sha256 = begun("agreement", "text", number, str(text), "--as", "jia").stdout.strip()
    assert sha256 == hashlib.sha256(b"%PDF-1.4 text").hexdigest()
    assert "not open" in begun(
        "--lang", "en", "signature", "log", number, "x-a", "--on", "2026-01-05", "--text", sha256, "--as", "jia", fails=True
    ).stderr.lower()  # fmt: skip
    begun("agreement", "move", number, "draft", "--as", "office")
    begun("agreement", "move", number, "open", "--effective", "2026-01-01", "--as", "jia")
    possible = begun("agreement", "next", number, "--as", "office").stdout
    assert "签署方联络员" in possible.split("sign ")[1].split("\n")[1]  # who can, where the secretariat cannot
    wrong = begun(
        "signature", "log", number, "x-a", "--on", "2026年1月5日", "--text", "0" * 64, "--as", "jia", fails=True
    )
    assert "文本" in wrong.stderr
    unread = begun("signature", "log", number, "x-a", "--on", "1月5日", "--text", sha256, "--as", "jia", fails=True)
    assert "年" in unread.stderr
    act = begun(
        "signature", "log", number, "x-a", "--on", "2026年1月5日", "--text", sha256, "--as", "jia"
    ).stdout.split()[-1]
    scan = tmp_path / "scan.png"
    scan.write_bytes(b"\x89PNG\r\n\x1a\n...")
    other = begun(
        "signature", "log", number, "x-b", "--on", "2026-01-06", "--text", sha256, "--scan", str(scan), "--signer", "某人",
        "--post", "市长", "--as", "jia",
    ).stdout.split()[-1]  # fmt: skip
    assert "confirmed" in begun("signature", "answer", number, other, "--confirm", "--as", "yi").stdout
    begun("signature", "annul", number, act, "--reason", "日期登错", "--as", "jia")
    begun("signature", "decline", number, "x-a", "--on", "2026-01-07", "--reason", "另有安排", "--as", "jia")
    assert begun(
        "signature", "log", number, "x-a", "--on", "2026-01-08", "--text", sha256, "--as", "jia", fails=True
    ).stderr
    begun("verify")


def test_an_item_on_the_command_line(begun: Run) -> None:
    """From intent to a long-term mechanism; `next` says what is missing on the way."""
    number = begun(
        "item", "add", "sample-2023-01", "共建水厂", "--lead", "x-a", "--join", "x-b", "--as", "jia"
    ).stdout.strip()
    assert number == "sample-2023-01-071"
    assert "尚不能办" in begun("item", "next", number, "--as", "jia").stdout
    assert begun("item", "step", number, "list", "--as", "jia", fails=True).stderr.count("✗") == 3
    for kind in ("consensus", "conditions", "result", "mechanism"):
        begun("item", "evidence", number, kind, "--document", "示例纪要〔2025〕4号", "--as", "jia")
    for trigger, state in (("list", "listed"), ("begin", "in_progress"), ("achieve", "achieved")):
        assert begun("item", "step", number, trigger, "--basis", "doc-2025-03", "--as", "jia").stdout.strip() == state
    begun(
        "item",
        "mechanism",
        number,
        "联合管理办公室",
        "--kind",
        "joint_body",
        "--keeper",
        "x-a",
        "--review",
        "2027年",
        "--as",
        "jia",
    )
    asked = begun("consent", "ask", "item", number, "institutionalise", "--basis", "doc-2025-03", "--as", "jia")
    proposal = asked.stdout.split()[-1]
    assert "示例乙市" in begun("item", "next", number, "--as", "jia").stdout
    for login, party in (("yi", "x-b"), ("jia", "x-a")):
        assert number in begun("consent", "list", "--as", login).stdout
        begun("consent", "answer", proposal, party, "agree", "--as", login)
    assert "long_term" in begun("item", "step", number, "institutionalise", "--as", "jia").stdout
    report = begun(
        "report",
        "file",
        number,
        "x-b",
        "slow",
        "--as-of",
        "2026年6月",
        "--progress",
        "已开工",
        "--problem",
        "资金未到位",
        "--as",
        "yi",
    ).stdout.split()[-1]
    begun("report", "release", number, report, "--as", "yi")
    assert begun("item", "next", "no-such-item", "--as", "jia", fails=True).stderr
    begun("verify")


def test_an_auditor_exports_the_period(begun: Run, tmp_path: Path) -> None:
    """The file says its own rows and checksum; an officer may not export."""
    out = tmp_path / "changes.csv"
    begun("history", "export", "--from", "2020-01-01", "--until", "2099-12-31", "--out", str(out), "--as", "audit")
    content = out.read_bytes()
    body, last = (
        content[: content.rstrip(b"\r\n").rfind(b"\n") + 1],
        content.rstrip(b"\r\n").rsplit(b"\n", 1)[1].decode(),
    )
    rows = list(csv.reader(body.decode("utf-8-sig").splitlines()))
    assert hashlib.sha256(body).hexdigest() in last
    assert f",{len(rows) - 1}," in last
    denied = begun("history", "export", "--from", "2020-01-01", "--until", "2020-01-02", "--as", "jia", fails=True)
    assert "✗" in denied.stderr


def test_verify_remembers_a_root(begun: Run) -> None:
    """What was seen once is compared later; another root is named."""
    seen = begun("verify").stdout.split()[1]
    begun("person", "reset", "jia", "--as", "admin")
    assert json.loads(begun("verify", "--json", "--expect", seen).stdout)["findings"] == []
    size = seen.partition(":")[0]
    assert "✗" in begun("verify", "--expect", f"{size}:{'0' * 64}", fails=True).stdout
    assert begun("verify", "--expect", "nonsense", fails=True).exit_code == 2


def test_procedures_and_formats(begun: Run, tmp_path: Path) -> None:
    """A definition is checked with culprit and line; the shipped one is published already; formats are printed."""
    assert "cooperation-item" in begun("procedures", "check", str(SHIPPED / "item.yaml")).stdout
    assert "cooperation-item" in begun("procedures", "publish", str(SHIPPED / "item.yaml")).stdout
    bad = tmp_path / "bad.yaml"
    bad.write_text((SHIPPED / "item.yaml").read_text("utf-8").replace("to: listed", "to: nowhere"), "utf-8")
    assert "nowhere" in begun("procedures", "check", str(bad), fails=True).stderr
    assert json.loads(begun("schema", "bundle").stdout)["$ref"] == "#/$defs/Bundle"
    broken = tmp_path / "broken.yaml"
    broken.write_text("bundle: register/1\nitems: 3\n", "utf-8")
    assert "broken.yaml:2" in begun("import", str(broken), fails=True).stderr
    begun("migrate")


def test_an_unknown_account_is_told(run: Run) -> None:
    """The operator hears which account is not there."""
    run("init")
    assert "nobody" in run("item", "next", "x", "--as", "nobody", fails=True).output


def test_the_cast_is_eight_with_generated_passwords() -> None:
    """No account has a fixed password: the cast names none."""
    assert len({member.login for member in CAST}) == 8
    assert not any("password" in member.__slots__ for member in CAST)
