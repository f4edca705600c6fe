"""The columns of a question workbook: read by one, written by the others."""

from __future__ import annotations

from question_bank.rules.validity import LETTERS

#: For each part of a draft the headings people use; the first is ours.
HEADINGS: dict[str, tuple[str, ...]] = {
    "kind": ("题型", "类型", "题目类型", "试题类型", "kind", "type"),
    "stem": (
        "题干",
        "题目",
        "试题",
        "题目内容",
        "试题内容",
        "问题",
        "stem",
        "question",
    ),
    **{
        f"option {letter}": (
            f"选项{letter}",
            letter,
            f"{letter}选项",
            f"答案{letter}",
            f"option{letter}",
        )
        for letter in LETTERS
    },
    "key": ("答案", "正确答案", "标准答案", "参考答案", "key", "answer"),
    "topic": ("知识点", "考点", "分类", "topic"),
    "difficulty": ("难度", "难易度", "难易程度", "difficulty"),
    "citations": ("依据", "法律依据", "法条", "法条依据", "citations", "citation"),
    "analysis": ("解析", "答案解析", "试题解析", "analysis", "explanation"),
}
REQUIRED = ("stem", "key")
#: Columns of lists made elsewhere that say nothing about a question.
IGNORED = frozenset({"序号", "编号", "题号", "no", "no.", "id"})
#: The sheet of the template that explains it.
GUIDE = "填写说明"
