"""flask units import and flask people import."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import Result
from flask import Flask

from tests.units.rosters import (
    PEOPLE,
    PEOPLE_HEADINGS,
    UNIT_HEADINGS,
    UNITS,
    book,
    take_people,
    take_units,
)
from units.queries.people import people_on_roster
from units.queries.units import counts


def run(app: Flask, *words: str | Path) -> Result:
    return app.test_cli_runner().invoke(args=[str(word) for word in words])


def test_units_are_imported(app: Flask, tmp_path: Path) -> None:
    path = book(tmp_path / "单位.xlsx", UNIT_HEADINGS, UNITS)
    done = run(app, "units", "import", path)
    assert (done.exit_code, done.output) == (0, "导入完成；新增 3\n")
    again = run(app, "units", "import", path)
    assert "没有变化" in again.output


def test_F6_bad_rows_are_listed_and_the_status_is_1(app: Flask, tmp_path: Path) -> None:
    take_units(tmp_path)
    path = book(tmp_path / "p.xlsx", PEOPLE_HEADINGS, [*PEOPLE, ["市司法局", "", "1"]])
    done = run(app, "people", "import", path)
    assert done.exit_code == 1
    assert "名单 B5  没有填写姓名" in done.stderr
    assert "名单 C5  手机尾号" in done.stderr
    assert "没有导入：文件里有 1 行有误" in done.stdout
    assert counts().people == 0
    good = run(app, "people", "import", path, "--accept-good")
    assert good.exit_code == 0
    assert "新增 3" in good.stdout
    assert "跳过有误的 1 行" in good.stdout


def test_json_says_the_same(app: Flask, tmp_path: Path) -> None:
    take_units(tmp_path)
    path = book(
        tmp_path / "p.xlsx", PEOPLE_HEADINGS, [*PEOPLE, ["无此局", "王五", "0001"]]
    )
    done = run(app, "people", "import", path, "--json")
    facts = json.loads(done.stdout)
    assert (done.exit_code, facts["done"], facts["bad_rows"]) == (1, False, 1)
    assert facts["bad"][0]["cell"] == "A5"
    facts = json.loads(
        run(app, "people", "import", path, "--json", "--accept-good").stdout
    )
    assert (facts["done"], facts["added"]) == (True, 3)


def test_F3_a_file_that_is_no_spreadsheet_is_one_sentence(
    app: Flask, tmp_path: Path
) -> None:
    path = tmp_path / "a.xls"
    path.write_text("<html>", encoding="utf-8")
    done = run(app, "units", "import", path)
    assert done.exit_code == 1
    assert "网页" in done.stderr
    assert "Traceback" not in done.output
    facts = json.loads(run(app, "units", "import", path, "--json").stdout)
    assert facts["done"] is False
    assert "网页" in facts["error"]


def test_a_dry_run_shows_the_difference_and_writes_nothing(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path)
    take_people(tmp_path)
    rows = [["市司法局", "张三", "0012", "", "领导班子"], ["市司法局", "王五", "0099"]]
    path = book(tmp_path / "p.xlsx", PEOPLE_HEADINGS, rows)
    shown = run(app, "people", "import", path, "--complete", "--dry-run")
    assert shown.exit_code == 0
    for words in (
        "新增 王五",
        "更新 张三：职级类别 中层 → 领导班子",
        "移出 李四",
        "试运行，没有写入；导入完成；新增 1；更新 1；移出 1",
    ):
        assert words in shown.stdout
    facts = json.loads(
        run(app, "people", "import", path, "--complete", "--dry-run", "--json").stdout
    )
    assert (facts["dry_run"], facts["left"], facts["changed"]) == (True, 1, 1)
    (changed,) = facts["difference"]["changed"]
    assert changed["changes"] == {"rank": ["中层", "领导班子"]}
    assert counts().people == 3
    run(app, "people", "import", path, "--complete")
    assert [person.name for person in people_on_roster()] == ["张三", "王五", "张三"]


def test_L1_the_terminal_does_not_guess_who_is_meant(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path)
    take_people(tmp_path, [["市司法局", "张伟", "0012"]])
    path = book(tmp_path / "p.xlsx", PEOPLE_HEADINGS, [["市司法局", "张伟", "9999"]])
    asked = run(app, "people", "import", path)
    assert asked.exit_code == 1
    assert "名单 第 2 行 张伟：本单位有同名而号码不同的人" in asked.stderr
    assert "--doubts same" in asked.stdout
    facts = json.loads(run(app, "people", "import", path, "--json").stdout)
    assert (facts["done"], facts["doubts"]) == (False, 1)
    assert run(app, "people", "import", path, "--doubts", "same").exit_code == 0
    assert [person.tail for person in people_on_roster()] == ["9999"]
