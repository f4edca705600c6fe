"""What is typed about questions → typed values."""

from __future__ import annotations

import unicodedata
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import MultiDict
from wtforms import (
    Form,
    HiddenField,
    SearchField,
    SelectField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.validators import AnyOf

from question_bank.formats.files import ENDINGS
from question_bank.list_queries import EASES, PASTS, SORTS, Wanted
from question_bank.rules.lifecycle import STATES
from question_bank.rules.validity import DIFFICULTIES, KINDS
from question_bank.rules.wording import tidy

TEXT_LIMIT = 100  # characters of a search


def _searched(text: str | None) -> str:
    return tidy(text or "")[:TEXT_LIMIT]


def _percent(text: str | None) -> str:
    """A whole percentage from 1 to 100; anything else counts as nothing."""
    digits = unicodedata.normalize("NFKC", text or "").strip(" %")
    fits = digits.isascii() and digits.isdigit() and 1 <= int(digits[:4]) <= 100
    return str(int(digits)) if fits and len(digits) < 4 else ""


class UploadForm(FlaskForm):
    """A file to look at, or a text that was pasted."""

    file = FileField(
        _("文件"),
        render_kw={"accept": ",".join(ENDINGS), "data-send-at-once": ""},
    )
    text = TextAreaField(_("或者把题目粘贴在这里"))

    def validate(self, extra_validators: Any = None) -> bool:
        """One of the two must be there."""
        if not super().validate(extra_validators):
            return False
        if not self.file.data and not (self.text.data or "").strip():
            self.form_errors.append(gettext("请选择文件，或把题目粘贴到文本框里"))
            return False
        return True


class DecisionForm(FlaskForm):
    """What to do with the file after the look."""

    good = SubmitField()
    green = SubmitField()
    cancel = SubmitField()


class FillForm(FlaskForm):
    """A topic and a difficulty for all questions that have none."""

    all_topic = StringField(
        _("知识点"), filters=[_searched], render_kw={"list": "topics", "maxlength": 60}
    )
    all_difficulty = SelectField(_("难度"), validate_choice=False)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.all_difficulty.choices = {"": gettext("不变")} | translated(DIFFICULTIES)


class LabelForm(FlaskForm):
    """A topic and a difficulty for many questions."""

    topic = StringField(
        _("知识点"), filters=[_searched], render_kw={"list": "topics", "maxlength": 60}
    )
    difficulty = SelectField(_("难度"), validate_choice=False)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.difficulty.choices = {"": gettext("不变")} | translated(DIFFICULTIES)


class StateForm(FlaskForm):
    """Another state for a question that was seen in one."""

    expected = HiddenField(validators=[AnyOf(STATES)])
    state = HiddenField(validators=[AnyOf(STATES)])
    reason = TextAreaField(_("退回的原因"), render_kw={"maxlength": 500})


class RemarkForm(FlaskForm):
    """What somebody has to say about a question."""

    text = TextAreaField(_("意见"), render_kw={"maxlength": 500})


class SettleForm(FlaskForm):
    """What came of a remark."""

    outcome = StringField(_("处理结果"), render_kw={"maxlength": 200})


class FilterForm(Form):
    """What the list of questions is narrowed to; nothing here can be wrong."""

    kind = SelectField(_("题型"))
    topic = SelectField(_("知识点"))
    difficulty = SelectField(_("难度"))
    state = SelectField(_("状态"))
    past = SelectField(_("使用情况"))
    ease = SelectField(_("实际难度"))
    below = StringField(
        _("得分率低于（%）"),
        filters=[_percent],
        render_kw={"inputmode": "numeric", "maxlength": 3, "autocomplete": "off"},
    )
    q = SearchField(
        _("题里的字，或编号"), filters=[_searched], render_kw={"maxlength": TEXT_LIMIT}
    )
    citation = SearchField(
        _("依据"), filters=[_searched], render_kw={"maxlength": TEXT_LIMIT}
    )
    sort = SelectField(_("排序"))

    def __init__(
        self, args: MultiDict[str, str], topics: list[tuple[int, str]]
    ) -> None:
        super().__init__(args)
        every = {"": gettext("全部")}
        self.kind.choices = every | translated(KINDS)
        self.topic.choices = every | {str(id): name for id, name in topics}
        self.state.choices = every | translated(STATES)
        self.difficulty.choices = every | translated(DIFFICULTIES)
        self.past.choices = every | translated(PASTS)
        self.ease.choices = every | translated(EASES)
        self.sort.choices = translated(SORTS)

    def wanted(self) -> Wanted:
        """What was chosen; what is not among the choices counts as nothing."""
        topic = _chosen(self.topic)
        return Wanted(
            kind=_chosen(self.kind),
            topic_id=int(topic) if topic else None,
            state=_chosen(self.state),
            text=self.q.data or "",
            difficulty=_chosen(self.difficulty),
            citation=self.citation.data or "",
            past=_chosen(self.past),
            ease=_chosen(self.ease),
            below=int(self.below.data) if self.below.data else None,
        )

    @property
    def further(self) -> bool:
        """Whether something is chosen that the page folds away."""
        fields = (self.past, self.ease, self.below, self.citation)
        return any(field.name in self.query() for field in fields)

    def words(self) -> str:
        """What was chosen, for people: 题型：单选；得分率低于（%）：60."""
        said = []
        for name, value in self.query().items():
            field = self[name]
            words: Any = field.choices if isinstance(field, SelectField) else {}
            word = str(words.get(value, value)).strip()
            if name != "sort":
                said.append(f"{field.label.text}：{word}")
        return "；".join(said)

    def query(self) -> dict[str, str]:
        """What was chosen, as the address has it."""
        found = {
            field.name: _chosen(field) if isinstance(field, SelectField) else field.data
            for field in self
        }
        return {name: value for name, value in found.items() if value}


def _chosen(field: SelectField) -> str:
    value = str(field.data or "")
    return value if value in (field.choices or ()) else ""


def translated(words: dict[str, str]) -> dict[str, Any]:
    """Words of a table as the choices of a field."""
    return {name: gettext(word) for name, word in words.items()}


#: Words that stand in tables of the rules, for the catalogue.
WORDS = (
    *(lazy_gettext("单选"), lazy_gettext("多选"), lazy_gettext("判断")),
    *(lazy_gettext("填空"), lazy_gettext("易"), lazy_gettext("中")),
    *(lazy_gettext("难"), lazy_gettext("草稿"), lazy_gettext("可用")),
    *(lazy_gettext("暂停"), lazy_gettext("停用"), lazy_gettext("案例")),
    *(lazy_gettext("待审"), lazy_gettext("最新的在前"), lazy_gettext("最早的在前")),
    *(lazy_gettext("按知识点"), lazy_gettext("按题型"), lazy_gettext("由易到难")),
    *(lazy_gettext("用得最多的在前"), lazy_gettext("用得最少的在前")),
    *(lazy_gettext("没有考试用过"), lazy_gettext("考试用过"), lazy_gettext("改过的")),
    *(lazy_gettext("有未处理的意见"), lazy_gettext("得分率低的在前")),
    *(lazy_gettext("得分率高的在前"), lazy_gettext("比标注的难")),
    *(lazy_gettext("比标注的易"), lazy_gettext("和标注的差不多")),
    *(lazy_gettext("作答还太少"),),
)
