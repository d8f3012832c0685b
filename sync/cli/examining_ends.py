"""What `doctor` looks at beyond this machine: the services and databases at both ends, and the mappings there."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from connectors.contract import Schema
from connectors.errors import ConnectorError
from connectors.http import ca_bundle
from connectors.hubspot.paths import HOST
from connectors.reach import reach
from connectors.surveys.template import path_of
from sync.cli.failures import as_user_error
from sync.config.services import HubSpotConnection, SalesforceConnection, ServiceConnection
from sync.config.specs import spec_of
from sync.config.survey import SurveyConnection
from sync.doctor import machine, services
from sync.doctor.finding import Finding, State
from sync.errors import UserError
from sync.ledger import glance

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sync.cli.session import Session
    from sync.wiring import Project

#: Variables that name a proxy to other programs.
PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


def ends(session: Session, project: Project, lacking: Collection[str]) -> Iterator[Finding]:
    """Yield what is found out of each connection, then of each mapping.

    Args:
        session: Says nothing by itself.
        project: Counts its calls apart.
        lacking: Connections without their secrets.
    """
    addresses = {name: address for name in project.settings.connections if (address := address_of(project, name))}
    ca, proxy = ca_bundle(os.environ), next((name for name in PROXIES if os.environ.get(name)), "")
    with ThreadPoolExecutor(max_workers=8) as pool:
        asked = {
            name: pool.submit(reach, url, project.clock, speaks_json=json, ca=ca)
            for name, (url, json) in addresses.items()
        }
    unfit = set(lacking)
    for name, future in asked.items():
        told = future.result()
        yield services.reached(name, addresses[name][0], told.trouble, proxy=proxy)
        if told.trouble:
            unfit.add(name)
        else:
            yield machine.clock(name, told.offset_s)
    for name in project.settings.connections:
        found = list(_let_in(session, project, name)) if name not in unfit else []
        unfit |= {name for each in found if each.check == "sign-in" and each.state is not State.FINE}
        yield from found
    for name, mapping in project.mappings.items():
        yield from (
            _mapping(session, project, name) if mapping.to not in unfit else [_unseen("schema", name, mapping.to)]
        )


def address_of(project: Project, name: str) -> tuple[str, bool] | None:
    """Return where a service is asked for nothing in particular, and whether it answers in JSON; None: it is none."""
    connection: Any = project.settings.connections[name]
    match connection:
        case SalesforceConnection():
            return f"{connection.url or f'https://{connection.domain}.salesforce.com'}/services/data", True
        case HubSpotConnection():
            return f"{connection.url or HOST}/crm/v3/objects/contacts", True
        case SurveyConnection():
            spec = spec_of(connection)
            known = {word: connection.settings.get(word) or each.default or "" for word, each in spec.settings.items()}
            return f"{connection.url or path_of(spec.base, known)}/", False
    return None


def _let_in(session: Session, project: Project, name: str) -> Iterator[Finding]:
    """Sign in, and hold what is granted and left against what is needed."""
    settings: Any = project.settings.connections[name]
    if "refresh_token" in settings.secrets() and not isinstance(settings, HubSpotConnection):
        told = f"not tried, for it would use up the refresh token; `npsync auth test {name}` does"
        yield Finding(check="sign-in", about=name, state=State.UNSEEN, found=told)
        return
    from sync.cli.rights import rights_of
    from sync.cli.signing_in import who

    try:
        connection = project.connection(name)
        if not (isinstance(connection, Schema) or hasattr(connection, "who")):
            return  # nothing can be asked of it but to be read
        me = who(project, name)
        yield services.signed_in(name, "", "", "")
        granted = rights_of(session, project, name)
    except (ConnectorError, UserError) as error:
        problem = as_user_error(error)
        first = problem.problems[0]
        yield services.signed_in(name, first.what, first.hint, problem.code)
        return
    if granted is not None:
        yield from services.rights(name, granted.missing, granted.superfluous)
    yield from _quota(project, name, me)


def _quota(project: Project, name: str, me: Mapping[str, str]) -> Iterator[Finding]:
    """The calls of the vendor's day, where it tells; and of our share of them."""
    settings: Any = project.settings.connections[name]
    left, _, most = me.get("calls left today", "").partition(" of ")
    day = int(most) if most.isdigit() else None
    if day is not None and left.isdigit():
        yield services.quota(name, "of the organisation's day", day - int(left), day)
    if not isinstance(settings, ServiceConnection):
        return
    share = settings.share(project.settings.limits.quota_share)
    if isinstance(settings, HubSpotConnection):
        ours: int | None = settings.daily_calls(share)
    else:
        day = spec_of(settings).limits.daily if isinstance(settings, SurveyConnection) else day
        ours = int(day * share) if day else None
    if ours:
        used = glance.calls(project.settings.ledger, project.clock().timestamp()).get(name, 0)
        yield services.quota(name, "of our share of the day", used, ours)


def _mapping(session: Session, project: Project, name: str) -> list[Finding]:
    """Hold a mapping against its destination; see `validate --online`."""
    from sync.cli.online import check

    try:
        check(session, project, [name], session.config_path())
    except UserError as error:
        return services.drift(name, [(each.where, each.what, each.hint) for each in error.problems])
    except ConnectorError as error:
        first = as_user_error(error).problems[0]
        return [
            Finding(check="schema", about=name, state=State.WRONG, found=first.what, fix=first.hint, code=error.code)
        ]
    return services.drift(name, [])


def _unseen(check: str, name: str, why: str) -> Finding:
    return Finding(
        check=check, about=name, state=State.UNSEEN, found=f"not looked at before `{why}` is reached and lets us in"
    )
