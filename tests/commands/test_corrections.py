"""Corrections, alerts and policies on the command line: what the pages offer, and the sweep that applies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from registry.documents.bundles import REAL
from tests.commands.test_life import Run
from tests.commands.test_life import run as run  # the fixture


def test_a_fact_is_put_right_and_an_alert_answered(run: Run) -> None:
    token = run("init").stdout.split()[-1]
    run("person", "first", "admin", "--token", token, "--name", "管理员")
    assert "更正异议期" in run("policy", "list").stdout
    later = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    assert run("policy", "set", "correction_window", "20", "--since", later, "--as", "admin").stdout == "✓\n"
    again = ("policy", "set", "correction_window", "5", "--since", later, "--as", "admin")
    assert "不能改写" in run(*again, fails=True).stderr
    run("import", *map(str, REAL))
    for login, party in (("wuhai", "150300"), ("ordos", "150600")):
        run("person", "add", login, "--name", "某某", "--post", "联络员", "--party", party, "--as", "admin")
        run("grant", login, "officer", "--party", party, "--as", "admin")
    ask = ("correction", "propose", "agreement", "mxsm-2017-01", "declared_fields")
    made = run(*ask, "7", "--reason", "照录有误", "--as", "wuhai").stdout
    number = made.split()[1]
    assert number in run("correction", "list", "--outcome", "open", "--as", "ordos").stdout
    assert "已有一项更正" in run(*ask, "8", "--reason", "又", "--as", "ordos", fails=True).stderr
    run("correction", "object", number, "150600", "--reason", "原文如此", "--as", "ordos")
    assert "未更正" in run("correction", "list", "--as", "wuhai").stdout
    second = run(*ask, "7", "--reason", "再查", "--as", "wuhai").stdout.split()[1]
    run("correction", "withdraw", second, "--as", "wuhai")
    assert "更正 corrections 0" in run("sweep").stdout
    listed = run("alert", "list", "--as", "wuhai").stdout
    mark = next(line for line in listed.splitlines() if line.startswith("fields-declared:agreement:mxsm-2017-01:"))
    run("alert", "answer", mark, "--reason", "文件原文即列七个", "--as", "wuhai")
    assert mark not in run("alert", "list", "--as", "wuhai").stdout
    assert mark in run("alert", "list", "--all", "--as", "wuhai").stdout
    run("verify")
