"""The catalogues: in step with the code, complete, and with the same placeholders."""

from __future__ import annotations

import gettext
import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.core import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from rilon.texts.rendering import placeholders
from rilon.texts.translator import LOCALES

KEYWORDS = {"say": None, "say_many": (1, 2), "translatable": None}
PROJECT = LOCALES.parents[2]
FOLDERS = ("rilon/texts", "rilon/audit", "bots")
"""Where sentences stand. Officers read those of the first; the others may wait in English."""
LANGUAGES = sorted(path.name for path in LOCALES.iterdir() if path.is_dir())
TRANSLATED = [language for language in LANGUAGES if language != "en"]


def source(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "rilon.po"


def read_catalogue(path: Path, language: str | None = None) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language)


def sentences_in_code(*folders: str) -> set[str | tuple[str, ...]]:
    return {
        message
        for folder in folders or FOLDERS
        for _, _, message, _, _ in extract_from_dir(
            str(PROJECT / folder), keywords=KEYWORDS, method_map=[("**.py", "python")]
        )
    }


def sentences(catalogue: Catalog) -> set[str | tuple[str, ...]]:
    return {
        message.id if isinstance(message.id, str) else tuple(message.id)
        for message in catalogue
        if message.id
    }


def forms(value: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def pairs(language: str) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    for message in read_catalogue(source(language), language):
        if message.id:
            yield forms(message.id), forms(message.string)


def test_the_template_holds_exactly_the_sentences_of_the_code() -> None:
    assert sentences(read_catalogue(LOCALES / "rilon.pot")) == sentences_in_code()


def test_extraction_sees_every_kind_of_sentence() -> None:
    found = sentences_in_code()
    assert "Who reads what" in found
    assert ("You are in {count} room", "You are in {count} rooms") in found
    assert "Not delivered in {room}: the marking is not clear" in found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_in_step_with_the_template(language: str) -> None:
    assert sentences(read_catalogue(source(language), language)) == sentences_in_code()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_that_officers_read_is_translated(language: str) -> None:
    catalogue = dict(pairs(language))
    officers_read = map(forms, sentences_in_code("rilon/texts"))
    assert [said for said in officers_read if not all(catalogue[said])] == []


def test_sentences_stand_only_where_extraction_looks() -> None:
    elsewhere = [
        path.relative_to(PROJECT).as_posix()
        for path in (PROJECT / "rilon").rglob("*.py")
        if "translatable(" in path.read_text(encoding="utf-8")
    ]
    assert [path for path in elsewhere if not path.startswith(FOLDERS)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_sentence(language: str) -> None:
    for said, translated in pairs(language):
        asked = {placeholders(form) for form in said}
        for form in filter(None, translated):
            assert placeholders(form) in asked, form


@pytest.mark.parametrize("language", TRANSLATED)
def test_words_that_officers_type_are_not_translated(language: str) -> None:
    kept = ("TLP:AMBER+STRICT", "TLP", "REL", "PROTECT", "EXP", "NOPD", "GRADE", "//", "RSO")
    for said, translated in pairs(language):
        for word in kept:
            assert (word in said[0]) <= all(word in form for form in translated if form), said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plural_forms_are_those_of_the_language(language: str) -> None:
    catalogue = read_catalogue(source(language), language)
    rule = Locale.parse(language).plural_form
    assert catalogue.num_plurals == len(rule.tags | {"other"})
    form_of = gettext.c2py(catalogue.plural_expr)
    for one, other in itertools.combinations(range(120), 2):
        assert (form_of(one) == form_of(other)) == (rule(one) == rule(other))
    for said, translated in pairs(language):
        assert len(translated) == (catalogue.num_plurals if len(said) > 1 else 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_source_compiled(language: str) -> None:
    fresh = io.BytesIO()
    write_mo(fresh, read_catalogue(source(language), language))
    fresh.seek(0)
    with source(language).with_suffix(".mo").open("rb") as file:
        stored = gettext.GNUTranslations(file)
    compiled = gettext.GNUTranslations(fresh)
    for said, _ in pairs(language):
        for count in (0, 1, 2, 5):
            assert stored.ngettext(said[0], said[-1], count) == compiled.ngettext(
                said[0], said[-1], count
            )
        assert stored.gettext(said[0]) == compiled.gettext(said[0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_marked_as_a_guess(language: str) -> None:
    assert not [m.id for m in read_catalogue(source(language), language) if m.id and m.fuzzy]
