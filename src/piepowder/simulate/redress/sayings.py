"""What people write in the demonstration, in the language that they speak; English where there are no words of it."""

from __future__ import annotations

from collections.abc import Mapping

PLEAS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "You have mistaken this for something else. Please look at the second picture: the label can be read there.",
        "I sell this with the maker's permission and can show the contract. Nothing in my text says otherwise.",
        "The rule that you name is about other goods. Mine is an ordinary household article.",
        "I corrected the text on the same day. What you quote has not been there since.",
    ),
    "de": (
        "Das ist eine Verwechslung. Bitte sehen Sie sich das zweite Bild an: dort ist das Etikett zu lesen.",
        "Ich verkaufe mit Erlaubnis des Herstellers und kann den Vertrag zeigen.",
        "Die genannte Regel betrifft andere Waren. Meine ist ein gewöhnlicher Haushaltsartikel.",
    ),
    "fr": (
        "C'est une confusion. Regardez la deuxième photo : l'étiquette y est lisible.",
        "Je vends avec l'accord du fabricant et je peux montrer le contrat.",
    ),
    "es": (
        "Es una confusión. Miren la segunda foto: allí se lee la etiqueta.",
        "Vendo con permiso del fabricante y puedo enseñar el contrato.",
    ),
    "it": (
        "È uno scambio. Guardate la seconda foto: lì si legge l'etichetta.",
        "Vendo con il permesso del produttore e posso mostrare il contratto.",
    ),
    "zh-Hans": ("这是误会。请看第二张图片，标签清晰可见。", "我有厂家授权，可以出示合同。"),
}

QUESTION = "Please send us a photo of the label, or the contract with the maker."

ANSWERS: Mapping[str, str] = {
    "overturned": "We looked at the pictures and the text again. What we had found in them is not there.",
    "upheld": "We looked at the pictures and the text again. What we found is there as we described it.",
    "modified": "What we found is there. To take the offer away altogether went further than it needed to go.",
    "omitted": "Your complaint does not say what is wrong with our decision. You may complain again and say it.",
}

FACTS = "The pictures and the text of the offer show what the order of the authority describes."


def said(among: Mapping[str, tuple[str, ...]], language: str, number: int) -> tuple[str, str]:
    """One of the sayings, and the language that it is in."""
    spoken = language if language in among else "en"
    lines = among[spoken]
    return lines[number % len(lines)], spoken
