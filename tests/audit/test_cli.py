from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from core.audit import AuditEntry, record_audit
from core.db import db, write
from core.heads import heads_file
from quiz.models import Score
from tests.audit.world import build


@pytest.fixture
def world(app: Flask, moment: datetime) -> datetime:
    now: datetime = build(moment, settled=moment - timedelta(days=9)).now
    db.session.rollback()
    return now


def run(app: Flask, *args: str) -> Result:
    return app.test_cli_runner().invoke(args=["audit", *args])


def told(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def tamper() -> None:
    with write() as session:
        session.execute(sa.update(Score).where(Score.id == 2).values(points=77_700))


def last() -> AuditEntry:
    db.session.rollback()
    query = sa.select(AuditEntry).order_by(AuditEntry.n.desc()).limit(1)
    return db.session.scalars(query).one()


def test_verify_says_what_it_has_checked(app: Flask, world: datetime) -> None:
    result = run(app, "verify")
    assert result.exit_code == 0
    assert "一致" in result.output
    assert "已全部重算" in result.output
    assert last().hash in result.output
    assert "已全部重算" not in run(app, "verify", "--quick").output


def test_verify_as_json(app: Flask, world: datetime) -> None:
    report = told(run(app, "verify", "--json"))
    assert report["breaks"] == []
    assert report["head"] == {"n": last().n, "hash": last().hash}
    assert report["rows"] > 100
    assert report["heads"] > 30


def test_M1_verify_names_row_and_time_and_ends_with_1(
    app: Flask, world: datetime
) -> None:
    tamper()
    result = run(app, "verify")
    assert result.exit_code == 1
    assert "成绩 2 与 2026-11-24 12:00:00 第" in result.output
    assert "（到时自动交卷）写入的不一致" in result.output
    assert "重算的不一致" in result.output
    result = run(app, "verify", "--json")
    assert result.exit_code == 1
    changed, score = told(result)["breaks"]
    assert (changed["why"], changed["table"], changed["row"]) == (
        "row_changed", "score", "2",
    )  # fmt: skip
    assert changed["at"] == "2026-11-24T04:00:00+00:00"
    assert score["why"] == "score"


def test_the_daily_line_and_a_receipt_can_be_checked_later(
    app: Flask, world: datetime
) -> None:
    line = told(run(app, "head", "--json"))
    assert (line["exams"], line["sittings"], line["closed"], line["scores"]) == (
        3, 11, 6, 12,
    )  # fmt: skip
    assert line["hash"] == last().hash
    assert str(line["hash"]) in run(app, "head").output
    n, digest = str(line["n"]), str(line["hash"])
    assert run(app, "check", n, digest[:16]).exit_code == 0
    assert run(app, "check", n, digest[:16].upper() + "…").exit_code == 0
    for wrong in (("check", n, "f" * 16), ("check", "99999", digest)):
        result = run(app, *wrong)
        assert result.exit_code == 1
        assert "对不上" in result.output
    assert "前 8 位" in run(app, "check", n, digest[:4]).output


def test_M2_an_older_database_is_noticed_until_somebody_says_that_it_was_meant(
    app: Flask, world: datetime
) -> None:
    with write() as session:
        n, _ = record_audit(
            session, "report.view", "exam:1", actor="account:1", now=world, rows=()
        )
    with write() as session:
        session.execute(sa.delete(AuditEntry).where(AuditEntry.n == n))
    result = run(app, "verify")
    assert result.exit_code == 1
    assert "留存的链头不一致" in result.output
    assert run(app, "restored", " ").exit_code != 0
    result = run(app, "restored", "磁盘损坏，恢复昨夜的备份")
    assert result.exit_code == 0
    assert run(app, "verify", "--quick").exit_code == 0
    assert last().action == "audit.heads"
    aside = list(heads_file().parent.glob("audit.heads.*"))
    assert len(aside) == 1
    aside[0].unlink()
    assert json.loads(last().facts) == {"file": aside[0].name}


def test_the_heads_are_for_their_owner_alone(app: Flask, world: datetime) -> None:
    assert heads_file().stat().st_mode & 0o077 == 0
