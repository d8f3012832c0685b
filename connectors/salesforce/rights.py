"""What the integration user may do in an org, beside what a mapping needs of it: least privilege, as far as it is told.

The token's reply tells the app's scopes, describe the rights to objects and fields, `UserPermissionAccess` those over
the whole org. Nothing is written to find out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.errors import ConnectorError
from connectors.salesforce.metadata import is_custom
from connectors.salesforce.query import select
from connectors.salesforce.schema import ID
from connectors.shaping import Right, Rights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.salesforce.schema import Kind, Org
    from connectors.salesforce.session import Session
    from connectors.shaping import Wanted

_API, _REFRESH = "api", frozenset({"refresh_token", "offline_access"})
#: Scopes that say only who signed in.
_HARMLESS = frozenset({"id", "openid", "profile", "email", "address", "phone"})
_ALL_OF_THEM = "full"
#: Rights over the whole org → why nobody needs them here.
_WHOLE = {
    "ModifyAllData": "it may change and delete every record of the org",
    "ViewAllData": "it may read every record of the org",
    "ManageUsers": "it may make users, and give itself any right",
    "CustomizeApplication": "only `npsync fields create` needs it: take it away afterwards",
}
_GIVE = "Give it by a permission set; `npsync fields metadata MAPPING --into DIR --all` writes one that has it."
_TAKE = "Take it away in the profile or permission set that gives it."
_APP = "Change the scopes of the External Client App in Setup."
#: Their rights are those of another object, or of the user: they cannot be taken away by themselves.
_NOT_OWN = frozenset({"Task", "Event", "CampaignMember", "User"})


@dataclass(slots=True)
class _Found:
    missing: list[Right] = field(default_factory=list)
    superfluous: list[Right] = field(default_factory=list)
    needed: list[Right] = field(default_factory=list)
    untold: list[Right] = field(default_factory=list)

    def need(self, name: str, why: str, *, granted: bool, next_step: str = _GIVE) -> None:
        (self.needed if granted else self.missing).append(Right(name=name, why=why, next_step=next_step))

    def told(self) -> Rights:
        return Rights(missing=self.missing, superfluous=self.superfluous, needed=self.needed, untold=self.untold)


def rights(session: Session, org: Org, wanted: Sequence[Wanted], *, refreshes: bool) -> Rights:
    """Compare; see `connectors.shaping.Guarded`.

    Args:
        session: Of the org.
        org: Its objects.
        wanted: What is read and written.
        refreshes: Whether signing in takes a refresh token.
    """
    found = _Found()
    _scopes(found, session.scopes(), refreshes=refreshes)
    for one in wanted:
        kind = org.find(one.object)
        why = "records are found and read" if kind is not None else "there is no such object, or we may not read it"
        found.need(f"read {one.object}", why, granted=kind is not None)
        if kind is not None:
            _object(found, kind, one)
            _fields(found, kind, one)
    _whole(found, session)
    return found.told()


def _scopes(found: _Found, scopes: frozenset[str] | None, *, refreshes: bool) -> None:
    if scopes is None:
        found.untold.append(Right(name=f"scope {_API}", why="every call", next_step=_APP))
        return
    found.need(f"scope {_API}", "every call", granted=bool({_API, _ALL_OF_THEM} & scopes), next_step=_APP)
    if refreshes:
        found.need("scope refresh_token", "signing in again", granted=bool(_REFRESH & scopes), next_step=_APP)
    for name in sorted(scopes - {_API} - _REFRESH - _HARMLESS):
        why = "it allows all interfaces that the user has" if name == _ALL_OF_THEM else "npsync calls the REST API only"
        found.superfluous.append(Right(name=f"scope {name}", why=why, next_step=_APP))


def _object(found: _Found, kind: Kind, wanted: Wanted) -> None:
    uses = {
        "create": (wanted.creates, "new records are made"),
        "edit": (bool(wanted.fields), "fields are written"),
        "delete": (wanted.deletes, "memberships that ended are removed"),
    }
    for right, (is_used, why) in uses.items():
        name = f"{right} {wanted.object}"
        if is_used:
            found.need(name, why, granted=right in kind.allowed)
        elif right in kind.allowed and kind.name not in _NOT_OWN:
            found.superfluous.append(Right(name=name, why="no mapping needs it", next_step=_TAKE))


def _fields(found: _Found, kind: Kind, wanted: Wanted) -> None:
    written = [each.name for each in wanted.fields if each.name.lower() != ID.lower()]
    editable = 0
    for name in written:
        column = kind.column(name)
        if column is not None and (column.updateable or (column.createable and wanted.creates)):
            editable += 1
            continue
        step = "See `npsync fields plan`." if column is None and is_custom(name) else _GIVE
        found.need(f"edit {kind.name}.{name}", "the mapping writes it", granted=False, next_step=step)
    if editable:
        found.needed.append(Right(name=f"edit {editable} fields of {kind.name}", why="the mapping writes them"))
    for name in wanted.reads:
        found.need(f"read {kind.name}.{name}", "records are found by it", granted=kind.has(name))


def _whole(found: _Found, session: Session) -> None:
    """Look for rights over the whole org; an org that does not tell keeps them to itself."""
    soql = select([f"Permissions{name}" for name in _WHOLE], "UserPermissionAccess", "", "LIMIT 1")
    try:
        told = next(iter(session.query(soql, what="asking for the user's own rights")), {})
    except ConnectorError:
        return
    for name, why in _WHOLE.items():
        if told.get(f"Permissions{name}"):
            found.superfluous.append(Right(name=name, why=why, next_step=_TAKE))
