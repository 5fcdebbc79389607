"""/people: accounts and their roles, for administrators."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import PasswordField, SelectChoice, SelectField, StringField
from wtforms.validators import ValidationError

from registry.domain.dates import Precision
from registry.errors import NotFound
from registry.models.people import ROLES
from registry.queries.accounts import account, account_list
from registry.queries.choices import all_groupings, all_parties
from registry.queries.rows import Named
from registry.services.people import AddPerson, GrantRole, add_person, end_grant, grant_role, reset_password
from registry.views import here
from registry.views.acting import act_page
from registry.views.forms import ActForm, PartialDateField, offer_or_none, offer_words, required
from registry.views.guards import permitted
from registry.views.sign_in import LONGEST

blueprint = Blueprint("people", __name__)


class PersonForm(ActForm):
    """A new account."""

    login = StringField(_("账号"), description=_("账号名不要用真名。"), validators=[required(), LONGEST])
    name = StringField(_("姓名"), validators=[required(), LONGEST])
    post = StringField(_("职务"), description=_("如：发展和改革委员会 联络员"), validators=[required(), LONGEST])
    party = SelectField(_("所在单位"), validate_choice=False)
    language = SelectField(
        _("语言"), choices=[SelectChoice("zh", "中文"), SelectChoice("en", "English")], validators=[required()]
    )
    password = PasswordField(
        _("初始密码"),
        description=_("至少 10 个字符；请本人登录后修改。"),
        validators=[required(), LONGEST],
        render_kw={"autocomplete": "new-password"},
    )


class GrantForm(ActForm):
    """A role in its scope."""

    role = SelectField(_("角色"), validators=[required()])
    party = SelectField(_("哪个成员的"), description=_("联络员与查阅人必填。"), validate_choice=False)
    grouping = SelectField(_("哪个区域组织的"), description=_("秘书处必填。"), validate_choice=False)
    until = PartialDateField(_("到哪一天为止"), description=_("不填就是没有期限。"))

    def validate_until(self, field: PartialDateField) -> None:
        """A role ends with a whole day."""
        if field.data is not None and field.data.precision is not Precision.DAY:
            raise ValidationError(gettext("请写到日，如 2026-12-31。"))


class ResetForm(ActForm):
    """Another's new password."""

    password = PasswordField(
        _("新密码"),
        description=_("至少 10 个字符；请本人登录后修改。"),
        validators=[required(), LONGEST],
        render_kw={"autocomplete": "new-password"},
    )


class EndForm(ActForm):
    """Nothing to fill in."""


@blueprint.get("/people")
@permitted("person:add")
def people() -> ResponseReturnValue:
    """All accounts and their roles."""
    found = account_list(here.snapshot(), here.actor(), at=here.at())
    return render_template("people/list.html", people=found)


@blueprint.route("/people/new", methods=["GET", "POST"])
@permitted("person:add")
def add() -> ResponseReturnValue:
    """A new account; it may do nothing until a role is granted."""
    form = PersonForm()
    form.party.choices = offer_or_none(all_parties(here.snapshot()))

    def perform() -> str:
        ask = AddPerson(
            form.login.data,
            form.name.data,
            form.post.data,
            form.password.data,
            form.party.data or None,
            form.language.data,
        )
        return _address(add_person(here.database(), here.actor(), ask, at=here.at()).login, "grant")

    return act_page(form, perform, act="person:add", cancel=_address())


@blueprint.route("/people/<login>/grant", methods=["GET", "POST"])
@permitted("grant:give")
def grant(login: str) -> ResponseReturnValue:
    """Give a person a role."""
    subject = _person(login)
    form = GrantForm()
    form.role.choices = offer_words("role", ROLES)
    form.party.choices = offer_or_none(all_parties(here.snapshot()))
    form.grouping.choices = offer_or_none(all_groupings(here.snapshot()))

    def perform() -> str:
        ask = GrantRole(login, form.role.data, form.party.data or None, form.grouping.data or None, _end_of(form.until))
        grant_role(here.database(), here.actor(), ask, at=here.at())
        return _address()

    return act_page(form, perform, act="grant:give", subject=subject, cancel=_address())


@blueprint.route("/people/<login>/grants/<int:grant_id>/end", methods=["GET", "POST"])
@permitted("grant:end")
def end(login: str, grant_id: int) -> ResponseReturnValue:
    """End a role now."""
    found = account(here.snapshot(), here.actor(), login, at=here.at())
    if grant_id not in {each.id for each in found.grants}:
        raise NotFound("grant", grant_id)

    def perform() -> str:
        end_grant(here.database(), here.actor(), grant_id, at=here.at())
        return _address()

    return act_page(EndForm(), perform, act="grant:end", subject=_person(login), cancel=_address())


@blueprint.route("/people/<login>/reset", methods=["GET", "POST"])
@permitted("person:reset")
def reset(login: str) -> ResponseReturnValue:
    """Set another's password; that person's sessions end."""
    subject = _person(login)
    form = ResetForm()

    def perform() -> str:
        reset_password(here.database(), here.actor(), login, form.password.data, at=here.at())
        return _address()

    return act_page(form, perform, act="person:reset", subject=subject, cancel=_address())


def _address(*parts: str) -> str:
    return "/".join((f"{request.script_root}/people", *parts))


def _person(login: str) -> Named:
    """The account as the head of a form names it. Raises NotFound."""
    found = account(here.snapshot(), here.actor(), login, at=here.at())
    return Named("person", found.login, f"{found.login}（{found.post}）", f"{found.login} ({found.post})")


def _end_of(field: PartialDateField) -> datetime | None:
    day = field.data.last_day() if field.data else None
    return datetime.combine(day + timedelta(days=1), time(0, tzinfo=here.zone())) if day else None
