"""The catalogs of translations, and the messages of the program that they have to have.

python -m tests.support.catalogs       brings every catalog up to date
python -m tests.support.catalogs sv    begins one for Swedish
"""

import sys
from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from tests.support.paths import ROOT

PACKAGE: Final = ROOT / "feeds"
FOLDER: Final = PACKAGE / "locale"
_METHODS: Final = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_OPTIONS: Final = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}
_KEYWORDS: Final = {**DEFAULT_KEYWORDS, "Message": None, "counted": (1, 2)}
_COMMENTS: Final = ("Translators:",)  # what such comments in the source say stands in catalogs
_WIDTH: Final = 100  # characters of a line
_HEADER: Final = """\
# {name} words of the program. CONTRIBUTING.md says how to update them.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""


@lru_cache(maxsize=1)
def extracted() -> Catalog:
    """Return all messages that are marked for translation in the program."""
    template = Catalog()
    found = extract_from_dir(
        PACKAGE, _METHODS, _OPTIONS, _KEYWORDS, _COMMENTS, strip_comment_tags=True
    )
    for file, line, message, comments, context in found:
        place = (f"feeds/{file}", line)
        template.add(message, None, [place], auto_comments=comments, context=context)
    return template


def catalog(path: Path) -> Catalog:
    """Return a catalog as the program reads it."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem.replace("-", "_"))


def is_translated(message: Message) -> bool:
    """Return whether a message has a translation, in all plural forms that it has places for."""
    forms = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return not message.id or all(forms)


def update(path: Path, template: Catalog) -> None:
    """Add the messages to a catalog that it lacks, and remove those that are gone."""
    updated = catalog(path) if path.exists() else Catalog(path.stem.replace("-", "_"))
    updated.update(template, no_fuzzy_matching=True)
    assert updated.locale is not None
    body = BytesIO()
    write_po(
        body,
        updated,
        width=_WIDTH,
        sort_by_file=True,
        include_lineno=False,
        ignore_obsolete=True,
        omit_header=True,
    )
    name, language = updated.locale.english_name, str(path.stem).replace("-", "_")
    header = _HEADER.format(name=name, language=language, plural_forms=updated.plural_forms)
    path.write_bytes(header.encode() + body.getvalue().lstrip())


def main(languages: Iterable[str]) -> None:
    """Bring all catalogs up to date, after beginning those that are named."""
    template = extracted()
    begun = {FOLDER / f"{language}.po" for language in languages}
    for path in sorted({*FOLDER.glob("*.po"), *begun}):
        update(path, template)
        missing = len([message for message in catalog(path) if not is_translated(message)])
        print(f"{path.relative_to(ROOT)}: {len(template)} messages, {missing} to translate")


if __name__ == "__main__":
    main(sys.argv[1:])
