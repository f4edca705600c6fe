"""The questions that come with the program."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from question_bank.formats.neutral import read_neutral
from question_bank.formats.starter import FOLDER, starter_questions
from question_bank.operations.intake import import_questions
from question_bank.rules.content import content_digest
from question_bank.rules.intake import sort_out
from question_bank.rules.validity import DIFFICULTIES, Draft
from statutes.rules.numerals import read_number
from statutes.rules.references import read_reference, write_reference

FILES = sorted(FOLDER.glob("*.json"))
LAWS = Path(__file__).resolve().parents[3] / "shared" / "laws"
CHINESE = "零〇一二三四五六七八九十百千"
ARTICLE = re.compile(f"^第([{CHINESE}]+)条(?:之([{CHINESE}]+))?", re.MULTILINE)


def drafts() -> list[Draft]:
    return [one.draft for one in starter_questions()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_read_without_a_problem(path: Path) -> None:
    typed = read_neutral(path.read_bytes(), filename=path.name).typed
    plan = sort_out(typed, {})
    assert [str(finding.problem) for finding in plan.findings] == []
    # That all options are right is meant where it stands; a citation is never odd.
    assert {finding.problem.part for finding in plan.warnings} <= {"key"}
    assert len(plan.good) == len(typed) > 0


def test_no_question_stands_there_twice() -> None:
    found = Counter(content_digest(draft) for draft in drafts())
    assert [n for n in found.values() if n > 1] == []
    stems = Counter(draft.stem for draft in drafts())
    assert [stem for stem, n in stems.items() if n > 1] == []


def test_there_are_enough_of_each_kind_for_the_presets() -> None:
    kinds = Counter(draft.kind for draft in drafts())
    wanted = {"single": 180, "multi": 60, "judge": 60, "fill": 12}
    assert {kind: kinds[kind] >= n for kind, n in wanted.items()} == dict.fromkeys(
        wanted, True
    )


def test_every_question_has_its_particulars() -> None:
    for draft in drafts():
        assert draft.topic, draft.stem
        assert draft.analysis, draft.stem
        assert draft.citations, draft.stem
        assert draft.difficulty in DIFFICULTIES
    assert {draft.difficulty for draft in drafts()} == set(DIFFICULTIES)


def test_no_letter_is_the_key_much_more_often_than_another() -> None:
    """Else the letter would be worth guessing where options are not shuffled."""
    keys = Counter(
        draft.key[0]
        for draft in drafts()
        if draft.kind == "single" and len(draft.options) == 4
    )
    assert max(keys.values()) < 2 * min(keys[letter] for letter in "ABCD")


def test_citations_are_written_in_their_canonical_form() -> None:
    for path in FILES:
        for one in read_neutral(path.read_bytes(), filename=path.name).typed:
            for citation in one.draft.citations:
                assert f'"{citation}"' in path.read_text(encoding="utf-8")
                assert write_reference(read_reference(citation)) == citation


def test_the_starter_bank_is_imported_once(app: object, moment: datetime) -> None:
    typed = starter_questions()
    first = import_questions(
        drafts=typed, accept_good=False, actor="system", now=moment
    )
    assert (first.applied, first.added) == (True, len(typed))
    again = import_questions(
        drafts=typed, accept_good=False, actor="system", now=moment
    )
    assert (again.added, again.known) == (0, len(typed))


@cache
def articles() -> dict[str, set[tuple[int, int | None]]]:
    """The articles of every law in force, by short name."""
    found: dict[str, set[tuple[int, int | None]]] = {}
    for path in LAWS.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        head = text.split("---")[1] if text.startswith("---") else ""
        short = re.search(r'^short: "(.+)"$', head, re.MULTILINE)
        if short and not re.search(r"^repealed:", head, re.MULTILINE):
            found[short[1]] = {
                (read_number(n), read_number(sub) if sub else None)
                for n, sub in ARTICLE.findall(text)
            }
    return found


@pytest.mark.skipif(not LAWS.is_dir(), reason="the texts of the laws are not here")
def test_every_citation_names_an_article_of_a_law_in_force() -> None:
    missing = []
    for draft in drafts():
        for citation in draft.citations:
            reference = read_reference(citation)
            known = articles().get(reference.law, set())
            if (reference.article, reference.sub) not in known:
                missing.append((citation, draft.stem))
    assert missing == []


@pytest.mark.skipif(not LAWS.is_dir(), reason="the texts of the laws are not here")
def test_every_article_of_every_law_has_a_number_that_reads_back() -> None:
    for law, numbers in articles().items():
        for article, sub in numbers:
            text = f"《{law}》第{article}条" + (f"之{sub}" if sub else "")
            reference = read_reference(text)
            assert (reference.law, reference.article, reference.sub) == (
                law,
                article,
                sub,
            )
            assert read_reference(write_reference(reference)) == reference
