"""A question as typed by hand → a draft."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    FieldList,
    Form,
    FormField,
    HiddenField,
    SelectField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.validators import DataRequired

from question_bank.forms import translated
from question_bank.rules.typed import read_draft
from question_bank.rules.validity import (
    DIFFICULTIES,
    KINDS,
    LETTERS,
    MOST_PARTS,
    PART_KINDS,
    SOURCE_LIMIT,
    Draft,
    Problem,
    problems,
    typed_key,
)


class PartForm(Form):
    """A question of a case; without a stem and a key it is not there."""

    kind = SelectField(_("题型"), validate_choice=False)
    stem = TextAreaField(_("小题题干"))
    options = TextAreaField(_("选项"))
    key = StringField(_("答案"))
    citations = TextAreaField(_("依据"))
    analysis = TextAreaField(_("解析"))

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.kind.choices = translated(PART_KINDS)

    @property
    def kept(self) -> bool:
        """Whether something was typed."""
        fields = (self.stem, self.options, self.key)
        return any((field.data or "").strip() for field in fields)

    def draft(self) -> Draft:
        """What was typed, as a draft."""
        return read_draft(
            kind=self.kind.data or "",
            stem=self.stem.data or "",
            options=(self.options.data or "").splitlines(),
            key=self.key.data or "",
            topic="",
            difficulty="",
            citations=self.citations.data or "",
            analysis=self.analysis.data or "",
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
    key = StringField(_("答案"))
    parts = FieldList(FormField(PartForm), max_entries=MOST_PARTS)
    topic = StringField(_("知识点"), render_kw={"list": "topics", "maxlength": 60})
    difficulty = SelectField(_("难度"), choices=DIFFICULTIES, default="medium")
    citations = TextAreaField(_("依据"))
    analysis = TextAreaField(_("解析"))
    tags = StringField(_("标签"))
    source = StringField(_("题目来源"), render_kw={"maxlength": SOURCE_LIMIT})
    as_draft = SubmitField(_("存为草稿"))

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.kind.choices = translated(KINDS)
        self.difficulty.choices = translated(DIFFICULTIES)
        while len(self.parts) < MOST_PARTS:
            self.parts.append_entry()

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
            parts=[entry.form.draft() for entry in self.parts if entry.form.kept],
            tags=self.tags.data or "",
            source=self.source.data or "",
        )

    def validate(self, extra_validators: Any = None) -> bool:
        """Also say what is wrong with the question, at the field it lies in."""
        if not super().validate(extra_validators):
            return False
        found = problems(self.draft())
        for problem in found:
            self._say(problem)
        return not found

    def _say(self, problem: Problem) -> None:
        text = gettext(problem.message, **problem.values)
        inner = re.fullmatch(r"part (\d+) (\w+).*", problem.part)
        if inner:
            kept = [entry.form for entry in self.parts if entry.form.kept]
            form = kept[int(inner[1]) - 1]
            name = "options" if inner[2] == "option" else inner[2]
            # Its label says no number, so the sentence keeps it.
            field = form[name if name in form else "stem"]
        else:
            name = problem.part.lower().replace(" ", "_")
            field = self[name if name in self and name != "parts" else "stem"]
        field.errors = [*field.errors, text]
        if inner:
            self.form_errors.append(text)


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
        key="" if draft.kind == "case" else typed_key(draft),
        parts=[_filled_part(part) for part in draft.parts],
        topic=draft.topic,
        difficulty=draft.difficulty,
        citations="\n".join(draft.citations),
        analysis=draft.analysis,
        tags="；".join(draft.tags),
        source=draft.source,
        **options,
    )


def _filled_part(part: Draft) -> dict[str, str]:
    return {
        "kind": part.kind,
        "stem": part.stem,
        # A line is an option, so an option is a line.
        "options": "\n".join(option.replace("\n", " ") for option in part.options),
        "key": typed_key(part),
        "citations": "\n".join(part.citations),
        "analysis": part.analysis,
    }
