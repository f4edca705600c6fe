"""What the bank tells."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from core.db import db, write
from question_bank.list_queries import (
    PAGE_SIZE,
    SORTS,
    Wanted,
    ids_listed,
    questions_listed,
)
from question_bank.models import QuestionVersion, Topic
from question_bank.operations.editing import revise_question
from question_bank.operations.intake import add_question, import_questions
from question_bank.operations.remarks import remark_on_question
from question_bank.operations.reviewing import set_state
from question_bank.queries import (
    approved_items,
    contents,
    counts,
    find_twin,
    kept_questions,
    known_digests,
    question,
    state_counts,
    uses,
)
from question_bank.rules.content import content_digest
from question_bank.topic_queries import topic_tree
from question_bank.usage import record_uses
from tests.question_bank.counting import at_most
from tests.question_bank.drafts import (
    ALL_KINDS,
    CASE,
    FILL,
    JUDGE,
    SINGLE,
    many,
    single,
    typed,
)


@pytest.fixture
def bank(app: object, moment: datetime) -> None:
    """One question of each kind; the 判断 is parked; the 单选 has two versions."""
    import_questions(
        drafts=typed(*ALL_KINDS), accept_good=False, actor="system", now=moment
    )
    set_state(
        question_id=3, expected="approved", state="parked", actor="system", now=moment
    )
    revise_question(
        question_id=1,
        base=1,
        draft=single(key=("B",), topic="民法典"),
        actor="system",
        now=moment,
    )


@pytest.mark.usefixtures("bank")
def test_exams_are_offered_approved_questions_in_their_newest_version() -> None:
    with at_most(2):
        items = approved_items()
    assert [(i.question_id, i.version_id, i.kind, i.options) for i in items] == [
        (2, 2, "multi", 4),
        (4, 4, "fill", 0),
        (1, 5, "single", 4),
    ]
    assert [i.papers_used for i in items] == [0, 0, 0]
    assert [i.difficulty for i in items] == ["easy"] * 3


@pytest.mark.usefixtures("bank")
def test_use_is_counted_over_exams_and_over_versions() -> None:
    """A corrected question is no less familiar to those who had it."""
    with write() as session:
        record_uses(session.connection(), "EXAM0001", "第一次", {1: 10, 2: 3})
        record_uses(session.connection(), "EXAM0002", "第二次", {5: 7})
    with at_most(2):
        used = {item.question_id: item.papers_used for item in approved_items()}
    assert used == {1: 17, 2: 3, 4: 0}
    with at_most(1):
        found = [(number, use.exam_title, use.papers) for number, use in uses(1)]
    assert found == [(2, "第二次", 7), (1, "第一次", 10)]


@pytest.mark.usefixtures("bank")
def test_contents_are_given_for_any_version() -> None:
    with at_most(1):
        found = contents([1, 5, 4, 999])
    assert set(found) == {1, 4, 5}
    assert (found[1].key, found[5].key) == (["C"], ["B"])
    assert found[4].key == [["七", "7"], ["三", "3"]]
    assert found[1].options == list(SINGLE.options)


@pytest.mark.usefixtures("bank")
def test_the_bank_is_counted_by_kind_difficulty_state_and_topic() -> None:
    with at_most(4):
        assert counts() == {
            ("single", "easy"): 1,
            ("multi", "easy"): 1,
            ("fill", "easy"): 1,
        }
        assert state_counts() == {"approved": 3, "parked": 1}
        tree = [(node.name, node.approved, node.total) for node in topic_tree()]
    assert tree == [("行政处罚", 2, 3), ("民法典", 1, 1)]


@pytest.mark.usefixtures("bank")
def test_a_content_is_known_in_every_version_it_had() -> None:
    assert set(known_digests().values()) == {1, 2, 3, 4}
    assert len(known_digests()) == 5
    digest = content_digest(SINGLE)
    assert find_twin(digest, None) == 1
    assert find_twin(digest, 1) is None
    assert find_twin(content_digest(JUDGE), 1) == 3


@pytest.mark.usefixtures("bank")
def test_an_export_holds_approved_questions_in_their_newest_version() -> None:
    with at_most(1):
        kept = kept_questions()
    assert [(one.question_id, one.number) for one in kept] == [(1, 2), (2, 1), (4, 1)]
    assert kept[2].draft == FILL


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), [4, 3, 2, 1]),
        (Wanted(kind="fill"), [4]),
        (Wanted(state="parked"), [3]),
        (Wanted(topic_id=2), [1]),
        (Wanted(text="处罚"), [2, 1]),
        (Wanted(text="陈述 申辩"), [3]),
        (Wanted(text="起算"), [4, 3, 2, 1]),
        (Wanted(text="%"), []),
        (Wanted(text="_"), []),
        (Wanted(kind="single", state="parked"), []),
        (Wanted(difficulty="easy"), [4, 3, 2, 1]),
        (Wanted(text="警告"), [2]),
        (Wanted(text="2"), [2]),
        (Wanted(citation="行政处罚法60"), [4, 3, 2, 1]),
        (Wanted(citation="《行政处罚法》第六十条"), [4, 3, 2, 1]),
        (Wanted(citation="行政处罚法"), [4, 3, 2, 1]),
        (Wanted(citation="民法典"), []),
        (Wanted(past="edited"), [1]),
        (Wanted(past="never"), [4, 3, 2, 1]),
        (Wanted(past="used"), []),
        (Wanted(past="remarks"), []),
    ],
)
def test_the_list_is_narrowed(wanted: Wanted, found: list[int]) -> None:
    with at_most(3):
        listing = questions_listed(wanted, 1)
    assert [item.question_id for item in listing.items] == found
    assert listing.total == len(found)


@pytest.mark.usefixtures("bank")
def test_the_list_is_sorted_by_use_and_says_what_waits(moment: datetime) -> None:
    with write() as session:
        record_uses(session.connection(), "EXAM0001", "考试", {3: 5, 1: 2})
    remark_on_question(version_id=4, text="期限对吗？", actor="system", now=moment)
    listing = questions_listed(Wanted(), 1, "used")
    assert [(one.question_id, one.papers) for one in listing.items] == [
        (3, 5), (1, 2), (2, 0), (4, 0)
    ]  # fmt: skip
    assert {one.question_id: one.remarks for one in listing.items}[4] == 1
    assert ids_listed(Wanted(past="used"), 9) == [3, 1]
    assert ids_listed(Wanted(past="remarks"), 9) == [4]
    for sort in SORTS:
        assert questions_listed(Wanted(), 1, sort).total == 4
    kinds = [one.kind for one in questions_listed(Wanted(), 1, "kind").items]
    assert kinds == ["single", "multi", "judge", "fill"]


def test_the_list_finds_what_stands_in_a_case(app: object, moment: datetime) -> None:
    add_question(draft=CASE, actor="system", now=moment)
    for text in ("陈述和申辩", "一百二十", "五万元", "执法人员", "资格考试"):
        assert ids_listed(Wanted(text=text), 9) == [1]
    assert ids_listed(Wanted(citation="行政处罚法第60条"), 9) == [1]
    # Figures are found in texts, not in the way they are stored.
    assert ids_listed(Wanted(text="60"), 9) == []


def test_a_topic_means_what_lies_below_it_too(app: object, moment: datetime) -> None:
    import_questions(
        drafts=typed(SINGLE, single(stem="另一题（ ）", topic="听证")),
        accept_good=False,
        actor="system",
        now=moment,
    )
    with write() as session:
        session.execute(sa.update(Topic).where(Topic.id == 2).values(parent_id=1))
    assert ids_listed(Wanted(topic_id=1), 9) == [2, 1]
    assert ids_listed(Wanted(topic_id=2), 9) == [2]


def test_the_list_comes_in_pages(app: object, moment: datetime) -> None:
    n = 2 * PAGE_SIZE + 1
    import_questions(drafts=many(n), accept_good=False, actor="system", now=moment)
    ids: list[int] = []
    for page in (1, 2, 3):
        listing = questions_listed(Wanted(), page)
        assert (listing.total, listing.page, listing.pages) == (n, page, 3)
        ids += [item.question_id for item in listing.items]
    assert ids == list(range(n, 0, -1))
    assert questions_listed(Wanted(), 0).page == 1
    assert questions_listed(Wanted(), 99).page == 3


def test_an_empty_bank_has_one_empty_page(app: object) -> None:
    listing = questions_listed(Wanted(), 1)
    assert (listing.items, listing.total, listing.page, listing.pages) == ([], 0, 1, 1)
    assert approved_items() == []
    assert contents([]) == {}


@pytest.mark.usefixtures("bank")
def test_a_question_comes_with_its_versions_in_order() -> None:
    with at_most(2):
        found = question(1)
        assert [version.number for version in found.versions] == [1, 2]
        assert found.versions[-1].topic.name == "民法典"


@pytest.mark.usefixtures("bank")
def test_a_use_is_kept_once_an_exam(moment: datetime) -> None:
    with write() as session:
        record_uses(session.connection(), "EXAM0001", "第一次", {1: 10})
    with pytest.raises(sa.exc.IntegrityError), write() as session:
        record_uses(session.connection(), "EXAM0001", "第一次", {1: 10})
    assert db.session.scalar(sa.select(sa.func.count(QuestionVersion.id))) == 5
