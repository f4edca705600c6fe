"""What is typed about questions → typed values."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DecimalField,
    Form,
    HiddenField,
    RadioField,
    SearchField,
    SelectField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.validators import AnyOf, DataRequired, Length, NumberRange, Optional

from core.forms import PageForm, said_on
from question_bank.formats.files import ENDINGS
from question_bank.queries import Wanted
from question_bank.rules.exporting import (
    FORMS,
    POINTS,
    PURPOSE_LIMIT,
    TITLE,
    TITLE_LIMIT,
    Layout,
    Selection,
    given_purpose,
    read_ids,
)
from question_bank.rules.lifecycle import STATES
from question_bank.rules.printed import Stamp
from question_bank.rules.typed import read_draft
from question_bank.rules.validity import (
    DIFFICULTIES,
    KINDS,
    LETTERS,
    Draft,
    problems,
    typed_key,
)
from question_bank.rules.wording import tidy

TEXT_LIMIT = 100  # characters of a search


def _searched(text: str | None) -> str:
    return tidy(text or "")[:TEXT_LIMIT]


def _tidied(text: str | None) -> str:
    return tidy(text or "")


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
        self.all_difficulty.choices = {"": gettext("不变")} | _translated(DIFFICULTIES)


class StateForm(FlaskForm):
    """Another state for a question that was seen in one."""

    expected = HiddenField(validators=[AnyOf(STATES)])
    state = HiddenField(validators=[AnyOf(STATES)])


class FilterForm(Form):
    """What the list of questions is narrowed to; nothing here can be wrong."""

    kind = SelectField(_("题型"))
    topic = SelectField(_("知识点"))
    state = SelectField(_("状态"))
    q = SearchField(
        _("题干或解析里的字"), filters=[_searched], render_kw={"maxlength": TEXT_LIMIT}
    )

    def __init__(
        self, args: MultiDict[str, str], topics: list[tuple[int, str]]
    ) -> None:
        super().__init__(args)
        every = {"": gettext("全部")}
        self.kind.choices = every | _translated(KINDS)
        self.topic.choices = every | {str(id): name for id, name in topics}
        self.state.choices = every | _translated(STATES)

    def wanted(self) -> Wanted:
        """What was chosen; what is not among the choices counts as nothing."""
        topic = _chosen(self.topic)
        return Wanted(
            kind=_chosen(self.kind),
            topic_id=int(topic) if topic else None,
            state=_chosen(self.state),
            text=self.q.data or "",
        )


def _points_field(kind: str) -> Any:
    return DecimalField(
        lazy_gettext(KINDS[kind]),
        [Optional(), NumberRange(0.01, 100, _("应为 0.01 到 100 分"))],
        places=None,
        default=Decimal(str(POINTS[kind])),
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )


class ExportForm(PageForm):
    """Which questions leave the bank, in which form, and what for."""

    form = RadioField(_("文件"), default="docx")
    kind = SelectField(_("题型"))
    topic = SelectField(_("知识点"))
    state = SelectField(_("状态"), default="approved")
    ids = StringField(_("题目编号"), [Optional()], filters=[_searched])
    title = StringField(
        _("标题"),
        [DataRequired(_("请填写标题")), Length(max=TITLE_LIMIT)],
        default=TITLE,
        filters=[_searched],
        render_kw={"maxlength": TITLE_LIMIT},
    )
    single = _points_field("single")
    multi = _points_field("multi")
    judge = _points_field("judge")
    fill = _points_field("fill")
    key = BooleanField(_("试卷后附参考答案及解析"))
    seal = BooleanField(_("试卷左边印密封线"))
    purpose = StringField(
        _("用途"), filters=[_tidied], render_kw={"maxlength": PURPOSE_LIMIT}
    )

    def __init__(self, topics: list[tuple[int, str]], **values: Any) -> None:
        super().__init__(**values)
        every = {"": gettext("全部")}
        self.form.choices = list(_translated(FORMS).items())
        self.kind.choices = every | _translated(KINDS)
        self.topic.choices = every | {str(id): name for id, name in topics}
        self.state.choices = every | _translated(STATES)
        self.chosen: tuple[int, ...] = ()

    def validate(self, extra_validators: Any = None) -> bool:
        """Also read the numbers and the purpose."""
        if not super().validate(extra_validators):
            return False
        with said_on(self):
            self.chosen = read_ids(self.ids.data or "")
            given_purpose(self.purpose.data or "")
        return not self.form_errors

    def selection(self) -> Selection:
        """The questions that are meant."""
        topic = _chosen(self.topic)
        return Selection(
            kind=_chosen(self.kind),
            topic_id=int(topic) if topic else None,
            state=_chosen(self.state),
            ids=self.chosen,
        )

    def layout(self, stamp: Stamp) -> Layout:
        """How the file is made."""
        given = {kind: self[kind].data for kind in POINTS if kind in self}
        return Layout(
            form=self.form.data,
            stamp=stamp,
            title=self.title.data or TITLE,
            points={k: Fraction(each) for k, each in given.items() if each is not None},
            key=bool(self.key.data),
            seal=bool(self.seal.data),
        )


class QuestionForm(FlaskForm):
    """A question, as typed by hand."""

    base = HiddenField()  # the version it was made from
    kind = SelectField(_("题型"), choices=KINDS)
    stem = TextAreaField(_("题干"), [DataRequired(_("请填写题干"))])
    option_a = StringField(_("选项A"))
    option_b = StringField(_("选项B"))
    option_c = StringField(_("选项C"))
    option_d = StringField(_("选项D"))
    option_e = StringField(_("选项E"))
    option_f = StringField(_("选项F"))
    option_g = StringField(_("选项G"))
    option_h = StringField(_("选项H"))
    key = StringField(_("答案"), [DataRequired(_("请填写答案"))])
    topic = StringField(_("知识点"), render_kw={"list": "topics", "maxlength": 60})
    difficulty = SelectField(_("难度"), choices=DIFFICULTIES, default="medium")
    citations = TextAreaField(_("依据"))
    analysis = TextAreaField(_("解析"))

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.kind.choices = _translated(KINDS)
        self.difficulty.choices = _translated(DIFFICULTIES)

    @property
    def option_fields(self) -> list[StringField]:
        """The fields of the options, A to H."""
        return [self[f"option_{letter.lower()}"] for letter in LETTERS]

    def draft(self) -> Draft:
        """What was typed, as a draft."""
        return read_draft(
            kind=self.kind.data or "",
            stem=self.stem.data or "",
            options=[field.data or "" for field in self.option_fields],
            key=self.key.data or "",
            topic=self.topic.data or "",
            difficulty=self.difficulty.data or "",
            citations=self.citations.data or "",
            analysis=self.analysis.data or "",
        )

    def validate(self, extra_validators: Any = None) -> bool:
        """Also say what is wrong with the question, at the field it lies in."""
        if not super().validate(extra_validators):
            return False
        found = problems(self.draft())
        for problem in found:
            name = problem.part.lower().replace(" ", "_")
            field = self[name if name in self else "stem"]
            text = gettext(problem.message, **problem.values)
            field.errors = [*field.errors, text]
        return not found


def filled_form(draft: Draft, base: int) -> QuestionForm:
    """The form with what a question holds now."""
    options = {
        f"option_{letter.lower()}": text
        for letter, text in zip(LETTERS, draft.options, strict=False)
    }
    return QuestionForm(
        formdata=None,
        base=str(base),
        kind=draft.kind,
        stem=draft.stem,
        key=typed_key(draft),
        topic=draft.topic,
        difficulty=draft.difficulty,
        citations="\n".join(draft.citations),
        analysis=draft.analysis,
        **options,
    )


def _chosen(field: SelectField) -> str:
    value = str(field.data or "")
    return value if value in (field.choices or ()) else ""


def _translated(words: dict[str, str]) -> dict[str, Any]:
    return {name: gettext(word) for name, word in words.items()}


#: Words that stand in tables of the rules, for the catalogue.
WORDS = (
    *(lazy_gettext("单选"), lazy_gettext("多选"), lazy_gettext("判断")),
    *(lazy_gettext("填空"), lazy_gettext("易"), lazy_gettext("中")),
    *(lazy_gettext("难"), lazy_gettext("草稿"), lazy_gettext("可用")),
    *(lazy_gettext("暂停"), lazy_gettext("停用")),
)
