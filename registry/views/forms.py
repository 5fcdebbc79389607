"""Forms: what is common to all. A form keeps what was typed, and every error is a sentence in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, ClassVar

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from markupsafe import Markup
from wtforms import Field, IntegerField, RadioField, SelectChoice, SelectField, StringField
from wtforms.validators import StopValidation, ValidationError

from registry.domain import Outcome, dates
from registry.domain.dates import PartialDate
from registry.errors import Reason
from registry.queries.choices import Choice
from registry.views import here
from registry.views.chinese import spoken
from registry.views.told import told
from registry.words import label

FILE_HINT = _("PDF、OFD、JPG、PNG 等，最大 50 MB")
DATE_HINT = _("知道多少写多少：2017-07-06、2017年7月、2017年。")


class ActForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The base of all forms. A request whose CSRF token failed is not carried out, and the typed text stays."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # Flask-WTF ships no types
        """How its fields are shown."""

        def render_field(self, field: Field, render_kw: dict[str, Any]) -> Markup:
            """The field; options in Chinese on an English page say that they are."""
            if isinstance(field, SelectField) and not isinstance(field, RadioField):
                choices = (SelectChoice.from_input(each) for each in field.choices or ())
                field.choices = [
                    replace(each, render_kw={**each.render_kw, **spoken(str(each.label))}) for each in choices
                ]
            shown: Markup = super().render_field(field, render_kw)
            return shown

    def validate(self, extra_validators: Any = None) -> bool:
        """Every field's own conditions, the token, and that the request came from this site's own page."""
        valid: bool = super().validate(extra_validators)
        if g.get("csrf_failed"):
            self.csrf_token.errors = [g.csrf_failed]
            return False
        return valid


class PartialDateField(StringField):  # type: ignore[misc]  # WTForms ships no types
    """A date as people write it. data: PartialDate, or None where nothing was written."""

    data: PartialDate | None

    @property
    def written(self) -> PartialDate:
        """The date of a required field that was found right."""
        if self.data is None:
            raise ValueError(f"{self.name} was not validated")
        return self.data

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed; what has two meanings or cannot be is told in words."""
        self.data, self.reads_as = None, None
        typed = valuelist[0] if valuelist else ""
        if not typed.strip():
            return
        reading = dates.read(typed, today=here.today())
        if reading.outcome in (Outcome.ASK, Outcome.REJECT):
            raise ValueError(told(Reason(str(reading.reason), {"value": typed}, field=self.name)).sentence)
        self.data = reading.value
        self.reads_as = typed if reading.outcome is Outcome.NORMALISE else None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return (self.data.en() if here.language() == "en" else self.data.zh()) if self.data else ""


class WholeNumberField(IntegerField):  # type: ignore[misc]  # WTForms ships no types
    """A whole number from 1, or None where nothing was written."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read digits, and say so where there are others."""
        self.data = None
        if valuelist and valuelist[0].strip():
            try:
                self.data = int(valuelist[0])
            except ValueError:
                raise ValueError(gettext("请填写整数，如 9。")) from None


class required:  # noqa: N801  # reads as a word in the list of validators
    """The field must be filled in; blanks do not count. What else was found wrong with it stays said."""

    field_flags: ClassVar[dict[str, bool]] = {"required": True}

    def __call__(self, form: Any, field: Field) -> None:
        """Stop where nothing was written."""
        if field.errors:
            raise StopValidation
        if field.data is None or field.data == [] or (isinstance(field.data, str) and not field.data.strip()):
            raise StopValidation(gettext("请填写这一项。"))


def demand(field: Field) -> None:
    """This field of this one form must be filled in, too."""
    field.validators = [required(), *field.validators]
    field.flags.required = True


def at_least(least: int, most: int) -> Callable[[Any, Field], None]:
    """A number between these, or none."""

    def check(form: Any, field: Field) -> None:
        if field.data is not None and not least <= field.data <= most:
            raise ValidationError(gettext("请填写 %(least)s 到 %(most)s 之间的整数。", least=least, most=most))

    return check


def offer(choices: Iterable[Choice]) -> list[SelectChoice]:
    """Records as a select offers them: code or number, and the title in the reader's language."""
    return [SelectChoice(choice.key, here.title(choice)) for choice in choices]


def offer_or_none(choices: Iterable[Choice]) -> list[SelectChoice]:
    """As `offer`, and first that none is chosen."""
    return [SelectChoice("", gettext("不选")), *offer(choices)]


def offer_words(kind: str, codes: Iterable[str]) -> list[SelectChoice]:
    """Codes as a select offers them, in the words of their kind."""
    return [SelectChoice(code, label(kind, code, here.language())) for code in codes]


def upload(label: Any, description: Any = FILE_HINT) -> FileField:
    """A file to keep. The name `evidence` is the one by which the content store refuses."""
    return FileField(label, description=description)
