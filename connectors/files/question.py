"""Which question a header asks, in the languages surveys are written in."""

from __future__ import annotations

import re

_RECOMMEND = re.compile(
    r"recommend|empfehl|empfiehl|recommand|recomend|recomien|aanbevel|aanraden|consigli|raccomand|rekommend|anbefal"
    r"|polec|doporu|ajánl|suositt|рекоменд|порекоменд|推荐|推薦|薦め|勧め|おすすめ",
    re.IGNORECASE,
)
_LIKELY = re.compile(
    r"likel|wahrscheinlich|probab|waarschijnlijk|sannolik|sandsynlig|sannsynlig|prawdopodob|pravděpod|valószín"
    r"|todennäköi|вероятн|0\s*(?:-|–|to|bis|à|a)\s*10|可能性|どのくらい",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\bwhy\b|reason|tell us more|what (?:could|can|should|would|is|made)|improve|comment|feedback"
    r"|warum|wieso|grund|begründ|verbesser|kommentar|anmerk|pourquoi|raison|commentaire"
    r"|por qu[éê]|raz[óo]n|motivo|comentario|waarom|reden|perché|opmerking|varför|hvorfor|miksi|dlaczego|powód"
    r"|proč|důvod|почему|причин|комментар|理由|なぜ|原因|为什么",
    re.IGNORECASE,
)


def asks_recommendation(text: str) -> bool:
    """Tell whether *text* is the NPS question.

    >>> asks_recommendation("How likely are you to recommend us to a friend?")
    True
    >>> asks_recommendation("Why would you not recommend us?")
    False
    """
    return bool(_RECOMMEND.search(text) and _LIKELY.search(text))


def names_nps(title: str) -> bool:
    """Tell whether a column's title says by itself that it holds answers from 0 to 10.

    >>> names_nps("NPS_Score"), names_nps("score")
    (True, False)
    """
    plain = title.casefold()
    return "nps" in plain or "net promoter" in plain or asks_recommendation(title)


def asks_reason(text: str) -> bool:
    """Tell whether *text* asks for words: why, or what could be better.

    >>> asks_reason("What is the main reason for your score?"), asks_reason("Warum?"), asks_reason("Your e-mail?")
    (True, True, False)
    """
    return bool(_REASON.search(text)) and not asks_recommendation(text)


_YOUR = r"(?:your|ihre?|deine?|votre|su|tu|seu|sua|uw|je|jouw|tua|vostra)\b"
_EMAIL = re.compile(rf"{_YOUR}.{{0,12}}e-?mail|e-?mail[\s-]?(?:address|adresse|adres)", re.IGNORECASE)
_PHONE = re.compile(
    rf"{_YOUR}.{{0,12}}(?:phone|telephone|mobile|telefon|handy|téléphone|teléfono|telefoon)"
    r"|(?:phone|telephone|mobile)\s?number|telefonnummer|handynummer|numéro de téléphone",
    re.IGNORECASE,
)


def asks_email(text: str) -> bool:
    """Tell whether *text* asks for the person's own address.

    >>> asks_email("Your e-mail, if we may come back to you"), asks_email("How was our e-mail support?")
    (True, False)
    """
    return bool(_EMAIL.search(text))


def asks_phone(text: str) -> bool:
    """Tell whether *text* asks for the person's own number.

    >>> asks_phone("Ihre Telefonnummer"), asks_phone("How was our phone support?")
    (True, False)
    """
    return bool(_PHONE.search(text))
