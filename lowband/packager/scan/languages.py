"""Which language a file is in, from its folders and the end of its name.

1. Only real codes count: ISO 639-1, with a region or script where given (`pt-br`, `zh-hans`); `js` and `jp` are none.
2. A code that is also a word, a unit or a file type (`it`, `is`, `cs`) needs company: a sibling in another language.
3. A language folder holds things to read; a folder of code only is no language.
Source: ISO 639-1 (Library of Congress list), RFC 5646 for the shape of tags.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lowband.packager.scan.kinds import extension, words

ISO_639_1 = words(
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de"
    " dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id"
    " ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu"
    " lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu"
    " rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr"
    " ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
CLEAR = words("ar bn de en es fa fr hi hu hy ja ka km ko mn ne nl pl pt ro ru rw sw th tr uk ur uz vi zh")
_NAMES = {
    "english": "en", "anglais": "en", "inglés": "en", "inglês": "en",
    "french": "fr", "français": "fr", "francais": "fr",
    "spanish": "es", "español": "es", "espanol": "es", "espagnol": "es", "portuguese": "pt", "português": "pt",
    "portugues": "pt", "portugais": "pt", "arabic": "ar", "العربية": "ar", "russian": "ru", "русский": "ru",
    "chinese": "zh", "中文": "zh", "german": "de", "deutsch": "de", "italian": "it", "italiano": "it",
    "swahili": "sw", "kiswahili": "sw",
}  # fmt: skip
_PARENTS = words("translations translation lang langs language languages locale locales i18n l10n")
_TAG = re.compile(r"([A-Za-z]{2})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}))?")
_DOTTED = re.compile(r"(?P<stem>.+)\.(?P<tag>[A-Za-z]{2}(?:[-_][A-Za-z]{2,4})?)")
_DASHED = re.compile(r"(?P<stem>.+?)[-_ ]\(?(?P<tag>[A-Za-z]{2})\)?")
_SCRIPTS = words("arab cyrl deva hans hant latn")
_READ = frozenset(("text", "quiz", "captions", "document", "media"))


def tag_of(text: str) -> str:
    """`text` as a language tag in lower case (`PT_br` → `pt-br`), or empty when it is none."""
    match = _TAG.fullmatch(text)
    if match is None or match[1].lower() not in ISO_639_1 or (match[2] and match[2].lower() not in _SCRIPTS):
        return ""
    return "-".join(part.lower() for part in match.groups() if part)


@dataclass(frozen=True, slots=True)
class Mark:
    """A path's language (or empty), and its parts without it, under which translations of one file meet.

    `steps` are (the folder as it is, the part's name) for each part that is not a language, the file's name last."""

    lang: str
    steps: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """The path without its language."""
        return "/".join(name for _, name in self.steps)


def languages_of(kinds: Mapping[str, str], declared: Iterable[str] = ()) -> dict[str, Mark]:
    """The mark of every path. `kinds`: each file's kind; where course.toml `declared` languages, only those count."""
    known = frozenset(tag.partition("-")[0] for tag in declared)
    folders = _language_folders(kinds, known)
    endings = _endings({path: kind for path, kind in kinds.items() if kind in _READ}, known, None)
    confirmed = frozenset((*folders.values(), *(lang for lang, _ in endings.values())))
    endings |= _endings({path: kind for path, kind in kinds.items() if kind not in _READ}, known, confirmed)
    return {path: _mark(path, folders, endings) for path in kinds}


def _mark(path: str, folders: Mapping[str, str], endings: Mapping[str, tuple[str, str]]) -> Mark:
    parts = path.split("/")
    above = ["/".join(parts[:n]) for n in range(len(parts) + 1)]
    lang = next((folders[f] for f in reversed(above) if f in folders), "")
    steps = [(above[n], part) for n, part in enumerate(parts[:-1]) if above[n + 1] not in folders]
    lang, name = endings.get(path, (lang, parts[-1]))
    return Mark(lang, (*steps, (above[-2], name)))


def _language_folders(kinds: Mapping[str, str], known: frozenset[str]) -> dict[str, str]:
    """Folder → language. Folders are judged with their siblings."""
    candidates: dict[str, dict[str, str]] = defaultdict(dict)
    for path, kind in kinds.items():
        parts = path.split("/")
        for n, part in enumerate(parts[:-1], 1):
            lang = _NAMES.get(part.lower()) or tag_of(part)
            if lang and kind in _READ:
                candidates["/".join(parts[: n - 1])]["/".join(parts[:n])] = lang
    found: dict[str, str] = {}
    for parent, group in candidates.items():
        named = parent.rpartition("/")[2].lower() in _PARENTS
        found |= {f: lang for f, lang in group.items() if _believed(lang, group.values(), named, known)}
    return found


def _believed(lang: str, siblings: Iterable[str], named: bool, known: frozenset[str]) -> bool:
    primary = lang.partition("-")[0]
    if known:
        return primary in known
    return named or bool({s.partition("-")[0] for s in siblings} & CLEAR)


def _endings(
    paths: Iterable[str], known: frozenset[str], confirmed: frozenset[str] | None
) -> dict[str, tuple[str, str]]:
    """Path → (language, file name without it), for names such as `README.fr.md` and `leaflet-en.pdf`.

    Pictures and data pass the languages that texts have `confirmed`: `hub-uk.png` beside `hub.png` is no Ukrainian."""
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    marked: list[tuple[str, str, str, str, bool]] = []  # path, stem, tag, extension, after a dot
    for path in paths:
        folder, _, name = path.rpartition("/")
        ext = extension(path)
        base = name[: -len(ext) - 1] if ext else name
        groups[folder, base.lower(), ext].append("")
        dotted = _DOTTED.fullmatch(base)
        if ext and (match := dotted or _DASHED.fullmatch(base)):
            groups[folder, match["stem"].lower(), ext].append(match["tag"].lower())
            marked.append((path, match["stem"], match["tag"], ext, dotted is not None))
    found: dict[str, tuple[str, str]] = {}
    for path, stem, tag, ext, dot in marked:
        twins = set(groups[path.rpartition("/")[0], stem.lower(), ext])
        if (lang := tag_of(tag)) and _ending_believed(lang, dot, twins, known, confirmed):
            found[path] = (lang, f"{stem}.{ext}")
    return found


def _ending_believed(
    lang: str, dotted: bool, twins: set[str], known: frozenset[str], confirmed: frozenset[str] | None
) -> bool:
    """A dotted clear code stands alone. Others need a twin: the same name in a clear language, with other letters
    (`-en` beside `-jp`), or without ending, which is enough for things to read, and for others when texts confirm."""
    primary = lang.partition("-")[0]
    if known:
        return primary in known
    others = twins - {lang, lang.replace("-", "_")}
    if {tag_of(t).partition("-")[0] for t in others} & CLEAR:
        return True
    if primary not in CLEAR:
        return False
    twin = bool(others - {""}) and primary != "uk"
    return dotted or twin or ("" in others and (confirmed is None or lang in confirmed))
