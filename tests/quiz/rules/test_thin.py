"""What the checks of the bank call thin is what a draw would call too little."""

from hypothesis import given
from hypothesis import strategies as st

from question_bank.rules.checks import Need, check_bank
from question_bank.rules.intake import Kept
from quiz.rules.blueprint import BankCard, Row, shortages, subtrees
from tests.question_bank.drafts import single

TOPICS = range(1, 7)


@given(
    # A topic stands below one that was made before it, or at the top.
    parents=st.tuples(*(st.integers(0, topic - 1) for topic in TOPICS)),
    asked=st.lists(st.sampled_from(TOPICS), max_size=12),
    count=st.integers(1, 5),
)
def test_a_topic_counts_with_all_that_a_draw_takes_for_it(
    parents: tuple[int, ...], asked: list[int], count: int
) -> None:
    above = {
        topic: parent or None for topic, parent in zip(TOPICS, parents, strict=True)
    }
    kept = [
        Kept(n, 1, single(stem=f"第{n}题（ ）", topic=str(topic)))
        for n, topic in enumerate(asked, 1)
    ]
    names = {str(one): str(up) if up else None for one, up in above.items()}
    thin = check_bank(kept, [Need("抽测", "single", count)], names).thin
    cards = [
        BankCard(n, n, "single", topic, "easy", 4, False, 0)
        for n, topic in enumerate(asked, 1)
    ]
    below = subtrees(above)
    lacks = {}
    for topic in TOPICS:
        if any(card.topic in below[topic] for card in cards):
            row = Row(1, "single", topic, None, count, 100)
            for shortage in shortages([row], cards, below, papers=1):
                lacks[str(topic)] = {"single": (count, shortage.have)}
    assert {one.topic: one.lacks for one in thin} == lacks
