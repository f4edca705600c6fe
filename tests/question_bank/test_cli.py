"""flask bank …"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from core.db import db, write
from core.entries import AuditEntry, AuditPayload
from question_bank.formats.starter import starter_questions
from question_bank.formats.template import write_workbook
from question_bank.models import BankImport, QuestionVersion
from question_bank.operations.intake import import_questions
from question_bank.rules.validity import Draft
from tests.question_bank.drafts import ALL_KINDS, SINGLE, single, typed


def run(app: Flask, *words: object) -> Result:
    return app.test_cli_runner().invoke(args=["bank", *map(str, words)])


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    return written(tmp_path / "题目.xlsx", *ALL_KINDS)


def written(path: Path, *drafts: Draft) -> Path:
    with path.open("wb") as file:
        write_workbook(file, drafts)
    return path


def test_a_file_is_imported_and_then_known(app: Flask, workbook: Path) -> None:
    first = run(app, "import", workbook)
    assert (first.exit_code, first.output) == (0, "导入 4 题\n")
    again = run(app, "import", workbook)
    assert (again.exit_code, again.output) == (
        0,
        "没有新题，题库没有变化；4 题题库里已有\n",
    )


def test_somebody_at_the_terminal_sees_how_far_reading_and_writing_are(
    app: Flask, workbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = SimpleNamespace(stderr=SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("question_bank.printing.sys", terminal)
    done = run(app, "import", workbook)
    assert done.stderr.splitlines() == [
        "正在读取 题目.xlsx",
        "",
        "正在查找相似的题 4/4",
        "",
        "正在写入题库 4/4",
    ]
    assert done.stdout == "导入 4 题\n"


def test_F6_bad_questions_are_listed_by_cell_and_nothing_is_imported(
    app: Flask, tmp_path: Path
) -> None:
    path = written(tmp_path / "题目.xlsx", *ALL_KINDS, single(key=()))
    done = run(app, "import", path)
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "题目 K6：没有答案",
        "有 1 题有误，一题也没有导入",
    ]
    assert "检查了 0 题" in run(app, "check").output
    taken = run(app, "import", path, "--accept-good")
    assert taken.exit_code == 0
    assert taken.output.splitlines()[-1] == "导入 4 题；1 题有误，没有导入"


def test_the_report_of_an_import_is_json_on_request(app: Flask, tmp_path: Path) -> None:
    path = written(tmp_path / "题目.xlsx", single(key=()))
    done = run(app, "import", path, "--json")
    assert done.exit_code == 1
    report = json.loads(done.output)
    assert report["findings"] == [
        {"sheet": "题目", "number": 2, "cell": "K2", "reason": "没有答案"}
    ]
    assert (report["applied"], report["added"], report["bad"]) == (False, 0, 1)


PAPER = "一、单选题（每题2分）\n1.甲（B）\nA.子\nB.丑\n2.乙\nA.子\n答案：A\n第 1 页\n"


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "试卷.txt"
    path.write_text(PAPER, encoding="utf-8")
    return path


def test_a_file_is_parsed_into_the_neutral_form_and_nothing_is_written(
    app: Flask, paper: Path
) -> None:
    done = run(app, "parse", paper, "--json")
    assert done.exit_code == 0
    assert json.loads(done.output) == [
        {
            "type": "single",
            "stem": "甲（ ）",
            "options": ["子", "丑"],
            "answer": ["B"],
            "points": 2,
        },
        {"error": "one option only"},
    ]
    assert "检查了 0 题" in run(app, "check").output


def test_a_parsed_file_is_shown_to_people_with_lines_and_reasons(
    app: Flask, paper: Path
) -> None:
    lines = run(app, "parse", paper).output.splitlines()
    assert lines[0] == "[可以导入] 第 2 行 单选 甲（ ）"
    assert "    ! 只有一个选项，至少要有两个" in lines
    assert lines[-2:] == [
        "第 8 行 没有归入任何题目：第 1 页",
        "共 2 题：可以导入 1，有误 1",
    ]
    report = json.loads(run(app, "parse", paper, "--full").output)
    assert report["left"] == [[8, "第 1 页"]]
    assert report["questions"][1]["colour"] == "red"
    assert report["questions"][1]["source"] == "2.乙\nA.子\n答案：A"


def test_a_dry_run_says_what_would_come_of_a_file_and_writes_nothing(
    app: Flask, workbook: Path, paper: Path
) -> None:
    done = run(app, "import", workbook, "--dry-run")
    assert done.exit_code == 0
    assert done.output == (
        "试运行，没有写入任何内容：可以导入 4 题；已有或重复 0 题，有误 0 题\n"
    )
    report = json.loads(run(app, "import", paper, "--dry-run", "--json").output)
    assert (report["dry_run"], report["good"], report["bad"]) == (True, 1, 1)
    assert run(app, "import", paper, "--dry-run").exit_code == 1
    assert run(app, "import", paper, "--dry-run", "--accept-good").exit_code == 0
    assert "检查了 0 题" in run(app, "check").output


def test_a_file_from_the_terminal_is_an_import_that_can_be_undone(
    app: Flask, paper: Path
) -> None:
    done = run(app, "import", paper, "--accept-good", "--json")
    made = db.session.get(BankImport, json.loads(done.output)["import"])
    assert made is not None
    assert (made.actor, made.filename, made.added) == ("system", "试卷.txt", 1)


def test_what_looks_like_a_question_of_the_bank_is_told_and_taken(
    app: Flask, tmp_path: Path
) -> None:
    run(app, "import", written(tmp_path / "一.xlsx", single()))
    near = single(stem=single().stem.replace("行政处罚决定", "处罚决定"))
    done = run(app, "import", written(tmp_path / "二.xlsx", near))
    assert done.exit_code == 0
    told, said = done.output.splitlines()
    assert told.startswith("题目 B2：和题库里编号 1 的题相似（")
    assert said == "导入 1 题"


def test_a_file_that_cannot_be_read_is_one_sentence(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "题目.json"
    path.write_text("{", encoding="utf-8")
    done = run(app, "import", path)
    assert done.exit_code == 1
    assert done.output.startswith("Error: “题目.json”不是题目的 JSON 文件")
    assert len(done.output.splitlines()) == 1


def test_the_starter_bank_is_imported_exported_and_known_again(
    app: Flask, tmp_path: Path
) -> None:
    n = len(starter_questions())
    assert run(app, "starter").output == f"导入 {n} 题\n"
    for name in ("题库.docx", "题库.json", "题库.xlsx"):
        path = tmp_path / name
        done = run(app, "export", path, "--with-key")
        assert done.output == f"已导出 {n} 题到 {name}\n"
        report = json.loads(run(app, "import", path, "--json").output)
        assert (report["added"], report["known"], report["bad"]) == (0, n, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "题库.docx",
        "题库.json",
        "题库.xlsx",
    ]


def test_an_export_is_narrowed_and_written_down(app: Flask, tmp_path: Path) -> None:
    run(app, "import", written(tmp_path / "题目.xlsx", *ALL_KINDS))
    path = tmp_path / "卷.pdf"
    done = run(app, "export", path, "--kind", "judge", "--reason", "审题会用")
    assert done.output == "已导出 1 题到 卷.pdf\n"
    assert path.read_bytes().startswith(b"%PDF")
    entry, payload = db.session.execute(
        sa.select(AuditEntry, AuditPayload)
        .join(AuditPayload, AuditPayload.n == AuditEntry.n)
        .order_by(AuditEntry.n.desc())
        .limit(1)
    ).one()
    assert (entry.action, entry.actor) == ("bank.export", "system")
    assert "审题会用" in payload.payload
    assert run(app, "export", path, "--topic", "没有的").exit_code == 1
    assert run(app, "export", path, "--state", "parked").exit_code == 1


def test_an_export_in_an_unknown_form_is_refused(app: Flask, tmp_path: Path) -> None:
    done = run(app, "export", tmp_path / "题库.txt")
    assert done.exit_code == 1
    said = "请写明导出文件的扩展名：.json、.xlsx、.docx 或 .pdf"
    assert done.output == f"Error: {said}\n"


def test_a_place_that_cannot_be_written_is_one_sentence(
    app: Flask, workbook: Path, tmp_path: Path
) -> None:
    run(app, "import", workbook)
    done = run(app, "export", tmp_path / "没有" / "题库.json")
    assert done.exit_code == 1
    assert "写不了" in done.output
    assert len(done.output.splitlines()) == 1


def test_the_template_is_written(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "模板.xlsx"
    assert run(app, "template", path).exit_code == 0
    assert openpyxl.load_workbook(path).sheetnames == ["题目", "填写说明"]
    assert run(app, "template", tmp_path / "模板.doc").exit_code == 1


def test_the_check_counts_and_tells_what_it_finds(app: Flask, tmp_path: Path) -> None:
    odd = single(stem="另一题（ ）", citations=("某文件",), topic="", difficulty="hard")
    near = single(stem=SINGLE.stem.replace("行政处罚决定", "处罚决定"), key=("B",))
    run(app, "import", written(tmp_path / "题目.xlsx", *ALL_KINDS, odd, near))
    result = run(app, "check", "--json")
    assert result.exit_code == 0
    report = json.loads(result.output)
    assert report["states"] == {"approved": 6}
    assert report["kinds"] == {
        "single": 3,
        "multi": 1,
        "judge": 1,
        "fill": 1,
        "case": 0,
    }
    assert report["difficulties"] == {"easy": 5, "medium": 0, "hard": 1}
    assert report["findings"] == [
        {
            "check": "odd_citation",
            "questions": [5],
            "grave": False,
            "reason": "依据“某文件”看不懂，请写成《行政处罚法》第六十条的样子",
        }
    ]
    assert {one["topic"] for one in report["thin"]} == {"行政处罚", "未分类"}
    spot = next(one for one in report["thin"] if one["preset"] == "现场抽测")
    assert spot["lacks"]["single"] == {"need": 30, "have": 2}
    ((pair),) = report["alike"]
    assert pair["questions"] == [6, 1]
    assert 0.65 <= pair["share"] < 1
    said = run(app, "check").output
    assert "检查了 6 题" in said
    assert "看不懂的依据：1 处" in said
    assert "：6 和 1" in said
    assert "相似" not in run(app, "check", "--no-alike").output


def test_a_question_that_must_not_be_used_ends_the_check_with_status_1(
    app: Flask, tmp_path: Path
) -> None:
    run(app, "import", written(tmp_path / "题目.xlsx", SINGLE))
    with write() as session:  # as an older program may have left it
        session.execute(sa.update(QuestionVersion).values(key=[]))
    result = run(app, "check", "--json", "--no-alike")
    assert result.exit_code == 1
    assert json.loads(result.output)["findings"][0]["check"] == "no_key"


def test_the_terminal_approves_what_waits_for_a_second_person(
    app: Flask, moment: datetime
) -> None:
    assert "没有待审的题" in run(app, "approve", "--waiting").output
    assert "请写出题目的编号" in run(app, "approve").output
    import_questions(
        drafts=typed(*ALL_KINDS), accept_good=False, actor="account:9", now=moment
    )
    assert run(app, "approve", "1", "2").output == "2 题现在可用\n"
    again = run(app, "approve", "1", "3")
    assert "1 题现在可用" in again.output
    assert "1 题没有改动：现在的状态不能这样操作" in again.output
    assert run(app, "approve", "--waiting").output == "1 题现在可用\n"
    assert json.loads(run(app, "check", "--json", "--no-alike").output)["states"] == {
        "approved": 4
    }
