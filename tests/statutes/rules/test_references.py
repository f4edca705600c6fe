import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from statutes.rules.references import (
    Reference,
    read_reference,
    short_name,
    split_references,
    write_reference,
)

numbers = st.integers(1, 3000)
laws = st.sampled_from(["行政处罚法", "民法典", "信访工作条例", "政府督查工作条例", ""])
references = st.builds(
    Reference,
    law=laws,
    article=numbers,
    sub=st.none() | st.integers(1, 20),
    paragraph=st.none() | st.integers(1, 20),
    item=st.none() | st.integers(1, 30),
)


@given(references)
def test_what_is_written_reads_back_as_itself(reference: Reference) -> None:
    assert read_reference(write_reference(reference)) == reference


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("《行政处罚法》第六十条", Reference("行政处罚法", 60)),
        (
            "《行政处罚法》第六十三条第一款第（二）项",
            Reference("行政处罚法", 63, None, 1, 2),
        ),
        ("《中华人民共和国行政处罚法》第60条", Reference("行政处罚法", 60)),
        ("行政处罚法第60条第1款第2项", Reference("行政处罚法", 60, None, 1, 2)),
        ("《刑法》第一百二十条之一", Reference("刑法", 120, 1)),
        ("《刑法》第 120 条之 1 第 2 款", Reference("刑法", 120, 1, 2)),
        ("第七十七条之一", Reference("", 77, 1)),
        ("《民法典》第一千零一十条", Reference("民法典", 1010)),
        (
            "《关于批准《某条例》的决议》第三条",
            Reference("关于批准《某条例》的决议", 3),
        ),
        ("《宪法》第６２条第(十)项", Reference("宪法", 62, None, None, 10)),
        ("《某某办法（试行）》第三条", Reference("某某办法（试行）", 3)),
    ],
)
def test_references_are_read_as_people_type_them(
    text: str, reference: Reference
) -> None:
    assert read_reference(text) == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "《行政处罚法》",
        "《行政处罚法》第六十条至第六十二条",
        "《行政处罚法》第零条",
        "《行政处罚法》第一百五条",
        "《行政处罚法》第六十条第款",
        "《行政处罚法》六十条",
        "《行政处罚法第六十条",
        "《行政处罚法》第10000条",
        "《" + "长" * 300 + "》第一条",
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(Refused) as caught:
        read_reference(text)
    assert "看不懂依据" in str(caught.value)
    assert len(str(caught.value)) < 120


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_reference(text)
    except Refused:
        return


@pytest.mark.parametrize(
    ("cell", "pieces"),
    [
        (
            "《宪法》第八十九条；《宪法》第六十七条",
            ["《宪法》第八十九条", "《宪法》第六十七条"],
        ),
        ("《民法典》第三条、第五条", ["《民法典》第三条", "《民法典》第五条"]),
        ("《民法典》第三条和《宪法》第二条", ["《民法典》第三条", "《宪法》第二条"]),
        ("《民法典》第三条\n《宪法》第二条", ["《民法典》第三条", "《宪法》第二条"]),
        ("《国旗法、国徽法和国歌法》第三条", ["《国旗法、国徽法和国歌法》第三条"]),
        ("", []),
        (" ； ", []),
    ],
)
def test_a_cell_holds_several_references(cell: str, pieces: list[str]) -> None:
    assert split_references(cell) == pieces


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("中华人民共和国宪法", "宪法"),
        ("《宪法》", "宪法"),
        ("中国人民解放军选举法", "中国人民解放军选举法"),
        ("中华人民共和国", "中华人民共和国"),
    ],
)
def test_a_law_is_cited_by_its_short_name(title: str, short: str) -> None:
    assert short_name(title) == short
