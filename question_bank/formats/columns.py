"""The columns of a question workbook: read by one, written by the others."""

from __future__ import annotations

from question_bank.rules.validity import LETTERS

_WORDS = {
    "kind": "题型 类型 题目类型 试题类型 题目题型 kind type questiontype",
    "stem": "题干 题目 试题 题目内容 试题内容 问题 题目描述 试题题干 题干内容 问题描述"
    " 题目名称 题面 stem question questiontext title content",
    **{
        f"option {letter}": f"选项{letter} {letter} {letter}选项 答案{letter} 选项{n}"
        f" 备选项{letter} 备选答案{letter} 选项内容{letter} {letter}. {letter}、"
        f" option{letter} option{n} choice{letter} choice{n}"
        for n, letter in enumerate(LETTERS, 1)
    },
    "key": "答案 正确答案 标准答案 参考答案 试题答案 题目答案 正确选项"
    " key answer correctanswer correct answerkey rightanswer",
    "topic": "知识点 考点 分类 所属分类 所属知识点 章节 所属章节 知识点名称 题库分类"
    " 科目 topic category chapter subject",
    "difficulty": "难度 难易度 难易程度 难度等级 难度级别 difficulty level",
    "citations": "依据 法律依据 法条 法条依据 法规依据 依据条款 政策依据 出处 来源"
    " citations citation reference source basis",
    "analysis": "解析 答案解析 试题解析 题目解析 详解 答案说明 答案详解 解释"
    " analysis explanation explain rationale",
    "tags": "标签 应知应会 适用对象 适用人员 标记 tags labels",
    "source": "题目来源 试题来源 命题来源 命题单位 origin",
}
#: For each part of a draft the headings people use; the first is ours.
HEADINGS = {part: tuple(words.split()) for part, words in _WORDS.items()}
#: Read where they are there; our own workbooks have none of them.
ALSO_READ = {
    "options": ("选项", "备选项", "备选答案", "选项内容", "options", "choices"),
    "points": ("分值", "分数", "得分", "题目分值", "points", "score", "mark", "marks"),
}
REQUIRED = ("stem", "key")
#: In the workbook of what could not be taken; nothing of a question.
REASON, PLACE = "问题说明", "原来的位置"
#: Columns of lists made elsewhere that say nothing about a question.
IGNORED = frozenset(
    {"序号", "编号", "题号", "题目编号", "no", "no.", "id", REASON, PLACE}
)
#: The sheet of the template that explains it.
GUIDE = "填写说明"
#: The sheet of an export that says who made it and what for.
STAMP = "导出说明"
