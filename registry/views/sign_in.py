"""Signing in and out, one's own password, and the token that makes the first administrator."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import login_user, logout_user
from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, Length

from registry.models import Person
from registry.queries.frame import SignedIn
from registry.services.people import RedeemToken, change_password, redeem_token, set_language, sign_in
from registry.views import here
from registry.views.acting import send
from registry.views.forms import ActForm, required
from registry.views.guards import public, signed_in

blueprint = Blueprint("sign_in", __name__)

LONGEST = Length(max=200)
"""Longer passwords would cost the server and help nobody."""


class SignInForm(ActForm):
    """Name of the account and password."""

    login = StringField(_("账号"), validators=[required(), LONGEST], render_kw={"autocomplete": "username"})
    password = PasswordField(
        _("密码"), validators=[required(), LONGEST], render_kw={"autocomplete": "current-password"}
    )


class PasswordForm(ActForm):
    """One's own new password."""

    old = PasswordField(
        _("现在的密码"), validators=[required(), LONGEST], render_kw={"autocomplete": "current-password"}
    )
    new = PasswordField(
        _("新密码"),
        description=_("至少 10 个字符。"),
        validators=[required(), LONGEST],
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _("再填一遍新密码"),
        validators=[required(), EqualTo("new", message=_("两次填写的新密码不同。"))],
        render_kw={"autocomplete": "new-password"},
    )


class BeginForm(ActForm):
    """The first administrator."""

    token = StringField(
        _("一次性口令"),
        description=_("由“registry init”显示。"),
        validators=[required(), LONGEST],
        render_kw={"autocomplete": "off"},
    )
    login = StringField(
        _("账号"),
        description=_("账号名不要用真名。"),
        validators=[required(), LONGEST],
        render_kw={"autocomplete": "username"},
    )
    name = StringField(_("姓名"), validators=[required(), LONGEST])
    post = StringField(_("职务"), validators=[required(), LONGEST])
    password = PasswordField(
        _("密码"),
        description=_("至少 10 个字符。"),
        validators=[required(), LONGEST],
        render_kw={"autocomplete": "new-password"},
    )


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def enter() -> ResponseReturnValue:
    """Sign in. An unknown name, a wrong password and an ended account get one and the same answer."""
    form = SignInForm()

    def perform() -> str:
        person = sign_in(here.database(), form.login.data, form.password.data, at=here.at())
        begin_session(person)
        home = "/en/desk" if person.language == "en" else "/desk"
        return _own_page(request.args.get("next")) or home

    sent, reasons = send(form, perform, done=gettext("已登录。"))
    if sent is not None:
        return redirect(sent, 303)
    return render_template("sign_in.html", form=form, reasons=reasons), _status(form)


@blueprint.post("/sign-out")
@public
def leave() -> ResponseReturnValue:
    """Sign out: nothing of the session stays."""
    logout_user()
    session.clear()
    return redirect(f"{request.script_root}/", 303)


@blueprint.route("/people/password", methods=["GET", "POST"])
@signed_in
def password() -> ResponseReturnValue:
    """Change one's own password; every other session of the account ends."""
    form = PasswordForm()

    def perform() -> str:
        begin_session(change_password(here.database(), here.actor(), form.old.data, form.new.data, at=here.at()))
        return f"{request.script_root}/desk"

    sent, reasons = send(form, perform, done=gettext("密码已修改。"))
    if sent is not None:
        return redirect(sent, 303)
    return render_template("people/password.html", form=form, reasons=reasons), form.status


@blueprint.post("/people/language")
@signed_in
def language() -> ResponseReturnValue:
    """From now on in this language, wherever one signs in."""
    chosen = "en" if request.form.get("language") == "en" else "zh"
    set_language(here.database(), here.actor(), chosen, at=here.at())
    root = request.script_root.removesuffix("/en")
    return redirect(f"{root}{'/en' if chosen == 'en' else ''}/desk", 303)


@blueprint.route("/begin", methods=["GET", "POST"])
@public
def begin() -> ResponseReturnValue:
    """The one-time token of `registry init` makes the first administrator."""
    form = BeginForm()

    def perform() -> str:
        ask = RedeemToken(form.token.data.strip(), form.login.data, form.name.data, form.post.data, form.password.data)
        begin_session(redeem_token(here.database(), ask, at=here.at()))
        return f"{request.script_root}/people"

    sent, reasons = send(form, perform)
    if sent is not None:
        return redirect(sent, 303)
    return render_template("people/begin.html", form=form, reasons=reasons), form.status


def begin_session(person: Person) -> None:
    """A session of its own for who just proved to be this person: nothing of the one before it stays."""
    session.clear()
    identity = here.identity_of(person.id, person.session_key)
    login_user(here.Account(identity, SignedIn(person.login, person.post, person.language)))


def _own_page(address: str | None) -> str | None:
    """The address to go back to, if it is one of this site's own pages."""
    if not address or not address.startswith("/") or address[1:2] in ("/", "\\") or not address.isprintable():
        return None
    return address


def _status(form: ActForm) -> int:
    """A refused sign-in is 403, whatever was wrong."""
    return 403 if form.status == 409 else form.status
