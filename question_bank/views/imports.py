"""What files have brought, and taking it back: /console/bank/imports."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_login import current_user

from core.access import needs
from core.clock import now
from question_bank.import_queries import import_shown, imports_listed
from question_bank.operations.undoing import undo_import

blueprint = Blueprint("bank_imports", __name__)


@blueprint.get("/console/bank/imports")
@needs("author")
def index() -> str:
    """All imports, the newest first."""
    return render_template("question_bank/imports.html", imports=imports_listed())


@blueprint.get("/console/bank/imports/<int:import_id>")
@needs("author")
def show(import_id: int) -> str:
    """One import, and whether it can be undone."""
    return render_template("question_bank/import.html", shown=import_shown(import_id))


@blueprint.post("/console/bank/imports/<int:import_id>/undo")
@needs("author")
def undo(import_id: int) -> Any:
    """Take all its questions out of the bank again."""
    n = undo_import(
        import_id=import_id, actor=f"account:{current_user.account_id}", now=now()
    )
    flash(gettext("已撤销这次导入，从题库移除了 %(n)d 题", n=n), "success")
    return redirect(url_for("bank_imports.show", import_id=import_id))
