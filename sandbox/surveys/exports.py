"""What Qualtrics' export jobs make of responses: JSON, JSON lines, or tables with three header rows; zipped or not."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.surveys.answers import Answer

#: Survey → its questions: id, export tag, type, selector, text. A slider from 0 to 10 beside the NPS question is none.
QUESTIONS: Mapping[str, tuple[tuple[str, str, str, str, str], ...]] = {
    "SV_0aRecommend00001": (
        ("QID1", "Q1", "MC", "NPS", "How likely are you to recommend us?"),
        ("QID2", "Q2", "TE", "SL", "Why?"),
    ),
    "SV_0bPurchase000002": (
        ("QID4", "Q1", "Slider", "HSLIDER", "How was the delivery?"),
        ("QID5", "Q2", "MC", "NPS", "How likely are you to recommend us?"),
        ("QID6", "Q3", "TE", "ML", "Why?"),
    ),
    "SV_0cSupport0000003": (
        ("QID1", "Q1", "MC", "SAVR", "How satisfied are you?"),
        ("QID2", "Q2", "TE", "SL", "Why?"),
    ),
}
#: Kind of row → what its status says; real ones are 0.
STATUS = {"preview": 1, "test": 2, "spam": 8}
STATUS_TEXT = {0: "IP Address", 1: "Survey Preview", 2: "Survey Test", 8: "Spam"}
GROUPS = {1: "Detractor", 2: "Passive", 3: "Promoter"}
#: Column of a table, its question's text, its import id.
COLUMNS = (
    *(("StartDate", "Start Date", "startDate"), ("EndDate", "End Date", "endDate")),
    *(("Status", "Response Type", "status"), ("IPAddress", "IP Address", "ipAddress")),
    *(("Progress", "Progress", "progress"), ("Duration (in seconds)", "Duration (in seconds)", "duration")),
    *(("Finished", "Finished", "finished"), ("RecordedDate", "Recorded Date", "recordedDate")),
    *(("ResponseId", "Response ID", "_recordId"), ("RecipientLastName", "Recipient Last Name", "recipientLastName")),
    *(("RecipientFirstName", "Recipient First Name", "recipientFirstName"),),
    *(("RecipientEmail", "Recipient Email", "recipientEmail"),),
    *(("ExternalReference", "External Data Reference", "externalDataReference"),),
    *(("LocationLatitude", "Location Latitude", "locationLatitude"),),
    *(("LocationLongitude", "Location Longitude", "locationLongitude"),),
    *(("DistributionChannel", "Distribution Channel", "distributionChannel"),),
    *(("UserLanguage", "User Language", "userLanguage"),),
)


@dataclass(kw_only=True)
class Export:
    """One job; what it exports is chosen when it is made."""

    survey: str
    rows: list[Answer]
    #: The body that asked for it.
    wanted: Mapping[str, Any]
    #: What a later export asks with, to get only what changed since.
    continuation: str | None
    number: int
    #: Questions about it until it is done.
    left: int = 0
    failed: bool = False

    @property
    def progress(self) -> str:
        """The id by which it is asked about."""
        return f"ES_{self.number:015d}"

    @property
    def file(self) -> str:
        """The id by which what it made is fetched."""
        return f"{self.number:08d}-sandbox-def"


def packed(job: Export, title: str) -> Reply:
    """Return the file of a job that is done."""
    form = job.wanted["format"]
    rows = [_values(one, labelled=job.wanted.get("useLabels", False)) for one in job.rows]
    if form in ("csv", "tsv"):
        text = _table(job, rows, "," if form == "csv" else "\t")
    else:
        told = [_row(job.survey, values) for values in rows]
        text = (
            json.dumps({"responses": told}, ensure_ascii=False)
            if form == "json"
            else "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in told)
        )
    if job.wanted.get("compress") is False:
        return Reply.text(text, kind="application/octet-stream", rows=len(rows))
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{title}.{form}", text)
    return Reply(body=body.getvalue(), headers={"Content-Type": "application/zip"}, rows=len(rows))


def shown(one: Answer) -> dict[str, Any]:
    """Return one response, as it is told when it alone is asked for."""
    return _row(one.survey, _values(one, labelled=False))


def _values(one: Answer, *, labelled: bool) -> dict[str, Any]:
    """Return what a response holds; what is not known is not there."""
    first, _, last = (one.name or "").partition(" ")
    status = STATUS.get(one.state, 0)
    finished = one.state != "partial"
    values: dict[str, Any] = {
        "startDate": _stamp(one.at - timedelta(seconds=38)),
        "endDate": _stamp(one.at),
        "status": STATUS_TEXT[status] if labelled else status,
        "ipAddress": "192.0.2.1",
        "progress": 100 if finished else 40,
        "duration": 38,
        "finished": str(finished) if labelled else int(finished),
        "recordedDate": f"{_stamp(one.at)[:-1]}.000Z",
        "_recordId": one.id,
        "distributionChannel": "preview" if status == 1 else "email" if one.email else "anonymous",
        "userLanguage": "EN",
    }
    if one.email:
        values |= {"recipientEmail": one.email, "recipientFirstName": first, "recipientLastName": last}
        values["externalDataReference"] = f"C-{one.email.lower()}"
    for key, _, kind, selector, _ in QUESTIONS[one.survey]:
        values |= _answered(one, key, kind, selector, labelled=labelled)
    return values


def _answered(one: Answer, key: str, kind: str, selector: str, *, labelled: bool) -> dict[str, Any]:
    if kind == "TE":
        return {f"{key}_TEXT": one.comment, f"{key}_TEXT_eae5a8d0Topics": ""} if one.comment else {}
    if kind == "Slider":
        return {f"{key}_1": one.number % 11}
    if one.score is None:
        return {}
    if selector != "NPS":
        return {key: one.score}
    group = 3 if one.score > 8 else 2 if one.score > 6 else 1
    return {key: one.score, f"{key}_NPS_GROUP": GROUPS[group] if labelled else group}


def _row(survey: str, values: dict[str, Any]) -> dict[str, Any]:
    asked = [name for name in values if name.startswith("QID")]
    return {
        "responseId": values["_recordId"],
        "values": values,
        "labels": {
            "status": STATUS_TEXT.get(values["status"], values["status"]),
            "finished": str(values["finished"] in (1, "True")),
        },
        "displayedFields": asked,
        "displayedValues": {key: [] for key, *_ in QUESTIONS[survey]},
    }


def _table(job: Export, rows: list[dict[str, Any]], delimiter: str) -> str:
    columns = list(COLUMNS)
    for key, tag, kind, selector, text in QUESTIONS[job.survey]:
        match kind, selector:
            case "MC", "NPS":
                columns += [(f"{tag}_NPS_GROUP", f"{text} - Group", f"{key}_NPS_GROUP"), (tag, text, key)]
            case "TE", _:
                topics = (f"{tag} - Topics", f"{tag} - Topics", f"{key}_TEXT_eae5a8d0Topics")
                columns += [(tag, text, f"{key}_TEXT"), topics]
            case "Slider", _:
                columns.append((f"{tag}_1", text, f"{key}_1"))
            case _:
                columns.append((tag, text, key))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow([name for name, _, _ in columns])
    writer.writerow([text for _, text, _ in columns])
    writer.writerow([json.dumps({"ImportId": key}, separators=(",", ":")) for _, _, key in columns])
    dates = ("startDate", "endDate", "recordedDate")
    for row in rows:
        flat = {key: value[:19].replace("T", " ") if key in dates else value for key, value in row.items()}
        writer.writerow([flat.get(key, "") for _, _, key in columns])
    return out.getvalue()


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
