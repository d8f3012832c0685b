"""Which account a response counts for, also where the person is not certain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from sync.identity.mailboxes import domain_of, is_free, registrable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sync.identity.judge import Verdict

#: Accounts with the hosts they own (website, mail domains), raw; `merged_into` where one account became another.
ACCOUNT_FIELDS = pa.schema(
    [
        ("id", pa.string()),
        ("name", pa.string()),
        ("domains", pa.list_(pa.string())),
        ("merged_into", pa.string()),
    ]
)
MOST_HOPS = 10
#: Held because the address may not be the one of whoever answered: it tells nothing about his account either.
_PASSED_ON = frozenset({"name_conflict", "evidence_conflict"})


class AccountBook:
    """Finds accounts; without a table only the record's own account and the declared reference count."""

    def __init__(self, accounts: pa.Table | None) -> None:
        rows = [] if accounts is None else accounts.select(ACCOUNT_FIELDS.names).to_pylist()
        self._known = accounts is not None
        self._merged = {row["id"]: row["merged_into"] for row in rows}
        self._of_domain = self._by_domain(rows)

    def _by_domain(self, rows: list[dict[str, object]]) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = {}
        for row in rows:
            for text in row["domains"] or ():  # type: ignore[attr-defined]
                host = _host(text)
                domain = registrable(host) if host else None
                account = self.follow(str(row["id"]))
                if domain and account and not is_free(domain) and not is_free(host):
                    found.setdefault(domain, set()).add(account)
        return found

    @property
    def merged(self) -> list[str] | None:
        """Accounts that became others; None where accounts are not known."""
        return sorted(account for account, into in self._merged.items() if into) if self._known else None

    def follow(self, account: str | None) -> str | None:
        """Return the account that *account* became; None where the trail is lost."""
        for _ in range(MOST_HOPS + 1):
            into = self._merged.get(account) if account else None
            if not into or into == account:
                return account
            account = into
        return None

    def account_of(
        self, verdict: Verdict, account_ref: str | None, email: str | None, recipient: str | None
    ) -> tuple[str | None, str | None]:
        """Return the account and how it was found: the record's, the reference, the one account of the mail domain."""
        if verdict.chosen is not None and (own := self._own(verdict)):
            return own, "person"
        if account_ref and (not self._known or account_ref in self._merged) and (named := self.follow(account_ref)):
            return named, "account_ref"
        if verdict.reason in _PASSED_ON:
            return None, None
        by_domain = {account for key in (email, recipient) if key for account in self._at(key)}
        if len(by_domain) != 1 or not self._agreed(verdict) <= by_domain:
            return None, None
        return by_domain.pop(), "domain"

    def _agreed(self, verdict: Verdict) -> set[str]:
        """Return the accounts of everybody who might be meant."""
        return {account for c in verdict.candidates if not c.gone and (account := self.follow(c.account))}

    def _own(self, verdict: Verdict) -> str | None:
        assert verdict.chosen is not None
        if own := self.follow(verdict.chosen.account):
            return own
        others = {self.follow(c.account) for c in verdict.person if c.account and not c.gone}
        return others.pop() if len(others) == 1 else None

    def _at(self, key: str) -> set[str]:
        domain = domain_of(key)
        owner = registrable(domain) if self._of_domain and not is_free(domain) else None
        return self._of_domain.get(owner, set()) if owner else set()


def _host(text: object) -> str:
    """Return the host of a website or mail domain as people write them."""
    host = str(text).strip().lower().partition("://")[2] or str(text).strip().lower()
    return host.lstrip("@").partition("/")[0].partition(":")[0].rstrip(".")
