"""Reading what was typed: 题型, 答案, 难度, 依据.

Reading never fails: what it does not know it keeps as typed, and
``rules.validity`` says what is wrong with it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from fractions import Fraction

from core.errors import Refused
from question_bank.rules.validity import LETTERS, Draft
from question_bank.rules.wording import tidy, with_blanks
from statutes.rules.references import read_reference, split_references, write_reference

_KINDS = {
    "single": "单选 单项 single singlechoice radio",
    "multi": "多选 多项 不定项 multi multiple multiplechoice checkbox",
    "judge": "判断 判断正误 判断对错 是非 对错 judge truefalse true/false tf",
    "fill": "填空 fill blank fillintheblank",
    # Known, and told as such: the bank has no place for them.
    "essay": "简答 简述 论述 问答 主观 essay shortanswer",
    "case": "案例 案例分析 材料 材料分析 情景 情景分析 case",
}
_DIFFICULTIES = {
    "easy": "易 容易 简单 较易 低 easy",
    "medium": "中 中等 一般 适中 普通 medium normal",
    "hard": "难 困难 较难 高 hard difficult",
}
_JUDGEMENTS = {
    "T": "正确 对 是 √ ✓ ✔ ☑ t true y yes 正确的 对的",
    "F": "错误 错 否 × ✗ ✘ ✕ ╳ x f false n no 错误的 错的 不对 不正确 不是 非",
}


def _by_word(table: dict[str, str]) -> dict[str, str]:
    return {word: name for name, words in table.items() for word in words.split()}


_KIND_OF = _by_word(_KINDS)
_DIFFICULTY_OF = _by_word(_DIFFICULTIES)
_JUDGEMENT_OF = _by_word(_JUDGEMENTS)
_SEPARATORS = re.compile(r"[\s、,;.。·/|和&+]+")
_LEADING_WORD = re.compile(r"^(正确|标准|参考)?答案[:：]?")
_OWN_LETTER = re.compile(
    r"[(\[〔【（]?\s*([A-Ha-hＡ-Ｈ])\s*[.、．:：)\]〕】）]\s*(?=\S)"
)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", tidy(text)).split()).casefold()


def read_kind(text: str) -> str:
    """The kind a word means; the tidied word itself if it is none."""
    word = _plain(text).strip("[]()【】〔〕:-_ ").replace("-", "").replace("_", "")
    word = word.removesuffix("题").removesuffix("选择") or word
    return _KIND_OF.get(word, tidy(text))


def read_difficulty(text: str) -> str:
    """The difficulty a word means, medium if there is none."""
    word = _plain(text).removeprefix("难度").strip(":")
    if not word:
        return "medium"
    return _DIFFICULTY_OF.get(word, tidy(text))


def read_letters(text: str) -> tuple[str, ...]:
    """The letters of a typed key: AB, A、B, ａ,ｂ; in their order, repeats kept."""
    plain = _LEADING_WORD.sub("", unicodedata.normalize("NFKC", tidy(text)).upper())
    letters = _SEPARATORS.sub("", plain)
    if not letters:
        return ()
    if re.fullmatch("[A-Z]+", letters):
        return tuple(letters)
    return (tidy(text),)


def read_judgement(text: str, options: Sequence[str] = ()) -> tuple[str, ...]:
    """T or F of a typed key; a letter where the options are 正确 and 错误."""
    word = _LEADING_WORD.sub("", _plain(text)).strip("()[]【】.。")
    if not word:
        return ()
    meanings = [_JUDGEMENT_OF.get(_plain(option)) for option in options]
    if len(word) == 1 and sorted(map(str, meanings)) == ["F", "T"] and word in "ab":
        return (str(meanings["ab".index(word)]),)
    known = _JUDGEMENT_OF.get(word)
    return (known,) if known else (tidy(text),)


def kind_of_key(text: str, options: Sequence[str] = ()) -> str:
    """The kind of a question that does not say it, from its key and its options."""
    texts = read_options(options)
    if are_judgements(texts):
        return "judge"
    if texts:
        letters = read_letters(text)
        return "multi" if len(letters) > 1 else "single"
    if read_judgement(text) in (("T",), ("F",)):
        return "judge"
    return "fill" if tidy(text) else ""


def are_judgements(options: Sequence[str]) -> bool:
    """Whether two options are 正确 and 错误."""
    meanings = {_JUDGEMENT_OF.get(_plain(text).rstrip(".。")) for text in options}
    return len(options) == 2 and meanings == {"T", "F"}


def read_points(text: str) -> Fraction | None:
    """Points as typed: 2, 1.5, 2分; None if they are none."""
    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,2})?)分?", _plain(text))
    return Fraction(found[1]) if found and Fraction(found[1]) else None


def read_blanks(text: str) -> tuple[str, ...]:
    """The accepted texts of each blank: blanks by ；, texts of one blank by |."""
    whole = tidy(_LEADING_WORD.sub("", tidy(text)))
    if not whole:
        return ()
    pieces = re.split(r"[;；\n]", whole.replace("｜", "|").rstrip("；;"))
    return tuple(join_accepted(piece.split("|")) for piece in pieces)


def join_accepted(texts: Sequence[str]) -> str:
    """The accepted texts of one blank in the one form of a draft."""
    return "|".join(text for text in map(tidy, texts) if text)


def read_key(kind: str, text: str, options: Sequence[str] = ()) -> tuple[str, ...]:
    """The key of a typed cell; letters where the kind is not known."""
    if kind == "judge":
        return read_judgement(text, options)
    if kind == "fill":
        return read_blanks(text)
    return read_letters(text)


def read_citations(text: str) -> tuple[str, ...]:
    """The references of a typed cell, each once, canonical where they can be read."""
    return canonical_citations(split_references(tidy(text)))


def read_tags(text: str) -> tuple[str, ...]:
    """The tags of a typed cell, each once: parted by ；, 、, commas or lines."""
    found = (tidy(piece) for piece in re.split(r"[;；、,，\n]", text))
    return tuple(dict.fromkeys(tag for tag in found if tag))


def canonical_citations(pieces: Sequence[str]) -> tuple[str, ...]:
    """References as the bank keeps them; what cannot be read stays as typed."""
    found: dict[str, None] = {}
    for piece in pieces:
        try:
            found[write_reference(read_reference(piece))] = None
        except Refused:
            found[tidy(piece)] = None
    return tuple(text for text in found if text)


def read_options(texts: Sequence[str]) -> tuple[str, ...]:
    """Options without empty ones at the end, and without their own letters.

    ``A.十五日`` loses its letter only where every option starts with its own.
    """
    options = [tidy(text) for text in texts]
    while options and not options[-1]:
        options.pop()
    marks = [_OWN_LETTER.match(option) for option in options]
    letters = "".join(unicodedata.normalize("NFKC", m[1]).upper() for m in marks if m)
    if options and letters == LETTERS[: len(options)]:
        options = [o[m.end() :] for o, m in zip(options, marks, strict=True) if m]
    return tuple(options)


def read_draft(
    *,
    kind: str,
    stem: str,
    options: Sequence[str],
    key: str,
    topic: str,
    difficulty: str,
    citations: str,
    analysis: str,
    parts: Sequence[Draft] = (),
    tags: str = "",
    source: str = "",
) -> Draft:
    """A draft from the texts of a form or of a spreadsheet's row."""
    known = read_kind(kind)
    texts = read_options(options)
    answer = read_key(known, key, texts)
    if known == "judge" and are_judgements(texts):
        texts = ()
    return Draft(
        kind=known,
        stem=with_blanks(tidy(stem)) if known == "fill" else tidy(stem),
        options=texts,
        key=answer,
        topic=tidy(topic),
        difficulty=read_difficulty(difficulty),
        citations=read_citations(citations),
        analysis=tidy(analysis),
        parts=tuple(parts),
        tags=read_tags(tags),
        source=tidy(source),
    )
