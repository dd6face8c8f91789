"""How a law is cited in the recipient's language: a policy names it once, in English, and statements say it again.

Only the kinds of act and of passage are translated. What is not known here stays as the policy has it, so that a house's
own reference is never half translated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

_KINDS: Final[Sequence[str]] = (
    r"\bCouncil Framework Decision (\d+/\d+)/JHA\b",
    r"\bRegulation \(EU\) No ",
    r"\bRegulation \(EC\) No ",
    r"\bRegulation \(EU\)",
    r"\bDirective \(EU\)",
    r"\bDirective (\d+/\d+)/EC\b",
    r"\bDirective (\d+/\d+)/EU\b",
    r"\bArts (\d+) to (\d+)\b",
    r"\bArt\. ",
    r"\bAnnex ([IVX]+) point ",
)
_SAID: Final[Mapping[str, Sequence[str]]] = {
    "de": (
        r"Rahmenbeschluss \1/JI des Rates", "Verordnung (EU) Nr. ", "Verordnung (EG) Nr. ", "Verordnung (EU)",
        "Richtlinie (EU)", r"Richtlinie \1/EG", r"Richtlinie \1/EU", r"Art. \1 bis \2", "Art. ", r"Anhang \1 Nummer ",
    ),
    "es": (
        r"Decisión marco \1/JAI del Consejo", "Reglamento (UE) n.º ", "Reglamento (CE) n.º ", "Reglamento (UE)",
        "Directiva (UE)", r"Directiva \1/CE", r"Directiva \1/UE", r"arts. \1 a \2", "art. ", r"anexo \1, punto ",
    ),
    "fr": (
        r"décision-cadre \1/JAI du Conseil", "règlement (UE) nº ", "règlement (CE) nº ", "règlement (UE)",
        "directive (UE)", r"directive \1/CE", r"directive \1/UE", r"art. \1 à \2", "art. ", r"annexe \1, point ",
    ),
    "it": (
        r"decisione quadro \1/GAI del Consiglio", "regolamento (UE) n. ", "regolamento (CE) n. ", "regolamento (UE)",
        "direttiva (UE)", r"direttiva \1/CE", r"direttiva \1/UE", r"artt. da \1 a \2", "art. ", r"allegato \1, punto ",
    ),
}  # fmt: skip


def cited_in(language: str, reference: str) -> str:
    """``reference`` as one cites it in ``language``; unchanged where the language has no words for it here."""
    said = _SAID.get(language.replace("_", "-").split("-")[0].casefold())
    if said is None:
        return reference
    for kind, words in zip(_KINDS, said, strict=True):
        reference = re.sub(kind, words, reference)
    return reference
