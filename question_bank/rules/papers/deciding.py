"""Which kind a question is, and which key it has."""

from __future__ import annotations

import re
from collections.abc import Sequence

from question_bank.rules.papers.heads import Head, read_kind_word
from question_bank.rules.papers.keys import (
    bare,
    is_empty,
    letter_with_text,
    read_judgement,
    read_letters,
    split_blanks,
)
from question_bank.rules.papers.lines import fold, join
from question_bank.rules.papers.options import LETTERS
from question_bank.rules.papers.parts import Parts, add_text, compare_keys, short
from question_bank.rules.papers.stems import (
    clear_key,
    has_blank,
    take_blanks,
    take_judgement,
    take_letters,
)
from question_bank.rules.papers.tags import Tags
from question_bank.rules.validity import Problem
from question_bank.rules.wording import count_blanks


def decide(reading: Parts, tags: Tags, head: Head | None) -> None:
    """Settle the kind and the key."""
    kind, word = _said_kind(reading, tags, head)
    judged = _judge_options(reading.options)
    if judged:
        _take_judge(reading, judged)
        return
    if kind == "essay" and not reading.options:
        _take_essay(reading)
        return
    if kind == "judge" and len(reading.options) < 3:
        _take_judge(reading, None)
        return
    if reading.options:
        _take_choice(reading, kind, word, head)
    elif kind in ("single", "multi", "any", "choice"):
        _take_bare_choice(reading, kind)
    elif kind == "fill":
        _take_fill(reading)
    elif kind == "" and word:
        reading.kind = word
        reading.answer = (reading.key,) if reading.key else ()
    else:
        _take_unsaid(reading)


def _said_kind(reading: Parts, tags: Tags, head: Head | None) -> tuple[str | None, str]:
    """The kind a tag, a label or the head says, and its word."""
    if tags.kind is not None:
        return tags.kind, tags.word
    typed = short(reading, "kind")
    if typed:
        return read_kind_word(typed) or ("", typed)
    if head is None or head.kind == "case":
        return None, ""
    return head.kind, head.word


def _judge_options(options: Sequence[str]) -> tuple[str, ...] | None:
    """T and F in the order of the options, if these are 正确 and 错误."""
    if len(options) != 2:
        return None
    meanings = tuple(read_judgement(option) for option in options)
    return meanings if set(meanings) == {"T", "F"} else None


def _take_judge(reading: Parts, meanings: tuple[str, ...] | None) -> None:
    inside = take_judgement(reading.stem)
    if meanings and not inside.key:
        letters = take_letters(inside.stem)
        if letters.key:
            inside = letters
    reading.kind, reading.stem = "judge", inside.stem
    if not read_letters(reading.key) and not read_judgement(reading.key):
        _split_key(reading)
    key = reading.key or inside.key
    if reading.key and inside.key:
        compare_keys(reading, inside.key, reading.key, "题干括号里", "后面写的")
    letters_ = read_letters(key)
    if meanings and len(letters_) == 1 and letters_[0] in "AB":
        reading.answer = (meanings["AB".index(letters_[0])],)
    elif judged := read_judgement(key):
        reading.answer = (judged,)
    elif not meanings and letters_ in (("A",), ("B",)):
        reading.answer = ("T",) if letters_ == ("A",) else ("F",)
        reading.doubt(
            "答案写的是 %(key)s，按 A 正确、B 错误理解", "key", key=letters_[0]
        )
    elif key and not is_empty(key):
        reading.answer = (bare(key),)
    reading.options = [] if meanings else reading.options


def _take_choice(
    reading: Parts, kind: str | None, word: str, head: Head | None
) -> None:
    inside = take_letters(reading.stem)
    letters = read_letters(reading.key) or _lettered(reading)
    key = reading.key
    if letters:
        reading.stem = clear_key(reading.stem, letters)
        if inside.key and take_letters(reading.stem).key:
            _note_other_key(reading, inside.key, letters)
    elif key and not is_empty(key):
        reading.answer = (bare(key),)
    elif inside.unclear:
        reading.faults.append(
            Problem("题干里有几个括号都写着字母，不知道哪个是答案", "key")
        )
    elif inside.key:
        letters, reading.stem = read_letters(inside.key), inside.stem
    if not letters and not reading.answer:
        letters = _from_analysis(reading)
    reading.answer = reading.answer or letters
    _choose_kind(reading, kind, word, len(letters))


def _note_other_key(reading: Parts, inside: str, letters: tuple[str, ...]) -> None:
    """A bracket of the stem holds other letters than the key."""
    if not has_blank(reading.stem):
        compare_keys(reading, inside, "".join(letters), "题干括号里", "后面写的")
        return
    reading.doubt(
        "题干括号里写着 %(inside)s，答案写的是 %(key)s",
        "key",
        inside=inside.strip(),
        key="".join(letters),
    )


def _lettered(reading: Parts) -> tuple[str, ...]:
    """The letters of a key that says more: C.九十日; 九十日; C。根据第三条…."""
    key = reading.key
    if not key or is_empty(key):
        return ()
    letters = letter_with_text(key, reading.options)
    if letters:
        if not fold(bare(key)).startswith(letters[0]):
            reading.doubt(
                "答案写的是“%(text)s”，对应选项 %(key)s",
                "key",
                text=bare(key)[:20],
                key=letters[0],
            )
        return letters
    if _ALL.fullmatch(fold(bare(key))):
        reading.doubt("答案写的是“%(text)s”，按全部选项读取", "key", text=bare(key))
        return tuple(LETTERS[: len(reading.options)])
    _split_key(reading)
    return read_letters(reading.key)


_ALL = re.compile(r"(?:以上)?(?:全选|全部|都选|全对|皆选)|[A-J]*\s*全选")


_LEADS = re.compile(
    r"([A-J](?:[\s、,]*[A-J])*(?![A-Za-z])|[√×✓✗对错]|正确|错误)\s*(?:[。.;,，;:\s]\s*(?=\S)|(?=\())"
)


def _split_key(reading: Parts) -> None:
    """Part a key from the sentence that follows it: that is the analysis."""
    found = _LEADS.match(fold(reading.key))
    if found:
        before = reading.fields.pop("analysis", "")
        add_text(reading, "analysis", reading.key[found.end() :])
        add_text(reading, "analysis", before)
        reading.key = reading.key[: found.end(1)]


def _choose_kind(reading: Parts, kind: str | None, word: str, letters: int) -> None:
    by_key = "multi" if letters > 1 else "single"
    if kind in ("single", "multi"):
        reading.kind = kind
    elif kind in (None, "choice"):
        reading.kind = by_key
    elif kind == "any":
        reading.kind = by_key
        if letters == 1:
            reading.doubt("不定项选择题只有一个答案，按单选题读取", "kind")
    elif kind in ("judge", "fill", "essay"):
        reading.kind = by_key
        reading.doubt(
            "标题是“%(word)s”，这一题却有 %(n)d 个选项，按选项和答案判定题型",
            "kind",
            word=word,
            n=len(reading.options),
        )
    else:
        reading.kind = word or by_key


_CONCLUDES = re.compile(
    r"(?:故|因此|所以|综上)?[,，\s]*(?:本题|此题|答案)?\s*(?:应?选择?|答案为|答案是|正确答案为|正确答案是)"
    r"\s*:?\s*([A-J](?:[、,\s]*[A-J])*)(?![A-Za-z])"
)


def _from_analysis(reading: Parts) -> tuple[str, ...]:
    """A key that only the analysis tells: 故本题选 C."""
    found = list(_CONCLUDES.finditer(fold(reading.fields.get("analysis", ""))))
    keys = {read_letters(one[1]) for one in found}
    if len(keys) != 1:
        return ()
    (letters,) = keys
    reading.doubt("答案取自解析里的“%(text)s”", "key", text=found[0][0].strip()[:20])
    return letters


def _take_bare_choice(reading: Parts, kind: str) -> None:
    """A choice without options: told as that, with the key it would have."""
    inside = take_letters(reading.stem)
    key = reading.key or inside.key
    reading.answer = read_letters(key) or ((bare(key),) if bare(key) else ())
    if kind in ("single", "multi"):
        reading.kind = kind
    else:
        reading.kind = "multi" if len(reading.answer) > 1 else "single"


def _take_fill(reading: Parts) -> None:
    reading.kind = "fill"
    blanks = count_blanks(reading.stem)
    if reading.key and not is_empty(reading.key):
        reading.answer = split_blanks(reading.key, blanks)
        return
    reading.stem, reading.answer = take_blanks(reading.stem)
    if reading.answer:
        reading.doubt("答案取自题干里已填的空", "key")


def _take_essay(reading: Parts) -> None:
    reading.kind = "essay"
    if reading.key and not is_empty(reading.key):
        before = reading.fields.get("analysis")
        key = join(reading.key.split("\n"))
        reading.fields["analysis"] = f"{key}\n{before}" if before else key


def _take_unsaid(reading: Parts) -> None:
    """No options and no word about the kind: the key decides."""
    if reading.key and not has_blank(reading.stem):
        found = _LEADS.match(fold(reading.key))
        if found and read_judgement(found[1]):
            _split_key(reading)
    key = reading.key
    inside = take_judgement(reading.stem)
    if read_judgement(key) or (not key and read_judgement(inside.key)):
        _take_judge(reading, None)
    elif read_letters(key):
        _take_bare_choice(reading, "choice")
    elif key and not is_empty(key) and (has_blank(reading.stem)):
        _take_fill(reading)
    elif not key and take_letters(reading.stem).key:
        _take_bare_choice(reading, "choice")
    elif not key and has_blank(reading.stem):
        reading.kind = "fill" if count_blanks(reading.stem) else "single"
    else:
        _take_essay(reading)
