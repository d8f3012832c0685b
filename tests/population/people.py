"""Made-up people and companies: names in several scripts, addresses, phone numbers, ids. Seeded, nothing real."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_WOMEN = """Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Margaret Katherine Deborah
Rebecca Laura
Sharon Cynthia Kathleen Amy Angela Anna Brenda Pamela Nicole Samantha Christine Victoria Catherine Heather Julia Olivia
Maria Giulia Francesca Chiara Elena Sofia Carmen Lucia Ingrid Astrid Freya Zoë Chloé Amélie Hélène Jana Petra Zuzana
Agnieszka Małgorzata Ewa Aylin Elif Fatima Aisha Priya Ananya Yuki Sakura Mei Xiu Ngoc Linh Alina Elina Daniela
Andrea""".split()
_MEN = """James Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel Matthew Anthony
Steven Andrew
Kenneth Joshua Kevin Timothy Jeffrey Edward Ronald Jacob Nicholas Jonathan Stephen Benjamin Samuel Gregory Alexander
Patrick
Mario Luca Marco Giovanni José Miguel Carlos Jürgen Jörg Björn Søren Lars Henrik Łukasz Tomasz Paweł Ondřej Jiří Mehmet
Ahmet Mohammed Omar Arjun Rahul Kenji Hiroshi Wei Jun Minh Duc Jan Martin Marcel Andreas Danilo Mateo Elias
Noah""".split()
_NICKS = {
    "Robert": "Bob", "William": "Bill", "Richard": "Dick", "James": "Jim", "Michael": "Mike", "Thomas": "Tom",
    "Joseph": "Joe",
    "Charles": "Chuck", "Christopher": "Chris", "Daniel": "Dan", "Matthew": "Matt", "Anthony": "Tony",
    "Steven": "Steve",
    "Andrew": "Andy", "Kenneth": "Ken", "Joshua": "Josh", "Timothy": "Tim", "Edward": "Ted", "Nicholas": "Nick",
    "Benjamin": "Ben",
    "Samuel": "Sam", "Gregory": "Greg", "Patricia": "Pat", "Jennifer": "Jenny", "Elizabeth": "Liz", "Barbara": "Barb",
    "Susan": "Sue", "Margaret": "Peggy", "Katherine": "Kate", "Deborah": "Debbie", "Rebecca": "Becky", "Pamela": "Pam",
    "Samantha": "Sam", "Victoria": "Vicky", "Catherine": "Cathy", "Christine": "Chris", "Jonathan": "Jon",
    "David": "Dave",
}  # fmt: skip
_SYLLABLES = """al an ar bar ber bor bran cal car chen cor dal dan del den dor el er fal fer gar gal gor hal han
har hol jan
kar kel ken kor lan lar len lin lor mal man mar mel mer mon mor nal nor pal par pel per ral ran rod ron ros sal san
sel ser
sol sor tal tan tel ter tor val van ver vin vor wal war wen wil win""".split()
_ENDS = [
    "son",
    "sen",
    "ez",
    "ini",
    "ski",
    "ova",
    "man",
    "ley",
    "ton",
    "berg",
    "er",
    "ini",
    "ard",
    "eau",
    "é",
    "ström",
    "ić",
    "oğlu",
]
_HAN_FAMILY, _HAN_GIVEN = "王李张刘陈杨黄赵周吴", "伟芳娜敏静丽强磊军洋玉钰勇艳杰涛明超秀霞"
_CYRILLIC = [
    ("Иван", "Петров"),
    ("Сергей", "Иванов"),
    ("Ольга", "Смирнова"),
    ("Наталья", "Кузнецова"),
    ("Дмитрий", "Попов"),
]
FREE = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "yahoo.com",
    "gmx.de",
    "web.de",
    "icloud.com",
    "hotmail.com",
    "tuta.com",
]
#: Country, calling code, trunk prefix, and the first digits and length of mobile numbers there.
COUNTRIES = (("US", "1", "", ("212", "415", "617", "312", "206"), 10), ("DE", "49", "0", ("151", "160", "171"), 11),
             ("GB", "44", "0", ("7400", "7500", "7700"), 10), ("FR", "33", "0", ("61", "62", "67"), 9))  # fmt: skip


@dataclass(slots=True)
class Human:
    """A person of the made-up world."""

    number: int
    first: str
    last: str
    woman: bool
    company: int
    country: str
    email: str
    #: Digits with country code, without `+`.
    phone: str
    #: The same name as the person writes it in a local script, where there is one.
    native: tuple[str, str] | None = None


@dataclass(slots=True)
class Company:
    """A company: an account of the CRM."""

    number: int
    id: str
    name: str
    domain: str
    country: str
    #: Further domains listed on the account as the same mailboxes.
    aliases: list[str] = field(default_factory=list)
    #: The parent's domain stem, shared by a subsidiary that is another account.
    stem: str = ""


def surname(random: Random) -> str:
    parts = "".join(random.choice(_SYLLABLES) for _ in range(random.choice((1, 2, 2, 3))))
    name = (parts + random.choice(_ENDS)).capitalize()
    if random.random() < 0.04:
        return f"{name}-{surname(random)}"
    return f"{random.choice(('van ', 'de ', 'D’', 'O’'))}{name}" if random.random() < 0.04 else name


def first_name(random: Random, *, woman: bool) -> str:
    return random.choice(_WOMEN if woman else _MEN)


def nickname(first: str) -> str:
    return _NICKS.get(first, first)


def han(random: Random) -> tuple[str, str]:
    return "".join(random.sample(_HAN_GIVEN, random.choice((1, 2)))), random.choice(_HAN_FAMILY)


def cyrillic(random: Random) -> tuple[str, str]:
    return random.choice(_CYRILLIC)


def slug(text: str) -> str:
    from anyascii import anyascii

    return "".join(c for c in anyascii(text).lower() if c.isalnum())


def phone_number(random: Random, country: str) -> str:
    _, code, _, starts, length = next(c for c in COUNTRIES if c[0] == country)
    start = random.choice(starts)
    rest = "".join(random.choice("23456789" if at == 0 else "0123456789") for at in range(length - len(start)))
    return code + start + rest


def spell_phone(random: Random, digits: str, country: str, *, international: float) -> str:
    """Write a number as people do: internationally with probability *international*, else with the trunk prefix."""
    _, code, trunk, _, _ = next(c for c in COUNTRIES if c[0] == country)
    national = digits.removeprefix(code)
    cut = random.choice((2, 3))
    blank = random.choice((" ", "-", "", "."))
    if random.random() < international:
        return f"+{code} {national[:cut]}{blank}{national[cut:]}"
    return f"{trunk}{national[:cut]}{blank}{national[cut:]}"


_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def crm_id(prefix: str, number: int) -> str:
    """Return a 15-character id, unique by number, whose case matters."""
    body, rest = "", number * 7919 + 12345
    while rest:
        rest, digit = divmod(rest, 62)
        body = _BASE62[digit] + body
    return prefix + "5g" + body.rjust(10, "0")
