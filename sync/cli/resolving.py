"""`resolve`: identity alone, on exported records and responses, to be measured on a company's own data."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.session import Session
from sync.errors import Problem, UserError

if TYPE_CHECKING:
    from connectors.values import SurveyResponse
    from sync.identity.settings import IdentitySettings, Rule
    from sync.identity.standalone import ResponseDecision


def add_to(app: typer.Typer) -> None:
    """Put the command into the tree."""
    app.command()(resolve)


def resolve(
    ctx: typer.Context,
    records: Annotated[
        list[Path], typer.Option(metavar="FILE...", help="Exported records (CSV), one file per object.")
    ],
    responses: Annotated[Path, typer.Option(metavar="FILE", help="A survey export, or a table with a response_id.")],
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where decisions go (CSV). Default: stdout.")
    ] = None,
    match: Annotated[
        str | None, typer.Option(metavar="KIND,...", help="Identifiers to compare, the strongest first. Default: all.")
    ] = None,
    own_id: Annotated[
        str, typer.Option(metavar="KIND", help="What a record's own id is to the responses.")
    ] = "customer_id",
    record_column: Annotated[
        list[str] | None, typer.Option(metavar="MEANING=HEADER", help="Where a header does not tell, such as id=KdNr.")
    ] = None,
    response_column: Annotated[
        list[str] | None, typer.Option(metavar="MEANING=HEADER", help="Likewise for responses, such as email=Q3.")
    ] = None,
    phone_alone: Annotated[
        str | None, typer.Option(metavar="require_name|accept", help="Whether a phone decides without a name.")
    ] = None,
    default_region: Annotated[
        str | None, typer.Option(metavar="XX", help="Country of phones without a country code.")
    ] = None,
    prior: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Decisions of an earlier resolve, to be kept or repointed.")
    ] = None,
) -> None:
    """Match exported responses to exported records.

    Decides which record each response belongs to. Needs no config, and stores nothing but the decisions' file.
    With -C, the identity settings of that config apply.
    """
    from sync.cli.identity_files import ExportedRecords
    from sync.identity.standalone import resolve_files

    session: Session = ctx.obj
    settings = _settings(session, phone_alone=phone_alone, default_region=default_region)
    rules = _rules(match, own_id)
    found, left_out = _responses(responses, _pairs(response_column))
    directory = ExportedRecords(tuple(records), _pairs(record_column), own_id)
    previous = _prior(prior) if prior else None
    decided = [*resolve_files(directory, found, settings, rules=rules, previous=previous), *left_out]
    _write(decided, output)
    _tell(session, decided, output)


def _settings(session: Session, *, phone_alone: str | None, default_region: str | None) -> "IdentitySettings":
    """The config's identity settings where one is named, with what the command line says instead."""
    from pydantic import ValidationError

    from sync.identity.settings import IdentitySettings

    base = IdentitySettings()
    if session.config is not None:
        from sync.wiring import open_project

        with open_project(session.config_path()) as project:
            base = project.settings.identity
    said = {"phone_alone": phone_alone, "default_region": default_region}
    given = {name: value for name, value in said.items() if value is not None}
    try:
        return IdentitySettings.model_validate(base.model_dump() | given)
    except ValidationError:
        hint = "--phone-alone is require_name or accept; --default-region is a two-letter country, such as DE."
        raise _usage("an option has a value that means nothing", hint) from None


def _rules(match: str | None, own_id: str) -> "Sequence[Rule]":
    from sync.identity.settings import DEFAULT_RULES, ID_KINDS, KINDS, Rule

    wanted = [kind.strip() for kind in match.split(",")] if match else []
    unknown = [kind for kind in wanted if kind not in KINDS] + ([own_id] if own_id not in ID_KINDS else [])
    if unknown:
        raise _usage(f"no identifier `{unknown[0]}`", f"There are: {', '.join(KINDS)}.")
    return [Rule(kind=kind) for kind in wanted] or DEFAULT_RULES


def _responses(path: Path, given: dict[str, str]) -> "tuple[list[SurveyResponse], list[ResponseDecision]]":
    """Read a plain table as it stands, any other file as a survey export; also what was left out, and why."""
    from sync.cli.identity_files import is_plain, responses_of
    from sync.identity.standalone import ResponseDecision
    from sync.wiring import export_of

    def out(place: object, outcome: str, reason: str) -> ResponseDecision:
        return ResponseDecision(str(place), outcome, "", "", "", reason, "", "")

    if is_plain(path):
        return responses_of(path, given), []
    found: dict[str, SurveyResponse] = {}
    left_out: list[ResponseDecision] = []
    for page in export_of(path, columns=given).pull({}):
        if page.refused is not None:
            raise page.refused
        for response in page.responses:
            if response.response_id in found:
                left_out.append(out(response.response_id, "skipped", "duplicate"))
            found[response.response_id] = response
        left_out += [out(reject.place, "rejected", reject.reason) for reject in page.rejects]
        left_out += [out(skip.place, "skipped", skip.reason) for skip in page.skips]
    return list(found.values()), left_out


def _prior(path: Path) -> "dict[str, ResponseDecision]":
    from sync.identity.standalone import read_decisions

    try:
        with path.open(encoding="utf-8", newline="") as file:
            return read_decisions(file)
    except ValueError as error:
        hint = "Give the file that an earlier `npsync resolve --output` wrote."
        raise UserError("E113", Problem(where=str(path), what="these are no decisions", hint=hint)) from error
    except OSError as error:
        code, what = ("E110", "no such file") if isinstance(error, FileNotFoundError) else ("E111", "cannot be read")
        raise UserError(code, Problem(where=str(path), what=what, hint="Check the path after --prior.")) from error


def _write(rows: "Sequence[ResponseDecision]", output: Path | None) -> None:
    from sync.identity.standalone import write_decisions

    if output is None:
        write_decisions(rows, sys.stdout)
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            write_decisions(rows, file)
    except OSError as error:
        what, hint = f"cannot be written ({error.strerror})", "Name a file in a folder that exists and may be written."
        raise UserError("E111", Problem(where=str(output), what=what, hint=hint)) from error


def _tell(session: Session, rows: "Sequence[ResponseDecision]", output: Path | None) -> None:
    """Sum up, so that a look at the numbers is enough at first."""
    outcomes = Counter(row.outcome for row in rows)
    reasons = Counter((row.outcome, row.reason) for row in rows)
    told = {
        "responses": len(rows),
        "outcomes": dict(outcomes.most_common()),
        "reasons": [{"outcome": outcome, "reason": why, "rows": n} for (outcome, why), n in reasons.most_common()],
        "output": None if output is None else str(output),
    }
    if session.screen.json and output is not None:
        session.screen.object(told)
        return
    from sync.cli.screen import table

    lines = [[outcome, why, number] for (outcome, why), number in reasons.most_common()]
    session.screen.say(f"{len(rows):,} responses\n" + table(["outcome", "reason", "rows"], lines))


def _pairs(given: Sequence[str] | None) -> dict[str, str]:
    """Read `MEANING=HEADER`, as often as it was given."""
    pairs = dict(text.partition("=")[::2] for text in given or ())
    if not all(pairs.values()):
        raise _usage("a column is given as MEANING=HEADER", "For example: --record-column id=KdNr")
    return pairs


def _usage(what: str, hint: str) -> UserError:
    return UserError("E103", Problem(where="command line", what=what, hint=hint))
