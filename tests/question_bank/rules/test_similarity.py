from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from question_bank.formats.starter import starter_questions
from question_bank.rules.similarity import THRESHOLD, find_alike, grams, share

STEM = "行政机关应当自行政处罚案件立案之日起（ ）日内作出行政处罚决定。"
OPTIONS = ("三十", "六十", "九十", "一百二十")


def likeness(stem: str, options: tuple[str, ...] = OPTIONS) -> float:
    return share(grams(STEM, OPTIONS), grams(stem, options))


def test_spaces_widths_marks_blanks_and_the_order_of_options_do_not_count() -> None:
    other = "行政机关应当自 行政处罚案件立案之日起____日内，作出行政处罚决定"
    assert likeness(other, ("九十", "三 十", "六十。", "一百二十")) == 1


def test_a_changed_word_a_longer_sentence_and_another_option_are_alike() -> None:
    for stem, options in (
        (STEM.replace("案件", ""), OPTIONS),
        (STEM.replace("行政机关", "市场监督管理部门"), OPTIONS),
        ("根据《行政处罚法》规定，" + STEM, OPTIONS),
        (STEM, ("三十", "六十", "九十", "一百八十")),
        (STEM, OPTIONS[:3]),
    ):
        assert likeness(stem, options) >= THRESHOLD


def test_another_question_about_the_same_law_is_not_alike() -> None:
    for stem in (
        "行政处罚决定书应当在宣告后当场交付当事人；当事人不在场的，应当在几日内送达？",
        "违法行为在（ ）年内未被发现的，不再给予行政处罚。",
    ):
        assert likeness(stem) < THRESHOLD


def test_no_two_questions_of_the_starter_bank_are_alike() -> None:
    sets = [grams(one.draft.stem, one.draft.options) for one in starter_questions()]
    assert len(sets) > 300
    assert not any(known or fresh for known, fresh in find_alike(sets, []))


texts = st.text(alphabet="甲乙丙丁戊己庚辛", min_size=1, max_size=14)


@given(st.lists(texts, max_size=12), st.lists(texts, max_size=12))
def test_whether_one_is_alike_is_what_comparing_all_pairs_says(
    new: list[str], known: list[str]
) -> None:
    fresh, old = [grams(text) for text in new], [grams(text) for text in known]
    for place, (before, inside) in enumerate(find_alike(fresh, old)):
        for found, others in ((before, old), (inside, fresh[:place])):
            shares = [share(fresh[place], other) for other in others]
            assert (found is not None) == any(s >= THRESHOLD for s in shares)
            if found:
                assert found.share == shares[found.index] == max(shares)


windows = st.builds(
    lambda place, start, length: frozenset(
        map(str, range(place * 700 + start, place * 700 + start + length))
    ),
    *(st.integers(0, 3), st.integers(0, 12), st.integers(1, 60)),
)


@given(st.lists(windows, max_size=14), st.lists(windows, max_size=14))
def test_more_grams_than_a_mark_has_bits_change_nothing(
    new: list[frozenset[str]], known: list[frozenset[str]]
) -> None:
    known.append(frozenset(map(str, range(3000, 3600))))
    for one, (found, _) in zip(new, find_alike(new, known), strict=True):
        likest = max(share(one, other) for other in known)
        assert (found.share if found else 0) == (likest if likest >= THRESHOLD else 0)


def test_a_question_without_any_letter_is_like_none() -> None:
    assert (
        list(find_alike([grams("？"), grams("……")], [grams("")])) == [(None, None)] * 2
    )


def test_ten_thousand_that_are_all_alike_come_to_an_end() -> None:
    """A bank made by a template: every pair is alike, and 50 million are too many."""
    sets = [grams(f"第{n}号文件的期限是（ ）日。", OPTIONS) for n in range(3000)]
    found = [inside for _, inside in find_alike(sets, [])]
    assert found[0] is None
    assert all(found[1:])
