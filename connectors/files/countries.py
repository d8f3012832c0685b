"""Two-letter codes of countries, however a CRM spells them: phones are read with the country of their record."""

from __future__ import annotations

from functools import cache

# Code, then the three-letter code and names in English and, where it is another, in the country's own language.
_COUNTRIES = """
AE ARE|United Arab Emirates|UAE
AR ARG|Argentina
AT AUT|Austria|Österreich
AU AUS|Australia
BA BIH|Bosnia and Herzegovina
BD BGD|Bangladesh
BE BEL|Belgium|België|Belgique|Belgien
BG BGR|Bulgaria
BH BHR|Bahrain
BO BOL|Bolivia
BR BRA|Brazil|Brasil
BY BLR|Belarus
CA CAN|Canada
CH CHE|Switzerland|Schweiz|Suisse|Svizzera
CL CHL|Chile
CN CHN|China|People's Republic of China|中国
CO COL|Colombia
CR CRI|Costa Rica
CY CYP|Cyprus
CZ CZE|Czech Republic|Czechia|Česko|Česká republika
DE DEU|Germany|Deutschland|Allemagne|Alemania
DK DNK|Denmark|Danmark
DO DOM|Dominican Republic
DZ DZA|Algeria
EC ECU|Ecuador
EE EST|Estonia|Eesti
EG EGY|Egypt
ES ESP|Spain|España|Spanien
FI FIN|Finland|Suomi
FR FRA|France|Frankreich|Francia
GB GBR|United Kingdom|UK|Great Britain|England|Scotland|Wales|Northern Ireland|Großbritannien|Vereinigtes Königreich
GE GEO|Georgia (country)
GH GHA|Ghana
GR GRC|Greece|Ελλάδα
GT GTM|Guatemala
HK HKG|Hong Kong|Hong Kong SAR
HR HRV|Croatia|Hrvatska
HU HUN|Hungary|Magyarország
ID IDN|Indonesia
IE IRL|Ireland|Éire|Republic of Ireland
IL ISR|Israel
IN IND|India
IQ IRQ|Iraq
IR IRN|Iran
IS ISL|Iceland
IT ITA|Italy|Italia|Italien
JO JOR|Jordan
JP JPN|Japan|日本
KE KEN|Kenya
KR KOR|South Korea|Korea|Republic of Korea|Korea, Republic of|대한민국
KW KWT|Kuwait
KZ KAZ|Kazakhstan
LB LBN|Lebanon
LI LIE|Liechtenstein
LK LKA|Sri Lanka
LT LTU|Lithuania|Lietuva
LU LUX|Luxembourg|Luxemburg
LV LVA|Latvia|Latvija
MA MAR|Morocco
MD MDA|Moldova
MK MKD|North Macedonia
MT MLT|Malta
MX MEX|Mexico|México
MY MYS|Malaysia
NG NGA|Nigeria
NL NLD|Netherlands|The Netherlands|Nederland|Holland|Niederlande
NO NOR|Norway|Norge
NZ NZL|New Zealand
OM OMN|Oman
PA PAN|Panama
PE PER|Peru|Perú
PH PHL|Philippines
PK PAK|Pakistan
PL POL|Poland|Polska|Polen
PR PRI|Puerto Rico
PT PRT|Portugal
PY PRY|Paraguay
QA QAT|Qatar
RO ROU|Romania|România
RS SRB|Serbia|Srbija
RU RUS|Russia|Russian Federation|Россия
SA SAU|Saudi Arabia
SE SWE|Sweden|Sverige|Schweden
SG SGP|Singapore
SI SVN|Slovenia|Slovenija
SK SVK|Slovakia|Slovensko
TH THA|Thailand
TN TUN|Tunisia
TR TUR|Turkey|Türkiye|Turkiye|Türkei
TW TWN|Taiwan|台灣
UA UKR|Ukraine|Україна
US USA|United States|United States of America|U.S.|U.S.A.|America|Vereinigte Staaten|États-Unis|Estados Unidos
UY URY|Uruguay
VE VEN|Venezuela
VN VNM|Vietnam|Viet Nam|Việt Nam
ZA ZAF|South Africa
"""


def country_code(text: str | None) -> str | None:
    """Return the two-letter code that *text* means; None where it is no country we know.

    >>> country_code("de"), country_code("Deutschland"), country_code("USA"), country_code("EMEA")
    ('DE', 'DE', 'US', None)
    """
    if not text:
        return None
    found = _known().get(text.casefold())
    if found:
        return found
    return text.upper() if len(text) == 2 and text.isascii() and text.isalpha() else None


@cache
def _known() -> dict[str, str]:
    lines = (line.partition(" ") for line in _COUNTRIES.strip().splitlines())
    return {name.casefold(): code for code, _, names in lines for name in names.split("|")}
