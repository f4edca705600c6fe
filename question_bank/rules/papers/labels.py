"""The labelled parts of a question: 答案：B, 【解析】…, 难度：易."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: The words of each part. The longest word is tried first.
WORDS: dict[str, str] = {
    word: part
    for part, words in {
        "key": "答案 正确答案 标准答案 参考答案 本题答案 试题答案 题目答案 正确选项"
        " 标答 正答 答案为 答案是 答案选 正确答案为 正确答案是 参考答案为 answer key",
        "both": "答案解析 答案及解析 答案与解析 答案和解析 参考答案及解析"
        " 参考答案与解析",
        "answer": "答",
        "stem": "题干 题目 题目内容 试题内容",
        "options": "选项 备选项 备选答案 可选项",
        "analysis": "解析 试题解析 题目解析 答案详解 详解 分析 解答 点评 说明 理由"
        " 解题思路 思路点拨 解释 解释说明 解题分析 试题分析 考点解析"
        " explanation analysis",
        "tag": "考点 考查点 考察点 考核点 考查知识点 考查内容",
        "topic": "知识点 所属知识点 所属章节 章节 分类 所属分类 题库分类 topic",
        "citations": "依据 法律依据 法条依据 法条 法规依据 政策依据 参考依据 命题依据"
        " 出处 来源 题目来源 参考法条 相关法条 法条链接 法条原文 相关法律规定",
        "difficulty": "难度 难易度 难易程度 难度系数 难度等级 难度级别 difficulty",
        "points": "分值 分数 本题分值 题目分值 题目分数 本题分数",
        "kind": "题型 类型 题目类型 试题类型",
        "tags": "标签 应知应会 适用对象 适用人员 标记 tags labels",
        "other": "我的答案 你的答案 您的答案 考生答案 学生答案 关键词 关键字"
        " 认知层次 能力层次 题号 编号 更新时间",
    }.items()
    for word in words.split()
}
_ALL = "|".join(
    r"\s?".join(map(re.escape, word)) for word in sorted(WORDS, key=lambda w: -len(w))
)
_BRACKETED = rf"\[\s*(?P<a>{_ALL})\s*:?\s*\]\s*:?"
_COLON = rf"(?P<b>{_ALL})\s*(?:\([^()\n]{{0,10}}\))?\s*:"
#: Parts that may be said in the middle of a line, after a space.
_SHORT = ("difficulty", "tag", "topic", "points", "kind", "citations")
#: In brackets: （答案：B）, （答案B）.
_INSIDE = r"\(\s*(?P<c>(?:正确|参考|标准)?答案)\s*:?\s*(?P<inside>[^()\n]{1,40})\)"
_BARE = (
    r"(?P<d>(?:正确|参考|标准)?答案)\s*(?:为|是|选)?\s*[;,。]?\s*"
    r"(?=[A-Ja-j](?![A-Za-z])|[A-J]{2,8}(?![A-Za-z])|[√×✓✗]|正确|错误|对|错)"
)
#: At the end of a line: D.党内规章 答案ABC.
_AT_END = (
    r"(?<=[\s。;])(?P<g>(?:正确|参考|标准)?答案)\s*(?=[A-J]{1,8}[。.]?\s*(?:$|\n))"
)
_START = r"(?:(?<=^)|(?<=\n))[-•●*·\s]*"
_LABEL = re.compile(
    rf"(?:{_START})?{_BRACKETED}|{_INSIDE}|{_START}(?:{_COLON}|{_BARE})"
    rf"|(?<=[\s。;;,.!?)\]A-Za-z√×])(?P<e>{_ALL})\s*:"
    rf"|(?P<f>(?:正确|参考|标准)?答案)\s*:|{_AT_END}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Field:
    """One labelled part, as places in the text."""

    part: str
    begin: int  # where its label begins
    start: int  # where its value begins
    end: int


def find_labels(folded: str) -> Iterator[Field]:
    """The labels of a folded text with the place of their values, in order.

    A value ends where the next label begins; whoever reads it may find that it ends
    sooner.
    """
    marks: list[tuple[str, int, int, int]] = []
    for found in _LABEL.finditer(folded):
        groups = {name: text for name, text in found.groupdict().items() if text}
        word = re.sub(
            r"\s", "", next(groups[name] for name in "abcdefg" if name in groups)
        )
        part = WORDS.get(word) or WORDS[word.lower()]
        begin = found.start()
        if part == "answer" and not _begins_line(folded, begin):
            continue
        if _inside_analysis(part, "a" in groups or "c" in groups, marks, folded, begin):
            continue
        if "inside" in groups:
            marks.append((part, begin, found.start("inside"), found.end("inside")))
        else:
            marks.append((part, begin, found.end(), len(folded)))
    for n, (part, begin, start, end) in enumerate(marks):
        following = marks[n + 1][1] if n + 1 < len(marks) else len(folded)
        yield Field(part, begin, start, max(start, min(end, following)))


def _begins_line(folded: str, at: int) -> bool:
    return not folded[folded.rfind("\n", 0, at) + 1 : at].strip(" -•●*·")


def _inside_analysis(
    part: str,
    bracketed: bool,
    marks: list[tuple[str, int, int, int]],
    folded: str,
    at: int,
) -> bool:
    """Whether a label only seems to be one: 故本题答案：B in the middle of an analysis.

    A part stands in a question once; the text of an analysis may hold such words
    anywhere but at the beginning of a line.
    """
    parts = [mark[0] for mark in marks]
    if not parts or bracketed:
        return False
    if _begins_line(folded, at):
        return False
    if part in ("key", "answer") and "key" in parts:
        return True
    if part in _SHORT and folded[at - 1].isspace():
        return False
    return parts[-1] in ("analysis", "both")
