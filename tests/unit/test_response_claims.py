"""Response files tell who answered, whatever their columns are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import Refused
from connectors.files.response_claims import RESPONSES, ClaimsFile

if TYPE_CHECKING:
    from pathlib import Path


def claims(path: Path, **given: str) -> list[dict[str, Any]]:
    tables = list(ClaimsFile(path, given=given).tables())
    assert all(table.schema.equals(RESPONSES) for table in tables)
    return [{name: text for name, text in row.items() if text} for table in tables for row in table.to_pylist()]


def one(tmp_path: Path, **cells: str) -> dict[str, Any]:
    path = tmp_path / "asked.csv"
    path.write_text(f"{','.join(cells)}\n{','.join(cells.values())}\n")
    (row,) = claims(path)
    return row


def test_responses_are_read_by_our_names_or_obvious_ones(tmp_path):
    path = tmp_path / "responses.csv"
    path.write_text(
        "id,E-Mail,delivered_to,Name,Company Name,external_reference,customer_id,account_ref,token,Score\n"
        "r1,ada@x.example,a@x.example,Ada Kern,Nordlicht,E-1,C-1,001A,t1,0\n"
        ",,,,,,,,t2,\n"
    )

    first, second = claims(path)

    ids = {"external_ref": "E-1", "customer_id": "C-1", "account_ref": "001A", "link": "t1"}
    mails = {"email": "ada@x.example", "recipient_email": "a@x.example"}
    assert ids | mails | {"response_id": "r1", "full_name": "Ada Kern", "company": "Nordlicht"} == first
    assert {"response_id": "row 2", "link": "t2"} == second


@pytest.mark.parametrize(
    ("field", "titles"),
    {
        "response_id": "response_id Response-ID ResponseId respondent_id id uuid",
        "email": "email E-Mail email_address self_reported_email respondent_email contact_email",
        "recipient_email": "recipient_email recipient delivered_to invited_email sent_to invitation_email to_email",
        "phone": "phone mobile phone_number MobilePhone Telefon",
        "first_name": "first_name FirstName given_name recipient_first_name Vorname",
        "last_name": "last_name LastName surname family_name Nachname",
        "full_name": "name full_name FullName respondent_name",
        "company": "company company_name organisation account_name",
        "account_ref": "account_ref account_id AccountId account_number account",
        "customer_id": "customer_id customer_no CustomerNumber client_id",
        "external_ref": "external_ref external_reference ExternalDataReference external_id contact_id crm_id ref",
        "hubspot_id": "hubspot_id vid hubspot_contact_id",
    }.items(),
)
def test_every_usual_name_of_a_column_is_known(tmp_path, field, titles):
    for title in titles.split():
        assert "x7" == one(tmp_path, **{title: "x7"})[field], title


def test_an_address_beside_the_typed_one_is_the_invited_one(tmp_path):
    assert ("a@x.example", "b@x.example") == tuple(
        one(tmp_path, email="b@x.example", self_reported_email="a@x.example")[field]
        for field in ("email", "recipient_email")
    )


def test_a_salesforce_id_is_known_wherever_it_stands(tmp_path):
    row = one(tmp_path, contact_id="0031t00000AbCdE")

    assert ("0031t00000AbCdE", "0031t00000AbCdE") == (row["salesforce_id"], row["external_ref"])


def test_words_for_nothing_are_no_names(tmp_path):
    assert {"response_id": "1", "last_name": "Kern"} == one(
        tmp_path, response_id="1", first_name="N/A", last_name="Kern", company="[not provided]"
    )


def test_tests_and_previews_are_no_answers(tmp_path):
    path = tmp_path / "asked.csv"
    path.write_text("response_id,email,is_test\n1,ada@x.example,true\n2,bo@x.example,false\n")

    assert ["test", None] == [row.get("left_out") for row in claims(path)]


def test_a_tool_s_export_is_read_below_all_its_header_rows(tmp_path):
    path = tmp_path / "qualtrics.csv"
    path.write_text(
        "recordedDate,_recordId,status,recipientEmail,recipientLastName,externalDataReference,Q1\n"
        "Recorded Date,Response ID,Response Type,Recipient Email,Recipient Last Name,External Data Reference,Why\n"
        '"{""ImportId"":""recordedDate""}","{""ImportId"":""_recordId""}","{""ImportId"":""status""}",'
        '"{""ImportId"":""recipientEmail""}","{""ImportId"":""recipientLastName""}",'
        '"{""ImportId"":""externalDataReference""}","{""ImportId"":""QID1""}"\n'
        "2026-01-01,R_1,IP Address,ada@x.example,Kern,C-1,9\n"
        "2026-01-01,R_2,Survey Preview,,,,9\n"
    )

    first, second = claims(path)

    assert ("R_1", "ada@x.example", "C-1") == (first["response_id"], first["recipient_email"], first["external_ref"])
    assert ("R_2", "preview") == (second["response_id"], second["left_out"])


def test_columns_can_be_named(tmp_path):
    path = tmp_path / "asked.csv"
    path.write_text("response_id,Q3,email\n1,ada@x.example,no@x.example\n")

    (row,) = claims(path, email="Q3")

    assert "ada@x.example" == row["email"]
    with pytest.raises(Refused, match="no column `Q4`"):
        claims(path, email="Q4")
    with pytest.raises(Refused, match="cannot mean `mail`"):
        claims(path, mail="Q3")


@pytest.mark.parametrize("text", ["1,ada@x.example,Ada\n2,bo@x.example,Bo\n", ""])
def test_a_file_whose_first_row_names_nothing_is_refused(tmp_path, text):
    path = tmp_path / "asked.csv"
    path.write_text(text)

    with pytest.raises(Refused, match=r"first row|is empty") as refused:
        claims(path)
    assert "ada@" not in str(refused.value)
    assert refused.value.next_step


def test_the_note_says_what_was_taken_and_what_was_left(tmp_path):
    path = tmp_path / "asked.csv"
    path.write_text("response_id,E-Mail,Mood\n1,ada@x.example,fine\n")

    note = ClaimsFile(path).note()

    assert "asked.csv: responses" in note
    assert "email = E-Mail" in note
    assert "not used: Mood" in note
