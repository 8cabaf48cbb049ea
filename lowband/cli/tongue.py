"""The user's language: English sentences in the code are the keys of the other languages' catalogues.

1. `say` translates a template first and fills in facts after, so facts never need translating.
2. A missing sentence falls back to English; a test finds it before a user does.
"""

from __future__ import annotations

import gettext
import locale
import os
from functools import lru_cache
from pathlib import Path

from lowband.errors import fill

LANGUAGES = ("en", "fr", "pt", "es")


def chosen() -> str:
    """The language of the interface: LOWBAND_LANG, else the system's, else English."""
    wanted = [os.environ.get(name, "") for name in ("LOWBAND_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")]
    wanted.append(locale.getlocale()[0] or "")
    for value in wanted:
        for tag in value.split(":"):
            if tag[:2].lower() in LANGUAGES:
                return tag[:2].lower()
            if tag:
                break
    return "en"


@lru_cache(maxsize=4)
def _catalogue(language: str) -> gettext.NullTranslations:
    folder = Path(__file__).parent / "locale"
    return gettext.translation("lowband", folder, [language], fallback=True)


def say(template: str, **facts: object) -> str:
    """`template` in the user's language, filled with `facts`."""
    turned = _catalogue(chosen()).gettext(template) if template else ""
    return fill(turned, {k: str(v) for k, v in facts.items()}) if facts else turned
