"""What the rows of a response file claim about who answered, for `npsync resolve`: neither score nor date is needed.

Exports of survey tools are recognised as an import would; any other file is read by the names of its columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from connectors.errors import Refused
from connectors.files.countries import country_code
from connectors.files.layout import recognise, skips_of
from connectors.files.plain_table import PlainTable, told_of
from connectors.files.preset import shipped
from connectors.files.record_ids import is_salesforce
from connectors.files.record_words import name_in
from connectors.files.row_reader import clean_column, matches
from connectors.files.settings import FileSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from connectors.files.header import Header
    from connectors.files.preset import Preset

#: What `ClaimsFile` yields: our fields, as the file spells their values; a missing one is null. `left_out` says why a
#: row is no answer at all (`test`, `preview`, ...).
RESPONSES = pa.schema(
    [
        *((field, pa.string()) for field in ("response_id", "email", "recipient_email", "phone")),
        *((field, pa.string()) for field in ("first_name", "last_name", "full_name", "company", "account_ref")),
        *((field, pa.string()) for field in ("customer_id", "salesforce_id", "hubspot_id", "external_ref", "link")),
        ("country", pa.string()),
        ("left_out", pa.string()),
    ]
)
# Names beside those of `presets/plain.yaml`; `before` goes before them, `after` after them.
_BEFORE = {
    "response_id": "responseid",
    # Beside a plain `email`, this is the one that the person typed.
    "email": "selfreportedemail emailselfreported reportedemail typedemail enteredemail statedemail givenemail"
    " answeremail respondentemail",
    "phone": "selfreportedphone phoneselfreported",
    "external_ref": "externalref externalreference externaldatareference externalid externaldataref",
}
_AFTER = {
    "response_id": "respondentid submissionid answerid feedbackid responsekey surveyresponseid id antwortid responseno"
    " responsenumber resultid token uuid",
    "recipient_email": "recipientemailaddress deliveredtoemail senttoemail invitationemail invitedaddress inviteeemail"
    " inviteemail emailrecipient emailto toemail toaddress to distributionemail contactemail customeremail"
    " crmemail email",
    "phone": "phoneno mobileno mobilenumber cellphone cell tel sms contactphone",
    "first_name": "fname first forename recipientfirstname contactfirstname respondentfirstname",
    "last_name": "lname last recipientlastname contactlastname respondentlastname",
    "full_name": "displayname recipientname selfreportedname reportedname",
    "company": "employer organizationname organisationname companyname accountname",
    "account_ref": "accountno accountnumber accountexternalid accountkey companyref crmaccountid salesforceaccountid"
    " account",
    "salesforce_id": "salesforceid sfid sfcontact salesforcecontact sfdccontactid salesforcerecordid",
    "hubspot_id": "hsobjectid hubspotrecordid hscontactid",
    "customer_id": "customernumber customerref customerreference custid kundenid memberid subscriberid",
    # A reference of unstated kind; a link's token may be one.
    "external_ref": "extref externalkey contactid contactref contactreference recordid crmid crmref leadid personid"
    " embeddedid embeddeddata embeddedcontactid reference ref linkid surveytoken linktoken invitationtoken"
    " recipienttoken token uuid",
    "link": "surveylink distributionid linkid link token",
    "country": "countrycode country respondentcountry mailingcountry phonecountry land",
}
_PEOPLE = ("003", "00Q")
_REFERENCES = ("external_ref", "customer_id")
_NAMED = ("first_name", "last_name", "full_name", "company")
#: Rows that are no answer of anybody. What is an answer, if not to the NPS question, still tells who gave it.
_NO_ANSWER = frozenset({"preview", "test", "spam", "disqualified"})


class ClaimsFile:
    """The rows of one response file, of any kind, as claims.

    Args:
        path: The file.
        given: Our field → the header that holds it, where its name does not say.

    Raises:
        Refused: There is no such file (E110), it cannot be read (E111), is no table (E112), or its first row does not
            name the columns, or lacks one that was named (E113).
    """

    def __init__(self, path: Path, *, given: Mapping[str, str] = {}) -> None:
        self._table = PlainTable(path)
        if unknown := [field for field in given if field not in RESPONSES.names or field == "left_out"]:
            known = ", ".join(name for name in RESPONSES.names if name != "left_out")
            raise Refused(
                f"a column of a response cannot mean `{unknown[0]}`", code="E103", next_step=f"There are: {known}."
            )
        if not (head := self._table.head(4)):
            raise Refused(f"{path.name}: is empty", code="E113", next_step="Export the responses again.")
        self._preset, self._header, _ = recognise(head, FileSettings(), path.parent, path.name)
        named = {
            field: self._header.one(title, option=f"--response-column {field}", file=path.name).index
            for field, title in given.items()
        }
        self._at = _claims_at(self._header, self._preset, named)
        self._skips = [(rule, at) for rule, at in skips_of(self._header, self._preset) if rule.reason in _NO_ANSWER]

    def note(self) -> str:
        """Say what the columns were taken for; headers only."""
        titles = [column.title for column in self._header.columns]
        what = "responses" if self._preset.name == "plain" else f"responses ({self._preset.title})"
        return told_of(self._table.path.name, what, titles, ((field, (at,)) for field, at in self._at))

    def tables(self) -> Iterator[pa.Table]:
        """Yield every row that is not blank, in the order of the file; one without an id is called `row 7`."""
        number = 0
        for part in self._table.rows(self._header.rows):
            if part:
                yield self._claims(part, number)
                number += len(part)

    def _claims(self, part: list[list[str]], number: int) -> pa.Table:
        columns = list(zip(*part, strict=True))
        none: list[str | None] = [None] * len(part)
        made: dict[str, list[str | None]] = dict.fromkeys(RESPONSES.names, none)
        made |= {field: clean_column(columns[at]) for field, at in self._at}
        for field in _NAMED:
            made[field] = [name_in(text) for text in made[field]]
        made["salesforce_id"] = _salesforce(made)
        made["country"] = [country_code(text) for text in made["country"]]
        ids = enumerate(made["response_id"], number + 1)
        made["response_id"] = [text or f"row {at}" for at, text in ids]
        for rule, at in self._skips:
            found = [rule.reason if matches(rule, cell) else None for cell in columns[at]]
            made["left_out"] = [old or new for old, new in zip(made["left_out"], found, strict=True)]
        return pa.table([pa.array(made[name], pa.string()) for name in RESPONSES.names], schema=RESPONSES)


def _claims_at(header: Header, preset: Preset, named: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Return (field, column): what the user named, else what the export's preset says, else what the names say."""
    plain = shipped()["plain"].columns
    at = dict(named)
    for field in (name for name in RESPONSES.names if name not in {*named, "left_out"}):
        own = preset.columns.get(field, ()) if preset.name != "plain" else ()
        before, after = _BEFORE.get(field, ""), _AFTER.get(field, "")
        usual = () if field == "response_id" else plain.get(field, ())
        found = _first(header, (*own, *before.split(), field.replace("_", ""), *usual, *after.split()), at)
        if found is not None:
            at[field] = found
    return tuple(at.items())


def _first(header: Header, names: Sequence[str], taken: Mapping[str, int]) -> int | None:
    free = (column.index for name in names for column in header.named(name))
    return next((index for index in free if index not in taken.values()), None)


def _salesforce(made: Mapping[str, list[str | None]]) -> list[str | None]:
    """Take a Salesforce id of a person from where a reference of another kind should stand."""
    found = list(made["salesforce_id"])
    for field in _REFERENCES:
        for at, text in enumerate(made[field]):
            if text and found[at] is None and text[:3].upper() in _PEOPLE and is_salesforce(text):
                found[at] = text
    return found
