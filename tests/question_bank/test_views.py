"""/console/bank"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from accounts.models import LoginSession
from core.db import db, write
from question_bank.models import Question, QuestionVersion
from question_bank.operations.intake import import_questions
from question_bank.queries import question
from question_bank.rules.validity import Draft
from question_bank.usage import record_uses
from tests.pages import text_of
from tests.question_bank.drafts import ALL_KINDS, FILL, SINGLE, many, typed

Get = Callable[[str], str]
Post = Callable[..., TestResponse]


@pytest.fixture
def get(author: FlaskClient) -> Get:
    """Fetch a page as one who writes and approves."""

    def fetch(address: str) -> str:
        response = author.get(address)
        assert response.status_code == 200, address
        return text_of(response)

    return fetch


@pytest.fixture
def post(author: FlaskClient) -> Post:
    """Send a form as one who writes and approves, with its token."""

    def send(address: str, **fields: object) -> TestResponse:
        page = author.get("/console/bank/import").get_data(as_text=True)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found
        data = {"csrf_token": found[1], **fields}
        return author.post(address, data=data)

    return send


@pytest.fixture
def bank(app: Flask, moment: datetime) -> None:
    """One question of each kind, 1 to 4."""
    import_questions(
        drafts=typed(*ALL_KINDS), accept_good=False, actor="system", now=moment
    )


def stored() -> int:
    db.session.rollback()  # see what requests have written meanwhile
    return db.session.scalar(sa.select(sa.func.count(QuestionVersion.id))) or 0


def newest(question_id: int) -> Question:
    db.session.rollback()
    return question(question_id)


def test_an_empty_bank_says_what_to_do(get: Get) -> None:
    assert "题库还是空的" in get("/console/bank")


@pytest.mark.usefixtures("bank")
def test_the_list_shows_counts_and_questions(get: Get) -> None:
    page = get("/console/bank")
    assert "可用题目 4 题" in page
    assert SINGLE.stem in page
    assert FILL.stem in page


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("kind=fill", ["填空"]),
        ("state=approved&kind=judge", ["判断"]),
        ("state=parked", []),
        ("q=申辩", ["判断"]),
        ("topic=1&kind=multi", ["多选"]),
        ("topic=abc&kind=nonsense&state=%00&page=x", ["填空", "判断", "多选", "单选"]),
        ("q=%00%25", []),
    ],
)
def test_the_list_is_narrowed_by_its_form(
    get: Get, query: str, kinds: list[str]
) -> None:
    page = get(f"/console/bank?{query}")
    rows = page.split("题干</th>")[-1] if "题干</th>" in page else ""
    assert (
        re.findall(r'<td class="text-nowrap">(单选|多选|判断|填空)</td>', rows) == kinds
    )


def test_the_list_turns_its_pages_and_keeps_its_filter(
    get: Get, moment: datetime
) -> None:
    import_questions(drafts=many(120), accept_good=False, actor="system", now=moment)
    page = get("/console/bank?kind=single&q=期限")
    assert "找到 120 题" in page or stored() == 120
    assert "page=3" in page
    assert "kind=single" in page
    last = get("/console/bank?kind=single&page=3")
    assert last.count("/console/bank/") >= 20
    assert 'aria-current="page">3<' in last


@pytest.mark.usefixtures("bank")
def test_a_question_is_shown_with_its_key(get: Get) -> None:
    page = get("/console/bank/1")
    assert "《行政处罚法》第六十条" in page
    assert "自立案之日起算。" in page
    assert "还没有考试用过这道题" in page
    assert "七 或 7；三 或 3" in get("/console/bank/4")
    assert "正确" in get("/console/bank/3")


@pytest.mark.usefixtures("bank")
def test_a_question_that_is_not_there_answers_404(author: FlaskClient) -> None:
    for address in ("/console/bank/99", "/console/bank/99/edit"):
        assert author.get(address).status_code == 404


@pytest.mark.usefixtures("bank")
def test_a_question_is_parked_and_comes_back(post: Post, get: Get) -> None:
    done = post("/console/bank/1/state", expected="approved", state="parked")
    assert done.status_code == 302
    assert "这道题现在是“暂停”" in get("/console/bank/1")
    assert newest(1).state == "parked"
    again = post("/console/bank/1/state", expected="approved", state="retired")
    assert again.status_code == 409
    for state in ("draft", "nonsense", ""):
        bad = post("/console/bank/1/state", expected="parked", state=state)
        assert bad.status_code == 400
    assert newest(1).state == "parked"


def form_of(draft: Draft, **changes: object) -> dict[str, object]:
    options = {
        f"option_{letter}": text
        for letter, text in zip("abcdefgh", draft.options, strict=False)
    }
    return {
        "kind": draft.kind,
        "stem": draft.stem,
        "key": "".join(draft.key),
        "topic": draft.topic,
        "difficulty": draft.difficulty,
        "citations": "\n".join(draft.citations),
        "analysis": draft.analysis,
        **options,
        **changes,
    }


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("question_id", [1, 2, 3, 4])
def test_the_form_holds_what_the_question_holds(
    get: Get, post: Post, question_id: int
) -> None:
    """Sent back as it is, it changes nothing: no kind loses anything on the way."""
    page = get(f"/console/bank/{question_id}/edit")
    sent = dict(
        re.findall(r'name="(base|key|topic|option_.)"[^>]*? value="([^"]*)"', page)
    )
    texts = re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>\r?\n?([^<]*)<', page)
    chosen = re.findall(
        r'name="(kind|difficulty)".*?<option selected value="(\w+)"', page, re.DOTALL
    )
    done = post(
        f"/console/bank/{question_id}/edit", **sent, **dict(texts), **dict(chosen)
    )
    assert done.status_code == 400
    assert "内容没有变化" in text_of(done)


@pytest.mark.usefixtures("bank")
def test_an_edit_makes_a_new_version(get: Get, post: Post) -> None:
    done = post("/console/bank/1/edit", **form_of(SINGLE, base="1", key="b"))
    assert done.status_code == 302
    assert "已保存为第 2 版" in get("/console/bank/1")
    assert newest(1).versions[-1].key == ["B"]


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"key": "E"}, 400, "答案“E”不在选项之中"),
        ({"key": ""}, 400, "没有答案"),
        ({"stem": " "}, 400, "请填写题干"),
        ({"option_b": "三 十"}, 400, "选项A和选项B相同"),
        ({"kind": "nonsense"}, 400, ""),
        ({"base": "9", "key": "A"}, 409, "刚被别人修改过"),
        ({"base": "x", "key": "A"}, 409, "刚被别人修改过"),
    ],
)
def test_an_edit_that_cannot_be_keeps_what_was_typed(
    post: Post, changes: dict[str, str], status: int, said: str
) -> None:
    fields = form_of(SINGLE, base="1", analysis="改过的解析") | changes
    done = post("/console/bank/1/edit", **fields)
    page = text_of(done)
    assert done.status_code == status
    assert said in page
    assert "改过的解析" in page
    assert stored() == 4


def test_a_question_is_added_by_hand(get: Get, post: Post) -> None:
    get("/console/bank/new")
    done = post("/console/bank/new", **form_of(FILL, key="七|7；三|3"))
    assert done.status_code == 302
    assert stored() == 1
    again = post("/console/bank/new", **form_of(FILL, key="七|7；三|3"))
    assert again.status_code == 400
    assert "题库里已有这道题" in text_of(again)
    assert stored() == 1


def test_the_template_is_downloaded(author: FlaskClient) -> None:
    response = author.get("/console/bank/template.xlsx")
    assert response.status_code == 200
    assert "attachment" in response.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(response.get_data()))
    assert book.sheetnames == ["题目", "填写说明"]


@pytest.mark.parametrize(
    "address",
    [
        "/console/bank",
        "/console/bank/1",
        "/console/bank/1/edit",
        "/console/bank/new",
        "/console/bank/import",
        "/console/bank/import/" + "x" * 32,
        "/console/bank/template.xlsx",
    ],
)
@pytest.mark.usefixtures("bank")
def test_the_outsider_is_sent_to_sign_in(client: FlaskClient, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 302
    assert "/login" in response.location


@pytest.mark.usefixtures("bank")
def test_a_form_without_its_token_does_nothing(author: FlaskClient) -> None:
    fields = {"expected": "approved", "state": "retired"}
    assert author.post("/console/bank/1/state", data=fields).status_code == 400
    states = set(db.session.scalars(sa.select(Question.state)))
    assert states == {"approved"}


def test_A8_the_key_of_a_question_in_papers_asks_again_who_one_is(
    bank: None, author: FlaskClient, post: Post
) -> None:
    with write() as session:
        record_uses(session.connection(), "EXAM0001", "第一次", {1: 10})
        ago = datetime.now(UTC) - timedelta(minutes=10)
        session.execute(sa.update(LoginSession).values(proven_at=ago))
    for address in ("/console/bank/1", "/console/bank/1/edit"):
        sent = author.get(address)
        assert sent.status_code == 303
        assert sent.location == f"/console/prove?next={address}"
    assert post("/console/bank/1/edit", stem="改").status_code == 403
    assert author.get("/console/bank/2").status_code == 200  # stands in no paper
