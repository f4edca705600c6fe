"""flask reports unit."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from openpyxl import load_workbook

from core.audit import AuditEntry
from core.db import db, write
from tests.reports.factories import Hall


def fill() -> None:
    with write() as session:
        hall = Hall(session)
        exam = hall.exam("年度测试", demo=True)
        unit = hall.unit("市司法局")
        hall.person(exam, unit, "赵一", 9000)
        hall.person(exam, unit, "钱二", 5000)
        hall.person(exam, unit, "孙三")


def run(app: Flask, *args: str) -> tuple[int, str, str]:
    result = app.test_cli_runner().invoke(args=["reports", "unit", *args])
    return result.exit_code, result.stdout, result.stderr


def readings() -> int:
    query = sa.select(sa.func.count()).where(
        AuditEntry.action == "report.download", AuditEntry.actor == "system"
    )
    return db.session.execute(query).scalar_one()


def test_it_prints_a_table_without_names_of_people(app: Flask) -> None:
    fill()
    code, out, _ = run(app, "--exam", "QX7M2KPD")
    assert code == 0
    assert "示例数据" in out
    assert "生成人：命令行" in out
    last = out.splitlines()[-1].split()
    assert last[:4] == ["合计", "3", "2", "1"]
    assert "66.7 %  (2/3)" in out
    assert "赵一" not in out
    assert readings() == 0


def test_json_holds_exact_counts(app: Flask) -> None:
    fill()
    code, out, _ = run(app, "--exam", "QX7M2KPD", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["exam"]["demo"] is True
    assert found["total"]["turnout"] == [2, 3]
    assert found["total"]["pass_rate"] == [1, 2]
    assert found["total"]["mean"] == 7000
    assert [unit["name"] for unit in found["units"]] == ["市司法局"]
    over = json.loads(run(app, "--exam", "QX7M2KPD", "--json", "--over", "due")[1])
    assert over["total"]["pass_rate"] == [1, 3]


def test_it_writes_the_workbook_in_one_step_for_its_owner_only(
    app: Flask, tmp_path: Path
) -> None:
    fill()
    target = tmp_path / "成绩.xlsx"
    target.write_text("old")
    code, out, err = run(app, "--exam", "QX7M2KPD", "--xlsx", str(target), "--json")
    assert code == 0
    assert json.loads(out)["total"]["due"] == 3
    assert "已写入" in err
    assert "人员成绩表" in load_workbook(target).sheetnames
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["成绩.xlsx"]
    assert readings() == 1


def test_a_place_that_cannot_be_written_gets_one_sentence(
    app: Flask, tmp_path: Path
) -> None:
    fill()
    target = tmp_path / "nowhere" / "x.xlsx"
    code, _, err = run(app, "--exam", "QX7M2KPD", "--xlsx", str(target))
    assert code == 1
    assert "无法写入" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("code", ["NOPE", "", "' OR 1=1"])
def test_an_unknown_code_gets_one_sentence(app: Flask, code: str) -> None:
    fill()
    status, _, err = run(app, "--exam", code)
    assert status == 1
    assert "没有找到这场考试" in err
