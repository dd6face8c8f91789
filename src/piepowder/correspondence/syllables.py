"""How many syllables a word has, by the spelling rules of its language: an estimate, good on the average of a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final


def syllables_of(language: str) -> Callable[[str], int]:
    """What counts the syllables of a word in the language; for others than those below it counts groups of vowels."""
    return _COUNTS.get(language.partition("-")[0].lower(), _groups)


_VOWELS = re.compile(r"[aeiouyàáâãäåæèéêëìíîïòóôõöøœùúûüýÿąęó]+")


@lru_cache(maxsize=4096)
def _groups(word: str) -> int:
    return max(1, len(_VOWELS.findall(word.lower())))


_EN_GROUPS = re.compile(r"[aeiouy]+")
# Two vowels that are said apart: cre-ate, vari-ous is said together and stays one group.
_EN_APART = re.compile(
    r"[aeiouy]ing$|cre[ae](?!tu)|sci|ean?$|deo|ii|[^qgaeou]ua(?![iy])|i[ae]t(?!i)|io(?![nu])|eo(?=[lns]\w)|ia(?=bl|l[il])"
)
_EN_SILENT = re.compile(
    r"(?<![aeiouyl])e$|(?<=[aeiou])le$|(?<=[^aeioutd])ed$|(?<=[^aeiouscgxz])es$|(?<=[^aeiouy])(?<!l)e(?=ly$|ment)"
)
_EN_KEPT = re.compile(r"(?<=[^aeiouy])led$")
_EN_SHORT: Final = frozenset({"the", "be", "he", "me", "she", "we", "ye"})


@lru_cache(maxsize=4096)
def _english(word: str) -> int:
    word = re.sub(r"[^a-z]", "", word.lower())
    if len(word) <= 3 or word in _EN_SHORT:
        return max(1, len(_EN_GROUPS.findall(word))) if word not in {"use", "are", "one", "age", "ice", "ease"} else 1
    silent = 0 if _EN_KEPT.search(word) else len(_EN_SILENT.findall(word))
    return max(1, len(_EN_GROUPS.findall(word)) + len(_EN_APART.findall(word)) - silent)


_DE_NUCLEI = re.compile(r"ie|ei|ey|ai|ay|au|eu|äu|aa|ee|oo|[aeiouyäöü]")


@lru_cache(maxsize=4096)
def _german(word: str) -> int:
    return max(1, len(_DE_NUCLEI.findall(word.lower())))


_FR_NUCLEI = re.compile(r"[éèêë]|eau|oui|[aeiouyàâîïôöùûüœæ]+")
_FR_SILENT = re.compile(r"(?<=[^aeiouyéèêëàâîïôöùûü])(e|es)$")


@lru_cache(maxsize=4096)
def _french(word: str) -> int:
    nuclei = _FR_NUCLEI.findall(word.lower())
    silent = len(nuclei) > 1 and _FR_SILENT.search(word.lower()) is not None
    return max(1, len(nuclei) - silent)


_ES_SILENT = re.compile(r"(?<=q)u(?=[eiéí])|(?<=g)u(?=[eiéí])|y(?=[aeiouáéíóú])")
# A strong vowel with its weak neighbours is one syllable; a weak one with an accent stands alone.
_ES_NUCLEI = re.compile(r"[iuüy]?[aeoáéó](?:[iuüy](?![aeoáéóíú]))?|[íú]|[iuüy]+")


@lru_cache(maxsize=4096)
def _spanish(word: str) -> int:
    return max(1, len(_ES_NUCLEI.findall(_ES_SILENT.sub("", word.lower()))))


_PL_NUCLEI = re.compile(r"i(?=[aeouóąę])|[aeiouyóąę]")


@lru_cache(maxsize=4096)
def _polish(word: str) -> int:
    """Before another vowel ``i`` only softens, so it is no syllable."""
    return max(1, sum(1 for one in _PL_NUCLEI.finditer(word.lower()) if not _softens(word.lower(), one.start())))


def _softens(word: str, place: int) -> bool:
    return word[place] == "i" and word[place + 1 : place + 2] in set("aeouóąę")


_COUNTS: Final[Mapping[str, Callable[[str], int]]] = {
    "en": _english,
    "de": _german,
    "fr": _french,
    "es": _spanish,
    "pl": _polish,
}
