"""Readers of the smaller survey services that know every trap of theirs; what they read is the truth."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox import surveys
from sandbox.surveys.satismeter import PROJECT
from tests.contract.survey_wire import Told, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.surveys import Survey

Rows = dict[str, tuple[Any, ...]]


def token(service: Survey, path: str) -> Told:
    secrets = surveys.secrets(service)
    grant = "refresh_token" if "refresh_token" in secrets else "client_credentials"
    form = "&".join(f"{key}={value}" for key, value in (secrets | {"grant_type": grant}).items())
    return Wire(service, {}).call("POST", path, form)


def wire_to(service: Survey) -> Wire:
    key = surveys.secrets(service).get("api_key", "")
    match service.world.name:
        case "survicate":
            return Wire(service, {"Authorization": f"Basic {key}"})
        case "simplesat":
            return Wire(service, {"X-Simplesat-Token": key})
        case "satismeter":
            return Wire(service, {"Authorization": f"Basic {b64encode(f'{key}:'.encode()).decode()}"})
        case "wootric":
            key = token(service, "/oauth/token").json["access_token"]
        case "google_forms":
            key = token(service, "/token").json["access_token"]
    return Wire(service, {"Authorization": f"Bearer {key}"})


def survicate(wire: Wire, size: int) -> Rows:
    found = {}
    for survey in wire.get("/v2/surveys").json["data"]:
        page = wire.get(f"/v2/surveys/{survey['id']}/responses", items_per_page=size).json
        rows = page["data"]
        while page["pagination"]["has_more"]:
            page = wire.call("GET", page["pagination"]["next_url"]).json
            rows += page["data"]
        for row in rows:
            said = {one["question_type"]: one["answer"] for one in row["answers"]}
            who = {one["name"]: one["value"] for one in row["respondent"]["attributes"]}
            if "nps" in said:
                comment = said.get("text", {}).get("content")
                at = datetime.fromisoformat(row["collected_at"])
                found[row["uuid"]] = (said["nps"]["rating"], comment, who.get("email"), at)
    return found


def simplesat(wire: Wire, size: int) -> Rows:
    page = wire.call("POST", f"/api/v1/responses/search?page_size={size}", {}).json
    rows = page["responses"]
    while page["next"]:
        page = wire.call("POST", page["next"], {}).json
        rows += page["responses"]
    return {
        str(row["id"]): (
            int(one["choice"]),
            one["follow_up_answer"] or None,
            row["customer"]["email"],
            datetime.fromisoformat(row["created"]),
        )
        for row in rows
        for one in row["answers"]
        if one["question"]["metric"] == "NPS"
    }


def zenloop(wire: Wire, size: int) -> Rows:
    rows: list[dict[str, Any]] = []
    for survey in wire.get("/v1/surveys").json["surveys"]:
        path = f"/v1/surveys/{survey['public_hash_id']}/answers"
        for number in range(1, 1_000):
            page = wire.get(path, page=number, per_page=size, order_by="inserted_at", order_type="asc").json["answers"]
            rows += page
            if len(page) < size:
                break
    return {
        row["id"]: (
            row["score"],
            row["comment"] or None,
            row["email"] or None,
            datetime.fromisoformat(row["inserted_at"]),
        )
        for row in rows
    }


def wootric(wire: Wire, size: int) -> Rows:
    rows: list[dict[str, Any]] = []
    page = 0
    while page < 30:
        page += 1
        part = wire.get("/v1/responses.json", page=page, per_page=size, sort_order="asc").json
        if not part:
            break
        rows += part
    return {
        str(row["id"]): (
            row["score"],
            row["text"] or None,
            row["end_user"]["email"],
            datetime.strptime(row["created_at"], "%Y-%m-%d %H:%M:%S %z"),
        )
        for row in rows
        if row["completed"] and not row["excluded_from_calculations"]
    }


def google_forms(wire: Wire, size: int) -> Rows:
    found = {}
    for form, (score, comment) in GOOGLE.items():
        page = wire.get(f"/v1/forms/{form}/responses", pageSize=size).json
        rows = page.get("responses", [])
        while following := page.get("nextPageToken"):
            page = wire.get(f"/v1/forms/{form}/responses", pageSize=size, pageToken=following).json
            rows += page["responses"]
        for row in rows:
            said = {key: one["textAnswers"]["answers"][0]["value"] for key, one in row["answers"].items()}
            if score in said:
                at = datetime.fromisoformat(row["createTime"])
                number = int(said[score].partition(" ")[0])
                found[row["responseId"]] = (number, said.get(comment), row.get("respondentEmail"), at)
    return found


def satismeter(wire: Wire, _size: int) -> Rows:
    rows = wire.get(
        "/api/responses", format="json", project=PROJECT, startDate="2026-01-01T00:00:00Z", endDate="2030-01-01"
    ).json["responses"]
    return {
        row["id"]: (
            row["rating"],
            row["feedback"] or None,
            row["user"].get("email"),
            datetime.fromisoformat(row["created"]),
        )
        for row in rows
        if row["rating"] is not None
    }


#: Form → its NPS question and its open one.
GOOGLE = {"1FAIpQLSrecommend": ("2f1a0b01", "2f1a0b02"), "1FAIpQLSpurchase0": ("2f1a0b12", "2f1a0b13")}
READERS: dict[str, Callable[[Wire, int], Rows]] = {
    "survicate": survicate,
    "simplesat": simplesat,
    "zenloop": zenloop,
    "wootric": wootric,
    "google_forms": google_forms,
    "satismeter": satismeter,
}
