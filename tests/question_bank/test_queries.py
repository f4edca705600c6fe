"""What the bank tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.db import db, write
from question_bank.list_queries import (
    PAGE_SIZE,
    SORTS,
    Wanted,
    ids_listed,
    questions_listed,
)
from question_bank.models import Question, QuestionUse, QuestionVersion, Topic
from question_bank.operations.arranging import move_topic
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
from question_bank.rules.ease import learned, strays
from question_bank.topic_queries import topic_tree
from question_bank.usage import Outcome, record_outcomes, record_uses
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
    with at_most(4):
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


def learn(
    moment: datetime, outcomes: Mapping[int, Sequence[tuple[int, int, int]]]
) -> None:
    """Let exams have come to this: answers, points earned, points possible."""
    most = max(len(one) for one in outcomes.values())
    with write() as session:
        connection = session.connection()
        for n in range(most):
            code = f"EXAM{n:04}"
            came = {id: one[n] for id, one in outcomes.items() if n < len(one)}
            record_uses(connection, code, "考试", dict.fromkeys(came, 1))
            told = {id: Outcome(*one) for id, one in came.items()}
            record_outcomes(connection, code, told)


def test_the_list_is_narrowed_and_sorted_by_what_people_earned(
    app: object, moment: datetime
) -> None:
    import_questions(drafts=many(6), accept_good=False, actor="system", now=moment)
    learn(
        moment,
        {
            1: [(92, 0, 100)],  # (8·850 + 0) / 100: 6.8 %, and it is called easy
            2: [(92, 100, 100)],  # 98.8 %
            3: [(29, 0, 100)],  # too few to say more
            4: [(20, 50, 100), (20, 60, 100)],  # (6800 + 22 000) / 48: 60.0 %
        },
    )
    with at_most(3):
        listing = questions_listed(Wanted(ease="harder"), 1, "low")
    shown = [(one.question_id, one.share, one.answers) for one in listing.items]
    assert shown == [(1, 68, 92), (4, 600, 40)]
    assert [one.strays for one in listing.items] == ["harder", "harder"]
    assert ids_listed(Wanted(ease="agrees"), 9) == [2]
    assert ids_listed(Wanted(ease="easier"), 9) == []
    assert ids_listed(Wanted(ease="unknown"), 9) == [6, 5, 3]
    assert ids_listed(Wanted(below=60), 9) == [3, 1]  # 4 is just at 60 %
    assert ids_listed(Wanted(below=61), 9) == [4, 3, 1]
    assert ids_listed(Wanted(below=100, ease="agrees"), 9) == [2]
    low = questions_listed(Wanted(), 1, "low").items
    assert [one.question_id for one in low] == [1, 3, 4, 2, 5, 6]
    high = questions_listed(Wanted(), 1, "high").items
    assert [one.question_id for one in high] == [2, 4, 3, 1, 5, 6]
    assert (low[-1].share, low[-1].answers, low[-1].strays) == (850, 0, "")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(data=st.data())
def test_what_the_database_counts_is_what_the_rule_says(
    app: object, moment: datetime, data: st.DataObject
) -> None:
    """Halves and thirds at the boundaries, too: nothing falls between."""
    one = st.sampled_from([200, 300, 700, 1000]).flatmap(
        lambda most: st.tuples(
            st.integers(1, 60), st.sampled_from(range(0, most + 1, 100)), st.just(most)
        )
    )
    lists = st.lists(one, min_size=1, max_size=3)
    came = data.draw(st.dictionaries(st.integers(1, 9), lists, min_size=1))
    db.session.rollback()
    with write() as session:
        for model in (QuestionUse, QuestionVersion, Question):
            session.execute(sa.delete(model))
    levels = ("easy", "medium", "hard")
    drafts = [single(stem=f"第{n}题（ ）", difficulty=levels[n % 3]) for n in range(9)]
    import_questions(
        drafts=typed(*drafts), accept_good=False, actor="system", now=moment
    )
    versions = sorted(
        db.session.execute(sa.select(QuestionVersion.question_id, QuestionVersion.id))
    )
    learn(moment, {versions[n - 1][1]: outcome for n, outcome in came.items()})
    rule = {}
    for n, (question_id, _version) in enumerate(versions):
        level = drafts[n].difficulty
        rule[question_id] = (level, *learned(level, came.get(n + 1, ())))
    for ease in ("harder", "easier"):
        found = {id for id, told in rule.items() if strays(*told) == ease}
        assert set(ids_listed(Wanted(ease=ease), 99)) == found
    for below in (50, 60, 70, 78):
        found = {id for id, (_, s, n) in rule.items() if n and s < 10 * below}
        assert set(ids_listed(Wanted(below=below), 99)) == found
    for sort in ("low", "high"):
        shown = questions_listed(Wanted(), 1, sort).items
        shares = [one.share for one in shown if one.answers]
        assert shares == sorted(shares, reverse=sort == "high")
        assert [(one.share, one.answers) for one in shown] == [
            rule[one.question_id][1:] for one in shown
        ]


def test_the_list_by_topics_follows_the_tree(app: object, moment: datetime) -> None:
    import_questions(
        drafts=typed(
            *(single(stem=f"{topic}（ ）", topic=topic) for topic in ("甲", "乙", "丙"))
        ),
        accept_good=False,
        actor="system",
        now=moment,
    )
    move_topic(topic_id=3, parent_id=1, actor="system", now=moment)
    with at_most(4):
        listing = questions_listed(Wanted(), 1, "topic")
    assert [one.topic for one in listing.items] == ["甲", "丙", "乙"]
