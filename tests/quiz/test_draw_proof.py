"""The proof of a draw: anybody draws again, with Python and nothing of ours."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from core.audit import AuditEntry
from core.db import db, write
from core.errors import Conflict, Refused
from privacy.operations.erasing import erase_person
from quiz.draw_proof import draw_proof
from quiz.models import Candidate, Exam, Paper, PoolItem
from quiz.operations.exams import publish_results
from quiz.queries.exams import exam_by_id
from quiz.queries.redraw import account_of
from quiz.rules.redraw import redraw
from quiz.verify_draw import main
from tests.accounts.browser import page
from tests.quiz.ground import (
    PLENTY,
    candidates_of,
    draw,
    make_bank,
    make_draft,
    make_units,
    publish,
)


@pytest.fixture
def drawn(app: Flask, moment: datetime) -> Exam:
    """Twelve people, drawn by a public value; the results are not out."""
    make_bank(moment, PLENTY)
    make_units(moment, [6, 5, 1])
    exam = make_draft(moment)
    publish(exam, moment, public_source="双色球第 2026130 期")
    draw(exam, moment, "03 11 17")
    return exam


@pytest.fixture
def over(drawn: Exam) -> Exam:
    """The same with its results published."""
    publish_results(exam_id=drawn.id, account_id=None, now=drawn.closes_at)
    return exam_by_id(drawn.id)


def verify(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["exams", "verify", "K7MPX4QW", *words])


def run_alone(archive: Path) -> subprocess.CompletedProcess[str]:
    """Run an archive as somebody who has nothing but Python."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(archive)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"},
        cwd=archive.parent,
        check=False,
    )


def rewritten(archive: Path, change: Any) -> Path:
    """A copy of an archive whose account was changed."""
    other = archive.with_name("changed.zip")
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "draw.json":
                told = json.loads(content)
                change(told)
                content = json.dumps(told).encode()
            new.writestr(name, content)
    return other


def test_the_terminal_draws_again_before_anything_is_revealed(
    app: Flask, drawn: Exam
) -> None:
    result = verify(app)
    assert result.exit_code == 0, result.output
    assert "重抽一致的试卷：13 份" in result.output
    assert "结论：抽卷无误" in result.output
    assert "5e" * 32 not in result.output
    facts = json.loads(verify(app, "--json").output)
    assert (facts["code"], facts["sound"], facts["papers"]) == ("K7MPX4QW", True, 13)


def test_nothing_is_handed_out_before_the_results(
    app: Flask, drawn: Exam, organizer: FlaskClient, tmp_path: Path
) -> None:
    with pytest.raises(Conflict, match="公布成绩后才公开随机数"):
        draw_proof(exam_by_id(drawn.id))
    result = verify(app, "--out", str(tmp_path / "proof.zip"))
    assert result.exit_code == 1
    assert "公布成绩后才公开随机数" in result.output
    assert list(tmp_path.iterdir()) == []
    address = f"/console/exams/{drawn.id}/draw.zip"
    assert organizer.get(address).status_code == 409
    shown = page(organizer.get(f"/console/exams/{drawn.id}")).text
    assert "下载核对材料" not in shown


def test_before_the_draw_there_is_nothing_to_verify(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [3])
    exam = make_draft(moment)
    publish(exam, moment, public_source="双色球第 2026130 期")
    result = verify(app)
    assert (result.exit_code, result.output) == (
        1,
        "Error: 这场考试没有抽过卷，没有试卷可以核对\n",
    )
    with pytest.raises(Refused, match="没有抽过卷"):
        account_of(exam_by_id(exam.id))


def test_somebody_who_has_only_python_draws_again(
    over: Exam, organizer: FlaskClient, tmp_path: Path
) -> None:
    shown = page(organizer.get(f"/console/exams/{over.id}")).text
    assert "下载核对材料" in shown
    assert "抽卷核对-K7MPX4QW.zip" in shown
    reply = organizer.get(f"/console/exams/{over.id}/draw.zip")
    assert reply.status_code == 200
    archive = tmp_path / "抽卷核对-K7MPX4QW.zip"
    archive.write_bytes(reply.get_data())
    done = run_alone(archive)
    assert done.returncode == 0, done.stderr
    assert "重抽一致的试卷：13 份" in done.stdout
    assert "公开值  03 11 17" in done.stdout
    assert "公开值的来源  双色球第 2026130 期" in done.stdout
    for digest in (over.roster_digest, over.bank_digest, over.blueprint_digest):
        assert str(digest) in done.stdout
    assert done.stdout.rstrip().endswith("结论：抽卷无误")
    entry = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action == "exam.proof")
    ).one()
    assert entry.object == f"exam:{over.id}"


def test_what_was_changed_in_an_archive_is_found_by_it(
    app: Flask, over: Exam, tmp_path: Path
) -> None:
    archive = tmp_path / "proof.zip"
    assert verify(app, "--out", str(archive)).exit_code == 0

    def swap(told: dict[str, Any]) -> None:
        told["papers"][0][2], told["papers"][1][2] = (
            told["papers"][1][2],
            told["papers"][0][2],
        )

    done = run_alone(rewritten(archive, swap))
    assert (done.returncode, done.stderr) == (1, "")
    assert "与重抽不同的试卷：2 份（卷号 1、2）" in done.stdout

    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(rewritten(archive, swap)) as packed:
        packed.extractall(folder)
    assert run_alone(folder).stdout == done.stdout

    done = run_alone(rewritten(archive, lambda told: told.pop("seed")))
    assert (done.returncode, done.stderr) == (2, "")
    assert "核对材料读不出来" in done.stdout


def test_a_place_that_cannot_be_written_is_said_and_nothing_is_noted(
    app: Flask, over: Exam, tmp_path: Path
) -> None:
    result = verify(app, "--out", str(tmp_path / "nowhere" / "proof.zip"))
    assert result.exit_code == 1
    assert "结论：抽卷无误" in result.output
    assert "写不了" in result.output
    noted = sa.select(AuditEntry.n).where(AuditEntry.action == "exam.proof")
    assert db.session.scalars(noted).all() == []


def test_made_twice_it_is_the_same(over: Exam) -> None:
    assert draw_proof(over) == draw_proof(over)


def test_an_exam_that_was_never_drawn_reveals_nothing(
    app: Flask, organizer: FlaskClient, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [3])
    exam = make_draft(moment)
    publish(exam, moment, public_source="双色球第 2026130 期")
    publish_results(exam_id=exam.id, account_id=None, now=exam.closes_at)
    shown = page(organizer.get(f"/console/exams/{exam.id}")).text
    assert "下载核对材料" not in shown
    assert "抽卷种子" not in shown
    assert organizer.get(f"/console/exams/{exam.id}/draw.zip").status_code == 400


def test_an_archive_that_is_none_is_said_to_be_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "proof.zip"
    broken.write_bytes(b"PK\x03\x04 cut")
    assert main(str(broken)) == 2
    assert "核对材料读不出来，请重新下载。（proof.zip" in capsys.readouterr().out


def test_the_archive_names_nobody_and_asks_nothing(over: Exam) -> None:
    with zipfile.ZipFile(io.BytesIO(draw_proof(over))) as archive:
        assert archive.testzip() is None
        text = "".join(
            archive.read(name).decode()
            for name in archive.namelist()
            if not name.endswith(".py")
        )
    for candidate in candidates_of(over):
        assert candidate.name not in text
        assert candidate.unit_name not in text
    assert "民法典single" not in text  # the beginning of a question
    assert "选项0" not in text


def test_a_paper_that_was_changed_in_the_database_is_found(
    app: Flask, over: Exam
) -> None:
    with write() as session:
        first, second = session.scalars(
            sa.select(Paper).where(Paper.number.in_([0, 1])).order_by(Paper.number)
        )
        first.items = second.items  # and the digest on the receipt left as it was
    result = verify(app)
    assert result.exit_code == 1
    assert "与重抽不同的试卷：1 份（卷号 1）" in result.output


def test_a_bank_that_was_changed_in_the_database_is_found(
    app: Flask, over: Exam
) -> None:
    with write() as session:
        session.execute(sa.update(PoolItem).values(used=PoolItem.used + 1))
    result = verify(app)
    assert result.exit_code == 1
    assert "题库与发布时固定的题库摘要不符" in result.output


def test_who_was_erased_does_not_make_a_draw_wrong(app: Flask, over: Exam) -> None:
    person = candidates_of(over)[0].person_id
    assert person is not None
    erase_person(
        person_id=person,
        reason="本人要求",
        since=over.closes_at,
        actor="terminal",
        now=over.closes_at + timedelta(days=1),
    )
    db.session.expire_all()
    found = redraw(account_of(exam_by_id(over.id)))
    assert (found.erased, found.broken, found.sound) == (1, (), True)
    said = verify(app).output
    assert "1 人的信息已按规定删除" in said
    assert "但名单未能核对" in said
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Candidate)) == 12
