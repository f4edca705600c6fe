"""Finding somebody of an exam."""

from __future__ import annotations

import pytest

from quiz.rules.finding import Sought, is_meant

PERSON = Sought("买买提·艾力", "mmtal", "市审计局", "sjj")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "艾力",
        "买买提",
        "买买提.艾力",
        "mmt",
        "MMT",
        "审计",
        "sjj",
        "审计 艾力",
        "mmt sj",
    ],
)
def test_somebody_is_found_by_name_initials_or_unit(typed: str) -> None:
    assert is_meant(typed, PERSON)


@pytest.mark.parametrize("typed", ["张伟", "al", "审计 张", "财政 艾力", "jj"])
def test_every_word_must_mean_them(typed: str) -> None:
    assert not is_meant(typed, PERSON)
