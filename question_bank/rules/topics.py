"""What a topic may be called, and what two of them may be merged. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from core.errors import Refused
from question_bank.rules.validity import TOPIC_LIMIT
from question_bank.rules.wording import tidy

#: The topic of questions that name none.
NO_TOPIC = "未分类"


def given_name(text: str, others: Iterable[str], merged: Iterable[str] = ()) -> str:
    """The name of a topic as it is kept.

    :param others: What other topics in use are called.
    :param merged: Names of topics that were merged: in files they mean another one.
    :raises Refused: If it says nothing, is too long, or is another one's.
    """
    name = tidy(text).replace("\n", " ")
    if not name:
        raise Refused("请填写知识点的名称")
    if len(name) > TOPIC_LIMIT:
        raise Refused("知识点最多 %(most)d 个字", most=TOPIC_LIMIT)
    if name in others:
        raise Refused("已经有知识点“%(name)s”，请换一个名称，或把两个合并", name=name)
    if name in merged:
        raise Refused("“%(name)s”已并入别的知识点，请换一个名称", name=name)
    return name


def check_renamed(name: str) -> None:
    """Whether a topic may get another name, or give way to another one.

    :raises Refused: If it is where questions go that name no topic.
    """
    if name == NO_TOPIC:
        raise Refused(
            "没有写知识点的题都在“%(name)s”，它不能改名或并入别的；"
            "请在题库里批量改这些题的知识点",
            name=name,
        )


def check_place(topic: int, parent: int | None, above_parent: Iterable[int]) -> None:
    """Whether a topic may stand below another one, or be merged into it.

    :param above_parent: All that stands above the parent.
    :raises Refused: If it would stand below itself.
    """
    if parent == topic or topic in above_parent:
        raise Refused("不能放到自己或自己的下级里，请另选一个知识点")


def check_empty(questions: int, children: int) -> None:
    """Whether a topic may be removed.

    :param questions: Its own in use, in their newest versions.
    :param children: Topics right below it.
    :raises Refused: If something is lost with it.
    """
    if questions:
        raise Refused(
            "这个知识点下还有 %(n)d 题，请先把题改到别的知识点，或把它并入别的",
            n=questions,
        )
    if children:
        raise Refused("这个知识点下还有 %(n)d 个下级，请先把它们移到别处", n=children)
