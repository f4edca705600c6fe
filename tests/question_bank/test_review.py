"""/console/bank/import: from a file to questions of the bank, by way of a look."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import docx
import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.clock import now
from core.db import db
from core.jobs.progress import listening
from core.jobs.queries import job_shown
from core.jobs.runner import run_job
from question_bank.formats.files import read_file
from question_bank.formats.template import write_workbook
from question_bank.models import BankImport, Question, QuestionVersion, Topic
from question_bank.operations.editing import revise_question
from question_bank.operations.intake import import_questions
from question_bank.queries import question
from question_bank.rules.validity import Draft
from tests.conftest import signed_in
from tests.pages import text_of
from tests.question_bank.counting import at_most
from tests.question_bank.drafts import ALL_KINDS, SINGLE, single, typed

#: Two that are green, one yellow (a guess), two red, in this order.
PAPER = """行政处罚法测试
一、单选题
1.追诉时效一般是（ ）。
A.一年
B.二年
答案：B
2.听证由谁组织？
A.行政机关
B.法院
答案：A
难度：易
二、判断题
1.罚款应当开具票据。
答案：A
三、单选题
1.没有答案的题
A.子
B.丑
2.选项相同的题
A.寅
B.寅
答案：A
第 1 页
"""
CLEAN = PAPER.split("二、")[0]
CASE = (
    "一、案例题\n（一）某局处罚。\n1.甲？\nA.子 B.丑\n答案：A\n"
    "2.乙？\nA.子 B.丑\n答案：B\n"
)


def many_unlike(n: int) -> list[Draft]:
    """So many questions that do not look like one another."""
    return [single(stem=f"{chr(0x4E00 + n) * 30}（ ）") for n in range(n)]


def part_fields(
    place: int, kind: str, stem: str, options: str, key: str
) -> dict[str, str]:
    """What the form sends for one question of a case."""
    values = {"kind": kind, "stem": stem, "options": options, "key": key}
    return {f"parts-{place}-{name}": value for name, value in values.items()}


NOW = "question_bank.views.intake.now"


class Desk:
    """An author at work with files."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, address: str) -> str:
        response = self.client.get(address)
        assert response.status_code == 200, address
        return text_of(response)

    def post(self, address: str, **fields: object) -> TestResponse:
        page = self.client.get("/console/bank/import").get_data(as_text=True)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found
        data = {"csrf_token": found[1], **fields}
        return self.client.post(address, data=data, content_type="multipart/form-data")

    def paste(self, text: str) -> str:
        """The address of the review of a pasted text."""
        return self._sent(self.post("/console/bank/import", text=text))

    def upload(self, content: bytes, name: str) -> str:
        """The address of the review of a file."""
        file = (io.BytesIO(content), name)
        return self._sent(self.post("/console/bank/import", file=file))

    def _sent(self, response: TestResponse) -> str:
        assert response.status_code == 302, text_of(response)
        return response.location


@pytest.fixture
def desk(author: FlaskClient) -> Desk:
    return Desk(author)


def workbook(*drafts: Draft) -> bytes:
    out = io.BytesIO()
    write_workbook(out, drafts)
    return out.getvalue()


def stored() -> int:
    db.session.rollback()  # see what requests have written meanwhile
    return db.session.scalar(sa.select(sa.func.count(QuestionVersion.id))) or 0


def imports() -> list[BankImport]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(BankImport).order_by(BankImport.id)))


def colours(page: str) -> list[str]:
    return re.findall(r'class="review-card card-(\w+)"', page)


def tiles(page: str) -> list[int]:
    """全部, 可以导入, 请核对, 有误, 其他."""
    return [int(n) for n in re.findall(r"</span> <strong>(\d+)</strong></a>", page)]


# Looking


def test_a_clean_word_paper_is_imported_by_sending_it_and_saying_yes(
    desk: Desk,
) -> None:
    document = docx.Document()
    for line in CLEAN.splitlines():
        document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    address = desk.upload(out.getvalue(), "处罚法试卷.docx")
    page = desk.get(address)
    assert "每一题都读清楚了" in page
    assert colours(page) == ["green", "green"]
    assert stored() == 0
    done = desk.post(address, good="1")
    (made,) = imports()
    assert done.location == f"/console/bank/imports/{made.id}"
    assert (made.filename, made.added, made.total) == ("处罚法试卷.docx", 2, 2)
    assert "导入 2 题" in desk.get(done.location)
    assert stored() == 2


def test_each_question_is_green_yellow_or_red_with_its_line_and_reason(
    desk: Desk,
) -> None:
    page = desk.get(desk.paste(PAPER))
    assert colours(page) == ["green", "green", "yellow", "red", "red"]
    assert tiles(page) == [5, 2, 1, 2, 0]
    assert "答案写的是 A，按 A 正确、B 错误理解" in page
    assert "没有答案" in page
    assert "选项A和选项B相同" in page
    for place in ("第 3 行", "第 13 行", "第 16 行", "第 19 行"):
        assert place in page
    assert "第 23 行没有归入任何题目：第 1 页" in page
    assert "<pre>2.选项相同的题\nA.寅\nB.寅\n答案：A</pre>" in page
    assert stored() == 0


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("green", ["green", "green"]),
        ("yellow", ["yellow"]),
        ("red", ["red", "red"]),
        ("other", []),
        ("nonsense", ["green", "green", "yellow", "red", "red"]),
    ],
)
def test_the_page_is_narrowed_to_what_is_asked_for(
    desk: Desk, show: str, expected: list[str]
) -> None:
    page = desk.get(f"{desk.paste(PAPER)}?show={show}")
    assert colours(page) == expected
    assert ("这一类没有题目" in page) == (not expected)


def test_a_large_file_turns_its_pages(desk: Desk) -> None:
    address = desk.upload(
        workbook(*many_unlike(120)),
        "题目.xlsx",
    )
    assert len(colours(desk.get(address))) == 50
    page = desk.get(f"{address}?page=3")
    assert len(colours(page)) == 20
    assert "第 120 题" in page
    assert len(colours(desk.get(f"{address}?page=99"))) == 20
    with_form = desk.get(f"{address}?edit=119")
    assert 'id="q-119"' in with_form
    assert "review-form" in with_form


def test_a_case_is_shown_whole_and_taken_as_one_question(desk: Desk) -> None:
    address = desk.paste(CASE)
    page = desk.get(address)
    assert colours(page) == ["green"]
    assert "某局处罚。" in page
    assert "第 2 小题" in page
    desk.post(address, good="1")
    assert stored() == 1


def test_a_case_says_in_which_question_it_is_wrong_and_is_put_right(desk: Desk) -> None:
    address = desk.paste(CASE.replace("答案：B\n", ""))
    page = desk.get(address)
    assert colours(page) == ["red"]
    assert "第 2 小题：没有答案" in page
    form = desk.get(f"{address}?edit=0")
    assert "某局处罚。" in form
    desk.post(
        f"{address}/0",
        kind="case",
        stem="某局处罚。",
        **part_fields(0, "single", "甲？", "子\n丑", "A"),
        **part_fields(1, "single", "乙？", "子\n丑", "B"),
    )
    assert colours(desk.get(address)) == ["green"]
    desk.post(address, good="1")
    assert [part["key"] for part in question(1).versions[0].parts] == [["A"], ["B"]]


def test_a_question_like_one_of_the_bank_is_shown_beside_it(
    desk: Desk, moment: datetime
) -> None:
    import_questions(
        drafts=typed(SINGLE), accept_good=False, actor="system", now=moment
    )
    near = single(stem=SINGLE.stem.replace("行政处罚决定", "处罚决定"), key=("B",))
    far = single(
        stem="宪法日是哪一天？（ ）", options=("12月4日", "1月1日"), key=("A",)
    )
    page = desk.get(desk.upload(workbook(near, far, SINGLE), "题目.xlsx"))
    assert colours(page) == ["yellow", "green", "known"]
    assert re.search(r"和题库里编号 1 的题相似（\d\d%）", page)
    assert "答案不同" in page
    assert page.count('class="review-other"') == 2


def test_two_questions_of_a_file_that_look_alike_are_told(desk: Desk) -> None:
    other = single(stem=SINGLE.stem.replace("行政处罚决定", "处罚决定"))
    page = desk.get(desk.upload(workbook(SINGLE, other), "题目.xlsx"))
    assert colours(page) == ["green", "yellow"]
    assert "和这份文件的第 1 题相似" in page


def test_looking_costs_few_queries_however_large_the_file(desk: Desk) -> None:
    address = desk.upload(
        workbook(*many_unlike(60)),
        "题目.xlsx",
    )
    with at_most(12):
        desk.get(address)


# Putting right


def form_of(page: str) -> dict[str, str]:
    """What the form of a card holds."""
    form = page.split('class="review-form"')[1].split("</form>")[0]
    fields = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', form))
    fields |= dict(re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>\r?\n?([^<]*)<', form))
    fields |= dict(
        re.findall(
            r'name="(kind|difficulty)".*?<option selected value="(\w+)"',
            form,
            re.DOTALL,
        )
    )
    fields.pop("csrf_token")
    return fields


def test_a_red_question_is_put_right_in_place_and_stays_so(desk: Desk) -> None:
    address = desk.paste(PAPER)
    fields = form_of(desk.get(f"{address}?edit=3"))
    assert fields["stem"] == "没有答案的题"
    done = desk.post(
        f"{address}/3", **{**fields, "key": "b", "show": "red", "page": "1"}
    )
    assert done.location == f"{address}?show=red&page=1#q-3"
    page = desk.get(address)
    assert colours(page) == ["green", "green", "yellow", "green", "red"]
    assert "已改过" in page
    assert colours(desk.get(address)) == colours(page)


def test_an_edit_that_does_not_help_stays_red_and_keeps_what_was_typed(
    desk: Desk,
) -> None:
    address = desk.paste(PAPER)
    desk.post(f"{address}/3", kind="single", stem="改过的题干", option_a="子", key="A")
    page = desk.get(address)
    assert colours(page)[3] == "red"
    assert "改过的题干" in page
    assert "只有一个选项" in page


def test_a_yellow_question_that_somebody_saved_is_green(desk: Desk) -> None:
    address = desk.paste(PAPER)
    fields = form_of(desk.get(f"{address}?edit=2"))
    desk.post(f"{address}/2", **fields)
    assert colours(desk.get(address))[2] == "green"


def test_a_question_is_left_out_and_taken_in_again(desk: Desk) -> None:
    address = desk.paste(PAPER)
    desk.post(f"{address}/0", skip="1")
    assert colours(desk.get(address))[0] == "skipped"
    assert tiles(desk.get(address)) == [5, 1, 1, 2, 1]
    desk.post(f"{address}/0", unskip="1")
    assert colours(desk.get(address))[0] == "green"


def test_topic_and_difficulty_are_given_to_all_that_have_none(desk: Desk) -> None:
    address = desk.paste(PAPER)
    assert "5 题没有知识点，4 题没有难度" in desk.get(address)
    desk.post(f"{address}/fill", all_topic=" 行政处罚 ", all_difficulty="hard")
    assert "没有知识点" not in desk.get(address).split("统一设置")[0]
    desk.post(address, good="1")
    stored()
    rows = db.session.execute(
        sa.select(QuestionVersion.difficulty, Topic.name)
        .join(Topic, Topic.id == QuestionVersion.topic_id)
        .order_by(QuestionVersion.id)
    ).all()
    assert [tuple(row) for row in rows] == [
        ("hard", "行政处罚"),
        ("easy", "行政处罚"),
        ("hard", "行政处罚"),
    ]


@pytest.mark.parametrize(
    "fields", [{}, {"all_difficulty": "nonsense"}, {"all_topic": " "}]
)
def test_a_bulk_choice_of_nothing_changes_nothing(
    desk: Desk, fields: dict[str, str]
) -> None:
    address = desk.paste(PAPER)
    desk.post(f"{address}/fill", **fields)
    assert "5 题没有知识点，4 题没有难度" in desk.get(address)


def test_a_question_that_is_not_there_answers_404(desk: Desk) -> None:
    address = desk.paste(PAPER)
    assert desk.post(f"{address}/5", skip="1").status_code == 404
    assert desk.post(f"{address}/99999", skip="1").status_code == 404


# Importing


def test_F6_only_the_good_ones_are_taken_and_the_bad_ones_wait(desk: Desk) -> None:
    address = desk.paste(PAPER)
    done = desk.post(address, good="1")
    assert done.location == f"{address}?show=red"
    assert stored() == 3
    page = desk.get(address)
    assert "导入 3 题；2 题有误，没有导入" in page
    assert colours(page) == ["known", "known", "known", "red", "red"]
    fields = form_of(desk.get(f"{address}?edit=3"))
    desk.post(f"{address}/3", **fields | {"key": "A"})
    desk.post(f"{address}/4", skip="1")
    done = desk.post(address, good="1")
    (made,) = imports()
    assert done.location == f"/console/bank/imports/{made.id}"
    assert (made.added, made.bad) == (4, 0)
    questions = db.session.scalars(sa.select(Question.import_id)).all()
    assert questions == [made.id] * 4


def test_the_green_ones_alone_are_taken_when_asked_for(desk: Desk) -> None:
    address = desk.paste(PAPER)
    done = desk.post(address, green="1")
    assert done.location == f"{address}?show=red"
    assert stored() == 2
    assert colours(desk.get(address)) == ["known", "known", "yellow", "red", "red"]


def test_F7_the_same_file_twice_adds_nothing_and_says_so(desk: Desk) -> None:
    desk.post(desk.paste(CLEAN), good="1")
    address = desk.paste(CLEAN)
    page = desk.get(address)
    assert re.search(r"这份文件 [\d\- :]+ 已经导入过，新增了 2 题", page)
    assert "没有新题：这些题都已在题库中" in page
    assert colours(page) == ["known", "known"]
    done = desk.post(address, good="1")
    assert done.location == "/console/bank"
    assert stored() == 2
    assert len(imports()) == 1


def test_a_second_click_adds_nothing(desk: Desk) -> None:
    address = desk.paste(PAPER)
    desk.post(address, good="1")
    desk.post(address, good="1")
    assert stored() == 3
    assert [one.added for one in imports()] == [3]


def test_the_bad_ones_are_downloaded_with_reasons_and_can_be_imported(
    desk: Desk, tmp_path: Path
) -> None:
    address = desk.paste(PAPER + CASE.replace("答案：B\n", ""))
    response = desk.client.get(f"{address}/bad.xlsx")
    assert "attachment" in response.headers["Content-Disposition"]
    path = tmp_path / "有误的题目.xlsx"
    path.write_bytes(response.get_data())
    rows = list(openpyxl.load_workbook(path)["题目"].values)
    assert [row[-2:] for row in rows] == [
        ("问题说明", "原来的位置"),
        ("没有答案", "第 16 行"),
        ("选项A和选项B相同", "第 19 行"),
        ("第 2 小题：没有答案", "第 25 行"),
        (None, None),
        (None, None),
    ]
    reading = read_file(path, filename=path.name)
    assert [one.draft.stem for one in reading.typed][:2] == [
        "没有答案的题",
        "选项相同的题",
    ]
    assert reading.notes == []


def test_a_file_is_given_up(desk: Desk, app: Flask) -> None:
    address = desk.paste(PAPER)
    desk.post(f"{address}/0", skip="1")
    done = desk.post(address, cancel="1")
    assert done.location == "/console/bank"
    assert stored() == 0
    token = address.rsplit("/", 1)[-1]
    assert not list(Path(app.instance_path, "uploads").glob(f"{token}*"))
    assert desk.client.get(address).status_code == 404


def test_what_is_left_after_an_import_is_given_up_and_the_import_stays(
    desk: Desk,
) -> None:
    address = desk.paste(PAPER)
    desk.post(address, good="1")
    assert "剩下的不导入了" in desk.get(address)
    assert "统一设置：2 题没有知识点" in desk.get(address)
    done = desk.post(address, cancel="1")
    assert done.location == f"/console/bank/imports/{imports()[0].id}"
    assert "已导入的不受影响" in desk.get(done.location)
    assert stored() == 3


def test_a_file_that_waits_is_found_again_and_only_by_its_owner(
    app: Flask, desk: Desk
) -> None:
    address = desk.paste(PAPER)
    assert address in desk.get("/console/bank/import")
    other = Desk(signed_in(app, "other", "author"))
    assert address not in other.get("/console/bank/import")
    assert other.client.get(address).status_code == 404
    assert other.post(f"{address}/0", skip="1").status_code == 404
    assert other.client.get(f"{address}/bad.xlsx").status_code == 404


# Files that cannot be read


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"hello", "题目.docx", "“题目.docx”已损坏"),
        (b"hello", "题目.png", "不能从“题目.png”导入题目"),
        (b"{}", "题目.json", "不是题目的 JSON 文件"),
        (b"\x00\x01", "题目.xlsx", "题目.xlsx"),
        (b"[]", "../../题目.json", "“题目.json”里没有题目"),
        ("今天天气不错".encode(), "通知.txt", "“通知.txt”里没有找到题目"),
    ],
)
def test_F3_a_file_that_cannot_be_read_is_refused_in_one_sentence(
    desk: Desk, app: Flask, content: bytes, name: str, said: str
) -> None:
    folder = Path(app.instance_path, "uploads")
    before = set(folder.glob("*"))
    file = (io.BytesIO(content), name)
    response = desk.post("/console/bank/import", file=file, text="")
    assert response.status_code == 400
    assert said in text_of(response)
    assert set(folder.glob("*")) == before


def test_nothing_to_read_is_refused(desk: Desk) -> None:
    for fields in ({}, {"text": " \n"}):
        done = desk.post("/console/bank/import", **fields)
        assert done.status_code == 400
        assert "请选择文件，或把题目粘贴到文本框里" in text_of(done)


@pytest.mark.parametrize(
    ("size", "status"), [(90_000, 302), (200_000, 303), (2_000_000, 413)]
)
def test_F13_a_pasted_text_of_some_size_is_taken_and_a_huge_one_refused(
    desk: Desk, size: int, status: int
) -> None:
    page = desk.get("/console/bank/import")
    csrf = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    text = CLEAN + "解析：" + "甲" * size
    body = part.format("csrf_token", csrf) + part.format("text", text) + "--x--\r\n"
    done = desk.client.post(
        "/console/bank/import",
        data=body.encode(),
        content_type="multipart/form-data; boundary=x",
    )
    assert done.status_code == status


def test_typed_text_is_never_html(desk: Desk) -> None:
    nasty = single(
        stem="<script>alert(1)</script>（ ）",
        options=("<b>", '"><img>', "丙", "乙"),
        topic="<i>",
        analysis="</textarea><script>",
    )
    address = desk.upload(
        workbook(nasty, single(stem="</pre><script>x</script>", key=())), "a<b>.xlsx"
    )
    for query in ("", "?edit=0", "?edit=1"):
        page = desk.get(f"{address}{query}")
        assert "<script>alert" not in page
        assert "<script>x" not in page
        assert "&lt;script&gt;" in page
    desk.post(address, good="1")
    for path in ("/console/bank", "/console/bank/1", "/console/bank/1/edit"):
        assert "<script>alert" not in desk.get(path)


def test_half_a_character_is_a_fault_and_no_error(desk: Desk) -> None:
    content = b'[{"type": "judge", "stem": "\\ud800x", "answer": true}]'
    page = desk.get(desk.upload(content, "题目.json"))
    assert colours(page) == ["red"]
    assert "文字里有无法保存的字符" in page


# Undoing


def imported(desk: Desk, text: str = CLEAN) -> int:
    desk.post(desk.paste(text), good="1")
    return imports()[-1].id


def test_an_import_is_undone_as_a_whole_with_the_topics_it_made(desk: Desk) -> None:
    number = imported(desk, CLEAN + "知识点：新的知识点\n")
    assert "可以整份撤销：从题库移除这 2 题" in desk.get(
        f"/console/bank/imports/{number}"
    )
    done = desk.post(f"/console/bank/imports/{number}/undo")
    assert done.location == f"/console/bank/imports/{number}"
    page = desk.get(done.location)
    assert "已撤销这次导入，从题库移除了 2 题" in page
    assert stored() == 0
    assert db.session.scalar(sa.select(sa.func.count(Question.id))) == 0
    assert db.session.scalar(sa.select(sa.func.count(Topic.id))) == 0
    assert "已撤销" in desk.get("/console/bank/imports")
    again = desk.post(f"/console/bank/imports/{number}/undo")
    assert "这次导入已经撤销过了" in text_of(again)
    assert imported(desk) == number + 1
    assert stored() == 2


def test_an_import_with_an_edited_question_is_not_undone(
    desk: Desk, moment: datetime
) -> None:
    number = imported(desk)
    draft = single(stem="改过的题（ ）")
    revise_question(question_id=1, base=1, draft=draft, actor="system", now=moment)
    assert "有 1 题导入后修改过" in desk.get(f"/console/bank/imports/{number}")
    done = desk.post(f"/console/bank/imports/{number}/undo")
    assert "有 1 题后来修改过，不能撤销" in text_of(done)
    assert stored() == 3


def test_an_import_that_is_not_there_answers_404(desk: Desk) -> None:
    assert desk.client.get("/console/bank/imports/9").status_code == 404
    assert desk.post("/console/bank/imports/9/undo").status_code == 404


def test_the_list_of_imports_tells_who_did_what(desk: Desk) -> None:
    assert "还没有导入过题目" in desk.get("/console/bank/imports")
    imported(desk)
    page = desk.get("/console/bank/imports")
    assert "粘贴的文字.txt" in page
    assert "anna" in page


def test_a_day_begins_again_with_every_change(
    app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = now()
    address = desk.paste(PAPER)
    monkeypatch.setattr(NOW, lambda: begin + timedelta(hours=20))
    desk.post(f"{address}/0", skip="1")
    monkeypatch.setattr(NOW, lambda: begin + timedelta(hours=40))
    assert colours(desk.get(address))[0] == "skipped"
    monkeypatch.setattr(NOW, lambda: begin + timedelta(hours=50))
    assert desk.client.get(address).status_code == 404


def test_every_kind_of_question_comes_through_a_workbook(desk: Desk) -> None:
    address = desk.upload(workbook(*ALL_KINDS), "题目.xlsx")
    assert colours(desk.get(address)) == ["green"] * 4
    desk.post(address, good="1")
    assert stored() == 4


def by_job(desk: Desk, text: str) -> int:
    """The job that reads a text which is large for a page."""
    reply = desk.post("/console/bank/import", text=text)
    assert reply.status_code == 303, text_of(reply)
    return int(reply.location.rpartition("/")[2])


def test_a_large_file_is_read_by_a_job_that_tells_how_far_it_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("question_bank.views.intake.LARGE", 1)
    job_id = by_job(desk, CLEAN)
    assert "粘贴的文字.txt" in desk.get(f"/console/jobs/{job_id}")
    said: list[tuple[int, int, str]] = []
    with listening(SimpleNamespace(heard=lambda *what: said.append(what))):
        assert run_job(job_id)
    assert said == [
        (0, 0, "正在读取 粘贴的文字.txt"),
        (2, 2, "正在查找相似的题"),
    ]
    shown = job_shown(job_id, account_id=None)
    assert (shown.job.state, shown.job.message) == ("done", "读出 2 题，请核对后导入")
    assert f'href="{shown.page}"' in desk.client.get(
        f"/console/jobs/{job_id}"
    ).get_data(as_text=True)
    assert "每一题都读清楚了" in desk.get(shown.page)
    assert stored() == 0
    desk.post(shown.page, good="1")
    assert stored() == 2


def test_a_large_file_without_a_question_is_said_and_forgotten(
    app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("question_bank.views.intake.LARGE", 1)
    folder = Path(app.instance_path, "uploads")
    before = set(folder.glob("*"))
    job_id = by_job(desk, "没有题目")
    assert set(folder.glob("*")) > before
    assert run_job(job_id)
    job = job_shown(job_id, account_id=None).job
    assert job.state == "failed"
    assert "没有找到题目" in job.message
    assert set(folder.glob("*")) == before
