"""Names of months, as exports write them in the languages we meet."""

from __future__ import annotations

_NAMES = (
    "january jan januar janvier enero ene gennaio gen januari janeiro",
    "february feb februar février fevrier févr fev febrero febbraio februari fevereiro",
    "march mar märz mär mrz mars marzo maart mrt março",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag mei maio",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug août aout agosto ago augustus",
    "september sep sept septembre septiembre settembre set setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro",
)
#: A name or its short form, in lower case → the number of the month.
MONTHS = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}
