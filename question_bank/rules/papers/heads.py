"""Section heads: 一、单项选择题（40题，每题1分，共40分）, and what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from question_bank.rules.papers.lines import Line, fold
from question_bank.rules.papers.numbers import CN
from statutes.rules.numerals import read_number

#: What a type is called in papers. The longest word is tried first.
WORDS: dict[str, str] = {
    word: kind
    for kind, words in {
        "single": "单项选择 单选 单项 单选选择 单一选择",
        "multi": "多项选择 多选 多项 多选选择 多重选择",
        "any": "不定项选择 不定项 任选",
        "choice": "选择",
        "judge": "判断正误 判断对错 判断是非 正误判断 是非判断 判断 是非 对错",
        "fill": "填空",
        "essay": "简答 简述 论述 问答 简论 主观 分析论述 法理分析 思考",
        "case": "案例分析 案例选择 案例 材料分析 材料 情景分析 情景 共用题干 综合分析",
        # Types the bank has not got: told by their name.
        "": "名词解释 连线 匹配 排序 辨析 判断说理 判断改错 改错 计算 翻译 写作 作文"
        " 听力 阅读理解 完形填空 操作 绘图 图表",
    }.items()
    for word in words.split()
}
_ALL = "|".join(
    r"\s*".join(word) for word in sorted(WORDS, key=lambda word: -len(word))
)
_PREFIX = (
    rf"(?:第\s*[{CN}\d]{{1,3}}\s*(?:部分|大题|题型|部|类|卷|篇)\s*[.、,: ]*"
    rf"|\(\s*[{CN}\d]{{1,3}}\s*\)\s*[.、,: ]*|(?:[{CN}]{{1,3}}|\d{{1,2}})\s*[.、,: ]\s*"
    r"|[IVXⅠ-Ⅻ]{1,4}\s*[.、,: ]\s*|题型\s*:?\s*)"
)
_ASIDE = r"(?:\([^()\n]{0,120}\)|\[[^\[\]\n]{0,120}\])"
_EACH_OF = r"(?:下列|以下|下面|在)(?:各|每|题)"
_MORE = (
    rf"(?:\s*[:,.、]\s*(?:[共每本此请计合]|{_EACH_OF}|答题|\d+\s*[分道小题]).{{0,300}})"
)
#: 一、单选题：共20题, 判断题（每题1分）, 二、多选 …
_HEAD = re.compile(
    rf"^[\s<=*#■●◆-]*(?:{_PREFIX})?(?P<type>{_ALL})\s*(?:"
    rf"试?题(?:型|目|部分)?(?P<tail>(?:\s*{_ASIDE})*(?:{_MORE}|\s*(?:共|每|计|合计|本)\s*"
    rf"(?:[大小部]|\d|[{CN}]|题|道).{{0,300}})?)|(?P<short>(?:\s*{_ASIDE})*{_MORE}?))"
    r"[\s:>=*#。-]*$"
)
#: 【单选题】, （一）〔判断题〕（每题1分）
_BRACKETED = re.compile(
    rf"^[\s<=*#■●◆-]*(?:{_PREFIX})?[\[(]\s*(?:{_PREFIX})?(?P<type>{_ALL})\s*(?:试?题)?(?:型|目|部分)?"
    rf"(?P<inner>[^()\[\]\n]{{0,60}})[\])](?P<tail>(?:\s*{_ASIDE})*)[\s:>=*#。-]*$"
)
#: A head that a question follows on the same line.
_GLUED = re.compile(
    rf"^[\s=*#<-]*(?:{_PREFIX})?(?P<type>{_ALL})\s*(?P<tail>题\s*(?:{_ASIDE}\s*)*:?"
    rf"|(?:{_ASIDE}\s*)*:)[\s>=*#]*"
    r"(?=1\s*[.、:~-]|\d{1,4}\s*[~-]\s*\d|\(\s*1\s*\)|第\s*[1一]\s*题)"
)
#: A head in the middle of a line.
_INSIDE = re.compile(
    rf"(?<=\S)[{CN}]{{1,3}}\s*、\s*(?=(?:单项选择|单选|多项选择|多选|不定项选择|选择|判断"
    r"|填空|简答|论述|案例分析)\s*题)"
)
_CHAPTER = re.compile(rf"^第\s*[{CN}\d]{{1,4}}\s*[章节编篇单]\S?\s*\S.{{0,40}}$")
_RULE = re.compile(r"^[\s_=*~#+.·…-]{3,}$")
_FURNITURE = re.compile(
    r"^第?\s*\d{1,4}\s*页(?:\s*[,/]?\s*共\s*\d{1,4}\s*页)?$|^-\s*\d{1,4}\s*-$"
    r"|^\d{1,4}\s*/\s*\d{1,4}$|^page\s+\d+(?:\s+of\s+\d+)?$",
    re.IGNORECASE,
)
_KEYS = re.compile(
    rf"^[\[(<=*#■●◆\s-]*(?:{_PREFIX})?(?:附[录件]?\s*\d?\s*[:、]?\s*)?(?:[^:。？！]{{0,40}}?)"
    r"(?:参考|标准|正确|试题|习题|试卷)?\s*答\s*案\s*(?:(?:及|与|和|以及)\s*"
    r"(?:试题)?(?:解析|评分标准|详解|说明|依据))?(?:部分|汇总|一览|速查|表)*\s*[\])]?"
    rf"(?:\s*{_ASIDE})*[\s:>=*#。-]*$"
)


#: 答案：（一）1.A 2.B （二）1.C: the keys of several parts of a paper on one line.
_KEYS_OF_PARTS = re.compile(
    rf"^\s*(?:参考|标准|正确)?答案\s*:?(?=\s*\(\s*[{CN}]{{1,3}}\s*\)\s*\d)"
)
_PART = re.compile(rf"(?<!^)(?=\(\s*[{CN}]{{1,3}}\s*\)\s*\d)")


@dataclass(frozen=True)
class Head:
    """A section head."""

    kind: str  # single, multi, judge, fill, essay, case; choice, any; empty: unknown
    word: str  # as it is called there
    points: Fraction | None = None  # of each question
    per_blank: bool = False  # the points are those of one blank
    end: int = 0  # where the text after it begins; the whole line if 0


def read_head(folded: str) -> Head | None:
    """The section head a folded line is, or begins with."""
    found = _HEAD.match(folded) or _BRACKETED.match(folded)
    if found and len(folded) <= 400:
        return _head(found, 0)
    found = _GLUED.match(folded)
    return _head(found, found.end()) if found else None


def split_heads(lines: Sequence[Line]) -> Iterator[Line]:
    """Lines with a section head in their middle become several."""
    for line in lines:
        begin = 0
        folded = fold(line.text)
        cuts = _PART if _KEYS_OF_PARTS.match(folded) else _INSIDE
        for found in cuts.finditer(folded):
            if line.text[begin : found.start()].strip():
                yield replace(line, text=line.text[begin : found.start()].strip())
                begin = found.start()
        yield replace(line, text=line.text[begin:].strip())


def is_key_head(folded: str) -> bool:
    """Whether a line announces the keys of many questions: 参考答案."""
    return len(folded) <= 80 and bool(_KEYS.match(folded))


def is_chapter(folded: str) -> bool:
    """Whether a line is a chapter's title, or only a rule across the page."""
    return bool(_CHAPTER.match(folded) or _RULE.match(folded))


def is_furniture(folded: str) -> bool:
    """Whether a line belongs to the page and not to the paper: its number."""
    return bool(_FURNITURE.match(folded))


def read_kind_word(text: str) -> tuple[str, str] | None:
    """The kind a type's name means (see ``Head.kind``), and the name."""
    plain = re.sub(r"\s|试?题$|题型$", "", text)
    plain = plain.removesuffix("题")
    return (WORDS[plain], plain) if plain in WORDS else None


def _head(found: re.Match[str], end: int) -> Head:
    word = re.sub(r"\s", "", found["type"])
    groups = found.groupdict()
    tail = "".join(groups.get(n) or "" for n in ("inner", "tail", "short"))
    points, per_blank = read_points(tail)
    kind = WORDS[word]
    if kind == "choice":  # 选择题（单选）, 选择题（多选）
        inner = re.search(r"单选|单项|多选|多项|不定项", tail)
        kind = WORDS[inner[0]] if inner and not re.search("单.*多", tail) else kind
    return Head(kind, word, points, per_blank, end)


_NUMBER = rf"(\d{{1,3}}(?:\.\d{{1,2}})?|[{CN}]{{1,3}})"
_EACH = re.compile(
    rf"每\s*[小道大]?\s*([题空])\s*(?:各|计|得|为|记)?\s*{_NUMBER}\s*分|各\s*{_NUMBER}\s*分"
    rf"|{_NUMBER}\s*分\s*/\s*(?:每)?\s*[小道]?\s*[题空]"
)
_COUNT = re.compile(rf"{_NUMBER}\s*[小道个]*\s*题")
_TOTAL = re.compile(rf"(?:共|总?计|满分|合计|总分)\s*{_NUMBER}\s*分")


def read_points(text: str) -> tuple[Fraction | None, bool]:
    """The points of each question a head tells, and whether they are of each blank."""
    each = _EACH.search(text)
    if each:
        typed = next(group for group in each.groups()[1:] if group)
        return _number(typed), each[1] == "空"
    count, total = _COUNT.search(text), _TOTAL.search(text)
    if count and total:
        n, all_ = _number(count[1]), _number(total[1])
        if n and all_ and (all_ / n * 100).denominator == 1:
            return all_ / n, False
    return None, False


def _number(text: str) -> Fraction | None:
    try:
        return Fraction(text) if text[0].isdecimal() else Fraction(read_number(text))
    except ValueError:
        return None
