"""The services at both ends: whether they are reached, let us in, allow what is needed, and have calls left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.doctor.finding import Finding, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.shaping import Right

#: Share of the calls of a day from which on they count as nearly spent.
NEARLY = 0.8

#: Why an address was not reached (`connectors.reach`) → what that means, and what to do.
_TROUBLES = {
    "host": (
        "there is no such host",
        "Check the address in the config (`domain:`, `settings:`), and this machine's DNS.",
    ),
    "refused": ("nothing answers there", "Check host and port, and whether a firewall stands between."),
    "slow": (
        "it does not answer in time",
        "Check the network and the firewall; the vendor's status page tells the rest.",
    ),
    "tls": (
        "this machine does not trust its certificate: something between reads along, or it is another host",
        "If that is your company's proxy, name its authority: REQUESTS_CA_BUNDLE=/path/ca.pem. Else check the address.",
    ),
    "another": (
        "something answers, and it is not the service",
        "Check the address in the config (`domain:`), and whether the network asks for a login in the browser first.",
    ),
    "other": ("the connection breaks", "Check the network, and proxies between."),
}


def reached(connection: str, address: str, trouble: str, *, proxy: str = "") -> Finding:
    """Judge whether a service answers.

    Args:
        connection: Whose service it is.
        address: Where it should be.
        trouble: See `connectors.reach`; empty: it answered.
        proxy: The variable of the environment that names a proxy, which npsync does not use.
    """
    if not trouble:
        return Finding(check="network", about=connection, found=f"{address} answers")
    what, fix = _TROUBLES[trouble]
    direct = f" npsync connects directly, whatever {proxy} says." if proxy else ""
    return Finding(
        check="network",
        about=connection,
        state=State.WRONG,
        found=f"{address}: {what}",
        fix=fix + direct,
        code="E501",
    )


def signed_in(connection: str, refused: str, next_step: str, code: str) -> Finding:
    """Judge an attempt to sign in; *refused*: why it failed, empty where it did not."""
    if not refused:
        return Finding(check="sign-in", about=connection, found="signed in")
    fix = next_step or f"Give new secrets: npsync auth set {connection}. Then try them: npsync auth test {connection}"
    return Finding(check="sign-in", about=connection, state=State.WRONG, found=refused, fix=fix, code=code)


def rights(connection: str, missing: Sequence[Right], superfluous: Sequence[Right]) -> list[Finding]:
    """Judge what is granted by what is needed: each missing right is a finding, the unneeded ones are one."""
    found = [
        Finding(
            check="rights",
            about=connection,
            state=State.WRONG,
            found=f"missing: {right.name} ({right.why})",
            fix=right.next_step,
            code="E303",
        )
        for right in missing
    ]
    if superfluous:
        told = f"granted without need: {', '.join(right.name for right in superfluous)}"
        found.append(
            Finding(check="rights", about=connection, state=State.NOTE, found=told, fix=superfluous[0].next_step)
        )
    return found or [Finding(check="rights", about=connection, found="what is needed is granted, and no more")]


def quota(connection: str, whose: str, used: int, allowed: int) -> Finding:
    """Judge the calls of a day.

    Args:
        connection: Whose service it is.
        whose: `of the organisation's day`, `of our share`.
        used: Calls made.
        allowed: Calls there are.
    """
    told = f"{used:,} of {allowed:,} calls {whose} used"
    if used < allowed * NEARLY:
        return Finding(check="quota", about=connection, found=told)
    return Finding(
        check="quota",
        about=connection,
        state=State.WRONG if used >= allowed else State.NOTE,
        found=f"{'spent' if used >= allowed else 'nearly spent'}: {told}",
        fix="Lengthen `schedule.every`, raise `limits.quota_share` if others leave room, or buy calls from the vendor. "
        "A run that finds none left stops and goes on later.",
        code="E501",
    )


def drift(mapping: str, problems: Sequence[tuple[str, str, str]]) -> list[Finding]:
    """Judge a mapping by its destination's schema: *problems* are where, what and what to do."""
    return [
        Finding(check="schema", about=where, state=State.WRONG, found=what, fix=fix, code="E120")
        for where, what, fix in problems
    ] or [Finding(check="schema", about=mapping, found="the destination has every field, and we may write it")]
