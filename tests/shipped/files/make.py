"""Writes the example exports beside it, one per preset. Everyone in them is made up; the numbers are seeded.

Run it after a change: `python tests/shipped/files/make.py`. `tests/shipped/test_presets.py` states what they hold.
"""

from __future__ import annotations

import csv
import io
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
PEOPLE = [
    ("Anna", "Lindqvist", "anna.lindqvist@nordlicht.example"),
    ("Paulo", "Medeiros", "paulo@azulejo.test"),
    ("Mei", "Tanaka", "mei.tanaka@kawabata.example"),
    ("Jörg", "Brückner", "joerg.brueckner@muehlenwerk.example"),
    ("Sinéad", "O'Dowd", "sinead@odowd-partners.test"),
    ("Lotte", "van Dijk", "lotte.vandijk@polderzicht.example"),
    ("Amadou", "Diallo", "a.diallo@harmattan.example"),
    ("Grace", "Whitfield", "grace.whitfield@bellweather.test"),
]
COMMENTS = [
    "Setup took ten minutes, and support answered on a Sunday.",
    "Works, but the invoices still arrive as images.",
    "Third outage this quarter; we are looking around.",
    "Good value,\nalthough the mobile app lags behind.",
    "",
    'The "new" editor is slower than the old one; please fix.',
]
RECOMMEND = "How likely are you to recommend Polderzicht to a friend or colleague?"
REASON = "What is the main reason for your score?"
START = datetime(2026, 3, 2, 9, 15, 0, tzinfo=UTC)


def moments(seed: int, count: int, start: datetime = START) -> list[datetime]:
    rng = random.Random(seed)
    moment, found = start, []
    for _ in range(count):
        moment += timedelta(hours=rng.randrange(5, 60), minutes=rng.randrange(60), seconds=rng.randrange(60))
        found.append(moment)
    return found


def write(name: str, rows: list[list[str]], *, delimiter: str = ",", encoding: str = "utf-8") -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    (HERE / name).write_bytes(text.getvalue().encode(encoding))


def qualtrics() -> None:
    names = [
        *("StartDate", "EndDate", "Status", "Progress", "Finished", "RecordedDate", "ResponseId"),
        *("RecipientLastName", "RecipientFirstName", "RecipientEmail", "ExternalReference", "DistributionChannel"),
        *("UserLanguage", "Q1_NPS_GROUP", "Q1", "Q2"),
    ]
    questions = [
        *("Anfangsdatum", "Enddatum", "Antworttyp", "Aktueller Stand", "Beendet", "Erfassungsdatum", "Antwort-ID"),
        *("Nachname des Empfängers", "Vorname des Empfängers", "E-Mail des Empfängers", "Externe Datenreferenz"),
        *("Verteilungskanal", "Benutzersprache", "Wie wahrscheinlich ist es, dass Sie uns empfehlen? - Gruppe"),
        *("Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen?", "Was ist der Grund für Ihre Bewertung?"),
    ]
    ids = [
        *("startDate", "endDate", "status", "progress", "finished", "recordedDate", "_recordId", "recipientLastName"),
        *("recipientFirstName", "recipientEmail", "externalDataReference", "distributionChannel", "userLanguage"),
        *("QID1_NPS_GROUP", "QID1", "QID2_TEXT"),
    ]
    rows = [names, questions, [json.dumps({"ImportId": one}, separators=(",", ":")) for one in ids]]
    # 0 IP address, 1 preview, 2 test, 8 spam
    states = [("0", "1"), ("0", "1"), ("0", "1"), ("1", "1"), ("0", "0"), ("2", "1"), ("0", "1"), ("8", "1")]
    scores = ["10", "0", "7", "9", "8", "10", "", "1"]
    for i, moment in enumerate(moments(1, len(states))):
        first, last, email = PEOPLE[i]
        status, finished = states[i]
        told = f"{moment:%Y-%m-%d %H:%M:%S}"
        group = "" if not scores[i] else "3" if int(scores[i]) >= 9 else "2" if int(scores[i]) >= 7 else "1"
        rows.append(
            [
                *(told, told, status, "100" if finished == "1" else "60", finished, told, f"R_{i:03d}polderzicht"),
                *(last, first, email, f"C-{1000 + i}", "email", "DE", group, scores[i], COMMENTS[i % 6]),
            ]
        )
    write("qualtrics.csv", rows)


def qualtrics_legacy() -> None:
    codes = [*(f"V{i}" for i in range(1, 11)), "Q1", "Q2", ""]
    names = [
        *("ResponseID", "ResponseSet", "Name", "ExternalDataReference", "EmailAddress", "IPAddress", "Status"),
        *("StartDate", "EndDate", "Finished", RECOMMEND, REASON, ""),
    ]
    rows = [codes, names]
    for i, moment in enumerate(moments(2, 5)):
        first, last, email = PEOPLE[i]
        told = f"{moment:%Y-%m-%d %H:%M:%S}"
        status, finished = ("1", "1") if i == 3 else ("0", "1")
        score = ["9", "0", "6", "10", "8"][i]
        rows.append(
            [
                *(f"R_legacy{i}", "Default Response Set", f"{first} {last}", "", email, "", status, told, told),
                *(finished, score, COMMENTS[i], ""),
            ]
        )
    write("qualtrics-legacy.csv", rows, encoding="utf-8-sig")


def surveymonkey() -> None:
    fixed = ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Email Address", "First Name"]
    fixed += ["Last Name", "Custom Data 1"]
    condensed = [[*fixed, RECOMMEND, REASON], [*([""] * 9), "Response", "Open-Ended Response"]]
    options = ["Not at all likely - 0", *map(str, range(1, 10)), "Extremely likely - 10"]
    expanded = [[*fixed, RECOMMEND, *([""] * 10), REASON], [*([""] * 9), *options, "Open-Ended Response"]]
    scores = [10, 0, 9, 7, None, 3]
    for i, moment in enumerate(moments(3, len(scores), START + timedelta(days=9))):
        first, last, email = PEOPLE[i]
        told = f"{moment:%m/%d/%Y %I:%M:%S %p}"
        row = [f"1187{i:07d}", "4410", told, told, "", email, first, last, f"C-{1000 + i}"]
        score = scores[i]
        label = "" if score is None else options[score]
        condensed.append([*row, label, COMMENTS[i]])
        ticks = [options[n] if n == score else "" for n in range(11)]
        expanded.append([*row, *ticks, COMMENTS[i]])
    write("surveymonkey-condensed.csv", condensed)
    write("surveymonkey-expanded.csv", expanded)


def typeform() -> None:
    asked = [RECOMMEND, REASON, "What's your email address?", "Other", "Other", "score"]
    new = [["#", *asked, "email", "Response Type", "Start Date (UTC)", "Stage Date (UTC)", "Submit Date (UTC)"]]
    new[0] += ["Network ID", "Tags", "Ending"]
    old = [["#", *asked, "email", "Start Date (UTC)", "Submit Date (UTC)", "Network ID"]]
    scores = ["10", "9", "0", "", "4"]
    for i, moment in enumerate(moments(4, len(scores))):
        _, _, email = PEOPLE[i]
        told = f"{moment:%Y-%m-%d %H:%M:%S}"
        kind = "partial" if i == 4 else "completed"
        # "score" is the quiz score: always 0, and never the NPS.
        answers = [f"tok{i}polderzicht", scores[i], COMMENTS[i], email, "", "", "0", email]
        new.append([*answers, kind, told, "", told if kind == "completed" else "", f"net{i}", "", "Thanks"])
        old.append([*answers, told, told, f"net{i}"])
    write("typeform.csv", new)
    write("typeform-old.csv", old)


def asknicely() -> None:
    names = [
        *("response_id", "contact_id", "name", "email", "answer", "answerlabel", "comment", "note", "status"),
        *("sent", "opened", "responded", "created", "segment", "question_type", "survey_template", "sfcontactid"),
    ]
    rows = [names]
    kinds = ["nps", "nps", "csat", "nps", "fivestar", "nps"]
    scores = ["10", "0", "4", "8", "5", ""]
    labels = ["promoter", "detractor", "", "passive", "", ""]
    for i, moment in enumerate(moments(5, 6)):
        first, last, email = PEOPLE[i]
        unix = int(moment.timestamp())
        rows.append(
            [
                *(f"88{i:04d}", f"77{i:04d}", f"{first} {last}", email, scores[i], labels[i], COMMENTS[i], "", ""),
                *(str(unix - 7200), str(unix - 60), str(unix) if scores[i] else "0", str(unix - 90000), "B2B"),
                *(kinds[i], "After onboarding", f"003Aa00000Xy{i}QRIAZ"),
            ]
        )
    write("asknicely.csv", rows)


def delighted() -> None:
    items = []
    for i, moment in enumerate(moments(6, 5)):
        first, last, email = PEOPLE[i]
        items.append(
            {
                "id": str(25310000 + i),
                "person": {"id": str(900 + i), "name": f"{first} {last}", "email": email, "phone_number": None},
                "survey_type": "csat" if i == 3 else "nps",
                "score": [10, 0, 7, 4, 9][i],
                "comment": COMMENTS[i] or None,
                "permalink": f"https://survey.example/r/{i}",
                "created_at": int(moment.timestamp()),
                "updated_at": int(moment.timestamp()) + 600 if i == 1 else None,
                "person_properties": {"Delighted Source": "Email"},
                "tags": [],
            }
        )
    text = json.dumps(items, indent=1, ensure_ascii=False)
    (HERE / "delighted.json").write_text(text + "\n", encoding="utf-8")
    by_line = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
    (HERE / "delighted.jsonl").write_text(by_line, encoding="utf-8")


def google_forms() -> None:
    asked = "Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen?"
    rows = [["Zeitstempel", "E-Mail-Adresse", asked, "Warum?"]]
    for i, moment in enumerate(moments(7, 4)):
        rows.append([f"{moment:%d.%m.%Y %H:%M:%S}", PEOPLE[i][2], ["0", "10", "8", "9"][i], COMMENTS[i]])
    write("google-forms.csv", rows)


def hubspot() -> None:
    names = [
        *("hs_object_id", "hs_survey_id", "hs_survey_name", "hs_survey_type", "hs_survey_channel", "hs_value"),
        *("hs_response_group", "hs_content", "hs_submission_timestamp", "hs_createdate", "hs_lastmodifieddate"),
        *("hs_contact_email_rollup",),
    ]
    labels = ["Record ID", "Survey name", "Survey type", "Rating", "Response", "Response date", "Sentiment", "Email"]
    properties, ui = [names], [labels]
    kinds = ["NPS", "NPS", "CSAT", "CES", "NPS"]
    values = ["10", "0", "2", "7", "7"]
    groups = ["PROMOTER", "DETRACTOR", "PROMOTER", "PROMOTER", "PASSIVE"]
    for i, moment in enumerate(moments(8, 5)):
        told = f"{moment:%Y-%m-%dT%H:%M:%S}Z"
        properties.append(
            [
                *(f"5510{i}", "12", "Relationship", kinds[i], "EMAIL", values[i], groups[i], COMMENTS[i]),
                *(told, told, told, PEOPLE[i][2]),
            ]
        )
        ui_told = f"{moment:%Y-%m-%d %H:%M}"
        ui.append(
            [f"5510{i}", "Relationship", kinds[i], values[i], COMMENTS[i], ui_told, groups[i].title(), PEOPLE[i][2]]
        )
    write("hubspot.csv", properties)
    write("hubspot-labels.csv", ui)


def customergauge() -> None:
    rows = [
        [
            "Email",
            "Company",
            "NPS Score",
            "Comment",
            "Follow Up Request",
            "Follow Up Details",
            "Sent Date*",
            "Response Date*",
        ]
    ]
    for i, moment in enumerate(moments(9, 4)):
        sent = moment - timedelta(days=3)
        rows.append(
            [
                *(PEOPLE[i][2], "Nordlicht AB", ["9", "0", "10", "11"][i], COMMENTS[i], "Y" if i == 1 else "", ""),
                *(f"{sent:%Y-%m-%d}", f"{moment:%Y-%m-%d}"),
            ]
        )
    write("customergauge.csv", rows)
    write("customergauge-semicolon.csv", rows, delimiter=";")


def odi_nps() -> None:
    names = ["CustomerNumber", "Email", "SMSTelephone", "FirstName", "LastName", "Salutation", "JobPosition"]
    rows = [[*names, "Company", "ResponseDate", "score", "comment"]]
    for i, moment in enumerate(moments(10, 3)):
        first, last, email = PEOPLE[i]
        phone = f"'+49151{23456780 + i}"
        told = f"{moment:%Y-%m-%d %H:%M:%S}"
        score = ["10", "0", "7"][i]
        rows.append([f"0004{i}", email, phone, first, last, "", "", "Nordlicht AB", told, score, COMMENTS[i]])
    write("odi-nps.csv", rows)


if __name__ == "__main__":
    qualtrics()
    qualtrics_legacy()
    surveymonkey()
    typeform()
    asknicely()
    delighted()
    google_forms()
    hubspot()
    customergauge()
    odi_nps()
